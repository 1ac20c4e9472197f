#!/usr/bin/python3
"""stopped.py --bin BUILD [--count N] [--seed N]: Ctrl-C, SIGTERM and a lost terminal at any moment.

Each run is told to stop after a random time, sometimes twice. A run that was told once while it recorded ends with
status 0, a whole text report and whole JSON that the schema takes; one that is killed by the second signal, or before
it could listen, leaves no file that is half. A recording that was stopped can be read. 77 without privilege.
"""
import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SCHEMA = os.path.join(HERE, "..", "..", "docs", "report.schema.json")
VALIDATE = os.path.join(HERE, "..", "tool", "validate.py")
OUTPUTS = {"r.json", "r.jsonl", "r.folded", "b.folded"}

bad = 0


def complain(text):
    global bad
    bad += 1
    print(text)


def command(sirqprof, dice):
    """A way to run it, and whether it makes a report."""
    if dice.random() < 0.25:
        return [sirqprof, "record", "-o", "rec.data"], False
    words = [sirqprof, "--json", "r.json", "--jsonl", "r.jsonl", "--folded", "r.folded",
             "--folded-baseline", "b.folded"]
    if dice.random() < 0.5:
        words += ["--spikes", "spikes.csv"]
    if dice.random() < 0.3:
        words += ["-o", "rec.data"]
    if dice.random() < 0.3:
        words += ["--", "sleep", "100"]
    return words, True


def valid(path):
    done = subprocess.run([sys.executable, VALIDATE, SCHEMA, path], stdout=subprocess.PIPE, universal_newlines=True,
                          check=False)
    if done.returncode not in (0, 77):
        complain("%s: %s" % (path, done.stdout[:300]))


def check_files(what, sirqprof, closed):
    files = set(os.listdir(".")) - {"spikes.csv"}
    if files - OUTPUTS - {"rec.data"}:
        complain("%s: left behind: %s" % (what, files - OUTPUTS - {"rec.data"}))
    if "r.json" in files:
        valid("r.json")
    if "r.jsonl" in files:
        with open("r.jsonl", encoding="utf-8") as f:
            for line in f:
                json.loads(line)
    # Killed by the second signal a recording ends anywhere, at the earliest before its header.
    if closed and "rec.data" in files:
        done = subprocess.run([sirqprof, "report", "-q", "-i", "rec.data"], stderr=subprocess.PIPE, check=False)
        if done.returncode:
            complain("%s: its recording cannot be read: %s" % (what, done.stderr))


def one_run(sirqprof, dice):
    words, reports = command(sirqprof, dice)
    sig = dice.choice([signal.SIGINT, signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    wait = dice.random() * (2 if dice.random() < 0.6 else 0.15)
    twice = dice.random() < 0.2
    what = "%s after %.3f s%s: %s" % (sig.name, wait, ", twice" if twice else "", " ".join(words[1:]))
    for name in os.listdir("."):
        if name != "spikes.csv":
            os.unlink(name)
    child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    time.sleep(wait)
    child.send_signal(sig)
    if twice:
        time.sleep(dice.random() * 0.1)
        child.send_signal(sig)
    try:
        out, err = child.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        complain("%s: does not end" % what)
        return False
    if child.returncode not in (0, -sig):
        complain("%s: exit status %d, %r" % (what, child.returncode, err))
    if child.returncode == -sig and not twice and wait > 1:
        complain("%s: was killed, not asked" % what)
    if child.returncode == 0 and reports:
        if not out.startswith(b"sirqprof: ") or not out.endswith(b"\n"):
            complain("%s: no whole report: %r" % (what, out[:200]))
        if not OUTPUTS <= set(os.listdir(".")):
            complain("%s: not all outputs are there" % what)
    check_files(what, sirqprof, child.returncode == 0)
    return child.returncode == 0


def command_ends_too(sirqprof, sig):
    """Killed in the middle, it leaves no command behind: the command holds our end of the pipe."""
    child = subprocess.Popen([sirqprof, "-q", "--", "sh", "-c", "echo runs; exec sleep 100"], stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL)
    if child.stdout.readline() != b"runs\n":
        complain("%s: its command was not run" % sig.name)
    child.send_signal(sig)
    child.send_signal(sig)
    try:
        child.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        child.kill()
        child.stdout.close()
        complain("%s: leaves its command behind" % sig.name)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--count", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    sirqprof = os.path.join(os.path.abspath(args.bin), "sirqprof")
    folder = tempfile.mkdtemp(prefix="sirqprof-stopped-")
    whole = 0
    try:
        os.chdir(folder)
        done = subprocess.run([sirqprof, "-q", "-d", "100ms"], check=False, stderr=subprocess.PIPE,
                              universal_newlines=True)
        if done.returncode:
            print("skip: no capture here: %s" % done.stderr.strip())
            return 77
        with open("spikes.csv", "w", encoding="ascii") as f:
            f.write("time,latency_ms\n%.6f,20\n" % time.time())
        for sig in (signal.SIGKILL, signal.SIGHUP):
            command_ends_too(sirqprof, sig)
        dice = random.Random(args.seed)
        for _ in range(args.count):
            whole += one_run(sirqprof, dice)
    finally:
        os.chdir("/")
        shutil.rmtree(folder)
    print("%d of %d runs were stopped in time to report" % (whole, args.count))
    if whole < args.count // 3:
        complain("too few to say anything")
    return 1 if bad else 0


sys.exit(main())

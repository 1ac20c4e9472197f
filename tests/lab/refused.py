#!/usr/bin/python3
"""refused.py --bin BUILD: what cannot be is told in one line that says what to do, and leaves nothing behind.

Privilege is taken away for real (another user, single capabilities), tracefs, tracepoints and files by mounts that
only the child sees. Each case: exit status, the words that must stand in the one line on standard error, nothing on
standard output, no file made. Cases that can go on must say in the report what was missing. 77 without root.
"""
import argparse
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def with_caps(*caps):
    names = ",".join("+" + cap for cap in caps)
    return NOBODY + ["--inh-caps=" + names, "--ambient-caps=" + names]


def in_mounts(commands):
    """A prefix that runs a program after these commands in a mount namespace of its own."""
    return ["unshare", "-m", "sh", "-c", commands + '; exec "$@"', "sh"]


HIDE = "mount --bind empty %s"
NO_TRACEFS = ("umount -l /sys/kernel/debug/tracing /sys/kernel/tracing 2>/dev/null; mount -t tmpfs none /sys/kernel; "
              "exec setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin")

# (what, prefix, arguments, exit status, words of the line)
REFUSED = [
    ("another user", NOBODY, [], 1, ["CAP_PERFMON", "perf_event_paranoid is"]),
    ("CAP_PERFMON alone", with_caps("perfmon"), [], 1, ["CAP_DAC_READ_SEARCH"]),
    ("no tracefs", ["unshare", "-m", "sh", "-c", NO_TRACEFS + ' "$@"', "sh"], [], 1, ["mount -t tracefs"]),
    ("a CPU that is not there", [], ["--cpu", "4000"], 2, ["CPU 4000 does not exist", "this machine has 0"]),
    ("no list of CPUs", [], ["--cpu", "1-"], 2, ["--cpu takes a list such as"]),
    ("a CPU that is offline", in_mounts("echo 0 >online; mount --bind online /sys/devices/system/cpu/online"),
     ["--cpu", "1"], 2, ["CPU 1 is offline", "online are 0"]),
    ("an unknown event", [], ["--event", "frobs"], 2, ["'frobs'", "cpu-clock works everywhere"]),
    ("spikes that are not there", [], ["--spikes", "none.csv"], 1, ["none.csv", "make it before recording"]),
    ("spikes in a folder", [], ["--spikes", "empty"], 2, ["is a directory"]),
    ("a bad zone", [], ["--spikes", "spikes.csv", "--tz", "Nowhere/Town"], 2, ["'Nowhere/Town'", "zone"]),
    ("a bad expression", [], ["--spikes", "spikes.csv", "--spike-regex", "(("], 2, ["--spike-regex"]),
    ("a bad offset", [], ["--spikes", "spikes.csv", "--clock-offset", "soon"], 2, ["--clock-offset takes seconds"]),
    ("an output in no folder", [], ["--json", "none/r.json"], 1, ["cannot write none/r.json"]),
    ("an output that is a folder", [], ["--folded", "empty"], 1, ["cannot write empty"]),
    ("a recording in no folder", [], ["-o", "none/r.data"], 1, ["cannot write none/r.data"]),
    ("a recording over another file", [], ["-o", "precious"], 2, ["is no recording", "--force"]),
    ("two outputs, one place", [], ["--json", "-", "--folded", "-"], 2, ["only one of"]),
    ("a command that is not there", [], ["--", "/none/such"], 1, ["cannot run '/none/such'"]),
    ("a command that is not in PATH", [], ["-o", "new.data", "--", "nosuchcommand"], 1,
     ["cannot run 'nosuchcommand': No such file"]),
    ("a command that may not be run", [], ["--", "./precious"], 1, ["cannot run './precious': Permission denied"]),
]

# What goes on without something: its code in the quality rows.
GOES_ON = [
    ("softirq_raise hidden", in_mounts(HIDE % "/sys/kernel/tracing/events/irq/softirq_raise"), [], "no-tracepoint"),
    ("sched_switch hidden", in_mounts(HIDE % "/sys/kernel/tracing/events/sched/sched_switch"), [], "no-tracepoint"),
    ("timers hidden", in_mounts(HIDE % "/sys/kernel/tracing/events/timer"), [], "no-tracepoint"),
    ("kernel names hidden", in_mounts("mount --bind /dev/null /proc/kallsyms"), [], "kptr|no-symbols"),
]

# The report comes first, then the line: (what, arguments, words).
TOLD_LAST = [
    ("a command that fails", ["--", "sh", "-c", "exit 3"], ["'sh' ended with exit status 3"]),
    ("a command that is killed", ["--", "sh", "-c", "kill -9 $$"], ["killed by signal 9"]),
    ("empty spikes", ["--spikes", "empty.csv"], ["empty.csv", "is empty"]),
    ("bad spikes", ["--spikes", "bad.csv"], ["bad.csv:2:1"]),
    ("a full disk", ["--json", "/dev/full"], ["/dev/full: No space left"]),
]

bad = 0


def complain(what, why, run):
    global bad
    bad += 1
    print("%s: %s\n  exit status %d, stdout %r, stderr %r" % (what, why, run.returncode, run.stdout[:200], run.stderr))


def prepare(folder):
    os.chmod(folder, 0o777)
    os.chdir(folder)
    os.mkdir("empty")
    for name, text in (("spikes.csv", "time,latency_ms\n"), ("empty.csv", ""), ("precious", "a diary\n"),
                       ("bad.csv", "time,latency_ms\nyesterday,20\n"), ("online", "")):
        with open(name, "w", encoding="ascii") as f:
            f.write(text)


def run(prefix, sirqprof, arguments):
    short = [] if "--" in arguments or "-d" in arguments else ["--duration", "300ms"]
    return subprocess.run(prefix + [sirqprof] + short + arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True, timeout=60, check=False)


def one_line(what, done, words, name="sirqprof"):
    if done.stderr.count("\n") != 1 or not done.stderr.startswith(name + ": "):
        complain(what, "not one line", done)
    for word in words:
        if word not in done.stderr:
            complain(what, "does not say %r" % word, done)


def check_refused(sirqprof):
    for what, prefix, arguments, status, words in REFUSED:
        before = sorted(os.listdir("."))
        done = run(prefix, sirqprof, arguments)
        one_line(what, done, words)
        if done.returncode != status:
            complain(what, "not exit status %d" % status, done)
        if done.stdout:
            complain(what, "half a report", done)
        if sorted(os.listdir(".")) != before:
            complain(what, "left %s" % (set(os.listdir(".")) - set(before)), done)
    if open("precious", encoding="ascii").read() != "a diary\n":
        print("a file that is no recording was overwritten")
        sys.exit(1)


def check_kept(sirqprof):
    """A start that fails leaves the recording of before whole."""
    made = run([], sirqprof, ["record", "-d", "100ms", "-o", "old.data"])
    with open("old.data", "rb") as f:
        before = f.read()
    if made.returncode or len(before) < 4096:
        complain("a recording to keep", "not made", made)
    for arguments, name in ((["record"], "sirqprof record"), (["record", "--max-size", "1M"], "sirqprof record"),
                            ([], "sirqprof")):
        for command in ("nosuchcommand", "/none/such", "./precious"):
            what = "%s -- %s over a recording" % (name, command)
            done = run([], sirqprof, arguments + ["-o", "old.data", "--", command])
            one_line(what, done, ["cannot run '%s'" % command], name)
            if done.returncode != 1 or done.stdout:
                complain(what, "not exit status 1 alone", done)
            with open("old.data", "rb") as f:
                if f.read() != before:
                    complain(what, "the recording is not what it was", done)


def check_closed(sirqprof):
    """What fails when the recording runs already leaves a closed one: its header says where the data ends."""
    with open("noshell", "w", encoding="ascii") as f:
        f.write("#!/none/such/shell\n")
    os.chmod("noshell", 0o755)
    for arguments, name in ((["record"], "sirqprof record"), ([], "sirqprof")):
        what = "%s -- a script without its shell" % name
        done = run([], sirqprof, arguments + ["-o", "failed.data", "--", "./noshell"])
        one_line(what, done, ["cannot run './noshell'"], name)
        if done.returncode != 1 or done.stdout:
            complain(what, "not exit status 1 alone", done)
        with open("failed.data", "rb") as f:
            data_at, data_size = struct.unpack("8x8x8x16xQQ", f.read(56))
            rest = len(f.read()) + 56 - data_at - data_size
        if not data_size or rest < 64:
            complain(what, "%d bytes of data, %d of features" % (data_size, rest), done)


def check_goes_on(sirqprof):
    for what, prefix, arguments, code in GOES_ON:
        done = run(prefix, sirqprof, ["--json", "r.json"] + arguments)
        if done.returncode:
            complain(what, "did not go on", done)
            continue
        with open("r.json", encoding="utf-8") as f:
            rows = json.load(f)["quality"]
        if not any(re.fullmatch(code, row["code"]) for row in rows):
            complain(what, "no quality row %s in %s" % (code, [row["code"] for row in rows]), done)


def check_told_last(sirqprof):
    for what, arguments, words in TOLD_LAST:
        done = run([], sirqprof, arguments)
        one_line(what, done, words)
        if done.returncode != 1:
            complain(what, "not exit status 1", done)
        if "sirqprof: " not in done.stdout or not done.stdout.endswith("\n"):
            complain(what, "the report is not there", done)
    # A reader that went away costs neither the JSON nor the exit status of a failure.
    done = subprocess.run(["sh", "-c", '"$1" -d 0.3 --json pipe.json | true', "sh", sirqprof], stderr=subprocess.PIPE,
                          stdout=subprocess.PIPE, universal_newlines=True, timeout=60, check=False)
    with open("pipe.json", encoding="utf-8") as f:
        json.load(f)
    one_line("a pipe that was closed", done, ["standard output: Broken pipe"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    sirqprof = os.path.join(os.path.abspath(parser.parse_args().bin), "sirqprof")
    if os.geteuid() != 0:
        print("skip: needs root, to give privilege up")
        return 77
    for tool in ("setpriv", "unshare"):
        if not shutil.which(tool):
            print("skip: no %s (util-linux)" % tool)
            return 77
    folder = tempfile.mkdtemp(prefix="sirqprof-refused-")
    try:
        prepare(folder)
        # The build folder may be closed to other users.
        own = shutil.copy(sirqprof, os.path.join(folder, "empty-not"))
        if subprocess.run([own, "-q", "-d", "100ms"], check=False, stderr=subprocess.PIPE).returncode:
            print("skip: this machine allows no capture, not even to root")
            return 77
        check_refused(own)
        check_kept(own)
        check_closed(own)
        check_goes_on(own)
        check_told_last(own)
    finally:
        os.chdir("/")
        shutil.rmtree(folder)
    return 1 if bad else 0


sys.exit(main())

"""What the tests against real perf share."""
import os
import re
import signal
import subprocess
import sys

import shutil


def skip(why):
    print("skip: " + why)
    sys.exit(77)


def need_perf():
    """perf that may record this whole machine, or the test cannot run."""
    if not shutil.which("perf"):
        skip("perf is not installed (package linux-perf)")
    if os.geteuid() != 0:
        skip("recording the whole machine needs root")
    probe = subprocess.run(["perf", "record", "-q", "-o", "/dev/null", "-a", "-e", "cpu-clock", "--",
                            "true"], capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        skip("perf cannot record here: " + probe.stderr.strip().splitlines()[-1])


class Failures:
    """Counts what did not hold; the test goes on, so that all of it is seen."""

    def __init__(self):
        self.n = 0

    def check(self, holds, what):
        if not holds:
            print("NOT SO: " + what)
            self.n += 1
        return holds

    def end(self):
        print("%d failed" % self.n if self.n else "all held")
        sys.exit(1 if self.n else 0)


def run(cmd, **kwargs):
    return subprocess.run(cmd, capture_output=True, check=False, **kwargs)


def perf_stats(path):
    """`perf report --stats`: {record type: count} of the whole, {event: samples}, what it said."""
    done = run(["perf", "report", "--stats", "-i", path], text=True)
    whole, events, now = {}, {}, None
    for line in done.stdout.splitlines():
        head = re.match(r"(\S.*) stats:$", line)
        row = re.match(r"\s+(\S+) events:\s+(\d+)", line)
        if head:
            now = head[1]
        elif row and now == "Aggregated":
            whole[row[1]] = int(row[2])
        elif row and row[1] == "SAMPLE":
            events[now] = int(row[2])
    return whole, events, done.stderr.strip()


def own_stats(sirqprof, path=None, stdin=None):
    """`sirqprof dump --stats` of a file, or of standard input."""
    done = run([sirqprof, "dump", "--stats", "-i", path or "-"], stdin=stdin, text=True)
    rows = [line.split() for line in done.stdout.splitlines()]
    return {name: int(count) for name, count in rows}, done.stderr.strip()


def own_events(sirqprof, path):
    """Samples of each event, from the text of `sirqprof dump`."""
    done = run([sirqprof, "dump", "-i", path], text=True, errors="replace")
    events = {}
    for line in done.stdout.splitlines():
        word = line.split(None, 4)
        if len(word) > 3 and word[2] == "SAMPLE":
            events[word[3]] = events.get(word[3], 0) + 1
    return events


def script_events(path):
    """Samples of each event that `perf script` prints, and what it said."""
    done = run(["perf", "script", "-i", path, "-F", "event", "-G"], text=True, errors="replace")
    events = {}
    for line in done.stdout.splitlines():
        name = line.strip().rstrip(":")
        if name:
            events[name] = events.get(name, 0) + 1
    return events, done.stderr.strip()


def kill_and_wait(proc, sig=signal.SIGKILL):
    proc.send_signal(sig)
    return proc.wait(timeout=60)

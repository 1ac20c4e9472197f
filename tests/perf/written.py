#!/usr/bin/python3
"""perf takes what sirqprof wrote: without a word of warning, and with the same samples. What a killed
recorder or a full disk leaves behind is a recording.

    written.py SIRQPROF

Exit status: 0 held, 1 did not, 77 this machine cannot (and why).
"""
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

from common import (Failures, need_perf, own_events, own_stats, perf_stats, run, script_events,
                    skip)


def record(sirqprof, path, *args, seconds="1.5"):
    return run([sirqprof, "record", "-o", path, "-d", seconds, *args], text=True)


def check_tools(fail, path, tmp, name):
    """Every tool of perf, and what it says about the file."""
    for tool in (["script"], ["script", "--header"],
                 ["report", "--header", "--stdio"], ["report", "--header-only"], ["evlist", "-v"],
                 ["buildid-list"], ["buildid-list", "-H"],
                 ["inject", "-b", "-o", os.path.join(tmp, "injected")]):
        done = run(["perf", *tool, "-i", path], text=True, errors="replace")
        # That the ring overflowed on a busy machine is said of the recorder, not of the file.
        said = "" if "lost" in done.stderr and "overload" in done.stderr else done.stderr.strip()
        fail.check(done.returncode == 0 and not said,
                   "%s: perf %s says: %s" % (name, " ".join(tool), done.stderr[:300]))


def check_counts(fail, sirqprof, path, name):
    whole, events, _ = perf_stats(path)
    ours, _ = own_stats(sirqprof, path)
    printed, _ = script_events(path)
    counted = own_events(sirqprof, path)
    fail.check(ours == whole, "%s: records %s against perf's %s" % (name, ours, whole))
    fail.check(counted and counted == printed,
               "%s: samples %s against perf script's %s" % (name, counted, printed))
    events = {event: n for event, n in events.items() if n}
    fail.check(counted == events, "%s: %s against perf report's %s" % (name, counted, events))


def check_plain(fail, sirqprof, tmp):
    for name, args in {"lean": [], "detail": ["--detail"], "light": ["--light"],
                       "dwarf": ["--call-graph", "dwarf"], "one CPU": ["--cpu", "0"]}.items():
        path = os.path.join(tmp, name.replace(" ", "-"))
        done = record(sirqprof, path, *args)
        if not fail.check(done.returncode == 0, "%s: %s" % (name, done.stderr)):
            continue
        fail.check(os.stat(path).st_mode & 0o7777 == 0o600, name + ": its mode is not 0600")
        check_tools(fail, path, tmp, name)
        check_counts(fail, sirqprof, path, name)
        # What perf made of it is read again, with the same samples.
        a, b = own_events(sirqprof, path), own_events(sirqprof, os.path.join(tmp, "injected"))
        fail.check(a == b, "%s: injected %s, was %s" % (name, b, a))


def part_span(sirqprof, path):
    """First and last sample time of a part, in seconds, and how many samples it has."""
    done = run([sirqprof, "dump", "-i", path], text=True, errors="replace")
    times = [float(m[1]) for m in re.finditer(r" SAMPLE (?!sirqprof).* time=(\d+\.\d+)", done.stdout)]
    return (min(times), max(times), len(times)) if times else (0, 0, 0)


def check_parts(fail, sirqprof, tmp, option, value, seconds):
    """Rotation: whole files, each read by perf, the newest part kept."""
    path = os.path.join(tmp, "parts" + option)
    done = record(sirqprof, path, option, value, "--detail", seconds=seconds)
    fail.check(done.returncode == 0, "%s: %s" % (option, done.stderr))
    parts = [p for p in (path + s for s in ("", ".1", ".2", ".3", ".4")) if os.path.exists(p)]
    fail.check(2 <= len(parts) <= 4, "%s: %d parts" % (option, len(parts)))
    newest = None
    for part in parts:
        said = run(["perf", "script", "-i", part], text=True, errors="replace").stderr.strip()
        fail.check(not said or "overload" in said, "%s: perf script of %s says: %s" % (option, part, said[:200]))
        check_counts(fail, sirqprof, part, option)
        first, last, n = part_span(sirqprof, part)
        fail.check(n > 0, "%s: %s is empty" % (option, part))
        # Each part ends where the one before it in this list begins.
        fail.check(newest is None or last <= newest + 0.1, option + ": parts out of order")
        newest = first
    return parts


def check_limits(fail, sirqprof, tmp):
    # Each part begins with the tasks and mappings so far: on a machine with many, a megabyte.
    parts = check_parts(fail, sirqprof, tmp, "--max-size", "8M", "8")
    total = sum(os.path.getsize(p) for p in parts)
    fail.check(total <= 12 << 20, "--max-size 8M: %d bytes" % total)
    parts = check_parts(fail, sirqprof, tmp, "--max-age", "2", "6")
    begin = min(part_span(sirqprof, p)[0] for p in parts)
    end = max(part_span(sirqprof, p)[1] for p in parts)
    fail.check(1.5 <= end - begin <= 4, "--max-age 2: %.2f s kept" % (end - begin))


def check_killed(fail, sirqprof, tmp):
    path = os.path.join(tmp, "killed")
    with subprocess.Popen([sirqprof, "record", "-o", path], stderr=subprocess.DEVNULL) as proc:
        time.sleep(3)
        proc.send_signal(signal.SIGKILL)
    report = run([sirqprof, "report", "-i", path], text=True)
    fail.check(report.returncode == 0, "killed: %s" % report.stderr)
    fail.check("never closed" in report.stdout, "killed: not said: " + report.stdout)
    fail.check("no-formats" not in report.stdout and "cannot be read" not in report.stdout,
               "killed: its formats are lost")
    first, last, n = part_span(sirqprof, path)
    fail.check(n > 100 and last - first > 1.5, "killed: %d samples of %.1f s" % (n, last - first))


def check_full(fail, sirqprof, tmp):
    """A disk of 3 MB, made here: the recorder stops and says so, the file is closed properly."""
    disk = os.path.join(tmp, "disk")
    os.mkdir(disk)
    if subprocess.call(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk],
                       stderr=subprocess.DEVNULL) != 0:
        print("full disk: cannot mount a tmpfs here")
        return
    try:
        path = os.path.join(disk, "full")
        done = record(sirqprof, path, "--detail", seconds="60")
        fail.check(done.returncode == 1 and "full" in done.stderr or "space" in done.stderr,
                   "full disk: status %d, %s" % (done.returncode, done.stderr))
        said = run(["perf", "script", "-i", path], text=True, errors="replace").stderr.strip()
        fail.check(not said or "overload" in said, "full disk: perf says: " + said[:200])
        check_counts(fail, sirqprof, path, "full disk")
        report = run([sirqprof, "report", "-i", path], text=True)
        fail.check(report.returncode == 0 and "never closed" not in report.stdout,
                   "full disk: " + report.stderr + report.stdout[:300])
        fail.check(part_span(sirqprof, path)[2] > 1000, "full disk: hardly anything in it")
    finally:
        subprocess.call(["umount", disk])


def main():
    sirqprof, fail = sys.argv[1], Failures()
    need_perf()
    with tempfile.TemporaryDirectory(prefix="sirqprof-written-") as tmp:
        if run([sirqprof, "record", "-o", os.path.join(tmp, "probe"), "-d", "0.2"]).returncode != 0:
            skip("sirqprof cannot record here")
        check_plain(fail, sirqprof, tmp)
        check_limits(fail, sirqprof, tmp)
        check_killed(fail, sirqprof, tmp)
        check_full(fail, sirqprof, tmp)
    fail.end()


main()

#!/usr/bin/python3
"""Every kind of recording that perf makes here: `sirqprof dump --stats` counts what
`perf report --stats` counts, also when a machine of the other byte order wrote it (perfswap).

    kinds.py SIRQPROF PERFSWAP

Exit status: 0 held, 1 did not, 77 this machine cannot (and why).
"""
import os
import sys
import tempfile

from common import Failures, need_perf, own_stats, perf_stats, run

# Something that forks, execs, maps, faults and sleeps.
LOAD = ["sh", "-c", "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done; ls / >/dev/null; sleep 0.1"]
SOFTIRQS = ["-e", "irq:softirq_raise", "-e", "irq:softirq_entry", "-e", "irq:softirq_exit"]

KINDS = {
    "file": ["-a", "-e", "cpu-clock"],
    "pipe": ["-a", "-e", "cpu-clock", "-o", "-"],
    "pipe-tracepoints": ["-a", "-g", "-e", "cpu-clock", *SOFTIRQS, "-o", "-"],
    "zstd": ["-a", "-g", "-e", "cpu-clock", "-F", "4000", "-z"],
    "zstd-tracepoints": ["-a", "-g", "-e", "cpu-clock", *SOFTIRQS, "-z9"],
    "monotonic": ["-k", "CLOCK_MONOTONIC", "-a", "-e", "cpu-clock"],
    "monotonic-raw": ["-k", "CLOCK_MONOTONIC_RAW", "-a", "-e", "cpu-clock"],
    "realtime": ["-k", "CLOCK_REALTIME", "-a", "-e", "cpu-clock"],
    "boottime": ["-k", "CLOCK_BOOTTIME", "-a", "-e", "cpu-clock"],
    "tai": ["-k", "CLOCK_TAI", "-a", "-e", "cpu-clock"],
    "fp": ["--call-graph", "fp", "-a", "-e", "cpu-clock"],
    "dwarf": ["--call-graph", "dwarf", "-e", "cpu-clock"],
    "tracepoints": ["-a", "-g", "-e", "cpu-clock", *SOFTIRQS, "-e", "sched:sched_switch"],
    "plain": ["-a", "-g", "-e", "cycles", *SOFTIRQS],
    "group": ["-a", "-e", "{cpu-clock,task-clock,page-faults}:S"],
    "per-thread": ["--per-thread", "-e", "cpu-clock", "-e", "task-clock"],
    "task": ["-e", "cpu-clock", "-e", "context-switches"],
    "registers": ["-a", "-e", "cpu-clock", "--intr-regs", "--user-regs=di,si"],
    "everything": ["-a", "-g", "-e", "cpu-clock", "-e", "page-faults", "--all-cgroups",
                   "--namespaces", "--switch-events", "--phys-data", "--data-page-size",
                   "--code-page-size", "-W", "-d", "-T", "-R"],
    "build-ids": ["-a", "-e", "cpu-clock", "--buildid-mmap"],
    "identifier": ["-a", "-e", "cpu-clock", "-e", "page-faults", "--sample-identifier"],
    "bare": ["-e", "cpu-clock", "--no-buildid", "-N"],
    "kcore": ["-a", "-e", "cpu-clock", "--kcore"],
    "overwrite": ["-a", "-e", "cpu-clock", "--overwrite", "--tail-synthesize"],
}


def compare(fail, sirqprof, name, path):
    """True when there was something to compare."""
    theirs, _, said = perf_stats(path)
    ours, wrong = own_stats(sirqprof, path)
    if not theirs:
        print("%s: perf itself cannot read it (%s)" % (name, said.splitlines()[:1]))
        return fail.check(ours.get("SAMPLE"), "%s: %s" % (name, wrong))
    # perf counts a compressed record and what it holds; here it is what it holds.
    packed = theirs.pop("COMPRESSED", 0)
    theirs["TOTAL"] -= packed
    return fail.check(ours == theirs, "%s: %s" % (name, {
        key: (theirs.get(key), ours.get(key)) for key in {*theirs, *ours}
        if theirs.get(key) != ours.get(key)}))


def record(path, args):
    where = [] if args[-2:] == ["-o", "-"] else ["-o", path]
    with open(path if not where else os.devnull, "wb") as out:
        return run_to(["perf", "record", "-q", *args, *where, "--", *LOAD], out)


def run_to(cmd, out):
    import subprocess
    return subprocess.run(cmd, stdout=out, stderr=subprocess.PIPE, text=True, check=False)


def main():
    sirqprof, perfswap = sys.argv[1:3]
    fail, made = Failures(), 0
    need_perf()
    with tempfile.TemporaryDirectory(prefix="sirqprof-perf-") as tmp:
        for name, args in KINDS.items():
            path = os.path.join(tmp, name)
            done = record(path, args)
            if done.returncode != 0:
                print("%s: this perf cannot make it: %s" % (name, done.stderr.strip()[-100:]))
                continue
            made += 1
            compare(fail, sirqprof, name, path)
            with open(os.path.join(path, "data") if os.path.isdir(path) else path, "rb") as f:
                ours, _ = own_stats(sirqprof, path)
                piped, _ = own_stats(sirqprof, stdin=f)
                fail.check(ours == piped, name + ": otherwise by standard input")
            if "-z" in args or "-z9" in args or os.path.isdir(path):
                continue
            with open(path, "rb") as f:
                turned = run([perfswap], stdin=f)
            with open(path + ".other", "wb") as f:
                f.write(turned.stdout)
            if fail.check(turned.returncode == 0, "%s: %s" % (name, turned.stderr)):
                compare(fail, sirqprof, name + ", other byte order", path + ".other")
    fail.check(made >= 15, "only %d kinds could be made" % made)
    print("%d kinds of recordings" % made)
    fail.end()


main()

#!/usr/bin/python3
"""A recording worth hours of ever new stacks: those that nobody holds are forgotten while it is read,
and every stall still has its own, in bounded memory.

    sweep.py SIRQPROF [--sanitized]

A softirq that is long enough to be a stall has samples in functions of its own, which facts in the
recording name; meanwhile the other CPUs stand in stacks that are never met again.
"""
import argparse
import json
import struct
import sys

from hostile import ENTRY, EXIT, KERNEL, ROUND, fact, head, report_of, sample, softirq

STALLS, OWN, BETWEEN, DEEP = 120, 8, 100, 100
BASE, NAMED = 1 << 63, (1 << 63) + (1 << 40)
SERVING = NAMED - 4096
# The stacks alone, words and all, are more than this; what is kept of them is not.
WORTH_MB = STALLS * OWN * BETWEEN * (8 * DEEP + 48) >> 20
MOST_MB = 40
MS = 10**6


def symbol(addr, name):
    """The name of an address as it is sampled."""
    return fact(1000, 9, struct.pack("<QQ", addr, addr - 8) + name + b"\0[kernel.kallsyms]\0")


def culprit(stall, which):
    return NAMED + (stall * OWN + which) * 256


def others(t, cpu, first):
    """New stacks on the other CPUs, and the end of a round, which may begin a sweep."""
    out = []
    for k in range(BETWEEN):
        new = BASE + (first + k) * 256
        chain = [KERNEL] + [new + d for d in range(DEEP)]
        out.append(sample(t + k * 9000, (cpu + 1 + k % 2) % 3, 50, chain))
    out.append(ROUND)
    return b"".join(out)


def piece(stall):
    """One stall, and what is under way beside it."""
    t, cpu = 10**9 + stall * 10**8, stall % 3
    out = [softirq(t, cpu, 3, ENTRY)]
    for which in range(OWN):
        at = t + which * MS
        chain = [KERNEL, culprit(stall, which) + 8, SERVING + 9]
        # It waits for its turn when the round ends, the ones before it are in the open stall.
        out.append(sample(at + MS, cpu, 60, chain))
        out.append(others(at, cpu, (stall * OWN + which) * BETWEEN))
    out.append(softirq(t + OWN * MS + 1, cpu, 3, EXIT) + ROUND)
    return b"".join(out)


def feed(proc):
    proc.stdin.write(head())
    proc.stdin.write(symbol(SERVING + 8, b"handle_softirqs"))
    proc.stdin.write(b"".join(symbol(culprit(s, w) + 8, b"culprit_%d_%d" % (s, w))
                              for s in range(STALLS) for w in range(OWN)))
    for stall in range(STALLS):
        proc.stdin.write(piece(stall))
    proc.stdin.close()


def wrong(report, folded):
    """What the report says that is not so."""
    stalls = [s for s in report["stalls"] if s["mechanism"] == "softirq"]
    if len(stalls) != STALLS:
        return "%d stalls of %d" % (len(stalls), STALLS)
    for i, stall in enumerate(stalls):
        own = {"culprit_%d_%d" % (i, w) for w in range(OWN)}
        if not own & set(stall["chain"]) or any(f.startswith("culprit_") and f not in own
                                                for f in stall["chain"]):
            return "stall %d: %s" % (i, stall["chain"])
        for name in own:
            if folded.count(";%s 1000\n" % name) != 1:
                return "%s is not once in the folded stacks" % name
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sirqprof")
    parser.add_argument("--sanitized", action="store_true")
    args = parser.parse_args()
    status, mb, said = report_of(args.sirqprof, [("--json", "sweep.json"), ("--folded", "sweep.folded")], feed)
    why = "exit status %d" % status if status else wrong(json.loads(said[0]), said[1])
    if not why and not args.sanitized and not mb <= MOST_MB < WORTH_MB:
        why = "%d MB, of stacks worth %d MB" % (mb, WORTH_MB)
    print(why or "%d stalls, %d MB, of stacks worth %d MB" % (STALLS, mb, WORTH_MB))
    sys.exit(1 if why else 0)


main()

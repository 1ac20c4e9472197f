#!/usr/bin/python3
"""Recordings in which thousands of processes come and go: who has to do with a stall or the baseline
keeps its name, its parents' and what it had mapped; the others are forgotten, and what they took is
given back.

    ended.py SIRQPROF MKPERF [--sanitized]
"""
import argparse
import json
import struct
import subprocess
import sys

from hostile import ENTRY, EXIT, KERNEL, ROUND, USER, fact, head, report_of, sample, side, softirq

MS, S = 10**6, 10**9
LEAF, CALLER = (1 << 63) + 4096, (1 << 63) + 8192
FILES, BETWEEN, STORIES = 50, 1200, 12
MOST_MB = 18  # 22 where they are forgotten only for want of room
CULPRITS, STRANGERS = 3000, 12000


def task(kind, pid, ppid, t, tid=None):
    """FORK (7) and EXIT (4)."""
    return side(kind, struct.pack("<IIIIQ", pid, ppid, tid or pid, ppid, t), t)


def comm(pid, name, t):
    """It executes a program."""
    return side(3, struct.pack("<II", pid, pid) + name.ljust(16, b"\0"), t, 1 << 13)


def mapping(pid, k, path, t):
    return side(10, struct.pack("<IIQQQIIQQII", pid, pid, 0x400000 + (k << 20), 1 << 20, 0, 8, 1, 77, 0,
                                5, 2) + path + b"\0" * (8 - len(path) % 8), t)


def program(pid, name, t):
    """What it executes, with all that a program of today maps."""
    return comm(pid, name, t + 1) + b"".join(mapping(pid, k, b"/no/%s.%d" % (name, k), t + 2)
                                             for k in range(FILES))


def born(pid, ppid, name, t):
    return task(7, pid, ppid, t) + program(pid, name, t)


def stands(t, tid, files, pid=None):
    whole = sample(t, 0, tid, [KERNEL, LEAF + 8, CALLER + 9, USER] +
                   [0x400110 + (k << 20) + (i > 0) for i, k in enumerate(files)])
    return whole[:24] + struct.pack("<I", pid or tid) + whole[28:]


def interrupted(t, tid, before, meanwhile, pid=None):
    """Samples of the baseline, then those of a softirq that is a stall."""
    out = [stands(t + k * MS, tid, before, pid) for k in range(1, 5)] + [softirq(t + 5 * MS, 0, 3, ENTRY)]
    out += [stands(t + k * MS, tid, meanwhile, pid) for k in range(6, 10)]
    return b"".join(out) + softirq(t + 10 * MS, 0, 3, EXIT)


def others(first, n, t, step=7 * MS):
    """They do nothing but begin, map and end."""
    out = []
    for k in range(n):
        out += [born(first + k, 1, b"other", t + k * step), task(4, first + k, 1, t + k * step + 1000)]
        if k % 100 == 0:
            out.append(ROUND)
    return b"".join(out)


def story(i, t):
    """One that ends; a thread of one that has lost its first thread, in another file each time."""
    pid = 1000 + i * (BETWEEN + 2)
    return (born(pid, 1, b"culprit%d" % i, t) + interrupted(t, pid, (3, 7), (4, 8)) + task(4, pid, 1, t + 11 * MS) +
            stands(t + 13 * MS, 501, (9 + i,), 500) + others(pid + 2, BETWEEN, t + 14 * MS))


def lives(t):
    """Numbers that are used again, and records of two CPUs in the order of their buffers."""
    out = [born(400, 1, b"first", t), task(7, 400, 400, t + 50, 600), interrupted(t, 600, (3, 7), (4, 8), 400),
           task(4, 400, 1, t + 20 * MS, 600), task(4, 400, 1, t + 21 * MS), ROUND]
    t += S  # 600 was a thread, and is a process
    out += [born(600, 1, b"second", t), interrupted(t, 600, (5,), (6,)), task(4, 600, 1, t + 20 * MS), ROUND]
    t += S  # its end is read before its begin
    out += [task(4, 700, 1, t + 20 * MS), born(700, 1, b"early", t), interrupted(t, 700, (3, 7), (4, 8)), ROUND]
    t += S  # two programs in one second
    out += [born(800, 1, b"make", t), *(stands(t + k * MS, 800, (3, 7)) for k in range(1, 5)),
            program(800, b"cc1", t + 5 * MS), *(stands(t + k * MS, 800, (4, 8)) for k in range(6, 10)),
            task(4, 800, 1, t + 20 * MS), ROUND]
    return b"".join(out)


def feed_lives(proc):
    proc.stdin.write(head() + b"".join(
        fact(1000, 9, struct.pack("<QQ", addr + 8, addr) + text + b"\0[kernel.kallsyms]\0")
        for addr, text in ((LEAF, b"slow_leaf"), (CALLER, b"slow_show"))))
    proc.stdin.write(born(500, 1, b"stays", S // 10) + task(7, 500, 500, S // 10 + 50, 501) +
                     task(4, 500, 1, S // 10 + 60) + lives(S))
    for i in range(STORIES):
        proc.stdin.write(story(i, (10 + i * 10) * S))
    proc.stdin.close()


def wrong_lives(report, folded, baseline):
    """What the report says that is not so; each line once."""
    who = [("culprit%d" % i, (3, 7), (4, 8)) for i in range(STORIES)]
    who += [("first", (3, 7), (4, 8)), ("second", (5,), (6,)), ("early", (3, 7), (4, 8))]
    want = [(folded, name, files) for name, _, files in who] + [(baseline, name, files) for name, files, _ in who]
    want += [(baseline, "make", (3, 7)), (baseline, "cc1", (4, 8))]
    want += [(baseline, "stays", (9 + i,)) for i in range(STORIES)]
    for text, name, files in want:
        frames = "\n%s;%s;slow_show;slow_leaf " % (name, ";".join("%s.%d+0x110" % (name, k) for k in reversed(files)))
        if ("\n" + text).count(frames) != 1:
            return "'%s' is not once in the %s" % (frames.strip(), "baseline" if text is baseline else "folded stacks")
    return None if report["stalls"] else "no stalls"


def records(data):
    """Of a recording in pipe mode, header first."""
    yield data[:16]
    at = 16
    while at < len(data):
        kind, _, size = struct.unpack_from("<IHH", data, at)
        size += struct.unpack_from("<I", data, at + 8)[0] if kind == 66 else 0
        yield data[at:at + size]
        at += size


def gaps():
    """Interrupts kept off by ever new processes, as text for mkperf."""
    out = ["begin 1764000000", "busy cpu=1 from=1ms to=99ms every=1ms tid=7 mode=kernel stack=ksys_read;vfs_read"]
    for i in range(CULPRITS):
        t, pid = 100 + i * 20, 100001 + 2 * i
        out += ["task t=%dms tid=%d pid=%d ppid=1 comm=par%d" % (t, pid - 1, pid - 1, i),
                "task t=%dms tid=%d pid=%d ppid=%d comm=cul%d" % (t, pid, pid, pid - 1, i),
                "busy cpu=1 from=%dms to=%dms every=1ms tid=%d mode=kernel stack=ksys_read;vfs_read" % (t, t + 6, pid),
                "tick cpu=1 t=%d.4ms tid=%d" % (t + 16, pid),
                "sample cpu=1 t=%d.402ms tid=%d stack=ksys_read;vfs_read;_raw_spin_unlock_irqrestore" % (t + 16, pid),
                "busy cpu=1 from=%dms to=%dms every=1ms tid=%d mode=kernel stack=ksys_read;vfs_read" % (t + 17, t + 20, pid)]
    return "\n".join(out) + "\nend t=%dms\n" % (CULPRITS * 20 + 200)


def feed_parents(proc, mkperf):
    """They end, and so do their parents; then their numbers are used again."""
    made = subprocess.run([mkperf], input=gaps().encode(), stdout=subprocess.PIPE, check=True).stdout
    k, begin = 0, 1000 * S
    for r in records(made):
        proc.stdin.write(r)
        if b"cul%d\0" % k in r:
            t, pid = begin + (119 + k * 20) * MS, 100001 + 2 * k
            proc.stdin.write(task(4, pid - 1, 1, t) + task(4, pid, pid - 1, t + 1000) + (ROUND if k % 50 == 0 else b""))
            k += 1
    t = begin + CULPRITS * 20 * MS + 3 * S
    for i in range(STRANGERS):
        at_ns, pid = t + i * MS, 100000 + i
        proc.stdin.write(task(7, pid, 1, at_ns) + comm(pid, b"stranger", at_ns + 1) + task(4, pid, 1, at_ns + 1000) +
                         (ROUND if i % 100 == 0 else b""))
    proc.stdin.close()


def wrong_parents(report, _folded, _baseline):
    told = [(s["task"]["comm"], s["task"]["parents"]) for s in report["stalls"] if s["task"]]
    want = [("cul%d" % i, ["par%d" % i]) for i in range(CULPRITS)]
    bad = [t for t, w in zip(told, want) if t != w]
    return "%d stalls of %d, %d with other parents: %s" % (len(told), CULPRITS, len(bad), bad[:2]) \
        if bad or len(told) != CULPRITS else None


def run(args, feed, wrong):
    status, mb, said = report_of(args.sirqprof, [("--json", "ended.json"), ("--folded", "ended.folded"),
                                                 ("--folded-baseline", "ended.baseline")], feed)
    why = "exit status %d" % status if status else wrong(json.loads(said[0]), said[1], said[2])
    if not why and not args.sanitized and mb > MOST_MB:
        why = "%d MB" % mb
    print(why or "%d MB, nobody is missed" % mb)
    return why is None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sirqprof")
    parser.add_argument("mkperf")
    parser.add_argument("--sanitized", action="store_true")
    args = parser.parse_args()
    good = run(args, feed_lives, wrong_lives)
    good &= run(args, lambda proc: feed_parents(proc, args.mkperf), wrong_parents)
    sys.exit(0 if good else 1)


main()

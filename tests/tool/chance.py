#!/usr/bin/python3
"""Unrelated spikes over recordings with stalls: how often does one get a culprit?

    chance.py SIRQPROF MKPERF [--trials N] [--recordings N]

Recordings of 60 s on 1, 8 and 144 CPUs, made of softirqs that ran long, packets that were dropped and
tasks that reclaimed, at random; spikes at random, with and without a latency, with and without a CPU,
alone and many in one file, of a prober and of nobody. One JSON row a kind on stdout. Exit status 1:
more than 5 % of a kind's spikes were given a culprit (with room for the luck of the draw), or a
control (spikes that do lie on stalls) hardly ever: a program that explains nothing would pass, too.
"""
import argparse
import json
import math
import os
import random
import subprocess
import sys
import tempfile

SECONDS = 60
BAR = 0.05
NAMED = ("stall", "drop", "task-delay")


def make_recording(rng, cpus, mkperf, path):
    """One harmless stall of 2 ms a CPU every 20 s on average, a few long ones, drops, reclaim."""
    events, stalls = [], []
    for cpu in range(cpus):
        # An event now and then: the CPU is observed while it idles.
        for ms in range(0, SECONDS * 1000, 500 if cpus < 100 else 2500):
            events.append((ms + 0.1 + cpu * 1e-4, "entry cpu=%d t=%%sms vec=sched" % cpu))
            events.append((ms + 0.12 + cpu * 1e-4, "exit cpu=%d t=%%sms vec=sched" % cpu))
        t = rng.expovariate(1 / 20000)
        while t < SECONDS * 1000 - 100:
            long = rng.random() < (0.3 if cpus == 1 else 0.02)
            ms = rng.uniform(5, 60) if long else rng.uniform(1.5, 2.5)
            stalls.append((t, ms, cpu))
            events.append((t, "entry cpu=%d t=%%sms vec=timer" % cpu))
            events.append((t + 0.001, "func_entry cpu=%d t=%%sms func=timer_%d" % (cpu, cpu % 7)))
            events.append((t + ms - 0.001, "func_exit cpu=%d t=%%sms" % cpu))
            events.append((t + ms, "exit cpu=%d t=%%sms vec=timer" % cpu))
            t += ms + rng.expovariate(1 / 20000)
    for _ in range(3):
        events.append((rng.uniform(100, SECONDS * 1000), "drop cpu=0 t=%sms reason=PFMEMALLOC"))
    for tid in (700, 701):
        t = rng.uniform(0, SECONDS * 1000 - 200)
        events.append((t, "reclaim_begin cpu=0 t=%%sms tid=%d" % tid))
        events.append((t + rng.uniform(1, 80), "reclaim_end cpu=0 t=%%sms tid=%d" % tid))
    events.sort()
    text = ["begin 1764000000"] + [line % ("%.4f" % t) for t, line in events]
    text.append("end t=%dms" % (SECONDS * 1000))
    with open(path, "wb") as out:
        subprocess.run([mkperf], input="\n".join(text).encode() + b"\n", stdout=out, check=True)
    return stalls


def latency_of(rng, kind):
    if kind == "unknown":
        return None
    if kind == "retransmit":
        return rng.choice((200, 203, 207, 215, 603, 1003, 1010))
    # Most delays are short, some long: between 2 ms and 2 s, evenly by magnitude.
    return 2 * 1000 ** rng.random()


def unrelated(rng, kind, cpus):
    """A spike that knows nothing of any stall."""
    return (rng.uniform(3000, SECONDS * 1000), latency_of(rng, kind),
            rng.randrange(cpus) if kind == "cpu" else None)


def prober(rng, cpus):
    """Late things of one cause that is not recorded: always the same latency, each 700 ms or so."""
    base, ms = rng.uniform(3000, 3700), rng.uniform(3, 80)
    return [(base + i * 700 + rng.uniform(0, 300), ms * rng.uniform(0.9, 1.1), None)
            for i in range(70)]


def judge(prog, data, spikes, tmp):
    """The verdict kind of each spike."""
    csv, out = os.path.join(tmp, "spikes.csv"), os.path.join(tmp, "out.jsonl")
    with open(csv, "w", encoding="utf-8") as f:
        f.write("time,latency_ms,cpu,label\n")
        for i, (t, ms, cpu) in enumerate(spikes):
            f.write("%.6f,%s,%s,s%d\n" % (1764000000 + t / 1000, "" if ms is None else "%.4f" % ms,
                                         "" if cpu is None else cpu, i))
    subprocess.run([prog, "report", "-i", data, "-q", "--spikes", csv, "--spike-time", "end",
                    "--window", "200ms", "--jsonl", out], check=True)
    with open(out, encoding="utf-8") as f:
        rows = [json.loads(line) for line in f]
    return [r["kind"] for r in rows if r["type"] == "spike"]


def allowed(n):
    """The bar, and three standard deviations of a draw at it."""
    return n * BAR + 3 * math.sqrt(n * BAR * (1 - BAR))


def trial_lists(rng, kind, cpus, n):
    if kind == "alone":
        return [[unrelated(rng, "latency", cpus)] for _ in range(n // 20)]
    if kind == "prober":
        return [prober(rng, cpus) for _ in range(n // 70)]
    return [[unrelated(rng, kind, cpus) for _ in range(n)]]


def control(rng, stalls):
    """Spikes that end with a stall and are as long: their culprit is to be named."""
    longest = sorted(stalls, key=lambda s: -s[1])[:5]
    return [(t + ms + 0.2, ms + 0.3, cpu) for t, ms, cpu in longest]


def one_size(args, cpus, recordings, tmp):
    kinds = ("latency", "unknown", "cpu", "retransmit", "alone", "prober")
    seen, named = dict.fromkeys(kinds, 0), dict.fromkeys(kinds, 0)
    hits = wanted = bad = 0
    for seed in range(recordings):
        rng = random.Random(cpus * 1000 + seed)
        data = os.path.join(tmp, "made.data")
        stalls = make_recording(rng, cpus, args.mkperf, data)
        for kind in kinds:
            for spikes in trial_lists(rng, kind, cpus, args.trials // recordings):
                got = judge(args.sirqprof, data, spikes, tmp)
                seen[kind] += len(got)
                named[kind] += sum(k in NAMED for k in got)
        known = control(rng, stalls)
        wanted += len(known)
        hits += sum(k == "stall" for k in judge(args.sirqprof, data, known, tmp))
    for kind in kinds:
        held = named[kind] <= allowed(seen[kind])
        bad += not held
        print(json.dumps({"cpus": cpus, "kind": kind, "spikes": seen[kind], "named": named[kind],
                          "share": round(named[kind] / max(1, seen[kind]), 4), "held": held}),
              flush=True)
    print(json.dumps({"cpus": cpus, "kind": "control", "spikes": wanted, "named": hits}), flush=True)
    return bad + (hits * 2 < wanted)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("sirqprof")
    ap.add_argument("mkperf")
    ap.add_argument("--trials", type=int, default=3000, help="spikes of each kind and size")
    ap.add_argument("--recordings", type=int, default=5)
    args = ap.parse_args()
    bad = 0
    with tempfile.TemporaryDirectory() as tmp:
        for cpus in (1, 8, 144):
            bad += one_size(args, cpus, args.recordings, tmp)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

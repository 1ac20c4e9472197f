"""What a CPU-bound loop pays for being sampled."""
import json
import os
import statistics
import subprocess

import live
from benchlib import Result, Skip, summary

ROW = 4
WORK = "cost to a CPU-bound loop at 1 and 2 kHz; sirqprof's own CPU time"
BESIDE = "the loop alone; perf record -F the same -g"
ROUNDS = 800_000_000
PAIRS = 15
# Own CPU time is told of a longer recording: start and end are row 6.
OWN_S = 10


def contestants(ctx, cpu):
    arms = {"alone": None}
    for hz in (1000, 2000):
        arms[f"sirqprof_{hz}"] = [ctx.sirqprof, "-C", str(cpu), "-F", str(hz), "-q"]
        arms[f"perf_{hz}"] = ["perf", "record", "-q", "-g", "-e", "cpu-clock", "-F", str(hz), "-C",
                              str(cpu), "-o", ctx.path("loop.data")]
    return arms


def own_cpu(ctx, cpu, hz):
    """Percent of a CPU that sirqprof takes beside a busy CPU."""
    out = ctx.path("own.json")
    busy = subprocess.Popen([os.path.join(ctx.build, "tests", "lab", "spinner"), str(cpu), "60"])
    try:
        ctx.measure([ctx.sirqprof, "-C", str(cpu), "-F", str(hz), "-d", str(OWN_S), "-q", "--json",
                     out])
    finally:
        busy.terminate()
        busy.wait()
    with open(out, encoding="utf-8") as f:
        return round(json.load(f)["capture"]["self_cpu_pct"], 2)


def one(ctx, cpu, other, argv):
    loop = [ctx.tool("bench_loop"), str(ROUNDS)]
    if argv is None:
        return ctx.measure(loop, cpu=cpu)
    recorder = live.Recorder(argv, off=other if argv[0] == "perf" else None)
    seen = ctx.measure(loop, cpu=cpu)
    recorder.stop()
    return seen


def run(ctx):
    ctx.need_root()
    ctx.need("perf", "--version")
    cpu, other = live.cpus()
    if cpu == other:
        raise Skip("needs a second CPU for the recorder")
    arms = contestants(ctx, cpu)
    seen = ctx.interleave({n: (lambda a=a: one(ctx, cpu, other, a)) for n, a in arms.items()},
                          runs=max(ctx.runs, PAIRS))
    r = Result()
    r.commands = [" ".join(a).replace(ctx.work + "/", "").replace(ctx.build + "/", "")
                  for a in arms.values() if a]
    own = {f"{hz}_hz": own_cpu(ctx, cpu, hz) for hz in (1000, 2000)}
    r.figures = {**{f"{n}_s": summary(v) for n, v in seen.items()}, "own_cpu_pct": own}
    for n, v in seen.items():
        if n != "alone":
            r.ratios[f"{n}_over_alone"] = round(statistics.median(
                a["wall_s"] / b["wall_s"] for a, b in zip(v, seen["alone"])), 4)
    for hz in (1000, 2000):
        r.ratios[f"sirqprof_over_perf_{hz}"] = round(statistics.median(
            a["wall_s"] / b["wall_s"]
            for a, b in zip(seen[f"sirqprof_{hz}"], seen[f"perf_{hz}"])), 4)
        r.bar(f"sirqprof over perf record -g at {hz} Hz", r.ratios[f"sirqprof_over_perf_{hz}"],
              most=1.0)
    r.bar("loop under sirqprof at 1 kHz over alone", r.ratios["sirqprof_1000_over_alone"],
          most=1.03)
    r.bar("sirqprof's own CPU at 1 kHz, percent", own["1000_hz"], most=2)
    return r

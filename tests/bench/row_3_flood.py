"""What a packet flood pays for being recorded."""
import statistics

import live
from benchlib import Result, Skip, summary

ROW = 3
WORK = "cost of capture to a packet flood: ping -f -c 200000 over veth, all on one CPU"
BESIDE = "the flood alone; perf record -c 1 of the three softirq events; the same with -g"
PACKETS = 200000
PAIRS = 11


def contestants(ctx, cpu):
    perf = ["perf", "record", "-q", "-C", str(cpu), "-c", "1", "-e", live.THREE, "-o",
            ctx.path("perf.data")]
    return {
        "alone": None,
        "lean": [ctx.sirqprof, "-C", str(cpu), "-q"],
        "lean_record": [ctx.sirqprof, "record", "-f", "-C", str(cpu), "-o", ctx.path("lean.data")],
        "three_whole": [ctx.tool("bench_capture"), str(cpu), ctx.path("three.data")],
        "detail": [ctx.sirqprof, "-C", str(cpu), "-q", "--detail"],
        "perf": perf,
        "perf_g": perf[:2] + ["-g"] + perf[2:],
    }


def one(ctx, flood, name, argv, other, losses):
    if argv is None:
        return {"wall_s": flood.run(PACKETS), "cpu_pct": 0}
    # sirqprof steps aside by itself; perf has to be told.
    recorder = live.Recorder(argv, off=other if argv[0] == "perf" else None)
    seconds = flood.run(PACKETS)
    used = recorder.stop()
    if argv[-1].endswith(".data"):
        losses[name] = losses.get(name, 0) + live.lost(ctx, argv[-1])
    return {"wall_s": seconds, "cpu_pct": 100 * used["cpu_s"] / used["ran_s"]}


def run(ctx):
    ctx.need_root()
    ctx.need("perf", "--version")
    cpu, other = live.cpus()
    if cpu == other:
        raise Skip("needs a second CPU for the recorder")
    losses = {}
    with live.Flood(cpu) as flood:
        arms = {n: (lambda n=n, a=a: one(ctx, flood, n, a, other, losses))
                for n, a in contestants(ctx, cpu).items()}
        seen = ctx.interleave(arms, runs=max(ctx.runs, PAIRS))
    r = Result()
    r.commands = [" ".join(a).replace(ctx.work + "/", "").replace(ctx.build + "/", "")
                  for a in contestants(ctx, cpu).values() if a]
    r.figures = {"packets": PACKETS, "pairs": len(seen["alone"]), "lost_records": losses,
                 **{f"{n}_s": summary(v) for n, v in seen.items()},
                 "recorder_cpu_pct": {n: round(statistics.median(x["cpu_pct"] for x in v), 1)
                                      for n, v in seen.items() if n != "alone"}}
    for n, v in seen.items():
        if n != "alone":
            # Paired: each with the flood alone of its own round.
            r.ratios[f"{n}_over_alone"] = round(statistics.median(
                a["wall_s"] / b["wall_s"] for a, b in zip(v, seen["alone"])), 3)
    r.bar("lean set over the flood alone", r.ratios["lean_over_alone"], most=1.15)
    r.bar("the three softirq events whole over the flood alone",
          r.ratios["three_whole_over_alone"], most=1.30)
    r.bar("records lost", losses.get("lean_record", 0) + losses.get("three_whole", 0), most=0)
    return r

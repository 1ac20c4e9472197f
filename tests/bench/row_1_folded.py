"""Recorded → folded, beside perf script and perf report."""
import os

from benchlib import Result, median, shell, summary

ROW = 1
WORK = "recorded → folded: a ping flood's softirqs with kernel stacks, 900,000 samples"
BESIDE = "perf script; perf report folded"
PACKETS = 300000


def flood(path):
    here = os.path.dirname(os.path.abspath(__file__))
    shell(f"sh {here}/flood.sh {(os.cpu_count() or 1) - 1} {PACKETS} {path}")


def samples(ctx, data):
    ctx.measure([ctx.sirqprof, "dump", "--stats", "-i", data], stdout=ctx.path("stats"))
    with open(ctx.path("stats"), encoding="utf-8") as f:
        counts = dict(line.split() for line in f if len(line.split()) == 2)
    return int(counts["SAMPLE"]), int(counts.get("LOST_SAMPLES", 0))


def run(ctx):
    ctx.need_root()
    ctx.need("perf", "--version")
    data = ctx.once("flood.data", flood)
    n, lost = samples(ctx, data)
    ours = [ctx.sirqprof, "report", "-i", data, "--folded-baseline", ctx.path("folded")]
    report = ["perf", "report", "-i", data, "--stdio", "--no-children", "-g", "folded,0,caller"]
    script = ["perf", "script", "-i", data]
    seen = ctx.interleave({"sirqprof": ours, "report": report})
    seen["script"] = ctx.interleave({"script": script}, runs=min(ctx.runs, 2))["script"]
    seen["sirqprof"] += ctx.interleave({"sirqprof": ours})["sirqprof"]
    r = Result()
    r.commands = [" ".join(c).replace(ctx.work + "/", "").replace(ctx.build + "/", "")
                  for c in (ours, script, report)]
    size = os.path.getsize(data)
    own = median(seen["sirqprof"], "wall_s")
    r.figures = {"samples": n, "lost_records": lost, "bytes": size,
                 **{f"{k}_s": summary(v) for k, v in seen.items()},
                 "sirqprof_gb_per_s": round(size / own / 1e9, 3),
                 "sirqprof_rss_mb": summary(seen["sirqprof"], "rss_mb", 1),
                 "report_rss_mb": summary(seen["report"], "rss_mb", 1)}
    for k in ("script", "report"):
        r.ratios[f"{k}_over_sirqprof"] = round(median(seen[k], "wall_s") / own, 2)
    r.bar("times faster than perf script", r.ratios["script_over_sirqprof"], least=40)
    r.bar("times faster than perf report", r.ratios["report_over_sirqprof"], least=8)
    r.bar("seconds", own, most=0.2)
    r.bar("peak memory, MB", median(seen["sirqprof"], "rss_mb"), most=64)
    return r

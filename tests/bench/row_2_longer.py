"""The flood ten times as long: time in proportion, memory flat."""
import os

from benchlib import Result, median, shell, summary
from row_1_folded import PACKETS, flood, samples

ROW = 2
WORK = "the same flood ten times as long, recorded → folded"
BESIDE = "itself, one tenth as long"


def long_flood(path):
    here = os.path.dirname(os.path.abspath(__file__))
    shell(f"sh {here}/flood.sh {(os.cpu_count() or 1) - 1} {10 * PACKETS} {path}")


def run(ctx):
    ctx.need_root()
    ctx.need("perf", "--version")
    files = {"short": ctx.once("flood.data", flood), "long": ctx.once("long.data", long_flood)}
    counts = {k: samples(ctx, f) for k, f in files.items()}
    for f in files.values():  # from the page cache, both
        ctx.measure(["cat", f])
    seen = ctx.interleave({k: [ctx.sirqprof, "report", "-i", f, "--folded-baseline",
                               ctx.path(k + ".folded")] for k, f in files.items()})
    r = Result()
    r.commands = ["sirqprof report -i long.data --folded-baseline long.folded"]
    for k, f in files.items():
        r.figures[k] = {"samples": counts[k][0], "lost_records": counts[k][1],
                        "bytes": os.path.getsize(f), "wall_s": summary(seen[k]),
                        "rss_mb": summary(seen[k], "rss_mb", 1)}
    ctx.drop("long.data")
    ratio = counts["long"][0] / counts["short"][0]
    took = median(seen["long"], "wall_s") / median(seen["short"], "wall_s")
    more = median(seen["long"], "rss_mb") - median(seen["short"], "rss_mb")
    r.ratios = {"samples": round(ratio, 3), "wall": round(took, 3)}
    r.bar("time over what the samples' number says", took / ratio, most=1.05)
    r.bar("more memory, MB", more, most=8)
    r.bar("peak memory, MB", median(seen["long"], "rss_mb"), most=64)
    return r

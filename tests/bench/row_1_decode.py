"""Bytes → events in order, without analysis: what one core reads from the page cache."""
import json

from benchlib import Result
from row_1_folded import flood

ROW = 1
WORK = "a recording's bytes → typed events in order of time, one core, page cache"
BESIDE = "itself"


def run(ctx):
    ctx.need_root()
    ctx.need("perf", "--version")
    data = ctx.once("flood.data", flood)
    out = ctx.path("decode.json")
    bench = [ctx.tool("bench_decode"), data, "15"]
    ctx.measure(bench, stdout=out)
    with open(out, encoding="utf-8") as f:
        seen = json.load(f)
    r = Result()
    r.commands = ["bench_decode flood.data 15"]
    r.figures = {k: v for k, v in seen.items() if k not in ("bench", "check")}
    r.bar("GB/s of one core", seen["gb_per_s"], least=1)
    return r

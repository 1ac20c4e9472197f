"""Kernel symbols: load and look-up, beside what perf script takes to begin."""
import json

from benchlib import Result, median, summary

ROW = 8
WORK = "kernel symbols: load, look up"
BESIDE = "perf script of a recording of one moment"


def run(ctx):
    ctx.need_root()
    ctx.need("perf", "--version")
    data = ctx.path("moment.data")
    ctx.measure(["perf", "record", "-q", "-a", "-g", "-e", "cpu-clock", "-F", "1000", "-o", data,
                 "--", "sleep", "0.05"])
    out = ctx.path("symbols.json")
    ours = [ctx.tool("bench_symbols"), "21"]
    ctx.measure(ours, stdout=out)
    with open(out, encoding="utf-8") as f:
        own = json.load(f)
    seen = ctx.interleave({"script": ["perf", "script", "-i", data],
                           "report": [ctx.sirqprof, "report", "-i", data, "--folded-baseline",
                                      ctx.path("moment.folded")]})
    r = Result()
    r.commands = ["bench_symbols 21", "perf script -i moment.data",
                  "sirqprof report -i moment.data --folded-baseline moment.folded"]
    r.figures = {**{k: v for k, v in own.items() if k not in ("bench", "check")},
                 "perf_script_s": summary(seen["script"]),
                 "sirqprof_report_s": summary(seen["report"])}
    r.ratios = {"script_over_report": round(median(seen["script"], "wall_s") /
                                            median(seen["report"], "wall_s"), 2)}
    r.bar("load, ms", own["load_ms"], most=30)
    r.bar("look-up, ns", own["lookup_ns"], most=150)
    r.note(f"of the load the kernel's printing of /proc/kallsyms alone is {own['print_ms']} ms")
    return r

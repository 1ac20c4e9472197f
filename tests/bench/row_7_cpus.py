"""A made recording: 144 CPUs, one hour, 5,000 stalls, 10,000 spikes."""
import json
import os
import subprocess

from benchlib import Result, median, summary

ROW = 7
WORK = "144 CPUs, one hour, all rings interleaved, 5,000 stalls, 10,000 spikes → verdicts, JSON"
BESIDE = "itself: 2 CPUs with as many events; half an hour"
STALLS, SPIKES = 5000, 10000
# Ticks a second and CPU: as many events in all.
MADE = {"cpus_144": (144, 3600, 10, STALLS), "half_hour": (144, 1800, 10, STALLS // 2),
        "cpus_2": (2, 3600, 710, STALLS)}


def make(ctx, name):
    cpus, seconds, ticks, stalls = MADE[name]
    told = ctx.path(name + ".made")

    def write(path):
        head = b"period 1ms\nhost made\nbegin 1600000000\n"
        with open(path, "wb") as data, open(told, "wb") as errors:
            subprocess.run([os.path.join(ctx.build, "tests", "tool", "mkperf")], input=head,
                           stdout=data, check=True)
            data.flush()
            subprocess.run([ctx.tool("bench_mkbig"), "--cpus", str(cpus), "--seconds",
                            str(seconds), "--ticks", str(ticks), "--stalls", str(stalls),
                            "--spikes", str(SPIKES), path + ".csv"],
                           stdout=data, stderr=errors, check=True)

    path = ctx.once(name + ".big", write)
    with open(told, encoding="utf-8") as f:
        return path, json.load(f)


def stalls_in(ctx, path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)["summary"]["stalls"]


def run(ctx):
    made = {k: make(ctx, k) for k in MADE}
    r = Result()
    contestants = {}
    for k, (path, _) in made.items():
        argv = [ctx.sirqprof, "report", "-i", path, "--spikes", path + ".csv", "--json",
                ctx.path(k + ".json")]
        contestants[k] = argv
    r.commands = ["sirqprof report -i cpus_144.big --spikes cpus_144.big.csv --json cpus_144.json"]
    seen = ctx.interleave(contestants, runs=min(ctx.runs, 3))
    ns = {}
    for k, (path, told) in made.items():
        found = stalls_in(ctx, ctx.path(k + ".json"))
        if found != told["stalls"]:
            raise RuntimeError(f"{k}: {told['stalls']} stalls were made, {found} found")
        ns[k] = median(seen[k], "wall_s") * 1e9 / told["events"]
        r.figures[k] = {**told, "wall_s": summary(seen[k]), "ns_per_event": round(ns[k], 1),
                        "rss_mb": summary(seen[k], "rss_mb", 1)}
        ctx.drop(k + ".big")
        os.unlink(path + ".csv")
    r.ratios = {"ns_per_event_144_over_2": round(ns["cpus_144"] / ns["cpus_2"], 3),
                "ns_per_event_hour_over_half": round(ns["cpus_144"] / ns["half_hour"], 3)}
    r.bar("ns an event, an hour over half an hour", ns["cpus_144"] / ns["half_hour"], most=1.1)
    r.bar("ns an event, 144 CPUs over 2", ns["cpus_144"] / ns["cpus_2"], most=1.5)
    r.bar("peak memory at 144 CPUs, MB", median(seen["cpus_144"], "rss_mb"), most=64 + 72)
    return r

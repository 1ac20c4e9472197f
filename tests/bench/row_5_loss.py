"""Up to how many events a second nothing is lost."""
import subprocess

import live
from benchlib import Result, Skip

ROW = 5
WORK = "no loss: softirq events a second up to which nothing is lost, default buffers"
BESIDE = "perf record -c 1 of the same events with the same buffer memory"
RATES = (25_000, 50_000, 100_000, 150_000, 200_000, 300_000, 0)
SECONDS = 4
# sirqprof's default for one CPU; perf's -m counts pages.
BUFFER_KB = 4096


def contestants(ctx, cpu):
    return {
        # --detail: NET_RX whole whatever its rate; without it nothing like this many are made.
        "sirqprof": [ctx.sirqprof, "-C", str(cpu), "-q", "--detail", "--json", ctx.path("l.json"),
                     "-f", "-o", ctx.path("sirqprof.data")],
        "record": [ctx.sirqprof, "record", "-f", "-C", str(cpu), "--detail", "-o",
                   ctx.path("record.data")],
        "lean": [ctx.sirqprof, "record", "-f", "-C", str(cpu), "-o", ctx.path("lean5.data")],
        "perf": ["perf", "record", "-q", "-C", str(cpu), "-m", str(BUFFER_KB // 4), "-c", "1", "-e",
                 live.THREE, "-o", ctx.path("perf5.data")],
    }


def one(ctx, argv, cpu, other, rate):
    """Events made a second, and records of losses."""
    recorder = live.Recorder(argv, off=other if argv[0] == "perf" else None)
    try:
        done = subprocess.run(["taskset", "-c", str(cpu), ctx.tool("bench_packets"), str(rate),
                               str(SECONDS)], capture_output=True, text=True, check=True)
    finally:
        recorder.stop()
    sent, ns = map(int, done.stdout.split())
    return 3 * sent / (ns / 1e9), live.lost(ctx, argv[-1])


def run(ctx):
    ctx.need_root()
    ctx.need("perf", "--version")
    cpu, other = live.cpus()
    if cpu == other:
        raise Skip("needs a second CPU for the recorder")
    arms = contestants(ctx, cpu)
    r = Result()
    r.commands = [" ".join(a).replace(ctx.work + "/", "").replace(ctx.build + "/", "")
                  for a in arms.values()]
    best, steps = dict.fromkeys(arms, 0), []
    broken = set()
    for rate in RATES:
        for name, argv in arms.items():
            events, lost = one(ctx, argv, cpu, other, rate)
            steps.append({"recorder": name, "packets_per_s_asked": rate or "all",
                          "events_per_s": round(events), "losses": lost})
            ctx.say(f"  {name} {events:,.0f} events/s, {lost} losses")
            if lost:
                broken.add(name)
            elif name not in broken:
                best[name] = max(best[name], round(events))
    r.figures = {"events_per_s_without_loss": best, "buffer_kb": BUFFER_KB, "steps": steps}
    r.ratios["sirqprof_over_perf"] = round(best["sirqprof"] / max(best["perf"], 1), 3)
    r.bar("events/s without loss, sirqprof over perf", r.ratios["sirqprof_over_perf"], least=1)
    r.bar("events/s without loss", best["sirqprof"], least=300_000)
    r.note("all packets a second that go differ by what the recorder costs them; lean makes fewer "
           "records of as many events")
    return r

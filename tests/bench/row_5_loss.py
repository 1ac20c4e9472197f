"""Up to how many events a second nothing is lost."""
import subprocess

import live
from benchlib import Result, Skip

ROW = 5
WORK = "no loss: softirq events a second up to which nothing is lost, default buffers"
BESIDE = "perf record -c 1 of the same events with the same buffer memory"
RATES = (25_000, 50_000, 100_000, 150_000, 200_000, 300_000, 0)
SECONDS = 3
SMALL_KB, SMALL_RATE = (64, 128, 256, 512, 1024), 150_000
# sirqprof's default for one CPU; perf's -m counts pages.
BUFFER_KB = 4096


def contestants(ctx, cpu):
    return {
        # --detail: NET_RX whole whatever its rate; without it nothing like this many are made.
        "sirqprof": [ctx.sirqprof, "-C", str(cpu), "-q", "--detail", "--json", ctx.path("l.json"),
                     "-f", "-o", ctx.path("sirqprof.data")],
        "three": [ctx.tool("bench_capture"), str(cpu), ctx.path("three5.data")],
        "lean": [ctx.sirqprof, "record", "-f", "-C", str(cpu), "-o", ctx.path("lean5.data")],
        "perf": ["perf", "record", "-q", "-C", str(cpu), "-m", str(BUFFER_KB // 4), "-c", "1", "-e",
                 live.THREE, "-o", ctx.path("perf5.data")],
    }


def with_buffer(ctx, name, argv, kb):
    if name == "perf":
        return [str(kb // 4) if a == str(BUFFER_KB // 4) else a for a in argv]
    if name == "three":
        return argv + [str(kb)]
    return argv[:-2] + ["--buffer", f"{kb}K"] + argv[-2:]


def buffers(ctx, arms, cpu, other, r):
    """Losses by buffer, at a rate that all of them reach."""
    seen = {n: {} for n in arms}
    for kb in SMALL_KB:
        for name, argv in arms.items():
            _, seen[name][kb] = one(ctx, with_buffer(ctx, name, argv, kb), cpu, other, SMALL_RATE)
    r.figures["losses_by_buffer_kb"] = {"packets_per_s": SMALL_RATE, **seen}
    least = {n: min((kb for kb in SMALL_KB if not any(v[k] for k in SMALL_KB if k >= kb)),
                    default=None) for n, v in seen.items()}
    r.figures["least_buffer_kb_without_loss"] = least
    ctx.say(f"  least buffers without loss: {least}")


def one(ctx, argv, cpu, other, rate):
    """Events made a second, and records of losses."""
    recorder = live.Recorder(argv, off=other if argv[0] == "perf" else None)
    try:
        done = subprocess.run(["taskset", "-c", str(cpu), ctx.tool("bench_packets"), str(rate),
                               str(SECONDS)], capture_output=True, text=True, check=True)
    finally:
        recorder.stop()
    sent, ns = map(int, done.stdout.split())
    data = next(a for a in argv if a.endswith(".data"))
    return 3 * sent / (ns / 1e9), live.lost(ctx, data)


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
    for n in ("lean", "three", "sirqprof"):
        r.ratios[f"{n}_over_perf"] = round(best[n] / max(best["perf"], 1), 3)
    r.bar("events/s without loss, the three events alone, over perf", r.ratios["three_over_perf"],
          least=1)
    r.bar("events/s without loss, the default set, over perf", r.ratios["lean_over_perf"], least=1)
    r.bar("events/s without loss, every event whole", best["sirqprof"], least=300_000)
    if not broken:
        r.note("nobody lost anything: the rates end where the CPU has no time left for packets, "
               "which the recorder's own cost decides")
    buffers(ctx, arms, cpu, other, r)
    return r

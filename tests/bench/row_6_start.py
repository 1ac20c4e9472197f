"""From start to the first event, from the end to the report."""
import os
import signal
import subprocess
import time

import live
from benchlib import Result, median, summary

ROW = 6
WORK = "start to first event, one CPU and all; end of a 60 s recording to the report"
BESIDE = "perf record; perf record, then perf report"
LENGTH_S = 60
PERF = ["perf", "record", "-q", "-g", "-k", "CLOCK_MONOTONIC", "-e", "cpu-clock", "-c", "1000000",
        "-e", live.THREE]


def first_sample_ns(data):
    """CLOCK_MONOTONIC of the first sample, as perf reads it of anyone's recording."""
    p = subprocess.Popen(["perf", "script", "--ns", "-F", "event,time", "-i", data],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        for line in p.stdout:
            words = line.split()
            if len(words) > 1 and "sirqprof" not in words[1]:
                return int(words[0].rstrip(":").replace(".", ""))
    finally:
        p.kill()
        p.communicate()
    raise RuntimeError("a recording without samples")


def start(argv, data):
    """Seconds from the start of the command to its first event: the CPU is busy all along."""
    begin = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    p = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                         start_new_session=True)
    time.sleep(1.5)
    p.send_signal(signal.SIGINT)
    p.wait(timeout=60)
    return {"wall_s": (first_sample_ns(data) - begin) / 1e9}


def starts(ctx, r, which, cpus):
    data = ctx.path("start.data")
    ours = [ctx.sirqprof, "record", "-f", "-C", cpus, "-o", data]
    perf = PERF + ["-o", data] + (["-a"] if cpus == "all" else ["-C", cpus])
    seen = ctx.interleave({"sirqprof": lambda: start(ours, data),
                           "perf": lambda: start(perf, data)}, runs=max(ctx.runs, 7))
    for n, v in seen.items():
        r.figures[f"{n}_{which}_s"] = summary(v)
    r.commands += [" ".join(c).replace(ctx.work + "/", "").replace(ctx.build + "/", "")
                   for c in (ours, perf)]
    ms = {n: 1000 * median(v, "wall_s") for n, v in seen.items()}
    r.ratios[f"sirqprof_over_perf_{which}"] = round(ms["sirqprof"] / ms["perf"], 3)
    r.bar(f"start to first event, {which}, ms", ms["sirqprof"], most=150)
    r.bar(f"start to first event, {which}, over perf", ms["sirqprof"] / ms["perf"], most=1)


def end_ours(ctx, cpu):
    """Seconds from Ctrl-C to the last line of the report, and to the end of the process: closing
    tracepoint events takes the kernel most of a second, after the report."""
    p = subprocess.Popen([ctx.sirqprof, "-C", str(cpu)], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, start_new_session=True)
    size, told = 0, 0
    time.sleep(LENGTH_S)
    begin = time.monotonic()
    p.send_signal(signal.SIGINT)
    while chunk := os.read(p.stdout.fileno(), 1 << 16):
        size, told = size + len(chunk), time.monotonic()
    p.wait(timeout=60)
    if p.returncode or not size:
        raise RuntimeError(f"sirqprof: status {p.returncode}, {size} bytes of report")
    return {"wall_s": told - begin, "exit_s": time.monotonic() - begin}


def end_perf(ctx, cpu, other):
    data = ctx.path("end.data")
    p = subprocess.Popen(["taskset", "-c", str(other)] + PERF + ["-C", str(cpu), "-o", data],
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                         start_new_session=True)
    time.sleep(LENGTH_S)
    begin = time.monotonic()
    p.send_signal(signal.SIGINT)
    p.wait(timeout=120)
    subprocess.run(["perf", "report", "-i", data, "--stdio"], stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, check=True)
    return {"wall_s": time.monotonic() - begin}


def run(ctx):
    ctx.need_root()
    ctx.need("perf", "--version")
    cpu, other = live.cpus()
    r = Result()
    # A CPU that idles may give no events at all (docs/model.md): keep them busy.
    busy = [subprocess.Popen([os.path.join(ctx.build, "tests", "lab", "spinner"), str(c), "600"])
            for c in range(os.cpu_count() or 1)]
    try:
        starts(ctx, r, "one_cpu", str(cpu))
        starts(ctx, r, "all_cpus", "all")
        ours, perf = end_ours(ctx, cpu), end_perf(ctx, cpu, other)
    finally:
        for p in busy:
            p.terminate()
            p.wait()
    r.figures.update({"end_to_report_s": round(ours["wall_s"], 3),
                      "end_to_exit_s": round(ours["exit_s"], 3),
                      "perf_end_to_report_s": round(perf["wall_s"], 3)})
    r.bar("end of a 60 s recording to the report, s", ours["wall_s"], most=1)
    r.bar("end to report over perf", ours["wall_s"] / perf["wall_s"], most=1)
    return r

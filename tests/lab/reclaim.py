#!/usr/bin/python3
"""Requests that are late because their task reclaims memory for itself (hog --way task-delay): each is
given to sirqprof as a spike, and should come out as task-delay, by that task.

    reclaim.py --bin BUILD_DIR [--count N] [--check]

One JSON row on stdout. Exit status: 0 done (and held), 1 not held, 77 this machine cannot (and why).
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402
import truth as judge  # noqa: E402
import ways  # noqa: E402

RIGHT_SHARE = 0.95
FALSE_SHARE = 0.05


def realtime_offset_ns():
    """CLOCK_REALTIME less CLOCK_MONOTONIC."""
    best = None
    for _ in range(20):
        a, r, b = time.monotonic_ns(), time.time_ns(), time.monotonic_ns()
        if best is None or b - a < best[0]:
            best = (b - a, r - (a + b) // 2)
    return best[1]


def requests(args, cpu, data):
    procs = lab.Procs()
    try:
        ways.spinner(procs, args.bin, cpu)
        rec = lab.start_recording(procs, args.bin, cpu, data)
        done = subprocess.run([args.bin + "/tests/lab/hog", "--way", "task-delay", "--cpu", str(cpu),
                               "--count", str(args.count), "--min-ms", "20", "--max-ms", "80",
                               "--pause-ms", "2500", "--seed", str(args.seed)],
                              stdout=subprocess.PIPE, text=True, check=False)
        time.sleep(0.3)
        offset = realtime_offset_ns()
        lab.stop(rec)
    finally:
        procs.end()
    if done.returncode == 77:
        lab.skip("the hog cannot run here")
    return judge.read_truth(done.stdout), offset


def write_spikes(path, rows):
    """(end, latency) in ns of CLOCK_REALTIME."""
    with open(path, "w", encoding="utf-8") as f:
        f.write("time,latency_ms\n")
        for end, latency in rows:
            f.write("%d.%09d,%.6f\n" % (end // 10**9, end % 10**9, latency / 1e6))


def verdicts(args, data, rows):
    """The report of these spikes, by line of the file."""
    csv = data + ".csv"
    write_spikes(csv, rows)
    report = lab.report(args.bin, data, "--spikes", csv, "--spike-time", "end")
    return report["spikes"]


def between(truth, seconds):
    """Spikes of 30 ms where no request was being made: nothing of the task's explains them."""
    rows = []
    for a, b in zip(truth, truth[1:]):
        if b["begin"] - a["end"] > 80_000_000:
            rows.append((b["begin"] - 20_000_000, 30_000_000))
    return rows[:seconds * 10]


def measure(args, cpu, tmp):
    data = os.path.join(tmp, "reclaim.data")
    truth, offset = requests(args, cpu, data)
    if not truth:
        lab.skip("no request was kept by reclaim for half of its time")
    late = verdicts(args, data, [(t["end"] + offset, t["end"] - t["begin"]) for t in truth])
    other = verdicts(args, data, [(end + offset, ns) for end, ns in between(truth, 10)])
    kinds = [s["verdict"]["kind"] for s in late]
    named = [s["verdict"]["text"] for s in late if s["verdict"]["kind"] == "task-delay"]
    return {
        "way": "task-delay", "truth": len(truth), "task_delay": kinds.count("task-delay"),
        "right_task": sum("hog-child" in text for text in named),
        "stall": kinds.count("stall"), "ambiguous": kinds.count("ambiguous"),
        "none": kinds.count("none"), "no_data": kinds.count("no-data"),
        "between": len(other),
        "between_named": sum(s["verdict"]["kind"] == "task-delay" for s in other),
    }


def held(row):
    n = row["truth"]
    return (row["task_delay"] + row["stall"] >= RIGHT_SHARE * n - 1
            and row["right_task"] >= RIGHT_SHARE * row["task_delay"] and row["task_delay"] * 2 > n
            and row["between_named"] <= 1 + FALSE_SHARE * row["between"])


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--bin", required=True)
    ap.add_argument("--count", type=int, default=10)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--check", action="store_true")
    args = ap.parse_args()
    lab.check_machine(args.bin)
    lab.check_way(args.bin, "task-delay")
    with tempfile.TemporaryDirectory() as tmp:
        for _ in range(2):
            row = measure(args, os.cpu_count() - 1, tmp)
            print(json.dumps(row), flush=True)
            if not args.check or held(row):
                return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())

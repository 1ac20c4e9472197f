#!/usr/bin/python3
"""The file behind the descriptor: how often the stuck watch catches it, of readers that open a slow
pseudo-file, read it once, and are gone.

    files.py --bin BUILD_DIR [--count N] [--busy | --idle] [--check]

One JSON row a reader and load: of the stalls found (irqs-off, by that reader), how many name the
very path, how many another (a wrong one), how many none. --check: 90 % at least, no wrong one.
Exit status: 0 held, 1 did not, 77 this machine cannot (and why).
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



def starve(args, reader, busy, cpu, data):
    """The truth lines; the path is that of the hog's own pinned file."""
    procs = lab.Procs()
    try:
        if busy:
            ways.spinner(procs, args.bin, cpu)
        rec = lab.start_recording(procs, args.bin, cpu, data, "-f")
        hog = procs.start(args.bin + "/tests/lab/hog", "--way", "irqs-off", "--cpu", str(cpu),
                          "--count", str(args.count), "--min-ms", "3", "--max-ms", "30",
                          "--pause-ms", "40", "--seed", str(args.seed), stdout=subprocess.PIPE,
                          text=True, env=dict(os.environ, HOG_READER=reader))
        text, path = hog.communicate()[0], "/sys/fs/bpf/sirqprof_hog_%d" % hog.pid
        time.sleep(0.3)
        lab.stop(rec)
    finally:
        procs.end()
    return judge.read_truth(text), path


def one(args, reader, busy, cpu, tmp):
    data = os.path.join(args.keep or tmp, "%s-%s.data" % (reader, "busy" if busy else "idle"))
    truth, path = starve(args, reader, busy, cpu, data)
    report = lab.report(args.bin, data)
    row = {"reader": reader, "cpu": "busy" if busy else "idle", "stalls": 0, "file": 0, "wrong": 0,
           "none": 0, "missed": []}
    for t, stall in judge.match(report, judge.inside(report, truth)):
        if not stall or stall["mechanism"] != "irqs-off" or not stall["task"]:
            continue
        row["stalls"] += 1
        seen = stall["file"]
        row["file" if seen == path else "none" if not seen else "wrong"] += 1
        if not seen:
            row["missed"].append([round((t["end"] - t["begin"]) / 1e6, 1), stall["syscall"]])
    row["share"] = round(row["file"] / row["stalls"], 3) if row["stalls"] else 0
    print(json.dumps(row), flush=True)
    return row["stalls"] > 0 and row["share"] >= args.bar and not row["wrong"]


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--bin", required=True)
    ap.add_argument("--count", type=int, default=50)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--reader", action="append", choices=("cat", "grep", "head"))
    ap.add_argument("--busy", action="store_true")
    ap.add_argument("--idle", action="store_true")
    ap.add_argument("--keep", metavar="DIR", help="keep the recordings there")
    ap.add_argument("--bar", type=float, default=0.9, help="the share that --check asks for")
    ap.add_argument("--check", action="store_true")
    args = ap.parse_args()
    cpu, bad = os.cpu_count() - 1, 0
    lab.check_machine(args.bin)
    lab.check_way(args.bin, "irqs-off")
    with tempfile.TemporaryDirectory() as tmp:
        for busy in ([True] if args.busy else [False] if args.idle else [True, False]):
            for reader in args.reader or ("cat", "grep"):
                held = one(args, reader, busy, cpu, tmp)
                if not held and args.check:
                    # The machine is shared: what it spoiled once must hold the second time.
                    held = one(args, reader, busy, cpu, tmp)
                bad += not held
    return 1 if bad and args.check else 0


if __name__ == "__main__":
    sys.exit(main())

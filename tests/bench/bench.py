#!/usr/bin/python3
"""Runs the rows of the bench on this machine, one after the other, and prints one JSON document.

    bench.py --bin BUILD [--row N,N…] [--runs K] [--work DIR]

Progress goes to stderr. Exit status: 0 also where a bar does not hold; 1 when a row did not work.
"""
import argparse
import datetime
import glob
import importlib.util
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import benchlib  # noqa: E402


def output_of(argv):
    try:
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def machine():
    with open("/proc/meminfo", encoding="utf-8") as f:
        memory_kb = int(f.readline().split()[1])
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        text = f.read()
    model = [line.split(":")[1].strip() for line in text.splitlines()
             if line.startswith("model name")]
    return {"cpus": os.cpu_count(), "model": model[0] if model else None,
            "virtual": " hypervisor" in text, "kernel": platform.release(),
            "arch": platform.machine(), "memory_mb": memory_kb // 1024}


def load(path):
    name = os.path.basename(path)[:-3]
    spec = importlib.util.spec_from_file_location(name, path)
    row = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(row)
    return row


def rows(only):
    found = [load(p) for p in glob.glob(os.path.join(HERE, "row_*.py"))]
    found = [r for r in found if not only or str(r.ROW) in only]
    return sorted(found, key=lambda r: (r.ROW, r.__name__))


def run_row(row, ctx):
    ctx.say(f"row {row.ROW}: {row.WORK}")
    begin = time.monotonic()
    head = {"row": row.ROW, "work": row.WORK, "beside": row.BESIDE}
    try:
        body = row.run(ctx).document()
        for bar in body["bars"]:
            ctx.say(f"  {bar['what']}: {bar['value']} ({bar['bar']}"
                    f"{'' if bar['holds'] else ': FALLS SHORT'})")
    except benchlib.Skip as why:
        ctx.say(f"  skipped: {why}")
        body = {"skipped": str(why)}
    except Exception as why:  # a row that breaks leaves the others their turn
        traceback.print_exc()
        body = {"error": f"{type(why).__name__}: {why}"}
    return {**head, **body, "took_s": round(time.monotonic() - begin, 1)}


def main():
    args = argparse.ArgumentParser(description="measures sirqprof beside what is used instead")
    args.add_argument("--bin", required=True, help="the build's directory")
    args.add_argument("--row", help="only these rows: 1,2,8")
    args.add_argument("--runs", type=int, default=5, help="rounds of each comparison")
    args.add_argument("--work", help="where recordings are made (GBs); a new directory in TMPDIR")
    opt = args.parse_args()
    work = tempfile.mkdtemp(prefix="sirqprof-bench-", dir=opt.work)
    ctx = benchlib.Context(os.path.abspath(opt.bin), os.path.dirname(os.path.dirname(HERE)), work,
                           opt.runs)
    try:
        doc = {
            "schema": "sirqprof.bench/1",
            "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "machine": machine(),
            "sirqprof": output_of([ctx.sirqprof, "--version"]),
            "perf": output_of(["perf", "--version"]),
            "rows": [run_row(r, ctx) for r in rows(opt.row.split(",") if opt.row else None)],
        }
    finally:
        subprocess.run(["rm", "-rf", "--", work], check=False)
    json.dump(doc, sys.stdout, indent=1, ensure_ascii=False)
    print()
    return 1 if any("error" in r for r in doc["rows"]) else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
"""A recording by plain `perf record` shows the same stalls as sirqprof's own that was made beside it, as
far as its events go; and the command that the report gives where something lacks has all of it.

    plain.py SIRQPROF LAB_DIR

Exit status: 0 held, 1 did not, 77 this machine cannot (and why).
"""
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time

from common import Failures, need_perf, run, skip

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lab"))
import truth as score  # noqa: E402

PLAIN = ["-e", "cycles", "-e", "irq:softirq_raise", "-e", "irq:softirq_entry", "-e",
         "irq:softirq_exit"]
TRIES = 3


def report(sirqprof, path, *args):
    out = path + ".json"
    done = run([sirqprof, "report", "-i", path, "--json", out, *args], text=True)
    with open(out, encoding="utf-8") as f:
        return json.load(f), done.stdout


def side_by_side(sirqprof, lab, way, tmp):
    """Both recorders, a CPU that is never idle, and the hog: two reports, and the truth."""
    own, plain = os.path.join(tmp, "own"), os.path.join(tmp, "plain")
    procs = [subprocess.Popen(cmd, stderr=subprocess.DEVNULL, start_new_session=True) for cmd in (
        [lab + "/spinner", "1", "30"],
        ["perf", "record", "-q", "-a", "-g", "-k", "CLOCK_MONOTONIC", *PLAIN, "-o", plain, "--",
         "sleep", "6"],
        [sirqprof, "record", "-f", "-o", own, "-d", "6"])]
    try:
        time.sleep(1.5)
        hog = run([lab + "/hog", "--way", way, "--cpu", "1", "--count", "12", "--min-ms", "4",
                   "--max-ms", "30", "--pause-ms", "60", "--seed", "11"], text=True)
        if hog.returncode == 77:
            skip("the hog cannot run here")
        for proc in procs[1:]:
            proc.wait(timeout=120)
    finally:
        for proc in procs:
            proc.kill()
            proc.wait()
    return report(sirqprof, own)[0], report(sirqprof, plain)[0], score.read_truth(hog.stdout)


def same_stalls(own, plain, truth, way):
    """What is otherwise in the plain one; at most one pause of this machine may come between."""
    truth = [t for t in score.inside(plain, truth) if t in score.inside(own, truth)]
    bad, compared = [], 0
    for (t, a), (_, b) in zip(score.match(own, truth), score.match(plain, truth)):
        if a is None or a["mechanism"] != way:
            continue  # not the plain recording's fault
        compared += 1
        if b is None or b["mechanism"] != way or not score.task_fits(b, t):
            bad.append("%.1f ms at %d: %s" % ((t["end"] - t["begin"]) / 1e6, t["begin"],
                                             b and b["mechanism"]))
        elif abs(a["duration_ns"] - b["duration_ns"]) > 1_000_000:
            bad.append("lengths %d and %d" % (a["duration_ns"], b["duration_ns"]))
    if compared < 6:
        return bad + ["only %d stalls of %d could be compared" % (compared, len(truth))]
    return bad if len(bad) > 1 else []


def check_remedy(fail, sirqprof, tmp):
    """The command in the report's own words, run as it stands there."""
    path = os.path.join(tmp, "lacking")
    run(["perf", "record", "-q", "-a", "-e", "cpu-clock", "-o", path, "--", "sleep", "0.3"])
    lacking = {row["code"]: row["remedy"] for row in report(sirqprof, path)[0]["quality"]}
    if not fail.check("missing-event" in lacking, "nothing was said to lack"):
        return
    command = shlex.split(lacking["missing-event"].split(": ", 1)[1])
    path = os.path.join(tmp, "remedied")
    done = run([*command, "-q", "-o", path, "--", "sleep", "0.5"], text=True)
    fail.check(done.returncode == 0, "%s: %s" % (command, done.stderr[:200]))
    rows = {row["code"] for row in report(sirqprof, path)[0]["quality"]}
    for code in ("missing-event", "thinned", "no-sched", "no-clock-data", "clock-not-monotonic"):
        fail.check(code not in rows, "the remedy leaves " + code)


def check_thinned(fail, sirqprof, tmp):
    """-F thins tracepoints too: never a healthy CPU."""
    path = os.path.join(tmp, "thinned")
    run(["perf", "record", "-q", "-F", "99", "-a", "-g", *PLAIN, "-o", path, "--", "sleep", "1"])
    made, text = report(sirqprof, path)
    fail.check("thinned" in {row["code"] for row in made["quality"]}, "thinned: not said")
    fail.check("no stall of" not in text, "thinned: " + text[:400])
    fail.check(all(cpu["covered_ns"] == 0 for cpu in made["capture"]["cpus"]),
               "thinned: called observed")
    spikes = os.path.join(tmp, "spikes.csv")
    with open(spikes, "w", encoding="ascii") as f:
        f.write("time,latency_ms\n%s,200\n" % made["capture"]["end"])
    made, _ = report(sirqprof, path, "--spikes", spikes, "--tz", "UTC")
    kinds = {spike["verdict"]["kind"] for spike in made["spikes"]}
    fail.check("none" not in kinds, "thinned: a spike came to %s" % kinds)


def check_clock(fail, sirqprof, tmp):
    """Without -k the wall clock is guessed from the file's times, and the guess is as good as it says."""
    path = os.path.join(tmp, "clockless")
    begun = time.time()
    run(["perf", "record", "-q", "-a", "-g", *PLAIN, "-o", path, "--", "sleep", "1"])
    made, text = report(sirqprof, path)
    fail.check("no-clock-data" in {row["code"] for row in made["quality"]}, "clock: not said")
    fail.check("--clock-offset" in text, "clock: no remedy")
    first = subprocess.run(["date", "-d", made["capture"]["begin"], "+%s.%N"], capture_output=True,
                           text=True, check=False).stdout
    fail.check(first and begun - 2 < float(first) < time.time() + 2,
               "clock: begin is %s, recorded at %f" % (made["capture"]["begin"], begun))


def main():
    sirqprof, lab, fail = sys.argv[1], sys.argv[2], Failures()
    need_perf()
    if os.cpu_count() < 2 or not os.path.exists(lab + "/hog"):
        skip("starving a CPU needs two of them, and the lab's hogs")
    with tempfile.TemporaryDirectory(prefix="sirqprof-plain-") as tmp:
        check_remedy(fail, sirqprof, tmp)
        check_thinned(fail, sirqprof, tmp)
        check_clock(fail, sirqprof, tmp)
        for way in ("irqs-off", "softirq"):
            probe = run([lab + "/hog", "--way", way, "--probe"], text=True)
            if probe.returncode != 0:
                print("%s: %s" % (way, probe.stderr.strip()))
                continue
            for again in range(TRIES):
                bad = same_stalls(*side_by_side(sirqprof, lab, way, tmp), way)
                if not bad:
                    break
                print("%s, try %d: %s" % (way, again + 1, bad))
            fail.check(not bad, "%s: %s" % (way, bad))
    fail.end()


main()

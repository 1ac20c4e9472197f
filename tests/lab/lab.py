"""Processes, recordings and reports of the lab: what score, logs.py and others stand on."""
import json
import os
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
RATE_HZ = 2000
PERIOD_NS = 1_000_000_000 // RATE_HZ


def skip(why):
    print("skip: " + why)
    sys.exit(77)


class Procs:
    """Processes that end with us, whatever happens."""

    def __init__(self):
        self.all = []
        # A kill of ours ends them too: it comes through the callers' finally.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))

    def start(self, *args, **kwargs):
        # A group of its own: what a shell starts ends with it.
        p = subprocess.Popen(args, start_new_session=True, **kwargs)
        self.all.append(p)
        return p

    def end(self):
        for p in self.all:
            try:
                os.killpg(p.pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
        for p in self.all:
            try:
                p.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(p.pid, signal.SIGKILL)
                p.wait()


def check_machine(build):
    """Ends with 77 where a CPU cannot be starved, or not be watched meanwhile."""
    if os.geteuid() != 0:
        skip("starving a CPU needs root")
    if os.cpu_count() < 2:
        skip("starving a CPU needs a second one to watch it from")
    if not os.path.exists(build + "/tests/lab/hog"):
        skip("the hogs were not built: they need clang, bpftool, libbpf and a kernel with BTF")


def check_way(build, hog):
    """Ends with 77 where this kernel cannot be starved in this way."""
    probe = subprocess.run([build + "/tests/lab/hog", "--way", hog, "--probe"],
                           capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        skip(probe.stderr.strip().replace("skip: ", "") or "the hog cannot run")


def wait_until_recording(proc):
    """The recorder's ring wakes within 150 ms; a sanitizer build needs longer."""
    time.sleep(1.5)
    if proc.poll() is not None:
        sys.exit("sirqprof ended early with %d" % proc.returncode)


def start_recording(procs, build, cpu, data, *options):
    """Records until SIGINT. The hogs start when it does record: see hog.c on tracepoints."""
    rec = procs.start(build + "/sirqprof", "record", "--cpu", str(cpu), "-F", str(RATE_HZ), "-o",
                      data, *options)
    wait_until_recording(rec)
    return rec


def stop(rec):
    rec.send_signal(signal.SIGINT)
    if rec.wait(timeout=120) != 0:
        sys.exit("sirqprof record failed with %d" % rec.returncode)


def load_report(path):
    """Every report that a test makes is held to the schema."""
    tests = os.path.dirname(HERE)
    done = subprocess.run(["/usr/bin/python3", tests + "/tool/validate.py",
                           os.path.dirname(tests) + "/docs/report.schema.json", path], check=False)
    if done.returncode not in (0, 77):
        sys.exit("the report does not fit docs/report.schema.json")
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def report(build, data, *options):
    out = data + ".json"
    subprocess.run([build + "/sirqprof", "report", "-i", data, "-q", "--json", out, *options],
                   check=True)
    return load_report(out)

"""What the live rows share: a packet flood and a recorder beside it, on a CPU of their own."""
import os
import re
import signal
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
THREE = "irq:softirq_raise,irq:softirq_entry,irq:softirq_exit"
# What is waited for a recorder to be ready; row 6 measures how long that takes.
READY_S = 0.7


def cpus():
    """The CPU that is loaded and profiled, and the one for the recorder."""
    n = os.cpu_count() or 1
    return n - 1, (n - 2) % n


class Flood:
    """ping -f over a veth pair between two namespaces, sent and received on one CPU."""

    def __init__(self, cpu):
        self.cpu = cpu
        # The namespaces live as long as this shell does: see tests/lab/net.sh.
        text = (f'. "{HERE}/../lab/net.sh"; trap net_down EXIT; net_up {cpu} && '
                'echo "$near $far_ip" && read line')
        self.shell = subprocess.Popen(["sh", "-c", text], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True, start_new_session=True)
        words = self.shell.stdout.readline().split()
        if len(words) != 2:
            raise RuntimeError("no veth pair")
        self.near, self.to = words
        time.sleep(0.3)
        self.run(5000)

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.shell.communicate("\n", timeout=30)

    def run(self, packets):
        """Seconds that ping says the flood took."""
        done = subprocess.run(["ip", "netns", "exec", self.near, "taskset", "-c", str(self.cpu),
                               "ping", "-q", "-f", "-c", str(packets), self.to],
                              capture_output=True, text=True, check=True)
        sent, got, ms = re.search(r"(\d+) packets transmitted, (\d+) received.*time (\d+)ms",
                                  done.stdout).groups()
        if int(got) < int(sent):
            raise RuntimeError(f"ping lost packets: {done.stdout}")
        return int(ms) / 1e3


class Recorder:
    """A recorder that runs beside what is measured: its CPU seconds and what it lost after."""

    def __init__(self, argv, stdout=None, off=None):
        self.begin = time.monotonic()
        pin = ["taskset", "-c", str(off)] if off is not None else []
        # The report goes to stdout; only errors are worth a look.
        self.proc = subprocess.Popen(pin + list(argv), stdout=stdout or subprocess.DEVNULL,
                                     stderr=subprocess.PIPE, text=True, start_new_session=True)
        time.sleep(READY_S)
        if self.proc.poll() is not None:
            raise RuntimeError(f"{' '.join(argv)}: {self.proc.stderr.read()[-500:]}")
        self.argv = argv

    def stop(self):
        """Ends it as Ctrl-C does; CPU seconds that it took, and seconds that it ran."""
        ran = time.monotonic() - self.begin
        self.proc.send_signal(signal.SIGINT)
        errors = self.proc.stderr.read()
        _, status, used = os.wait4(self.proc.pid, 0)
        self.proc.returncode = os.waitstatus_to_exitcode(status)
        # perf ends by the signal that it was asked to end by.
        if self.proc.returncode not in (0, -signal.SIGINT, 130):
            raise RuntimeError(f"{' '.join(self.argv)}: {self.proc.returncode}: {errors[-500:]}")
        return {"cpu_s": used.ru_utime + used.ru_stime, "ran_s": ran}


def counts(ctx, data):
    """Records of a recording by type: {"SAMPLE": …, "LOST": …}."""
    ctx.measure([ctx.sirqprof, "dump", "--stats", "-i", data], stdout=ctx.path("stats"))
    with open(ctx.path("stats"), encoding="utf-8") as f:
        return {w[0]: int(w[1]) for w in map(str.split, f) if len(w) == 2}


def lost(ctx, data):
    """Records of losses; a recording with none lost nothing."""
    seen = counts(ctx, data)
    return seen.get("LOST", 0) + seen.get("LOST_SAMPLES", 0)

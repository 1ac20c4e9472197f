"""How each way is run: its hog, what runs beside it. To add one, add a row (and see way.h)."""
import os

import lab


class Way:
    def __init__(self, hog, *options, start=None, busy=True, pause_ms=40, also=()):
        self.hog = hog                # --way of hog
        self.options = options        # more of hog's
        self.start = start            # start(procs, build, cpu): what runs beside it all the time
        self.busy = busy              # a spinner keeps the CPU from idling
        self.pause_ms = pause_ms
        self.also = also              # mechanisms that come with it, which it does not write down


def flood(procs, build, cpu):
    del build
    return procs.start("sh", os.path.join(lab.HERE, "flood.sh"), str(cpu), "600")


WAYS = {
    "irqs-off": Way("irqs-off"),
    "irqs-off-write": Way("irqs-off-write"),
    "irqs-off-kthread": Way("irqs-off-kthread"),
    "irqs-off-wake": Way("irqs-off-wake"),
    "bh-off": Way("bh-off"),
    "bh-off-close": Way("bh-off-close"),
    "softirq": Way("softirq"),
    "softirq-net-rx": Way("softirq-net-rx"),
    "softirq-hrtimer": Way("softirq-hrtimer"),
    "hardirq": Way("hardirq"),
    # Beneath a flood that is recorded thinned.
    "flood-irqs-off": Way("irqs-off", start=flood),
    "flood-bh-off": Way("bh-off", start=flood),
    "flood-softirq": Way("softirq", start=flood),
    "flood-softirq-net-rx": Way("softirq-net-rx", start=flood),
    "flood-hardirq": Way("hardirq", start=flood),
    # The thread that serves a device (threaded NAPI) and whoever keeps the CPU from it.
    "ksoftirqd-fifo": Way("ksoftirqd-fifo"),
    "ksoftirqd-syscall": Way("ksoftirqd-syscall"),
    # ksoftirqd itself: from Linux 6.5 on interrupts serve packets also while it waits, and nothing is
    # starved (vm.sh runs an older one). The flood itself is a load. The spinner would run between the hog
    # and ksoftirqd, for a slice of the scheduler.
    "ksoftirqd-flood": Way("ksoftirqd-flood", busy=False, also=("load", "softirq")),
    "ksoftirqd-flood-syscall": Way("ksoftirqd-flood-syscall", busy=False, also=("load", "softirq")),
    # A flood shorter than 10 ms is served: it is no load.
    "load": Way("load", "--min-ms", "15", "--short-every", "0"),
    "load-thread": Way("load-thread", "--min-ms", "15", "--short-every", "0"),
    # Two at once: an innocent that runs right before, right after, or reads a fast file meanwhile.
    "two-irqs-off-before": Way("irqs-off", "--beside", "before"),
    "two-irqs-off-after": Way("irqs-off", "--beside", "after"),
    "two-irqs-off-reader": Way("irqs-off", "--beside", "reader"),
    "two-bh-off-before": Way("bh-off", "--beside", "before"),
    "two-bh-off-after": Way("bh-off", "--beside", "after"),
    "two-bh-off-reader": Way("bh-off", "--beside", "reader"),
    "two-softirq-reader": Way("softirq", "--beside", "reader"),
    "two-hardirq-reader": Way("hardirq", "--beside", "reader"),
}


def spinner(procs, build, cpu, seconds=600):
    return procs.start(build + "/tests/lab/spinner", str(cpu), str(seconds))


def on_cpu(cpu, *command):
    return ("taskset", "-c", str(cpu)) + command


# Loads that starve nobody: what comes out must be a pause of the machine, or nothing. Each is the commands
# that make it; all but idle keep the CPU busy, since an idle one is not observed on every machine.
def healthy(build, cpu):
    busy = [build + "/tests/lab/spinner", str(cpu), "3600"]
    return {
        "idle": [],
        "user": [busy],
        "syscalls": [[*on_cpu(cpu, "dd", "if=/dev/zero", "of=/dev/null", "bs=1")]],
        "flood": [["sh", os.path.join(lab.HERE, "flood.sh"), str(cpu), "3600"], busy],
        "switches": [[*on_cpu(cpu, "sh", "-c", "dd if=/dev/zero bs=1 2>/dev/null | "
                              "dd of=/dev/null bs=1 2>/dev/null")]],
    }

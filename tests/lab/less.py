"""Evidence removed: the same recordings with one kind of event gone, or with samples thinned.

What must hold: no verdict at 0.9 or above is wrong. It may be refused, or be less sure.
"""
import os

import lab
import strip
import truth as judge

# name → what strip() leaves out. A tracepoint is gone as a whole, as on a kernel that lacks it; or
# its records alone are missing, as behind a filter or a full ring that nobody told of.
REMOVALS = {
    "tick": {"without": ("irq_vectors:local_timer_*",)},
    "tick-exit": {"without": ("irq_vectors:local_timer_exit",)},
    "vectors": {"without": ("irq_vectors:*",)},
    "raise": {"without": ("irq:softirq_raise",)},
    "entry": {"without": ("irq:softirq_entry",)},
    "exit": {"without": ("irq:softirq_exit",)},
    "softirqs": {"without": ("irq:softirq_*",)},
    "handlers": {"without": ("irq:irq_handler_*",)},
    "functions": {"without": ("timer:*", "irq:tasklet_*", "napi:*", "workqueue:*")},
    "switches": {"without": ("sched:sched_switch",)},
    "wakeups": {"without": ("sched:sched_wakeup*",)},
    "facts": {"without": ("sirqprof",)},
    "samples": {"without": ("cycles", "cpu-clock")},
    "tick-silent": {"silent": ("irq_vectors:local_timer_*",)},
    "entry-silent": {"silent": ("irq:softirq_entry",)},
    "exit-silent": {"silent": ("irq:softirq_exit",)},
    "softirqs-silent": {"silent": ("irq:softirq_*",)},
    "switches-silent": {"silent": ("sched:sched_switch",)},
    "half-samples": {"keep_samples": 0.5},
    "tenth-samples": {"keep_samples": 0.1},
    "no-samples": {"keep_samples": 0.0},
}


def mean(values):
    return round(sum(values) / len(values), 3) if values else None


def row(way, removal, report, truth, whole_mean):
    rows = judge.calibration(report, truth)
    pairs = judge.match(report, judge.inside(report, truth))
    c = judge.counts(pairs)
    n, right = judge.sure(rows)
    return {"way": way, "without": removal, "truth": c["truth"], "found": c["found"],
            "right": sum(r for _, r in rows), "wrong_blame": c["wrong_blame"],
            "false_stalls": len(judge.false_stalls(report, pairs)),
            "sure": n, "sure_wrong": n - right,
            "confidence": mean([c for c, _ in rows]), "confidence_whole": whole_mean,
            "wrong_confidence": mean([c for c, r in rows if not r])}


def judge_less(build, way, data, tmp, judged, removals=None):
    """Rows of one recording with each kind of evidence gone. judged: of a report, what is to be judged, and the truth."""
    whole = mean([c for c, _ in judge.calibration(*judged(lab.report(build, data)))])
    target = os.path.join(tmp, "less.data")
    for name in removals or REMOVALS:
        strip.strip(data, target, **REMOVALS[name])
        yield row(way, name, *judged(lab.report(build, target)), whole)
        os.unlink(target)

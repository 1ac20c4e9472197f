"""Compares what sirqprof said (its JSON) with what the hogs wrote down (truth lines).

Everything here is a pure function of the two, so that it can be tested without a kernel.
"""


def read_truth(text):
    """Lines `way begin_ns end_ns cpu tid comm accepted,names`, CLOCK_MONOTONIC."""
    rows = []
    for line in text.splitlines():
        part = line.split()
        if len(part) < 7 or not part[1].isdigit():
            continue
        rows.append({"way": part[0], "begin": int(part[1]), "end": int(part[2]),
                     "cpu": int(part[3]), "tid": int(part[4]), "comm": part[5],
                     "accept": part[6].split(",")})
    return rows


def overlap(a, b, c, d):
    return max(0, min(b, d) - max(a, c))


def inside(report, truth):
    """The truths that lie wholly inside the recording."""
    begin = int(report["capture"]["begin_mono"])
    end = begin + report["capture"]["duration_ns"]
    return [t for t in truth if t["begin"] > begin + 50_000_000 and t["end"] < end]


def match(report, truth):
    """For each truth the stall that covers most of it, or None."""
    base = int(report["capture"]["begin_mono"])
    pairs = []
    for t in truth:
        best, held = None, 0
        for s in report["stalls"]:
            if s["cpu"] != t["cpu"]:
                continue
            n = overlap(t["begin"], t["end"], base + s["begin_ns"], base + s["end_ns"])
            if n > held:
                best, held = s, n
        pairs.append((t, best if held * 2 >= t["end"] - t["begin"] else None))
    return pairs


def names_fit(stall, accept):
    names = [stall["entry"] or "", stall["caller"] or ""]
    return "*" in accept or any(a in n for a in accept for n in names)


def task_fits(stall, truth):
    """A softirq or an interrupt runs on anybody's back: no task is right for them."""
    if truth["way"] in ("softirq", "napi", "hardirq"):
        return stall["task"] is None or stall["task"]["comm"] is None
    return stall["task"] is not None and stall["task"]["tid"] == truth["tid"]


def median(values):
    values = sorted(values)
    return values[len(values) // 2] if values else None


MECHANISM = {"napi": "softirq"}


def score(way, report, truth):
    """One row: how often sirqprof was right, and by how much the lengths differ."""
    pairs = match(report, inside(report, truth))
    found = [(t, s) for t, s in pairs if s]
    want = MECHANISM.get(way, way)
    errors = [abs(s["duration_ns"] - (t["end"] - t["begin"])) for t, s in found]
    matched = {s["id"] for _, s in found}
    others = [s for s in report["stalls"]
              if s["id"] not in matched and s["mechanism"] not in ("steal", "stopped")
              and s["duration_ns"] >= 2_000_000]
    right = [(t, s) for t, s in found if s["mechanism"] == want]
    return {
        "way": way,
        "truth": len(pairs),
        "found": len(found),
        "mechanism": len(right),
        "task": sum(task_fits(s, t) for t, s in right),
        "names": sum(names_fit(s, t["accept"]) for t, s in right),
        "file": sum(bool(s["file"]) for t, s in right),
        "length_error_median_ns": median(errors),
        "length_error_max_ns": max(errors) if errors else None,
        "wrong_blame": sum(1 for t, s in found if s["task"] and s["task"]["comm"]
                           and not task_fits(s, t)),
        "false_stalls": len(others),
        "seconds": round(report["capture"]["duration_ns"] / 1e9, 1),
    }


def calibration(way, report, truth):
    """(stated confidence, was it right) for every stall that names somebody."""
    want = MECHANISM.get(way, way)
    pairs = match(report, inside(report, truth))
    return [(s["confidence"], s["mechanism"] == want and task_fits(s, t))
            for t, s in pairs if s and s["mechanism"] not in ("steal", "stopped")]

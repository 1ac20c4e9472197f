"""Compares what sirqprof said (its JSON) with what the hogs wrote down (truth lines).

Everything here is a pure function of the two, so that it can be tested without a kernel.
"""
import collections
import re

# What a report says of the machine itself: no mechanism of the hogs, and nobody is blamed.
PAUSES = ("steal", "stopped")
FALSE_FROM_NS = 2_000_000
# The largest length error that is allowed: a period of the sampler (0.5 ms at 2 kHz) and 0.5 ms.
LENGTH_MOST_NS = 1_000_000
# Packets this close together are one run (PACKETS_PAUSE_NS): so far from a silence it begins or ends there.
EDGE_NS = 303_000
# Runs of packets so close to each other are one; up to EITHER_NS it depends on where one looks: the report from exit to
# entry, the hog from packet to packet, between which may lie an interrupt. A run so long is a load.
JOIN_NS = 303_000
EITHER_NS = 335_000
LOAD_NS = 10_000_000
# A verdict from here on is sure.
SURE = 0.9


def read_truth(text, word="truth"):
    """Lines `truth mechanism begin_ns end_ns cpu tid comm names`, CLOCK_MONOTONIC; tid 0: no task
    is to blame. word "busy": what is too short to be a truth of its way, but did happen."""
    rows = []
    for line in text.splitlines():
        part = line.split()
        if len(part) != 8 or part[0] != word:
            continue
        rows.append({"mechanism": part[1], "begin": int(part[2]), "end": int(part[3]),
                     "cpu": int(part[4]), "tid": int(part[5]), "comm": part[6],
                     "names": part[7].split(",")})
    return rows


def chains(runs):
    """Runs of packets in lists of those that follow each other so closely that they may be one."""
    out = []
    for run in sorted(runs, key=lambda t: (t["cpu"], t["begin"])):
        last = out[-1][-1] if out else None
        if last and last["cpu"] == run["cpu"] and run["begin"] - last["end"] <= EITHER_NS:
            out[-1].append(run)
        else:
            out.append([run])
    return out


def join_chain(chain):
    """Those of a chain that are one are joined. "begins" and "ends": where it begins and ends if others are, or are not.
    "long": it is a load whatever is joined; "either": it may be one."""
    ends = {"begins": [r["begin"] for r in chain], "ends": [r["end"] for r in chain]}
    rows = []
    for run in chain:
        long = run["end"] - run["begin"] >= LOAD_NS
        if rows and run["begin"] - rows[-1]["end"] <= JOIN_NS:
            rows[-1].update(end=run["end"], long=rows[-1]["long"] or long)
        else:
            rows.append(dict(run, long=long, **ends))
    most = chain[-1]["end"] - chain[0]["begin"]
    return [dict(row, either=most >= LOAD_NS - EDGE_NS) for row in rows]


def join_runs(truth, busy):
    """(truth, busy) of runs of packets as the hog logged them, where those that are one are joined."""
    runs = [t for t in [*truth, *busy] if t["mechanism"] == "load"]
    rows = [row for chain in chains(runs) for row in join_chain(chain)]
    return (sorted([t for t in truth if t["mechanism"] != "load"] + [r for r in rows if r["long"]],
                   key=lambda t: t["begin"]),
            [b for b in busy if b["mechanism"] != "load"] + [r for r in rows if not r["long"]])


def overlap(a, b, c, d):
    return max(0, min(b, d) - max(a, c))


def inside(report, truth):
    """The truths that lie wholly inside the recording."""
    begin = int(report["capture"]["begin_mono"])
    end = begin + report["capture"]["duration_ns"]
    return [t for t in truth if t["begin"] > begin + 50_000_000 and t["end"] < end]


def match(report, truth):
    """For each truth the stall that covers most of it, if it covers half; else None."""
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


def name_fits(name, accept):
    """name is one of them; of a BPF program bpf_prog_<tag>_<name>, of a part <name>.part.0."""
    if not name:
        return False
    name = name.split(".")[0]
    return any(name == a or (name.startswith("bpf_prog_") and name.endswith("_" + a))
               for a in accept)


def names_fit(stall, truth):
    return name_fits(stall["entry"], truth["names"]) or name_fits(stall["caller"], truth["names"])


def blamed(stall):
    """The thread that is named, None for none."""
    task = stall["task"]
    return task["tid"] if task and task["comm"] else None


def task_fits(stall, truth):
    """A softirq or an interrupt runs on anybody's back: no task is right for them."""
    return blamed(stall) == (truth["tid"] or None)


def mechanism_fits(stall, truth):
    return stall["mechanism"] == truth["mechanism"]


def blame_is_wrong(stall, truth):
    """Somebody is named, and it is not who did it."""
    return blamed(stall) is not None and not task_fits(stall, truth)


def false_stalls(report, pairs):
    """Stalls of a tracked kind, as long as counts, that lie over no truth."""
    base = int(report["capture"]["begin_mono"])
    taken = {s["id"] for _, s in pairs if s}
    cpus = {t["cpu"] for t, _ in pairs}
    out = []
    for s in report["stalls"]:
        if s["id"] in taken or s["mechanism"] in PAUSES or s["duration_ns"] < FALSE_FROM_NS:
            continue
        if cpus and s["cpu"] not in cpus:
            continue
        part = max((overlap(t["begin"], t["end"], base + s["begin_ns"], base + s["end_ns"])
                    for t, _ in pairs), default=0)
        if part * 2 < s["duration_ns"]:
            out.append(s)
    return out


# A load takes so much of its time (analyze/loadholes.c).
LOAD_SHARE = 0.9


def drop_busy(report, busy, truth=()):
    """The report without long NET_RX that the hog's own log of packets covers, and without loads of
    short runs with pauses that were not recorded: they did happen."""
    base = int(report["capture"]["begin_mono"])
    taken = [s for _, s in match(report, truth) if s]

    def served(s, rows):
        return [overlap(b["begin"], b["end"], base + s["begin_ns"], base + s["end_ns"])
                for b in rows if b["cpu"] == s["cpu"]]

    real = [s for s in report["stalls"]
            if (s["mechanism"] == "softirq"
                and 2 * max(served(s, busy), default=0) >= s["duration_ns"])
            or (s["mechanism"] == "load" and s not in taken
                and (s["confidence"] < SURE or any(
                    served(s, [b])[:1] > [0] and b.get("either") for b in busy))
                and sum(served(s, [*busy, *truth])) >= LOAD_SHARE * s["duration_ns"])]
    return dict(report, stalls=[s for s in report["stalls"] if s not in real])


def split_real(report, stalls, truth):
    """Waits of which the watcher says that a softirq was pending through half of them or more, behind whom the report
    blames, or nobody: they did happen. (These, the others.)"""
    base = int(report["capture"]["begin_mono"])
    real = [s for s in stalls if s["mechanism"] == "ksoftirqd" and any(
        2 * overlap(t["begin"], t["end"], base + s["begin_ns"], base + s["end_ns"])
        >= s["duration_ns"] for t in truth if t["cpu"] == s["cpu"] and not blame_is_wrong(s, t))]
    return real, [s for s in stalls if s not in real]


def drop_waits(report, truth, waits):
    """The report without waits that lie over no truth and did happen all the same."""
    taken = [s for _, s in match(report, truth) if s]
    real, _ = split_real(report, [s for s in report["stalls"] if s not in taken], waits)
    return dict(report, stalls=[s for s in report["stalls"] if s not in real])


def starving(report, truth, waits):
    """Truths as they can be seen: before Linux 5.17 no record says that bottom halves are off, and one is known of only
    from when a softirq waits for it (waits: those of 1.5 ms and more). Without one it starves nobody."""
    kernel = [int(n) for n in re.findall(r"\d+", report["capture"].get("kernel") or "")[:2]]
    if not kernel or kernel >= [5, 17]:
        return truth
    rows = []
    for t in truth:
        since = [w["begin"] for w in waits
                 if w["cpu"] == t["cpu"] and w["begin"] < t["end"] and w["end"] >= t["end"]]
        if t["mechanism"] != "bh-off":
            rows.append(t)
        elif since:
            rows.append(dict(t, begin=max(t["begin"], min(since))))
    return rows


def median(values):
    values = sorted(values)
    return values[len(values) // 2] if values else None


def beyond_bounds(stall, truth):
    """By how much the true length lies outside what the stall's bounds allow."""
    length = truth["end"] - truth["begin"]
    begin, end = stall["begin_bounds_ns"], stall["end_bounds_ns"]
    shortest = min(stall["duration_ns"], max(0, end[0] - begin[1]))
    longest = max(stall["duration_ns"], end[1] - begin[0])
    return max(0, shortest - length, length - longest)


def admits(stall, base, which, at, silence):
    """The report says that it does not know of this silence: the end's bounds reach to where it truly was, or the stall
    goes on behind the silence and says that something in it was not recorded."""
    low, high = stall[which + "_bounds_ns"]
    if base + low - EDGE_NS <= at <= base + high + EDGE_NS:
        return True
    return (base + stall["begin_ns"] <= silence[0] + EDGE_NS
            and silence[1] <= base + stall["end_ns"] + EDGE_NS
            and any(e["kind"] == "stood" for e in stall["evidence"]))


def covered(low, high, spans):
    """How much of low … high lies in the spans, which may overlap each other."""
    total = 0
    for a, b in sorted(spans):
        total += overlap(low, high, a, b)
        low = max(low, b)
    return total


def unrecorded(stall, truth, base, which, silences, runs):
    """By how much this end of a load may be off: it lies where the recording itself says nothing at all, and the report
    admits that. What was recorded between the two ends is no excuse, but for packets in it, if the stall goes on."""
    at, said = truth[which], base + stall[which + "_ns"]
    here = silences.get(truth["cpu"], ())
    if truth["mechanism"] != "load" or not any(
            a - EDGE_NS <= at <= b + EDGE_NS and admits(stall, base, which, at, (a, b)) for a, b in here):
        return 0
    spans = [(a - EDGE_NS, b + EDGE_NS) for a, b in here]
    longer = said - at if which == "end" else at - said
    if longer > 0:
        spans += [(r["begin"], r["end"]) for r in runs if r["cpu"] == truth["cpu"]]
        return covered(min(at, said), max(at, said), spans)
    return -covered(min(at, said), max(at, said), spans)


def length_error(stall, truth, base=0, silences=None, runs=()):
    """By how much the length is off; an end that was not recorded, and is not claimed to be, is no error."""
    if "begins" in truth:
        truth = dict(truth, **{which: min(truth[which + "s"],
                                          key=lambda at, s=which: abs(base + stall[s + "_ns"] - at))
                               for which in ("begin", "end")})
    error = stall["duration_ns"] - (truth["end"] - truth["begin"])
    if silences:
        error -= sum(unrecorded(stall, truth, base, which, silences, runs) for which in ("begin", "end"))
    return abs(error)


def counts(pairs, base=0, silences=None, runs=()):
    """How often sirqprof was right, and by how much the lengths differ."""
    found = [(t, s) for t, s in pairs if s]
    points = [length_error(s, t, base) for t, s in found]
    errors = [length_error(s, t, base, silences, runs) for t, s in found]
    right = [(t, s) for t, s in found if mechanism_fits(s, t)]
    return {
        "truth": len(pairs),
        "found": len(found),
        "mechanism": len(right),
        "task": sum(task_fits(s, t) for t, s in right),
        "names": sum(names_fit(s, t) for t, s in right),
        "file": sum(bool(s["file"]) for t, s in right),
        "length_error_median_ns": median(errors),
        "length_error_max_ns": max(errors, default=None),
        "length_over": sum(e > LENGTH_MOST_NS for e in errors),
        "length_unrecorded": sum(p > LENGTH_MOST_NS >= e for p, e in zip(points, errors)),
        "beyond_bounds_max_ns": max((beyond_bounds(s, t) for t, s in found), default=None),
        "wrong_blame": sum(blame_is_wrong(s, t) for t, s in found),
        # The machine itself stood still over the hog's stall, and the report says only that.
        "paused": sum(s["mechanism"] in PAUSES for t, s in found),
    }


def in_band(pairs, low_ms, high_ms):
    return [(t, s) for t, s in pairs if low_ms * 1e6 <= t["end"] - t["begin"] < high_ms * 1e6]


BANDS = (("2-3", 0, 3.0), ("3-60", 3.0, 1000))


def score(way, report, truth, silences=None, busy=()):
    """One row. silences: where the recording says nothing (silence.py); busy: short runs of packets."""
    pairs = match(report, inside(report, truth))
    known = (int(report["capture"]["begin_mono"]), silences, [t for t in [*truth, *busy] if t["mechanism"] == "load"])
    row = {"way": way}
    row.update(counts(pairs, *known))
    row["bands"] = {name: counts(in_band(pairs, low, high), *known) for name, low, high in BANDS}
    row["false_stalls"] = len(false_stalls(report, pairs))
    row["seconds"] = round(report["capture"]["duration_ns"] / 1e9, 1)
    row["sure"], row["sure_right"] = sure(calibration(report, truth))
    return row


def calibration(report, truth):
    """(stated confidence, was it right) for every stall that can be judged: those that lie over a
    truth, and the false ones."""
    pairs = match(report, inside(report, truth))
    rows = [(s["confidence"], mechanism_fits(s, t) and task_fits(s, t)) for t, s in pairs if s]
    return rows + [(s["confidence"], False) for s in false_stalls(report, pairs)]


def sure(rows):
    """How many verdicts are at 0.9 or above, and how many of them are right."""
    hits = [right for confidence, right in rows if confidence >= SURE]
    return len(hits), sum(hits)


def table(rows):
    """Stated confidence, in steps of 0.1 (0.05 above 0.9), against the share that was right."""
    edges = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.01)
    groups = collections.defaultdict(list)
    for confidence, right in rows:
        low = max(e for e in edges if e <= confidence + 1e-9)
        groups[low].append((confidence, right))
    return [{"from": low, "verdicts": len(g), "stated": round(sum(c for c, _ in g) / len(g), 3),
             "right": round(sum(r for _, r in g) / len(g), 3)} for low, g in sorted(groups.items())]

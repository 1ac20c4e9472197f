"""The bar: what a row of the lab must reach. Shares of a whole, so that a short run is held to what
its few stalls can show: one miss is allowed where the share allows less than one."""

MIN_SHARE = {"2-3": 0.95, "3-60": 0.98}
NAMES_SHARE = 0.95
WRONG_BLAME_SHARE = 0.01
SURE_SHARE = 0.95
MEDIAN_NS = 500_000


# Of the stalls that were ordered so many must have come about, or the run says nothing.
STARVED_SHARE = 0.5
# Of a healthy load that keeps its CPU busy so much must have been observed.
HEALTHY_OBSERVED = 0.9


def allowed(n, share):
    """Misses that a share allows of n: at least one, but never most of them."""
    return min(n // 2, max(1, int(n * (1 - share) + 1e-9)))


def healthy_allowed(load, seconds):
    """False stalls that a healthy load may show: none when idle, else two in ten minutes."""
    return 0 if load == "idle" else int(2 * seconds / 600)


def healthy_misses(load, seconds, observed, false):
    """What does not hold of a healthy load, in words. A busy one that was not observed says nothing."""
    bad = []
    if false > healthy_allowed(load, seconds):
        bad.append("%d false stalls, %d allowed" % (false, healthy_allowed(load, seconds)))
    if load != "idle" and observed < seconds * HEALTHY_OBSERVED:
        bad.append("observed only %.1f of %.1f s" % (observed, seconds))
    return bad


def misses(row, ordered=1):
    """What does not hold, in words; empty: all does."""
    bad = []
    if row["truth"] < max(1, ordered * STARVED_SHARE):
        return ["of %d stalls %d came about" % (ordered, row["truth"])]
    for name, share in MIN_SHARE.items():
        b = row["bands"][name]
        n = b["truth"]
        for what in ("found", "mechanism", "task"):
            if n - b[what] > allowed(n, share):
                bad.append("%s ms: %s %d of %d" % (name, what, b[what], n))
        if n - b["names"] > allowed(n, NAMES_SHARE) + n - b["mechanism"]:
            bad.append("%s ms: names %d of %d" % (name, b["names"], b["mechanism"]))
    if row["wrong_blame"] > row["truth"] * WRONG_BLAME_SHARE:
        bad.append("wrong blame in %d of %d" % (row["wrong_blame"], row["truth"]))
    if row["sure"] - row["sure_right"] > allowed(row["sure"], SURE_SHARE):
        bad.append("of %d sure verdicts %d are right" % (row["sure"], row["sure_right"]))
    if row["found"] and row["length_error_median_ns"] > MEDIAN_NS:
        bad.append("median length error %.2f ms" % (row["length_error_median_ns"] / 1e6))
    if row["length_over"]:
        bad.append("largest length error %.2f ms" % (row["length_error_max_ns"] / 1e6))
    return bad

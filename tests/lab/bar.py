"""The bar: what a row of the lab must reach. Shares of a whole, so that a short run is held to what
its few stalls can show: one miss is allowed where the share allows less than one."""

MIN_SHARE = {"2-3": 0.95, "3-60": 0.98}
NAMES_SHARE = 0.95
WRONG_BLAME_SHARE = 0.01
SURE_SHARE = 0.95
MEDIAN_NS = 500_000


def allowed(n, share):
    """Misses that a share allows of n; at least one."""
    return max(1, int(n * (1 - share) + 1e-9))


def healthy_allowed(load, seconds):
    """False stalls that a healthy load may show: none when idle, else two in ten minutes."""
    return 0 if load == "idle" else int(2 * seconds / 600)


def misses(row, period_ns):
    """What does not hold, in words; empty: all does."""
    bad = []
    if not row["truth"]:
        return ["nothing was starved"]
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
    # Where a part was not recorded the bounds say so; the length lies between them.
    if row["found"] and row["beyond_bounds_max_ns"] > period_ns + MEDIAN_NS:
        bad.append("largest length error %.2f ms" % (row["beyond_bounds_max_ns"] / 1e6))
    return bad

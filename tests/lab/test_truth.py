#!/usr/bin/python3
"""The judge itself: truth.py and bar.py on made reports, without a kernel."""
import os
import struct
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bar  # noqa: E402
import silence  # noqa: E402
import truth as judge  # noqa: E402

MS = 1_000_000
BEGIN = 1000 * MS


def stall(at_ms, ms, mechanism, tid=0, entry="hog_show", confidence=0.96, cpu=1):
    return {"id": at_ms, "cpu": cpu, "begin_ns": at_ms * MS, "duration_ns": int(ms * MS),
            "end_ns": int((at_ms + ms) * MS), "mechanism": mechanism, "confidence": confidence,
            "begin_bounds_ns": [at_ms * MS] * 2, "end_bounds_ns": [int((at_ms + ms) * MS)] * 2,
            "entry": entry, "caller": None, "evidence": [], "file": None,
            "task": {"tid": tid, "comm": "cat"} if tid else None}


def report(*stalls):
    return {"capture": {"begin_mono": str(BEGIN), "duration_ns": 1000 * MS},
            "stalls": list(stalls)}


def line(at_ms, ms, mechanism="irqs-off", tid=7, names="hog_show"):
    begin = BEGIN + int(at_ms * MS)
    return "truth %s %d %d 1 %d %s %s\n" % (mechanism, begin, begin + int(ms * MS), tid,
                                             "cat" if tid else "-", names)


def perf_data(stamps):
    """The bytes of a recording: id 7 on CPU 1, without more, with these times; id 8 on CPU 0, with ip and tid, at 0."""
    kinds = {7: silence.IDENTIFIER | silence.TIME,
             8: silence.IDENTIFIER | silence.TIME | silence.IP | silence.TID}
    data = struct.pack("<IHHQ8Q", silence.ID_INDEX, 0, 80, 2, 7, 0, 1, 0, 8, 0, 0, 0)
    for t in stamps:
        data += struct.pack("<IHHQQ", 9, 0, 24, 7, t)
    data += struct.pack("<IHHQQQQ", 9, 0, 40, 8, 99, 99, 0)
    ids_at, attrs_at = 104, 104 + 16
    head = b"PERFILE2" + struct.pack("<QQQQQQQQQ", 104, 144, attrs_at, 2 * 144, attrs_at + 2 * 144,
                                     len(data), 0, 0, 1 << 12) + bytes(24)
    attrs = b"".join(struct.pack("<IIQQQ", 2, 128, 0, 0, kinds[i]).ljust(128, b"\0")
                     + struct.pack("<QQ", ids_at + 8 * k, 8) for k, i in enumerate((7, 8)))
    table_at = attrs_at + len(attrs) + len(data)
    desc = struct.pack("<II", 0, 128)
    return (head + struct.pack("<QQ", 7, 8) + attrs + data
            + struct.pack("<QQ", table_at + 16, len(desc)) + desc)


class Silence(unittest.TestCase):
    def test_a_recording_is_silent_between_its_events(self):
        with tempfile.NamedTemporaryFile() as f:
            f.write(perf_data([50, 10, 20, 80]))
            f.flush()
            self.assertEqual(silence.silences(f.name, 20), {1: [(20, 50), (50, 80)], 0: []})


class Judge(unittest.TestCase):
    def row(self, r, text):
        return judge.score("way", r, judge.read_truth(text))

    def test_right(self):
        row = self.row(report(stall(100, 10.1, "irqs-off", 7)), line(100, 10))
        self.assertEqual((row["found"], row["mechanism"], row["task"], row["names"]), (1, 1, 1, 1))
        self.assertEqual((row["wrong_blame"], row["false_stalls"]), (0, 0))
        self.assertEqual(row["length_error_max_ns"], 100_000)
        self.assertEqual(bar.misses(row), [])

    def test_a_short_run_of_packets_did_happen(self):
        busy = judge.read_truth(line(100, 4, "load", 0).replace("truth", "busy", 1), "busy")
        r = judge.drop_busy(report(stall(101, 3, "softirq"), stall(101, 3, "irqs-off", 7),
                                   stall(300, 3, "softirq")), busy)
        self.assertEqual([(s["id"], s["mechanism"]) for s in r["stalls"]],
                         [(101, "irqs-off"), (300, "softirq")])

    def test_a_wait_that_the_kernel_saw_is_real(self):
        r = report(stall(100, 4, "ksoftirqd", 7), stall(200, 4, "ksoftirqd", 7),
                   stall(300, 4, "irqs-off", 7))
        truth = judge.read_truth(line(100.5, 3.5, "ksoftirqd") + line(203, 5, "ksoftirqd")
                                 + line(300, 4, "ksoftirqd"))
        real, false = judge.split_real(r, r["stalls"], truth)
        self.assertEqual([s["id"] for s in real], [100])
        self.assertEqual([s["id"] for s in false], [200, 300])
        left = judge.drop_waits(r, [], truth)["stalls"]
        self.assertEqual([s["id"] for s in left], [200, 300])
        left = judge.drop_waits(r, judge.read_truth(line(100, 4, "ksoftirqd")), truth)["stalls"]
        self.assertEqual([s["id"] for s in left], [100, 200, 300])

    def test_a_real_wait_behind_somebody_else_is_false(self):
        r = report(stall(100, 4, "ksoftirqd", 8), stall(200, 4, "ksoftirqd"))
        truth = judge.read_truth(line(100, 4, "ksoftirqd") + line(200, 4, "ksoftirqd"))
        real, false = judge.split_real(r, r["stalls"], truth)
        self.assertEqual(([s["id"] for s in real], [s["id"] for s in false]), ([200], [100]))

    def test_before_5_17_bh_off_is_who_waits(self):
        r = report()
        truth = judge.read_truth(line(100, 10, "bh-off") + line(200, 10, "bh-off") + line(300, 10))
        waits = judge.read_truth(line(104, 6.1, "pending") + line(106, 4.1, "pending") +
                                 line(205, 2, "pending"))
        self.assertEqual(judge.starving(r, truth, waits), truth)
        r["capture"]["kernel"] = "6.1.0-50-amd64"
        self.assertEqual(judge.starving(r, truth, waits), truth)
        r["capture"]["kernel"] = "5.10.0-32-amd64"
        left = judge.starving(r, truth, waits)
        self.assertEqual([(t["begin"] - BEGIN, t["end"] - BEGIN) for t in left],
                         [(104 * MS, 110 * MS), (300 * MS, 310 * MS)])

    def test_wide_bounds_alone_excuse_nothing(self):
        wide = stall(100, 8, "load")
        wide["end_bounds_ns"][1] += 3 * MS
        row = self.row(report(wide), line(100, 10, "load", 0))
        self.assertEqual((row["length_error_max_ns"], row["beyond_bounds_max_ns"]), (2 * MS, 0))
        self.assertEqual(row["length_over"], 1)
        self.assertTrue(bar.misses(row))
        row = self.row(report(wide), line(100, 12, "load", 0))
        self.assertEqual(row["beyond_bounds_max_ns"], MS)

    def silent(self, s, truth, *silences, busy=""):
        """length_over, with so many ms of silence, from … to."""
        at = {1: [(BEGIN + int(a * MS), BEGIN + int(b * MS)) for a, b in silences]}
        row = judge.score("load", report(s), judge.read_truth(truth), at, judge.read_truth(busy))
        self.assertEqual(row["length_over"] + row["length_unrecorded"], row["found"])
        return row["length_over"]

    def test_an_end_in_a_silence_is_known_to_nobody(self):
        s = stall(100, 12, "load", 0)
        truth = line(100, 15, "load", 0)
        self.assertEqual(self.silent(s, truth, (112, 116)), 1)  # the report does not say so
        s["end_bounds_ns"][1] = 116 * MS
        self.assertEqual(self.silent(s, truth, (112, 116)), 0)
        self.assertEqual(self.silent(s, truth, (112, 114)), 1)  # it was recorded
        self.assertEqual(self.silent(s, truth), 1)
        self.assertEqual(self.silent(s, line(100, 18, "load", 0), (112, 116)), 1)
        self.assertEqual(self.silent(s, line(97, 18, "load", 0), (112, 116)), 1)  # the other end

    def test_what_was_recorded_beside_a_silence_is_no_excuse(self):
        s = stall(100, 10, "load", 0)
        s["end_bounds_ns"][1] = 116 * MS
        self.assertEqual(self.silent(s, line(100, 15, "load", 0), (112, 116)), 1)
        s = stall(104, 12, "load", 0)
        s["begin_bounds_ns"][0] = 99 * MS
        self.assertEqual(self.silent(s, line(100, 16, "load", 0), (99, 101)), 1)
        self.assertEqual(self.silent(s, line(100, 16, "load", 0), (99, 103.5)), 0)

    def test_a_silence_inside_is_admitted_by_evidence(self):
        s = stall(100, 30, "load", 0)
        truth = line(100, 17, "load", 0)
        behind = line(118, 12, "load", 0)
        self.assertEqual(self.silent(s, truth, (114, 118), busy=behind), 1)
        s["evidence"] = [{"kind": "stood"}]
        self.assertEqual(self.silent(s, truth, (114, 118), busy=behind), 0)
        self.assertEqual(self.silent(s, truth, (120, 124), busy=behind), 1)
        # Nothing was served behind it, and that was recorded.
        self.assertEqual(self.silent(s, truth, (114, 118)), 1)
        self.assertEqual(self.silent(s, truth, (114, 118), busy=line(118, 10, "load", 0)), 1)
        self.assertEqual(self.silent(s, truth, (114, 118), (121, 130), busy=line(118, 3, "load", 0)), 0)

    def test_only_a_load_has_such_ends(self):
        s = stall(100, 12, "bh-off", 7)
        s["end_bounds_ns"][1] = 116 * MS
        self.assertEqual(self.silent(s, line(100, 15, "bh-off"), (112, 116)), 1)

    def test_short_runs_with_a_hidden_pause_did_happen(self):
        busy = judge.read_truth((line(100, 9, "load", 0) + line(109.5, 9, "load", 0))
                                .replace("truth", "busy"), "busy")
        unsure, sure = (stall(100, 18.5, "load", confidence=c) for c in (0.6, 0.9))
        self.assertEqual(judge.drop_busy(report(unsure), busy)["stalls"], [])
        self.assertEqual(judge.drop_busy(report(sure), busy)["stalls"], [sure])
        self.assertEqual(judge.drop_busy(report(unsure), busy[:1])["stalls"], [unsure])
        truth = judge.read_truth(line(100, 9, "load", 0))
        self.assertEqual(judge.drop_busy(report(unsure), busy[1:], truth)["stalls"], [unsure])

    def joined(self, *runs):
        """(truth, busy) as (from, to) in ms, of runs given so."""
        rows = judge.read_truth("".join(line(a, b - a, "load", 0) for a, b in runs))
        return [[tuple(round((r[e] - BEGIN) / MS, 3) for e in ("begin", "end")) for r in rows]
                for rows in judge.join_runs(rows, [])]

    def test_runs_of_packets_are_joined(self):
        self.assertEqual(self.joined((100, 111), (111.3, 112)), [[(100, 112)], []])
        self.assertEqual(self.joined((100, 106), (106.3, 112)), [[], [(100, 112)]])  # perhaps
        self.assertEqual(self.joined((100, 106), (106.31, 112)), [[], [(100, 106), (106.31, 112)]])
        self.assertEqual(self.joined((100, 111), (112, 113)), [[(100, 111)], [(112, 113)]])

    def test_a_load_that_may_be_one_is_no_false_one(self):
        busy = judge.join_runs([], judge.read_truth(
            (line(100, 6, "load", 0) + line(106.3, 6, "load", 0) + line(200, 6, "load", 0)
             + line(206.5, 6, "load", 0)).replace("truth", "busy"), "busy"))[1]
        one, two = stall(100, 12.3, "load", confidence=0.9), stall(200, 12.5, "load", confidence=0.9)
        self.assertEqual(judge.drop_busy(report(one, two), busy)["stalls"], [two])

    def test_where_runs_may_be_one_either_is_right(self):
        truth = judge.join_runs(judge.read_truth(
            "".join(line(a, n, "load", 0) for a, n in ((100, 11), (111.32, 8), (119.6, 12)))), [])[0]
        self.assertEqual([(t["end"] - t["begin"]) // MS for t in truth], [11, 20])
        for at, ms, which in ((100, 11, 0), (100, 31.6, 0), (100, 31.6, 1), (111.32, 8, 1),
                              (111.32, 20.28, 1), (119.6, 12, 1)):
            s = stall(at, ms, "load", 0)
            s["begin_ns"] = int(at * MS)
            self.assertLess(judge.length_error(s, truth[which], BEGIN), MS, (at, ms))
        s = stall(100, 25, "load", 0)
        self.assertGreater(judge.length_error(s, truth[1], BEGIN), MS)

    def test_wrong_task_is_wrong_blame(self):
        row = self.row(report(stall(100, 10, "irqs-off", 8)), line(100, 10))
        self.assertEqual((row["task"], row["wrong_blame"]), (0, 1))
        self.assertEqual((row["sure"], row["sure_right"]), (1, 0))
        self.assertTrue(bar.misses(row))

    def test_a_softirq_is_nobodys(self):
        text = line(100, 10, "softirq", 0)
        self.assertEqual(self.row(report(stall(100, 10, "softirq")), text)["task"], 1)
        row = self.row(report(stall(100, 10, "softirq", 7)), text)
        self.assertEqual((row["task"], row["wrong_blame"]), (0, 1))

    def test_half_must_be_covered(self):
        self.assertEqual(self.row(report(stall(100, 4, "irqs-off", 7)), line(100, 10))["found"], 0)
        self.assertEqual(self.row(report(stall(100, 6, "irqs-off", 7)), line(100, 10))["found"], 1)

    def test_false_stalls(self):
        row = self.row(report(stall(100, 10, "irqs-off", 7), stall(300, 3, "bh-off", 7),
                              stall(400, 1.5, "bh-off", 7), stall(500, 9, "stopped"),
                              stall(105, 4, "softirq"), stall(600, 9, "bh-off", 7, cpu=0)),
                       line(100, 10))
        self.assertEqual(row["false_stalls"], 1)
        self.assertEqual((row["sure"], row["sure_right"]), (2, 1))

    def test_names(self):
        self.assertTrue(judge.name_fits("bpf_prog_0b71352f5b0ed437_hog_show", ["hog_show"]))
        self.assertTrue(judge.name_fits("s_show.part.0", ["s_show"]))
        self.assertFalse(judge.name_fits("memcg_numa_stat_show", ["show", "s_show"]))
        self.assertFalse(judge.name_fits(None, ["s_show"]))

    def test_bands_and_misses(self):
        lines = "".join(line(100 + 20 * i, 2.5) for i in range(10))
        row = self.row(report(*[stall(100 + 20 * i, 2.5, "irqs-off", 7) for i in range(8)]), lines)
        self.assertEqual((row["bands"]["2-3"]["truth"], row["bands"]["2-3"]["found"]), (10, 8))
        self.assertEqual(row["bands"]["3-60"]["truth"], 0)
        self.assertTrue(any("found 8 of 10" in m for m in bar.misses(row)))

    def test_nothing_starved_does_not_hold(self):
        self.assertTrue(bar.misses(self.row(report(), "")))
        row = self.row(report(stall(100, 10, "irqs-off", 7)), line(100, 10))
        self.assertTrue(bar.misses(row, 24))
        self.assertEqual(bar.misses(row, 2), [])

    def test_nothing_found_does_not_hold(self):
        self.assertTrue(bar.misses(self.row(report(), line(100, 10))))
        self.assertTrue(bar.misses(self.row(report(), line(100, 2.5) + line(200, 10))))

    def test_table(self):
        self.assertEqual(judge.table([(0.96, True), (0.98, False), (0.5, True)]),
                         [{"from": 0.5, "verdicts": 1, "stated": 0.5, "right": 1.0},
                          {"from": 0.95, "verdicts": 2, "stated": 0.97, "right": 0.5}])


class Healthy(unittest.TestCase):
    def test_what_was_not_observed_says_nothing(self):
        self.assertEqual(bar.healthy_misses("flood", 600, 590, 2), [])
        self.assertEqual(len(bar.healthy_misses("flood", 600, 590, 3)), 1)
        self.assertEqual(len(bar.healthy_misses("flood", 600, 107, 0)), 1)

    def test_an_idle_cpu_need_not_be_observed(self):
        self.assertEqual(bar.healthy_misses("idle", 600, 26, 0), [])
        self.assertEqual(len(bar.healthy_misses("idle", 600, 26, 1)), 1)


if __name__ == "__main__":
    unittest.main()

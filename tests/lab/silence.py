"""Where a recording says nothing of a CPU: read from the file itself, not from the report that is judged."""
import collections
import struct

import strip

ID_INDEX = 69
# As far as a sample's fields are known here: identifier, ip, tid, time (linux/perf_event.h, PERF_SAMPLE_*).
IDENTIFIER, IP, TID, TIME = 1 << 16, 1, 2, 4


def cpus_of_ids(p):
    """{id: cpu} of the record that perf writes for it."""
    out = {}
    for at, _ in strip.records(p.raw, *p.data):
        if strip.u32(p.raw, at) == ID_INDEX:
            for i in range(strip.u64(p.raw, at + 8)):
                number, _, cpu, _ = struct.unpack_from("<4Q", p.raw, at + 16 + 32 * i)
                out[number] = cpu
    return out


def times_at(p):
    """{id: where in a sample its time stands}."""
    out = {}
    off, size = p.attrs
    for at in range(off, off + size, p.attr_size):
        kind = strip.u64(p.raw, at + 24)
        if not kind & IDENTIFIER or not kind & TIME:
            continue
        ids_off, ids_size = struct.unpack_from("<QQ", p.raw, at + p.attr_size - strip.ATTR_IDS)
        where = 16 + 8 * bool(kind & IP) + 8 * bool(kind & TID)
        for i in struct.unpack_from("<%dQ" % (ids_size // 8), p.raw, ids_off):
            out[i] = where
    return out


def silences(path, longer_ns):
    """{cpu: [(from, to)]} in the recording's clock, without a sample of any event there."""
    p = strip.PerfData(path)
    cpus, times, seen = cpus_of_ids(p), times_at(p), collections.defaultdict(list)
    for at, _ in strip.records(p.raw, *p.data):
        if strip.u32(p.raw, at) == strip.SAMPLE:
            number = strip.u64(p.raw, at + 8)
            if number in cpus and number in times:
                seen[cpus[number]].append(strip.u64(p.raw, at + times[number]))
    out = {}
    for cpu, stamps in seen.items():
        stamps.sort()
        out[cpu] = [(a, b) for a, b in zip(stamps, stamps[1:]) if b - a > longer_ns]
    return out

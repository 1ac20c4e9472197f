#!/usr/bin/python3
"""Takes evidence away from a recording: the events of some names, as if never recorded, or a share
of the samples.

    strip.py IN OUT [--without NAME,…] [--silent NAME,…] [--keep-samples SHARE] [--seed N]

--without: neither records nor event; --silent: the event stands, its records are missing; a NAME may
end in *. Knows what `sirqprof record` writes: perf.data in file mode, identifiers in every sample.
"""
import argparse
import random
import struct

MAGIC = b"PERFILE2"
HEADER_SIZE = 104
SAMPLE = 9
EVENT_DESC = 12  # the feature that names the events
ATTR_IDS = 16    # offset and size of an attr's ids stand behind it


def u32(b, at):
    return struct.unpack_from("<I", b, at)[0]


def u64(b, at):
    return struct.unpack_from("<Q", b, at)[0]


class PerfData:
    def __init__(self, path):
        with open(path, "rb") as f:
            self.raw = f.read()
        raw = self.raw
        if raw[:8] != MAGIC:
            raise SystemExit("strip: not a perf.data file")
        self.attr_size = u64(raw, 16)
        self.attrs = (u64(raw, 24), u64(raw, 32))
        self.data = (u64(raw, 40), u64(raw, 48))
        bits = int.from_bytes(raw[72:104], "little")
        self.features = [i for i in range(256) if bits >> i & 1]
        table = self.data[0] + self.data[1]
        self.sections = [(u64(raw, table + 16 * i), u64(raw, table + 16 * i + 8))
                         for i in range(len(self.features))]
        self.names = self.read_names()

    def section(self, feature):
        off, size = self.sections[self.features.index(feature)]
        return self.raw[off:off + size]

    def read_names(self):
        """[(name, ids, its bytes)] of EVENT_DESC."""
        desc, out, at = self.section(EVENT_DESC), [], 8
        attr_size = u32(desc, 4)
        for _ in range(u32(desc, 0)):
            start = at
            nids, length = u32(desc, at + attr_size), u32(desc, at + attr_size + 4)
            text = at + attr_size + 8
            name = desc[text:text + length].split(b"\0")[0].decode()
            ids = struct.unpack_from("<%dQ" % nids, desc, text + length)
            at = text + length + 8 * nids
            out.append((name, ids, desc[start:at]))
        return out

    def ids_of(self, patterns):
        return {i for name, ids, _ in self.names if wanted(name, patterns) for i in ids}


def wanted(name, patterns):
    return any(name.startswith(p[:-1]) if p.endswith("*") else name == p for p in patterns)


def records(raw, begin, size):
    at, end = begin, begin + size
    while at + 8 <= end:
        n = struct.unpack_from("<H", raw, at + 6)[0]
        yield at, n
        at += n


def filter_records(p, dropped, samplers, keep, rng):
    out = bytearray()
    for at, n in records(p.raw, *p.data):
        if u32(p.raw, at) == SAMPLE:
            i = u64(p.raw, at + 8)
            if i in dropped or (i in samplers and keep < 1 and rng.random() >= keep):
                continue
        out += p.raw[at:at + n]
    return out


def filter_attrs(p, dropped):
    """The entries whose ids are not dropped."""
    off, size = p.attrs
    out = bytearray()
    for at in range(off, off + size, p.attr_size):
        ids_off, ids_size = struct.unpack_from("<QQ", p.raw, at + p.attr_size - ATTR_IDS)
        ids = struct.unpack_from("<%dQ" % (ids_size // 8), p.raw, ids_off)
        if not dropped.intersection(ids):
            out += p.raw[at:at + p.attr_size]
    return out


def filter_names(p, dropped):
    kept = [raw for _, ids, raw in p.names if not dropped.intersection(ids)]
    desc = p.section(EVENT_DESC)
    return struct.pack("<II", len(kept), u32(desc, 4)) + b"".join(kept)


def strip(source, target, without=(), silent=(), keep_samples=1.0, seed=1):
    p = PerfData(source)
    gone, quiet = p.ids_of(without), p.ids_of(silent)
    samplers = p.ids_of(("cycles", "cpu-clock"))
    data = filter_records(p, gone | quiet, samplers, keep_samples, random.Random(seed))
    attrs = filter_attrs(p, gone)
    head = bytearray(p.raw[:p.data[0]])
    head[p.attrs[0]:p.attrs[0] + len(attrs)] = attrs
    struct.pack_into("<Q", head, 32, len(attrs))
    struct.pack_into("<Q", head, 48, len(data))
    body = {f: p.section(f) for f in p.features}
    body[EVENT_DESC] = filter_names(p, gone)
    at, table = len(head) + len(data) + 16 * len(p.features), b""
    for f in p.features:
        table += struct.pack("<QQ", at, len(body[f]))
        at += len(body[f])
    with open(target, "wb") as f:
        f.write(head + data + table + b"".join(body[f] for f in p.features))


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("source")
    ap.add_argument("target")
    ap.add_argument("--without", default="")
    ap.add_argument("--silent", default="")
    ap.add_argument("--keep-samples", type=float, default=1.0)
    ap.add_argument("--seed", type=int, default=1)
    a = ap.parse_args()
    strip(a.source, a.target, [n for n in a.without.split(",") if n],
          [n for n in a.silent.split(",") if n], a.keep_samples, a.seed)


if __name__ == "__main__":
    main()

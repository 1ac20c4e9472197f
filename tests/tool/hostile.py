#!/usr/bin/python3
"""Recordings that were made to hurt: each kind goes for one thing that a reader keeps or searches.
They must be read to the end (or refused in words) in bounded memory and without a hang.

    hostile.py SIRQPROF [--mb N] [--sanitized] [--only KIND] [--write DIR]

A file comes in by a pipe, so that what the process takes is its own. The time that is allowed is a
hang's, not a speed: CPU seconds per megabyte, a hundred times what they take.
"""
import argparse
import os
import resource
import struct
import subprocess
import sys
import threading
import time

MEMORY_MB = 64          # what docs/limits.md promises, program and libraries and all
BESIDE_MB = {"endless": 22}     # the distinct stacks, where that many of them wait, and the rows of the baseline
CPU_SECONDS_PER_MB = 2

IDENTIFIER, IP, TID, TIME, CPU, RAW, CALLCHAIN = (1 << 16, 1 << 0, 1 << 1, 1 << 2, 1 << 7, 1 << 10,
                                                  1 << 5)
CLOCK, POINT, FACT = 1, 2, 3
RAISE, ENTRY, EXIT, TICK = 76, 77, 78, 79  # format and event id
FACT_MAGIC = 0x46515253


def record(kind, body, misc=0):
    body += b"\0" * (-len(body) % 8)
    return struct.pack("<IHH", kind, misc, 8 + len(body)) + body


def attr(kind, config, sample_type, ident, size=120):
    body = struct.pack("<IIQQQQQ", kind, size, config, 1000000 if ident == CLOCK else 1,
                       sample_type, 0, 1 << 18 | 1 << 25)
    body = (body + b"\0" * 44 + struct.pack("<i", 1)).ljust(size, b"\0")
    return record(64, body + struct.pack("<Q", ident))


def name(ident, text):
    return record(78, struct.pack("<QQ", 2, ident) + text.encode() + b"\0")


def feature(bit, body):
    return record(80, struct.pack("<Q", bit) + body)


def tracing(texts, system=b"irq"):
    out = bytearray(b"\x17\x08\x44tracing0.6\0") + struct.pack("<BBI", 0, 8, 4096)
    out += b"header_page\0" + struct.pack("<Q", 0) + b"header_event\0" + struct.pack("<Q", 0)
    out += struct.pack("<II", 0, 1) + system + b"\0" + struct.pack("<I", len(texts))
    for text in texts:
        out += struct.pack("<Q", len(text)) + text
    out += struct.pack("<IIQ", 0, 0, 0)
    return struct.pack("<IHHI", 66, 0, 12, len(out)) + bytes(out)


SOFTIRQ = ("name: %s\nID: %d\nformat:\n\tfield:unsigned char common_flags;\toffset:2;\tsize:1;"
           "\tsigned:0;\n\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n"
           "\tfield:unsigned int vec;\toffset:8;\tsize:4;\tsigned:0;\n")


def head():
    out = struct.pack("<QQ", 0x32454c4946524550, 16)
    out += feature(4, struct.pack("<I", 64) + b"6.1.0".ljust(64, b"\0"))
    out += attr(1, 0, IDENTIFIER | IP | TID | TIME | CPU | CALLCHAIN, CLOCK)
    out += attr(2, 77, IDENTIFIER | TIME | CPU | RAW, POINT)
    for what in (RAISE, ENTRY, EXIT):
        out += attr(2, what, IDENTIFIER | TIME | CPU | RAW, what)
    out += attr(1, 10, IDENTIFIER | TIME | CPU | RAW, FACT) + name(FACT, "sirqprof")
    return out + tracing([(SOFTIRQ % ("softirq_" + what, ident)).encode() for what, ident in (
        ("raise", RAISE), ("entry", ENTRY), ("exit", EXIT))])


def sample(time, cpu, tid, chain):
    return record(9, struct.pack("<QQIIQIIQ", CLOCK, chain[1], tid, tid, time, cpu, 0, len(chain)) +
                  struct.pack("<%dQ" % len(chain), *chain), 1)


def softirq(time, cpu, vec, what, flags=0):
    return record(9, struct.pack("<QQIIIHBBiI", what, time, cpu, 0, 12, what, flags, 0, 1, vec), 1)


def point(time, cpu, vec, tid=1):
    return record(9, struct.pack("<QQIIIHBBiI", POINT, time, cpu, 0, 12, 77, 0, 0, tid, vec), 1)


def fact(time, kind, body, cpu=0xffffffff):
    raw = struct.pack("<IHH", FACT_MAGIC, kind, 1) + body
    raw += b"\0" * ((4 - len(raw)) % 8)
    return record(9, struct.pack("<QQIII", FACT, time, cpu, 0, len(raw)) + raw, 1)


def side(kind, body, time, misc=0):
    return record(kind, body + struct.pack("<IIQIIQ", 1, 1, time, 0, 0, CLOCK), misc)


ROUND = record(68, b"")
KERNEL = 0xffffffffffffff80  # PERF_CONTEXT_KERNEL
USER = 0xfffffffffffffe00  # PERF_CONTEXT_USER


def text8(i):
    return struct.pack("<Q", i).hex().encode()


# Each makes the i-th piece of its file.
def backwards(i):
    return point((1 << 40) - i, 0, 3)


def all_cpus_and_rounds(i):
    return point(1000 + i, i % 8192, 3) + ROUND


def cpus_in_turn(i):
    return point(1000 + i, i // 4000 % 8192, 3) + (ROUND if i % 100 == 0 else b"")


def far_apart(i):
    return point(1000 + i * 10**13 % (1 << 63), i % 64, 3)


def clock_jumps(i):
    return point(1 << 50 if i % 2 else 1000 + i, 1, i % 10)


def new_tasks(i):
    return side(3, struct.pack("<II", i, i) + text8(i)[:15] + b"\0", 1000 + i)


def new_comms(i):
    return side(3, struct.pack("<II", 7, 7) + text8(i) + b"\0" * 8, 1000 + i)


def forks(i):
    return side(7, struct.pack("<IIIIQ", i + 2, i + 1, i + 2, i + 1, 1000 + i), 1000 + i)


def new_mappings(i):
    return side(10, struct.pack("<IIQQQIIQQII", i % 50000, i, i << 12, 4096, 0, 8, 1, i, 0, 5, 2) +
                b"/tmp/" + text8(i) + b"\0" * 3, 1000 + i, 2)


def one_process_maps(i):
    return side(10, struct.pack("<IIQQQIIQQII", 5, 5, -i << 12 & (1 << 47) - 1, 4096, 0, 8, 1, 9, 0,
                                5, 2) + b"/bin/true\0\0\0\0\0\0\0", 1000 + i, 2)


def kernel_maps(i):
    return side(1, struct.pack("<iIQQQ", -1, 0, (1 << 63) + (i << 12), 4096, 0) + b"[" + text8(i) +
                b"]" + b"\0" * 6, 1000 + i, 1)


def open_files(i):
    return fact(1000 + i, 6, struct.pack("<II", i % 300000, 2) + struct.pack("<I", 3) + text8(i) +
                b"\0" + struct.pack("<I", 4) + b"/b\0")


def cgroups(i):
    return fact(1000 + i, 7, struct.pack("<I", i) + b"0::/kubepods/" + text8(i) + b"\0")


def clock_pairs(i):
    return fact((1 << 50) - i, 2, struct.pack("<QQQ", (1 << 50) - i, (1 << 60) - 2 * i, 1))


def kernel_names(i):
    return fact(1000 + i, 9, struct.pack("<QQ", (1 << 63) + 16 * i, (1 << 63) + 16 * i) + text8(i) +
                b"\0[m]\0")


# Names whose addresses go to the same place of a table by multiplication, then addresses without one.
def names_in_one_place(i):
    addr = (i + 1) * pow(0x9e3779b97f4a7c15, -1, 1 << 64) & (1 << 64) - 1
    if i < 100000:
        return fact(1000 + i, 9, struct.pack("<QQ", addr, addr) + b"f\0[m]\0")
    return deep_stalls(i)


def quality_rows(i):
    return fact(1000 + i, 10, struct.pack("<IIQ", i, i % 9000, 1) + text8(i) + b"\0")


def stalls(i):
    t = 10**9 + i // 2 * 10**7
    return point(t + i % 2 * 5 * 10**6, i // 2 % 8, 3)


def steal(i):
    return fact(1000 + i, 3, struct.pack("<QQ", i * 10**7, 10**7), i % 8192)


def meta(i):
    return fact(1000 + i, 1, text8(i) + b"\0" + text8(i + 1) + b"\0")


def throttles(i):
    return side(5 + i % 2, struct.pack("<QQQ", 1000 + i * 100000, 1, 1), 1000 + i * 100000)


def lost(i):
    return side(2, struct.pack("<QQ", 1, 1 << 60), 1000 + i * 1000000)


def switches(i):
    return sample(1000 + i * 1000000, i % 4, i % 7 * 1000 + 1,
                  [KERNEL, (1 << 63) + i % 1000 * 16, 1 << 63])


def lost_everywhere(i):
    return side(2, struct.pack("<QQ", 1, 1) + b"", 1000 + i * 10**8)[:-32] + struct.pack(
        "<IIQIIQ", 1, 1, 1000 + i * 10**8, i % 1000, 0, CLOCK)


def fork_chain(i):
    if i < 4096:
        return one_process_maps(i)
    return side(7, struct.pack("<IIIIQ", i, 5, i, 5, 10**9 + i), 10**9 + i)


def ksymbols(i):
    return side(17, struct.pack("<QIHH", (1 << 63) + i * 64, 64, 1, 0) + text8(i) + b"\0" * 8,
                1000 + i)


def build_id_records(i):
    return record(67, struct.pack("<i", -1) + struct.pack("<Q", i) + b"\0" * 16 + text8(i) + b"\0")


def distinct_stacks(i):
    return sample(1000 + i * 1000, 0, 1, [KERNEL, (1 << 63) + i, 5])


# Softirqs that last 5 ms, 64 tasks sampled in each: as many rows a stall as are kept.
def stall_rows(i):
    n, k = divmod(i, 66)
    t = 10**9 + n * 10**7
    if k in (0, 65):
        return softirq(t + (k == 65) * 5 * 10**6, n % 8, 3, EXIT if k else ENTRY)
    return sample(t + k * 70000, n % 8, 100 + k, [KERNEL, (1 << 63) + k * 64, 1 << 63])


# The same on every CPU at once, and none of it ends.
def open_on_all_cpus(i):
    n, cpu = divmod(i, 1024)
    t = 10**9 + n * 10**6
    if n == 0:
        return softirq(t, cpu, 3, ENTRY)
    return sample(t, cpu, 100 + n % 70, [KERNEL, (1 << 63) + n % 70 * 64, 1 << 63])


def delays_on_all_cpus(i):
    n, cpu = divmod(i, 1024)
    return softirq(10**9 + n * 10**9, cpu, 3, RAISE) + softirq(10**9 + n * 10**9 + 5000, cpu, 3, ENTRY)


# A thread of another name in another process, container and stack each time, some of it stalled.
def hours(i):
    t = 10**9 + i * 5 * 10**6
    tid = 1000 + i % 4000000
    chain = [KERNEL] + [(1 << 63) + (i * 7919 + k) * 16 for k in range(12)]
    return (side(3, struct.pack("<II", tid, tid) + b"w" + text8(i)[:10] + b"\0" * 5, t) +
            fact(t + 1, 7, struct.pack("<I", tid) + b"0::/kubepods/pod" + text8(i) * 2 + b"\0") +
            softirq(t + 2, i % 4, 3, ENTRY) + sample(t + 10**6, i % 4, tid, chain) +
            softirq(t + 2 * 10**6, i % 4, 3, EXIT) +
            fact(t + 3, 6, struct.pack("<II", tid, 1) + struct.pack("<I", 3) + b"socket:[" + text8(i) +
                 b"]\0") + (ROUND if i % 50 == 0 else b""))


# Stalls in deep stacks of addresses that are met once.
def deep_stalls(i):
    t = 10**9 + i * 5 * 10**6
    chain = [KERNEL] + [(1 << 63) + (i * 200 + k) * 16 for k in range(200)]
    return (softirq(t, i % 4, 3, ENTRY) + sample(t + 10**6, i % 4, 7, chain) +
            softirq(t + 2 * 10**6, i % 4, 3, EXIT) + (ROUND if i % 50 == 0 else b""))


# Long NET_RX of many tasks and stacks, held until their runs end, on all CPUs.
def held_on_all_cpus(i):
    n, cpu = divmod(i, 1024)
    t = 10**9 + n * 1200000
    return (softirq(t, cpu, 3, ENTRY) +
            b"".join(sample(t + 701000 + k, cpu, 100 + k, [KERNEL, (1 << 63) + 16]) for k in range(64)) +
            softirq(t + 1190000, cpu, 3, EXIT))


# A pause on every CPU that waits for a reading of steal, and what came after waits behind it: softirqs of 64 tasks.
def waits_on_all_cpus(i):
    n, cpu = divmod(i, 1024)
    t = 10**9 + (n if n < 10 else n + 20) * 2 * 10**6 // (2 if n < 10 else 1)
    out = b"" if i else attr(2, TICK, IDENTIFIER | TIME | CPU | RAW, TICK) + tracing(
        [(SOFTIRQ.replace(" vec;", " vector;") % ("local_timer_entry", TICK)).encode()], b"irq_vectors")
    if n < 11:
        return out + softirq(t, cpu, 236, TICK) + sample(t + 500, cpu, 7, [KERNEL, (1 << 63) + 16])
    return (softirq(t, cpu, 236, TICK) + softirq(t + 1000, cpu, 1, ENTRY) + softirq(t + 10**6, cpu, 236, TICK, 16) +
            b"".join(sample(t + 10**6 + k, cpu, 100 + k, [KERNEL, (1 << 63) + 16]) for k in range(1, 65)) +
            softirq(t + 1500000, cpu, 1, EXIT))


# Stacks that go through 4096 mappings of each process, each of a file of its own, told before.
def files_of_stacks(i):
    if i < 20 * 4096:
        pid, k = 1000 + i // 4096, i % 4096
        return side(10, struct.pack("<IIQQQIIQQII", pid, pid, 0x400000 + (k << 12), 4096, 0, 8, 1, i + 1, 0, 5, 2) +
                    b"/tmp/" + text8(i) + b"\0" * 3, 1000 + i, 2)
    pid, part = divmod(i - 20 * 4096, 5)
    t = 10**9 + i * 5 * 10**6
    named = fact(1000, 9, struct.pack("<QQ", (1 << 63) + 63, (1 << 63) + 63) + b"__do_softirq\0\0")
    return (named + softirq(t, 0, 3, ENTRY) + sample(
        t + 10**6, 0, 1000 + pid % 20, [KERNEL, (1 << 63) + 16, (1 << 63) + 64, USER] +
        [0x400008 + (part * 800 + k << 12) for k in range(800)]) + softirq(t + 2 * 10**6, 0, 3, EXIT))


# The same deep stack of a program in ever new processes, each of which has names of its own for it.
def stacks_of_processes(i):
    t = 10**9 + i * 5 * 10**6
    chain = [KERNEL, (1 << 63) + 16, (1 << 63) + 64, USER] + [0x400000 + k * 16 for k in range(1000)]
    out = b"" if i else b"".join(
        fact(1000, 9, struct.pack("<QQ", addr, addr) + text + b"\0\0")
        for addr, text in (((1 << 63) + 16, b"net_rx_action"), ((1 << 63) + 63, b"__do_softirq")))
    return (out + softirq(t, i % 4, 3, ENTRY) + sample(t + 10**6, i % 4, 1000 + i, chain) +
            softirq(t + 2 * 10**6, i % 4, 3, EXIT) + (ROUND if i % 50 == 0 else b""))


# User addresses of one file without symbols, each with a name of its own that has to be made.
def unnamed(i):
    t = 10**9 + i * 5 * 10**6
    out = side(10, struct.pack("<IIQQQIIQQII", 1000, 1000, 0x400000, 1 << 40, 0, 8, 1, 77, 0, 5, 2) + b"/tmp/xxx" +
               b"\0" * 8, 1000, 2) if not i else b""
    return (out + sample(t, 0, 1000, [KERNEL, (1 << 63) + 16, (1 << 63) + 64, USER] +
                         [0x400000 + (i * 250 + k) * 4096 for k in range(250)]) + (ROUND if i % 50 == 0 else b""))


# Processes that have ended, by their first thread alone, with all that they mapped; and a look at all tasks that frees nothing.
def ended_in_vain(i):
    if i < 500 * 255:
        pid, k = 1000 + i // 255, i % 255
        out = b"" if k else (side(7, struct.pack("<IIIIQ", pid, 1, pid, 1, 1000), 1000) +
                             side(7, struct.pack("<IIIIQ", pid, pid, 100000 + pid, pid, 1001), 1001))
        out += side(10, struct.pack("<IIQQQIIQQII", pid, pid, 0x400000 + (k << 20), 1 << 20, 0, 8, 1, 77, 0, 5, 2) + b"/lib/x" +
                    b"\0" * 2, 2000, 2)
        if i % 4 == 0:
            out += side(3, struct.pack("<II", 200000 + i, 200000 + i) + b"alive\0\0\0", 1000)
        return out + (side(4, struct.pack("<IIIIQ", pid, 1, pid, 1, 3000), 3000) if k == 254 else b"")
    return point(10**9 + (i - 500 * 255) * 10**9, 0, 3) + ROUND


KINDS = {f.__name__: f for f in (
    backwards, all_cpus_and_rounds, cpus_in_turn, far_apart, clock_jumps, new_tasks, new_comms,
    forks, new_mappings, one_process_maps, kernel_maps, open_files, cgroups, clock_pairs,
    kernel_names, quality_rows, stalls, steal, meta, throttles, lost, lost_everywhere, switches, fork_chain, ksymbols,
    build_id_records, distinct_stacks, stall_rows, open_on_all_cpus, delays_on_all_cpus, hours, deep_stalls, names_in_one_place,
    stacks_of_processes, waits_on_all_cpus, held_on_all_cpus, files_of_stacks, unnamed, ended_in_vain)}


# All of them at once, each in times of its own.
def everything(i):
    return b"".join(f(i) for f in KINDS.values()
                    if f not in (everything, backwards, clock_jumps, distinct_stacks, hours, deep_stalls, names_in_one_place,
                                  stacks_of_processes, waits_on_all_cpus, held_on_all_cpus, files_of_stacks,
                                  unnamed, ended_in_vain))


KINDS["everything"] = everything


# The same with ever new stacks and no end of a round: what waits for its turn is full as well.
def endless(i):
    return b"".join(f(i) for f in KINDS.values()
                    if f not in (everything, endless, backwards, clock_jumps, hours, deep_stalls, names_in_one_place,
                                 stacks_of_processes, waits_on_all_cpus, held_on_all_cpus, files_of_stacks, unnamed,
                                 ended_in_vain)).replace(ROUND, b"")


KINDS["endless"] = endless


def header_only(mb):
    """Attacks on the header: attrs, ids, formats, names."""
    out = {}
    ids = struct.pack("<8000Q", *range(5, 8005))
    attrs = []
    for i in range(mb << 20 >> 16):
        a = attr(1, 0, IDENTIFIER | TIME, 0)[8:128]
        attrs.append(record(64, a + struct.pack("<8000Q", *range(i * 8000, i * 8000 + 8000))))
    out["many_ids"] = b"".join(attrs)
    out["many_attrs"] = b"".join(attr(2, 77, IDENTIFIER | TIME, i + 100)
                                 for i in range((mb << 20) // 144))
    field = "\tfield:int a%d;\toffset:8;\tsize:4;\tsigned:1;\n"
    fields = "".join(field % i for i in range(128))
    out["many_formats"] = tracing([("name: n%d\nID: %d\nformat:\n%s" % (i, i + 100, fields)).encode()
                                   for i in range((mb << 20) // 6200)])
    out["large_formats"] = tracing([("name: n%d\nID: %d\nformat:\n%sprint fmt: %s" % (
        i, i + 100, fields, "{" * 50000)).encode() for i in range((mb << 20) // 56000)])
    out["event_desc"] = feature(12, struct.pack("<II", 1 << 31, 0) + ids[:65000])
    index = struct.pack("<Q", 2040) + ids[:65280]
    out["indexes"] = record(69, index) * (mb << 4)
    return out


def limits(cpu_seconds):
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))


def feed(proc, chunks):
    try:
        for chunk in chunks:
            proc.stdin.write(chunk)
        proc.stdin.close()
    except BrokenPipeError:
        pass


def peak_mb(pid):
    """The most that the process has had in memory so far; 0 when it is gone."""
    try:
        with open("/proc/%d/status" % pid, encoding="ascii") as f:
            return max(int(line.split()[1]) >> 10 for line in f if line.startswith("VmHWM"))
    except (OSError, ValueError):
        return 0


def watch(proc, peak):
    while proc.returncode is None:
        peak[0] = max(peak[0], peak_mb(proc.pid))
        time.sleep(0.002)


def run(args, chunks):
    """What it took: peak of memory in MB, CPU seconds, exit status, what it said."""
    cpu, peak, said = args.mb * CPU_SECONDS_PER_MB + 20, [0], []
    with subprocess.Popen([args.sirqprof, "report", "-i", "-", "--folded-baseline", os.devnull], stdin=subprocess.PIPE,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          preexec_fn=lambda: limits(cpu)) as proc:
        time.sleep(0.01)  # until it is no copy of this process any more
        threads = [threading.Thread(target=feed, args=(proc, chunks)),
                   threading.Thread(target=lambda: said.append(proc.stderr.read()))]
        watcher = threading.Thread(target=watch, args=(proc, peak))
        for thread in [*threads, watcher]:
            thread.start()
        for thread in threads:
            thread.join()
        _, status, used = os.wait4(proc.pid, 0)
        proc.returncode = status
        watcher.join()
    return peak[0], used.ru_utime + used.ru_stime, status, said[0][:200]


def report_of(sirqprof, outs, write):
    """A report of what write(pipe) writes: exit status, peak of memory in MB, and what is in outs (option, file), which go."""
    peak, said = [0], []
    with subprocess.Popen([sirqprof, "report", "-i", "-", "-q", *(word for out in outs for word in out)],
                          stdin=subprocess.PIPE) as proc:
        threads = [threading.Thread(target=write, args=(proc,)), threading.Thread(target=watch, args=(proc, peak))]
        for thread in threads:
            thread.start()
        proc.wait()
        for thread in threads:
            thread.join()
    for _, path in outs:
        with open(path, encoding="utf-8") as f:
            said.append(f.read())
        os.remove(path)
    return proc.returncode, peak[0], said


def pieces(make, size):
    done, i = 0, 0
    while done < size:
        block = b"".join(make(i + k) for k in range(1000))
        i += 1000
        done += len(block)
        yield block


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sirqprof")
    parser.add_argument("--mb", type=int, default=24)
    parser.add_argument("--sanitized", action="store_true")
    parser.add_argument("--only")
    parser.add_argument("--write")
    args = parser.parse_args()
    made = {kind: lambda f=f: pieces(f, args.mb << 20) for kind, f in KINDS.items()}
    for kind, body in ({} if args.only in KINDS else header_only(args.mb)).items():
        made[kind] = lambda b=body: [b, point(1000, 0, 3)]
    bad = 0
    for kind, chunks in made.items():
        if args.only and kind != args.only:
            continue
        if args.write:
            with open(os.path.join(args.write, kind), "wb") as f:
                f.write(head())
                f.writelines(chunks())
            continue
        mb, cpu, status, said = run(args, (c for part in ([head()], chunks()) for c in part))
        fits = args.sanitized or mb <= MEMORY_MB + BESIDE_MB.get(kind, 0)
        ends = status == 0 or (os.WIFEXITED(status) and said)
        print("%-20s %5d MB %6.2f s  status %d%s%s" % (
            kind, mb, cpu, status, "" if fits and ends else "  NOT SO ", said.decode()[:80].strip()), flush=True)
        bad += not (fits and ends)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()

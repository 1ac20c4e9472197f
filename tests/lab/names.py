#!/usr/bin/python3
"""Names held against perf script's, on the same recordings, case by case.

    names.py --bin BUILD_DIR [--case NAME]... [--keep DIR] [--rows]

Kernel frames must agree in 99.9 %, user frames in 99 %. Where perf itself looks up the address behind
a call (it does for frame pointers) and gets the function that begins there, the frame counts as
explained, and is told. Exit status: 0 held, 1 did not, 77 this machine cannot (and why).
"""
import argparse
import collections
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCES = HERE + "/names"
KERNEL_BAR, USER_BAR = 0.999, 0.99
PERF = ["-k", "CLOCK_MONOTONIC", "-e", "cpu-clock", "-c", "1000000"]


def skip(why):
    print("skip: " + why)
    sys.exit(77)


def run(*cmd, **kwargs):
    for _ in range(3):
        done = subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              check=False, errors="replace", **kwargs)
        # perf 6.1 crashes now and then while it collects build-ids (util/build-id.c).
        if done.returncode >= 0 or cmd[0] != "perf":
            break
    if done.returncode != 0:
        sys.exit("%s: %s" % (" ".join(cmd), done.stderr[-500:]))
    return done.stdout


class Lab:
    """A directory of its own, which is HOME too: perf keeps copies of binaries in ~/.debug."""

    def __init__(self, args, tmp):
        self.bin, self.tmp = args.bin, tmp
        self.env = dict(os.environ, HOME=tmp, LC_ALL="C", DEBUGINFOD_URLS="")
        self.made = []

    def path(self, name):
        return self.tmp + "/" + name

    def cc(self, out, source, *flags, compiler="gcc"):
        run(compiler, "-O2", "-w", *flags, "-o", self.path(out), SOURCES + "/" + source)
        return self.path(out)

    def perf(self, *cmd, graph="fp", extra=()):
        data = self.path("perf.data")
        run("perf", "record", "-q", "-o", data, *PERF, "--call-graph", graph, *extra, "--", *cmd,
            env=self.env)
        return data

    def sirqprof(self, *cmd, extra=()):
        data = self.path("sirq.data")
        run(self.bin + "/sirqprof", "record", "-o", data, "-f", "--event", "cpu-clock", *extra,
            "--", *cmd, env=self.env)
        return data

    def ours(self, data, *args):
        return run(self.bin + "/tests/tool/frames", data, *args, env=self.env)

    def theirs(self, data):
        return run("perf", "script", "-i", data, "--ns", "--no-inline", "-F",
                   "sw:tid,time,event,ip,sym,symoff,dso", env=self.env)


def parse_ours(text):
    """(samples, quality rows): a sample is (tid, time) and [(k|u, address, name or None, module)]."""
    samples, quality = [], []
    for line in text.splitlines():
        if line.startswith("sample "):
            _, _, tid, at = line.split()
            frames = []
            samples.append(((int(tid), int(at)), frames))
        elif line.startswith("quality "):
            quality.append(line.split(" ", 3)[1:])
        else:
            head, name = line.split("\t", 1)
            kind, addr, known, module = head.split(" ", 3)
            frames.append((kind, int(addr, 16), name if known == "=" else None, module))
    return samples, quality


def parse_theirs(text):
    """A sample is (tid, time) and [(address, name or None, offset, module)]."""
    samples, frames = [], []
    head = re.compile(r"^\s*(-?\d+)\s+(\d+)\.(\d+):\s+(.*)$")
    frame = re.compile(r"^\s+([0-9a-f]+) (.*) \((.*)\)$")
    for line in text.splitlines():
        m = head.match(line)
        if m:
            frames = []
            at = int(m.group(2)) * 10**9 + int(m.group(3))
            if m.group(4).startswith(("cpu-clock", "cycles")):
                samples.append(((int(m.group(1)), at), frames))
            continue
        m = frame.match(line)
        if not m:
            continue
        name, _, off = m.group(2).rpartition("+0x")
        # Names hold blanks and brackets, and so may paths: "(" before a "/" or "[" begins the path.
        frames.append((int(m.group(1), 16), name or None, int(off, 16) if name else 0,
                       m.group(3).rsplit(" (", 1)[-1]))
    return samples


class Score:
    def __init__(self):
        self.same, self.all = collections.Counter(), collections.Counter()
        self.explained = collections.Counter()
        self.diffs = collections.Counter()
        self.samples = self.missing = 0

    def share(self, kind):
        n = self.all[kind]
        return (self.same[kind] + self.explained[kind]) / n if n else 1.0


def why(mine, his, i):
    """A difference that is perf's way, not an error of ours; None when it is not."""
    if not mine or not his:
        return None
    if i and his[1] and his[2] == 0:
        return "perf looks up the return address itself: the function behind a call that never returns"
    if his[1] and his[1].endswith("@plt"):
        return "perf makes up names of linkage stubs"
    if his[1] and mine[2] and his[1].split("@")[0] == mine[2]:
        return "perf shows the linker's version of the symbol"
    if his[1] and his[1].endswith("execve") and not mine[2]:
        return "in execve: the program that called it is no more"
    return None


def compare(ours, theirs):
    """Frame by frame, of samples that both have, as far as either stack goes."""
    score, by_key = Score(), dict(theirs)
    for key, frames in ours:
        other = by_key.get(key)
        if other is None:
            score.missing += 1
            continue
        score.samples += 1
        if not other and len(frames) == 1:
            score.all[frames[0][0]] += 1
            score.explained[frames[0][0]] += 1
            score.diffs[(frames[0][0], frames[0][2] or "[unknown]", "(no frame)", frames[0][3],
                         "perf shows nothing of a sample without callchain")] += 1
            continue
        for i in range(max(len(frames), len(other))):
            mine = frames[i] if i < len(frames) else None
            his = other[i] if i < len(other) else None
            kind = mine[0] if mine else "u"
            score.all[kind] += 1
            # perf prints user addresses as they are in the file, and unwound ones less one.
            if mine and his and (mine[1] - his[0]) & 0xfff <= 1 and mine[2] == his[1]:
                score.same[kind] += 1
                continue
            reason = why(mine, his, i)
            score.explained[kind] += reason is not None
            score.diffs[(kind, mine[2] or "[unknown]" if mine else "(no frame)",
                         his[1] or "[unknown]" if his else "(no frame)",
                         mine[3] if mine else his[3], reason or "")] += 1
    return score


def names_of(samples):
    return [[name for _, _, name, _ in frames] for _, frames in samples]


# --- the cases: each returns what to compare, and states what must be so beside it


def must(what, text):
    if not what:
        raise AssertionError(text)


def case_kernel(lab):
    """System calls, interrupts, softirqs, page faults; all CPUs."""
    return lab.perf("sh", "-c", "find /proc/[0-9]*/task /sys/kernel -type f 2>/dev/null | wc -l;"
                    "dd if=/dev/zero of=/dev/null bs=64k count=60000 2>/dev/null;"
                    "for i in 1 2 3; do cat /proc/slabinfo /proc/zoneinfo /proc/kallsyms; done",
                    extra=["-a"])


def case_kernel_sirqprof(lab):
    """The same by sirqprof record, which keeps the kernel's names itself."""
    return lab.sirqprof("sh", "-c", "for i in 1 2 3 4 5; do find /proc -name stat >/dev/null; "
                        "cat /proc/slabinfo /proc/zoneinfo /proc/kallsyms; done")


def case_cxx(lab):
    run("g++", "-O2", "-g", "-fno-omit-frame-pointer", "-o", lab.path("templates"),
        SOURCES + "/templates.cc")
    return lab.perf(lab.path("templates"), "1.5")


def case_cxx_dwarf(lab):
    run("g++", "-O2", "-o", lab.path("templates"), SOURCES + "/templates.cc")
    return lab.perf(lab.path("templates"), "0.7", graph="dwarf")


def rust(lab, mangling):
    if not shutil.which("rustc"):
        return None
    env = dict(os.environ, RUSTC_BOOTSTRAP="1")  # the legacy scheme is unstable since 1.95
    run("rustc", "-O", "-C", "force-frame-pointers=yes", "-C", "symbol-mangling-version=" + mangling,
        "-Z", "unstable-options", "-o", lab.path("work"), SOURCES + "/work.rs", env=env)
    return lab.perf(lab.path("work"), "1.5")


def case_rust_legacy(lab):
    return rust(lab, "legacy")


def case_rust_v0(lab):
    return rust(lab, "v0")


def case_no_frame_pointers(lab):
    return lab.perf(lab.cc("depth", "depth.c", "-fomit-frame-pointer"), "0.7", graph="dwarf")


def case_vdso(lab):
    """The innermost function is the kernel's, mapped into every program."""
    return lab.perf(lab.cc("depth", "depth.c", "-fomit-frame-pointer", "-DVDSO"), "0.7",
                    graph="dwarf")


DEPTH = ["work"] + ["level_%d" % i for i in range(12, 0, -1)] + ["main"]


def check_known_depth(lab):
    """Unwinding of what has no frame pointers, against what is known of it: gcc and clang, PIE and
    static; recorded by sirqprof itself."""
    for compiler in ("gcc", "clang"):
        for kind in (["-fPIE", "-pie"], ["-static"]):
            if not shutil.which(compiler):
                continue
            prog = lab.cc("depth", "depth.c", "-fomit-frame-pointer", *kind, compiler=compiler)
            data = lab.sirqprof(prog, "0.7", extra=["--call-graph", "dwarf"])
            samples, _ = parse_ours(lab.ours(data))
            stacks = [[f[2] for f in frames if f[0] == "u"] for _, frames in samples
                      if any(f[0] == "u" and f[3] == prog for f in frames)]
            inside = [s for s in stacks if s and s[0] == "work"]
            whole = [s for s in inside if s[:len(DEPTH)] == DEPTH]
            wrong = [s for s in inside if any(n and n != d for n, d in zip(s, DEPTH))]
            print(json.dumps({"case": "known-depth", "compiler": compiler, "kind": kind[-1],
                              "samples": len(inside), "whole": len(whole), "wrong": len(wrong)}))
            must(len(inside) > 50, "too few samples")
            must(len(whole) >= 0.99 * len(inside), "stacks are not whole")
            must(not wrong, "a stack is wrong: %s" % wrong[:1])


def report_of(lab, *before):
    """A report of a second of this machine, by sirqprof started in some way."""
    out = lab.path("report.json")
    run(*before, lab.bin + "/sirqprof", "-q", "-d", "1", "--min-stall", "50us", "--json", out,
        env=lab.env)
    with open(out, encoding="utf-8") as f:
        return json.load(f)


def check_hidden(lab):
    """kptr_restrict, as a process sees it: every address of /proc/kallsyms is 0."""
    zeros = lab.path("kallsyms")
    with open("/proc/kallsyms", encoding="utf-8") as f, open(zeros, "w", encoding="utf-8") as out:
        for line in f:
            out.write("0" * 16 + line[16:])
    data = lab.path("sirq.data")
    run("unshare", "-m", "sh", "-c", "mount --bind %s /proc/kallsyms && %s/sirqprof record -f -o %s "
        "-e cpu-clock -- dd if=/dev/zero of=/dev/null bs=64k count=100000 2>/dev/null"
        % (zeros, lab.bin, data), env=lab.env)
    rows = run("unshare", "-m", "sh", "-c", "mount --bind %s /proc/kallsyms && %s/tests/tool/frames %s"
               % (zeros, lab.bin, data), env=lab.env)
    samples, quality = parse_ours(rows)
    kernel = [f for _, frames in samples for f in frames if f[0] == "k"]
    must(len(kernel) > 50, "no kernel frames")
    must(not any(f[2] for f in kernel), "a kernel name out of nothing")
    must([q[0] for q in quality].count("9") == 1, "kernel names withheld, and no row says so once")
    # Where they can be read, the same recording has them again: it is of this boot.
    samples, quality = parse_ours(lab.ours(data))
    known = [f for _, frames in samples for f in frames if f[0] == "k" and f[2]]
    must(len(known) > 0.99 * len(kernel), "names do not come back")
    print(json.dumps({"case": "hidden", "kernel": len(kernel), "known_after": len(known)}))


def check_pid_namespace(lab):
    report = report_of(lab, "unshare", "-p", "-f", "--mount-proc")
    must([q["code"] for q in report["quality"]].count("pidns") == 1, "no row of the pid namespace")
    must(not any(q["code"] == "pidns" for q in report_of(lab)["quality"]), "a row without reason")
    print(json.dumps({"case": "pid-namespace"}))


def case_stripped(lab):
    return lab.perf(lab.cc("depth", "depth.c", "-fno-omit-frame-pointer", "-s"), "1")


def case_jit(lab):
    data = lab.perf(lab.cc("jit", "jit.c", "-fno-omit-frame-pointer"), "1")
    return data


def case_exited(lab):
    return lab.perf(lab.cc("depth", "depth.c", "-fno-omit-frame-pointer"), "0.05", "20")


def case_replaced(lab):
    """Another build in its place after the recording: unknown, never a wrong name."""
    prog = lab.cc("depth", "depth.c", "-fno-omit-frame-pointer")
    data = lab.perf(prog, "1", extra=["-N"])
    lab.cc("other", "depth.c", "-fno-omit-frame-pointer", "-DNDEBUG", "-O3", "-fPIC",
           "-falign-functions=64")
    os.replace(lab.path("other"), prog)
    return data


def case_cached(lab):
    """The same, with perf's own cache of binaries."""
    prog = lab.cc("depth", "depth.c", "-fno-omit-frame-pointer")
    data = lab.perf(prog, "1")
    lab.cc("other", "depth.c", "-fno-omit-frame-pointer", "-O3", "-fPIC", "-falign-functions=64")
    os.replace(lab.path("other"), prog)
    return data


def libs_of(prog):
    return re.findall(r"(/\S+) \(0x", run("ldd", prog))


def make_root(lab):
    """A root directory with one program and its libraries: a container image in miniature."""
    prog, root = lab.cc("depth", "depth.c", "-fno-omit-frame-pointer"), lab.path("root")
    os.makedirs(root + "/opt/app", exist_ok=True)
    os.makedirs(root + "/proc", exist_ok=True)
    shutil.copy(prog, root + "/opt/app/depth")
    for lib in libs_of(prog):
        os.makedirs(root + os.path.dirname(lib), exist_ok=True)
        shutil.copy(lib, root + lib)
    return root


def case_container(lab):
    """In a root of its own, mount and pid namespaces of its own, alive when names are asked for."""
    root = make_root(lab)
    box = subprocess.Popen(["unshare", "-m", "-p", "-f", "--kill-child", "chroot", root,
                            "/opt/app/depth", "30"], start_new_session=True)
    try:
        time.sleep(0.3)
        data = lab.path("perf.data")
        run("perf", "record", "-q", "-o", data, *PERF, "--call-graph", "fp", "-a", "--", "sleep",
            "1", env=lab.env)
        lab.kept = (lab.ours(data), lab.theirs(data))
    finally:
        box.terminate()
        box.wait()
    return data


CASES = {name[5:]: f for name, f in globals().items() if name.startswith("case_")}
CHECKS = {name[6:]: f for name, f in globals().items() if name.startswith("check_")}


def tell(name, score, quality, rows):
    print(json.dumps({"case": name, "samples": score.samples, "missing": score.missing,
                      "kernel": score.all["k"], "kernel_same": round(score.share("k"), 5),
                      "user": score.all["u"], "user_same": round(score.share("u"), 5),
                      "explained": sum(score.explained.values()), "quality": len(quality)}))
    if rows:
        for (kind, mine, his, module, reason), n in score.diffs.most_common(25):
            print("    %5d %s %-40s | %-40s %s %s" % (n, kind, mine[:60], his[:60],
                                                    os.path.basename(module), reason))
        for q in quality:
            print("    quality", q)


def one(name, lab, rows):
    lab.kept = None
    if name in CHECKS:
        try:
            CHECKS[name](lab)
        except AssertionError as why:
            print(json.dumps({"case": name, "failed": str(why)}))
            return False
        return True
    data = CASES[name](lab)
    if data is None:
        print(json.dumps({"case": name, "skip": "no compiler for it here"}))
        return True
    ours, theirs = lab.kept or (lab.ours(data), lab.theirs(data))
    samples, quality = parse_ours(ours)
    score = compare(samples, parse_theirs(theirs))
    tell(name, score, quality, rows)
    if name == "replaced":
        # What is unknown is told once, and nothing has a name that it may not have.
        must([q[0] for q in quality].count("35") == 1, "no row of the file that was replaced")
        must(not any(f[2] for _, frames in samples for f in frames if f[3].endswith("/depth")),
             "a name out of another file")
    return (score.samples > 100 and score.missing <= score.samples / 100 and
            score.share("k") >= KERNEL_BAR and score.share("u") >= USER_BAR)


def once(name, args):
    tmp = args.keep or tempfile.mkdtemp(prefix="sirqprof-names-")
    maps = set(glob.glob("/tmp/perf-*.map"))
    try:
        return one(name, Lab(args, tmp), args.rows)
    finally:
        for f in set(glob.glob("/tmp/perf-*.map")) - maps:
            with open(f, encoding="utf-8", errors="replace") as text:
                ours = "LazyCompile:*spin app.js" in text.read(4096)
            if ours:
                os.unlink(f)
        if not args.keep:
            shutil.rmtree(tmp, ignore_errors=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--bin", required=True)
    p.add_argument("--case", action="append", choices=sorted([*CASES, *CHECKS]))
    p.add_argument("--keep")
    p.add_argument("--rows", action="store_true")
    args = p.parse_args()
    args.bin = os.path.abspath(args.bin)
    if os.geteuid() != 0:
        skip("perf's recordings of all CPUs need root")
    if not shutil.which("perf") or not shutil.which("g++"):
        skip("perf and g++ are needed")
    bad = 0
    for name in args.case or [*CASES, *CHECKS]:
        # The machine is shared: what a pause of it spoiled once must hold the second time.
        bad += not (once(name, args) or once(name, args))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

"""What the rows of the bench share: how a command is measured, how several are set side by side.

A row is a file row_*.py with
    ROW     its number in the table, WORK what is done, BESIDE what it is set beside
    def run(ctx): returns a Result
It raises Skip(why) where it cannot run. No row fails for being slow: bars that do not hold are
said in its note.
"""
import json
import os
import statistics
import subprocess
import sys


class Skip(Exception):
    """This row cannot run on this machine; the text says why."""


class Result:
    """Figures (name → number with the unit in its name), ratios, bars and notes of one row."""

    def __init__(self):
        self.figures, self.ratios, self.bars, self.notes, self.commands = {}, {}, [], [], []

    def bar(self, what, value, least=None, most=None):
        """A figure that should be at least, or at most, so much."""
        holds = (least is None or value >= least) and (most is None or value <= most)
        self.bars.append({"what": what, "value": round(value, 4),
                          "bar": (f"≥ {least}" if least is not None else f"≤ {most}"),
                          "holds": holds})
        if not holds:
            self.note(f"falls short: {what} is {value:.4g}, the bar is {self.bars[-1]['bar']}")

    def note(self, text):
        self.notes.append(text)

    def document(self):
        return {"figures": self.figures, "ratios": self.ratios, "bars": self.bars,
                "commands": self.commands, "note": "; ".join(self.notes) or None}


class Context:
    def __init__(self, build, source, work, runs):
        self.build, self.source, self.work, self.runs = build, source, work, runs
        self.sirqprof = os.path.join(build, "sirqprof")
        self._made = {}

    def tool(self, name):
        return os.path.join(self.build, "tests", "bench", name)

    def path(self, name):
        return os.path.join(self.work, name)

    def say(self, text):
        print(f"bench: {text}", file=sys.stderr, flush=True)

    def need_root(self):
        if os.geteuid() != 0:
            raise Skip("needs root")

    def need(self, command, *args):
        """A command that this row sets sirqprof beside must run here."""
        try:
            subprocess.run([command, *args], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=True)
        except (OSError, subprocess.CalledProcessError):
            raise Skip(f"{command} does not run here") from None

    def once(self, name, make):
        """The path of a file that make(path) makes, once for all rows."""
        if name not in self._made:
            self.say(f"making {name}")
            path = self.path(name)
            make(path)
            self._made[name] = path
        return self._made[name]

    def drop(self, name):
        """Forgets what once() made, when no later row can need it: recordings are large."""
        if name in self._made:
            os.unlink(self._made.pop(name))

    def measure(self, argv, cpu=None, stdin=None, stdout=None, status=0):
        """Runs argv once; seconds, peak memory in MB. Another exit status than the one is an
        error of the bench: something that does not work is not measured."""
        out = self.path("measured.json")
        command = [self.tool("bench_measure"), out]
        command += ["-c", str(cpu)] if cpu is not None else []
        with open(stdin or os.devnull, "rb") as given, \
             open(stdout or os.devnull, "wb") as taken, \
             open(self.path("stderr"), "wb") as errors:
            subprocess.run(command + list(argv), stdin=given, stdout=taken, stderr=errors,
                           check=True)
        with open(out, encoding="utf-8") as f:
            m = json.load(f)
        if m["status"] != status:
            with open(self.path("stderr"), errors="replace", encoding="utf-8") as f:
                raise RuntimeError(f"{' '.join(argv)}: status {m['status']}: {f.read()[-500:]}")
        return {"wall_s": m["wall_ns"] / 1e9, "cpu_s": (m["user_ns"] + m["sys_ns"]) / 1e9,
                "rss_mb": m["rss_kb"] / 1024}

    def interleave(self, contestants, runs=None, **how):
        """Each contestant once per round, the order turned by one each round.
        {name: argv, or a function that returns what measure() returns} → {name: [of each run]}"""
        names = list(contestants)
        seen = {n: [] for n in names}
        for i in range(runs or self.runs):
            for k in range(len(names)):
                n = names[(i + k) % len(names)]
                c = contestants[n]
                seen[n].append(c() if callable(c) else self.measure(c, **how))
        return seen


def median(runs, key):
    return statistics.median(r[key] for r in runs)


def summary(runs, key="wall_s", digits=4):
    """Median, best and worst of one figure of several runs."""
    values = [r[key] for r in runs]
    return {"median": round(statistics.median(values), digits), "best": round(min(values), digits),
            "worst": round(max(values), digits), "runs": len(values)}


def shell(text):
    subprocess.run(["sh", "-c", text], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)

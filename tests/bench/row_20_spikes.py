"""A million rows of each spike format, of which a thousand are late: seconds and memory."""
import datetime
import os
import random
import subprocess

from benchlib import Result, median, summary

ROW = 20
WORK = "spike files: 1,000,000 rows, 1000 of them late, --spike-min 10ms"
BESIDE = "nothing reads these"
ROWS = 1000000
BEGIN = 1764000000


def table(i, t, ms):
    return f"{t:.6f},{ms:.3f},GET /api/v1/item/{i % 1000}\n"


def ping(i, t, ms):
    return f"[{t:.6f}] 64 bytes from 10.0.0.1: icmp_seq={i & 65535} ttl=64 time={ms:.3f} ms\n"


def hping(i, _, ms):
    return f"len=46 ip=10.0.0.1 ttl=64 DF id=0 sport=80 flags=SA seq={i & 65535} win=0 rtt={ms:.1f} ms\n"


def moment(t):
    return datetime.datetime.fromtimestamp(t, datetime.timezone.utc)


def log(i, t, ms):
    at = moment(t)
    return (f"{at:%Y-%m-%d %H:%M:%S},{at.microsecond // 1000:03d} INFO [worker-{i % 8}] "
            f"com.example.Service - request /api/v1/item/{i % 1000} took {ms:.1f} ms\n")


def syslog(i, t, ms):
    return f"{moment(t):%b %d %H:%M:%S} web-1 app[77]: request {i} done, elapsed={ms:.1f}ms\n"


def structured(i, t, ms):
    return (f'{{"level":"info","ts":{t:.6f},"msg":"request done","path":"/api/v1/item/{i % 1000}",'
            f'"latency_ms":{ms:.3f},"status":200}}\n')


FORMATS = {
    "csv": (table, "time,latency_ms,label\n", []),
    "ping": (ping, "", []),
    "hping3": (hping, "", ["--spikes-start", "%d.0" % BEGIN, "--spikes-interval", "60us"]),
    "log": (log, "", []),
    "syslog": (syslog, "", []),
    "json": (structured, "", []),
    "regex": (log, "", ["--spike-regex", r"^(?<time>\S+ \S+) .* took (?<latency>\S+ ms)"]),
}


def rows(path, line, head):
    draw = random.Random(1)
    with open(path, "w", encoding="utf-8") as f:
        f.write(head)
        for i in range(ROWS):
            late = draw.random() < 0.001
            ms = draw.uniform(10, 50) if late else min(draw.expovariate(3), 9)
            f.write(line(i, BEGIN + i * 0.00006, ms))


def recording(ctx, path):
    case = os.path.join(ctx.source, "tests", "golden", "spikes-csv", "input")
    with open(case, "rb") as text, open(path, "wb") as out:
        subprocess.run([os.path.join(ctx.build, "tests", "tool", "mkperf")], stdin=text, stdout=out,
                       check=True)


def run(ctx):
    data = ctx.once("spikes.data", lambda path: recording(ctx, path))
    base = [ctx.sirqprof, "report", "-i", data, "-q"]
    without = median(ctx.interleave({"none": base})["none"], "rss_mb")
    r = Result()
    for name, (line, head, options) in FORMATS.items():
        made = "spikes-" + name
        path = ctx.once(made, lambda p, line=line, head=head: rows(p, line, head))
        argv = base + ["--spike-min", "10ms", "--spikes", path, *options]
        seen = ctx.interleave({name: argv})[name]
        r.figures[name + "_s"] = summary(seen)
        r.figures[name + "_rss_mb"] = summary(seen, "rss_mb", 1)
        r.bar(f"seconds, {name}", median(seen, "wall_s"), most=1)
        r.bar(f"MB more than without spikes, {name}", median(seen, "rss_mb") - without, most=4)
        ctx.drop(made)
    r.commands = ["sirqprof report -i spikes.data -q --spike-min 10ms --spikes FILE"]
    return r

#!/usr/bin/python3
"""contract.py SCHEMA SIRQPROF MKPERF GOLDEN_DIR: the output contract, held to by a real report.

Every key that the contract names is required by the schema and stands in a report; a report without one of them,
or with a value of the wrong kind, is refused; so the validation of the other tests means something. The objects of
--jsonl are flat and begin with the same keys. 77 without python3-jsonschema.
"""
import copy
import json
import os
import shutil
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print("skip: python3-jsonschema is not installed")
    sys.exit(77)

# Keys may be added, none renamed or taken away.
CONTRACT = {
    "": "schema capture summary clock spikes stalls callers quality",
    "capture": "id version host kernel boot_id begin end begin_mono duration_ns min_stall_ns cpus sampler self_cpu_pct",
    "capture/cpus/0": "cpu lost throttled covered_ns",
    "capture/sampler": "event period_ns nmi",
    "summary": "spikes explained by_kind by_mechanism stalls worst_stall_ns",
    "summary/by_kind": "stall drop task-delay none no-data ambiguous",
    "summary/by_mechanism": "irqs-off bh-off softirq hardirq ksoftirqd load steal stopped",
    "clock": "spike_offset_ns method score runner_up drift_ppm",
    "spikes/0": "id source line time latency_ns count cpu label window verdict",
    "spikes/0/window": "begin_ns end_ns uncertainty_ns",
    "spikes/0/verdict": "kind explained explained_ns chance confidence stalls mechanism entry caller comm container text",
    "spikes/0/verdict/stalls/0": "id overlap_ns",
    "stalls/0": "id cpu begin begin_ns end_ns duration_ns begin_bounds_ns end_bounds_ns mechanism confidence vectors "
                "entry caller chain task syscall file evidence",
    "stalls/0/task": "comm pid tid parents cgroup container pod pod_name unit",
    "stalls/0/evidence/0": "kind text at_ns",
    "callers/0": "rank entry caller mechanisms explained_ns starved_ns share spikes lift chance tasks",
    "callers/0/tasks/0": "comm pid starved_ns container syscall file",
    "quality/0": "code severity text remedy",
}
FLAT_TYPES = {"capture", "spike", "stall", "caller", "quality"}
FLAT_KEYS = {"type", "host", "capture_id", "time"}

bad = 0


def complain(text):
    global bad
    bad += 1
    print(text)


def at(document, path):
    for part in filter(None, path.split("/")):
        document = document[int(part) if part.isdigit() else part]
    return document


def no_constants(name):
    raise ValueError("%s is no JSON" % name)


def make_report(sirqprof, mkperf, case, work):
    """The report of a golden recording, as a document and as lines."""
    recording = os.path.join(work, "sirq.data")
    with open(os.path.join(case, "input"), "rb") as text, open(recording, "wb") as data:
        subprocess.run([mkperf], stdin=text, stdout=data, check=True)
    shutil.copy(os.path.join(case, "spikes.csv"), work)
    names = {kind: os.path.join(work, "out." + kind) for kind in ("json", "jsonl")}
    subprocess.run([sirqprof, "report", "-q", "-i", recording, "--spikes", os.path.join(work, "spikes.csv"),
                    "--json", names["json"], "--jsonl", names["jsonl"]], check=True)
    with open(names["json"], encoding="utf-8") as f:
        document = json.load(f, parse_constant=no_constants)
    with open(names["jsonl"], encoding="utf-8") as f:
        lines = [json.loads(line, parse_constant=no_constants) for line in f]
    return document, lines


def check_document(validator, document):
    for error in validator.iter_errors(document):
        complain("the report is refused: %s" % error.message[:200])
    for path, keys in CONTRACT.items():
        try:
            there = at(document, path)
        except (KeyError, IndexError, TypeError):
            complain("the report has no %s" % path)
            continue
        for key in keys.split():
            if key not in there:
                complain("%s has no %s" % (path or "the report", key))
                continue
            # A report without it, and one with nonsense in it, are refused.
            for what in ("missing", "nonsense"):
                broken = copy.deepcopy(document)
                if what == "missing":
                    del at(broken, path)[key]
                else:
                    at(broken, path)[key] = {"nonsense": [1.5, {}]}
                if validator.is_valid(broken):
                    complain("the schema takes a report with %s %s" % (what, (path + "/" + key).strip("/")))


def check_lines(lines):
    for line in lines:
        if not FLAT_KEYS <= set(line):
            complain("a line lacks %s: %s" % (FLAT_KEYS - set(line), line.get("type")))
        for key, value in line.items():
            if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(v, (dict, list)) for v in value)):
                complain("a line is not flat: %s of %s" % (key, line.get("type")))
    types = {line.get("type") for line in lines}
    if types != FLAT_TYPES:
        complain("lines of the types %s" % sorted(map(str, types)))


def main(schema_path, sirqprof, mkperf, golden):
    with open(schema_path, encoding="utf-8") as f:
        schema = json.load(f)
    jsonschema.Draft7Validator.check_schema(schema)
    work = tempfile.mkdtemp()
    try:
        document, lines = make_report(sirqprof, mkperf, os.path.join(golden, "slabinfo-irqs-off"), work)
    finally:
        shutil.rmtree(work)
    check_document(jsonschema.Draft7Validator(schema), document)
    check_lines(lines)
    return 1 if bad else 0


sys.exit(main(*sys.argv[1:]))

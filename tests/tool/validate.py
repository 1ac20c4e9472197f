#!/usr/bin/python3
"""validate.py SCHEMA JSON…: holds reports to docs/report.schema.json. 77 without python3-jsonschema."""
import json
import sys

try:
    import jsonschema
except ImportError:
    print("skip: python3-jsonschema is not installed")
    sys.exit(77)


def no_constants(name):
    raise ValueError("%s is no JSON" % name)


with open(sys.argv[1], encoding="utf-8") as f:
    schema = json.load(f)
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
bad = 0
for path in sys.argv[2:]:
    with open(path, encoding="utf-8") as f:
        document = json.load(f, parse_constant=no_constants)
    for error in validator.iter_errors(document):
        where = "/".join(str(p) for p in error.absolute_path)
        print("%s: %s: %s" % (path, where, error.message[:200]))
        bad += 1
sys.exit(1 if bad else 0)

#!/usr/bin/python3
"""walls.py SOURCE_DIR: the rules of CONTRIBUTING.md that a compiler does not know.

A file of the program has at most 400 lines, a function at most 80; each outside library is included by one .c (of
those that are more than a header); below cli/ nothing prints to a person and nothing exits; what is left to do has
a number; a header says what it is.
"""
import os
import re
import sys

FILE_LINES = 400
FUNCTION_LINES = 80
FOLDERS = ("sampler", "symbolize", "analyze", "report", "cli", "include/sirqprof")

# The header of a library: the one file that may include it.
LIBRARIES = {
    "perfmon/": "sampler/pmu.c",
    "elfutils/": "symbolize/dwfl.c",
    "dwarf.h": "symbolize/dwfl.c",
    "gelf.h": "symbolize/elfimage.c",
    "libelf.h": "symbolize/elfimage.c",
    "libunwind": "symbolize/unwind.c",
    "libiberty/": "symbolize/demangle.c",
    "jansson.h": "report/object.c",
    "zstd.h": "analyze/compress.c",
    "pcre2.h": "analyze/spike_regex.c",
    "csv.h": "analyze/spike_csv.c",
    "argp.h": "cli/options.c",
}

bad = 0


def complain(path, line, text):
    global bad
    bad += 1
    print("%s:%d: %s" % (path, line, text))


def sources(top, folders, endings=(".c", ".h")):
    for folder in folders:
        for base, _, names in os.walk(os.path.join(top, folder)):
            for name in sorted(names):
                if name.endswith(endings):
                    path = os.path.join(base, name)
                    yield os.path.relpath(path, top), open(path, encoding="utf-8").read()


def plain(text):
    """Comments and strings blanked, lines kept."""
    def blank(m):
        return re.sub(r"[^\n]", " ", m.group(0))
    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def check_lengths(path, lines):
    if len(lines) > FILE_LINES:
        complain(path, len(lines), "%d lines; a file has at most %d" % (len(lines), FILE_LINES))
    begin = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            begin = number
        elif line.startswith("}") and begin is not None:
            length = number - begin + 1
            if length > FUNCTION_LINES:
                complain(path, begin, "a function of %d lines; at most %d" % (length, FUNCTION_LINES))
            begin = None


def check_libraries(path, lines):
    for number, line in enumerate(lines, 1):
        m = re.match(r"#\s*include\s*<([^>]+)>", line)
        if not m:
            continue
        for header, owner in LIBRARIES.items():
            if m.group(1).startswith(header) and path != owner:
                complain(path, number, "<%s> is included by %s alone" % (m.group(1), owner))


def check_silence(path, lines):
    """Below cli/ nothing prints to a person and nothing exits."""
    if path.startswith(("cli/", "include/")):
        return
    for number, line in enumerate(lines, 1):
        if re.search(r"\b(?:exit|_exit|abort|printf|puts|putchar|perror|vprintf)\s*\(|\bstderr\b", line):
            complain(path, number, "prints or exits below cli/: %s" % line.strip())
        if re.search(r"\bstdout\b", line) and path != "report/render.c":
            complain(path, number, "knows standard output: %s" % line.strip())


def check_marks(path, text):
    for number, line in enumerate(text.split("\n"), 1):
        if re.search(r"\b(?:TODO|FIXME|XXX|HACK)\b", line) and not re.search(r"#\d+", line):
            complain(path, number, "left to do, without a number: %s" % line.strip())
        if re.match(r"\s*//", line):
            complain(path, number, "comments are /* */")


def check_headers(path, text):
    if path.endswith(".h") and "/*" not in text:
        complain(path, 1, "a header says what it is")


def main(top):
    for path, text in sources(top, FOLDERS):
        lines = plain(text).split("\n")[:-1]
        check_lengths(path, lines)
        check_libraries(path, text.split("\n"))
        check_silence(path, lines)
        check_marks(path, text)
        check_headers(path, text)
    if bad:
        print("%d walls are broken" % bad)
    return 1 if bad else 0


sys.exit(main(sys.argv[1]))

#!/bin/sh
# One golden case: makes the recording from its text, runs its command, compares what came out; then
# the same once more with the recording of a machine of the other byte order.
#
#	run.sh CASE_DIR SIRQPROF MKPERF PERFSWAP VALIDATE SCHEMA
#
# SP_BLESS=1 writes what came out as what is expected. A missing file is a failure.
set -u
case=$1 prog=$2 mkperf=$3 perfswap=$4 validate=$5 schema=$6
top=$(mktemp -d) || exit 99
trap 'rm -rf "$top"' EXIT
bad=0

# The case in a folder of its own; the filter makes of mkperf's recording the one to read.
one() {
	work=$top/$1
	mkdir "$work" && cd "$work" || exit 99
	if [ -f "$case/input" ]; then
		"$mkperf" <"$case/input" | "$2" >sirq.data || exit 99
	fi
	for f in "$case"/*.csv "$case"/*.log; do
		[ -f "$f" ] && cp "$f" .
	done
	PATH=$(dirname "$prog"):$PATH LC_ALL=C.UTF-8 TZ=UTC sh -u "$case/cmd" >stdout 2>stderr && rc=0 || rc=$?
	echo "$rc" >status
	for f in stdout stderr status; do
		if [ "${SP_BLESS-}" ] && [ "$1" = this ]; then
			cp "$f" "$case/$f"
		else
			diff -u "$case/$f" "$f" || bad=1
		fi
	done
	for f in *.json; do
		[ -f "$f" ] || continue
		/usr/bin/python3 "$validate" "$schema" "$f"
		[ $? = 0 ] || [ $? = 77 ] || bad=1
	done
}

one this cat
[ ! -f "$case/input" ] || one other "$perfswap"
exit "$bad"

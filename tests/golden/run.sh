#!/bin/sh
# One golden case: makes the recording from its text, runs its command, compares what came out.
#
#	run.sh CASE_DIR SIRQPROF MKPERF VALIDATE SCHEMA
#
# SP_BLESS=1 writes what came out as what is expected. A missing file is a failure.
set -u
case=$1 prog=$2 mkperf=$3 validate=$4 schema=$5
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99
[ -f "$case/input" ] && { "$mkperf" <"$case/input" >sirq.data || exit 99; }
for f in "$case"/*.csv "$case"/*.log; do
	[ -f "$f" ] && cp "$f" .
done
PATH=$(dirname "$prog"):$PATH LC_ALL=C.UTF-8 TZ=UTC sh -u "$case/cmd" >stdout 2>stderr && rc=0 || rc=$?
echo "$rc" >status
bad=0
for f in stdout stderr status; do
	if [ "${SP_BLESS-}" ]; then
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
exit "$bad"

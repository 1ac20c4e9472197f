#!/bin/sh
# Builds with AddressSanitizer and UndefinedBehaviorSanitizer and runs every test.
# The last line is for people: N passed, N failed, N skipped.
set -eu
BUILD=${BUILD:-build-check}
JOBS=${JOBS:-2}

cmake -B "$BUILD" -DCMAKE_BUILD_TYPE=Debug -DSP_SANITIZE=ON >/dev/null
cmake --build "$BUILD" -j"$JOBS"

log="$BUILD/check.log"
rc=0
# Live tests take a CPU each, so tests run one after another. What the host's pauses spoil of a live
# test must hold the second time; the others have one try.
(cd "$BUILD" && ctest --output-on-failure -E '^lab\.' 2>&1) | tee "$log" || true
(cd "$BUILD" && ctest --output-on-failure -R '^lab\.' --repeat until-pass:2 2>&1) | tee -a "$log" || true

passed=$(grep -c ' Passed ' "$log" || true)
skipped=$(grep -c '\*\*\*Skipped' "$log" || true)
total=$(sed -n 's/.*tests failed out of \([0-9]*\)$/\1/p' "$log" | awk '{ n += $1 } END { print n }')
[ -n "$total" ] || { echo "check: ctest said no total" >&2; total=0; rc=1; }
failed=$((total - passed - skipped))
[ "$failed" = 0 ] && [ "$passed" -gt 0 ] || rc=1

# Why each skipped test could not run.
if [ "$skipped" != 0 ]; then
	echo "skipped, and why:"
	grep -h '^skip:' "$BUILD"/Testing/Temporary/LastTest.log | sort | uniq -c || true
fi
echo "$passed passed, $failed failed, $skipped skipped"
exit "$rc"

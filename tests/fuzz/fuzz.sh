#!/bin/sh
# Builds the libFuzzer targets with clang and runs each for SECONDS_EACH (60).
set -eu
build=${BUILD:-build-fuzz}
CC=clang cmake -B "$build" -DSP_FUZZ=ON -DCMAKE_BUILD_TYPE=RelWithDebInfo >/dev/null
for source in tests/fuzz/fuzz_*.c; do
	target=$(basename "$source" .c)
	cmake --build "$build" --target "$target" >/dev/null
	work=$(mktemp -d)
	echo "fuzz: $target"
	"$build/tests/fuzz/$target" -max_total_time="${SECONDS_EACH:-60}" -rss_limit_mb=1024 -verbosity=0 \
		-print_final_stats=1 "$work" "tests/fuzz/corpus/${target#fuzz_}"
	rm -rf "$work"
done

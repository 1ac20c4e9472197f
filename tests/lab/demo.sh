#!/bin/sh
# Starves a CPU of this machine for a few seconds, for real, while a real ping crosses a veth pair,
# and lets sirqprof explain the late replies.
#
#	demo.sh BUILD_DIR [OUT_DIR]
#
# Everything that it makes (namespaces, the pinned iterator, processes) is gone when it ends.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=${1:?build directory}
out=${2:-demo-out}
sirqprof=$build/sirqprof
lab=$build/tests/lab

fail() {
	echo "demo: $*" >&2
	exit 1
}

[ "$(id -u)" = 0 ] || fail "needs root: sudo make demo"
[ -x "$lab/hog" ] || fail "the lab was not built: it needs clang, bpftool, libbpf and a kernel with BTF"

. "$here/net.sh"
pids=""
cleanup() {
	for pid in $pids; do
		kill "$pid" 2>/dev/null
	done
	wait 2>/dev/null
	net_down
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# The last CPU: the others keep the prober and sirqprof itself.
cpu=$(($(getconf _NPROCESSORS_ONLN) - 1))
if why=$("$lab/hog" --way irqs-off --cpu "$cpu" --probe 2>&1); then
	way=irqs-off
	what="interrupts off: cat reads a BPF iterator that spins with interrupts disabled"
elif "$lab/hog" --way bh-off --cpu "$cpu" --probe; then
	way=bh-off
	what="bottom halves off: an XDP test run that spins (not interrupts: ${why#skip: })"
else
	fail "this kernel can do neither (see above)"
fi
echo "demo: starving CPU $cpu with $what"

mkdir -p "$out" || fail "cannot make $out"
net_up "$cpu" || fail "cannot make network namespaces"
"$lab/spinner" "$cpu" 60 &
pids="$pids $!"
# An idle CPU's timers are run by a busy one (timer migration, 6.9 and later): keep the prober's CPU
# busy too, or its pings wait for the starved CPU before they are sent.
if [ "$cpu" -gt 0 ]; then
	"$lab/spinner" 0 60 &
	pids="$pids $!"
fi
echo "time,latency_ms" >"$out/spikes.csv"
taskset -c 0 ip netns exec "$near" ping -D -n -i 0.01 $far_ip >"$out/ping.log" &
pids="$pids $!"
ping_pid=$!
(sleep 1
	"$lab/hog" --way "$way" --cpu "$cpu" --count 5 --min-ms 20 --max-ms 45 --pause-ms 2400 \
	--seed 7 >"$out/truth.txt"
	sleep 0.3
	kill "$ping_pid" 2>/dev/null
	sleep 0.1
	# A prober writes its log as it goes; sirqprof reads it when the recording ends.
	sed -n 's/^\[\([0-9.]*\)\].* time=\([0-9.]*\) ms.*/\1 \2/p' "$out/ping.log" |
		awk '$2 >= 5 { print $1 "," $2 }' >>"$out/spikes.csv") &
hog_pid=$!
pids="$pids $hog_pid"

echo "demo: $sirqprof --cpu $cpu --spikes $out/spikes.csv --folded … --json … -- (until the hog is done)"
echo
"$sirqprof" --cpu "$cpu" --spikes "$out/spikes.csv" --folded "$out/starved.folded" \
	--folded-baseline "$out/baseline.folded" --json "$out/report.json" \
	-- tail --pid="$hog_pid" -f /dev/null || fail "sirqprof failed"

echo
svg=""
for script in "$(command -v flamegraph.pl || true)" /usr/share/doc/libdevel-nytprof-perl/examples/flamegraph.pl \
	/usr/share/perl5/Devel/NYTProf/flamegraph.pl $(dpkg -L libdevel-nytprof-perl 2>/dev/null | grep 'flamegraph.*pl$\|/flamegraph$'); do
	[ -n "$script" ] && [ -f "$script" ] || continue
	if perl "$script" --countname us --title "softirqs starved on CPU $cpu" "$out/starved.folded" \
		>"$out/starved.svg" 2>/dev/null; then
		svg=$out/starved.svg
		break
	fi
done
echo "demo: folded stacks  $out/starved.folded (outside the stalls: $out/baseline.folded)"
echo "demo: flame graph    ${svg:-not made: flamegraph.pl of libdevel-nytprof-perl is missing}"
echo "demo: JSON           $out/report.json"
echo "demo: what the hog itself wrote down: $out/truth.txt"

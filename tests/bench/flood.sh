#!/bin/sh
# A ping flood over a veth pair with both ends on one CPU, recorded by perf with kernel stacks.
#	flood.sh CPU PACKETS FILE
set -eu
. "$(cd "$(dirname "$0")" && pwd)/../lab/net.sh"
trap net_down EXIT
trap 'exit 1' INT TERM
net_up "$1"
# Large buffers and a real-time recorder on another CPU: what is lost is not compared.
other=0
[ "$1" = 0 ] && other=1
taskset -c "$other" perf record -q -r 1 -m 8192 -a -c 1 -g -k CLOCK_MONOTONIC \
	-e irq:softirq_raise,irq:softirq_entry,irq:softirq_exit -o "$3" -- \
	taskset -c "$1" ip netns exec "$near" ping -q -f -c "$2" "$far_ip" >&2

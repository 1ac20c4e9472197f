#!/bin/sh
# A packet flood that is served: ping -f over a veth pair, received on one CPU, until it is ended.
#	flood.sh CPU [SECONDS]
set -u
. "$(cd "$(dirname "$0")" && pwd)/net.sh"
pid=""
cleanup() {
	[ -n "$pid" ] && kill "$pid" 2>/dev/null
	wait 2>/dev/null
	net_down
}
trap cleanup EXIT
trap 'exit 0' INT TERM
net_up "$1" || exit 1
ip netns exec "$near" ping -q -f -w "${2-60}" "$far_ip" >/dev/null &
pid=$!
wait "$pid"

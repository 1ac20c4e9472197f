# Two network namespaces joined by a veth pair; the far side receives on one CPU. Sourced, not run.
#
#	net_up CPU	makes them (names end in this shell's pid), sets $near, $far, $far_ip
#	net_down	removes them

net_up() {
	near=sirq-a-$$
	far=sirq-b-$$
	far_ip=10.231.7.2
	ip netns add "$near" && ip netns add "$far" || return 1
	ip link add sirqa$$ netns "$near" type veth peer name sirqb$$ netns "$far" || return 1
	ip -n "$near" addr add 10.231.7.1/24 dev sirqa$$
	ip -n "$far" addr add $far_ip/24 dev sirqb$$
	ip -n "$near" link set sirqa$$ up
	ip -n "$far" link set sirqb$$ up
	# What the far side receives is processed on this CPU (receive packet steering).
	mask=$(printf '%x' $((1 << $1)))
	ip netns exec "$far" sh -c "echo $mask > /sys/class/net/sirqb$$/queues/rx-0/rps_cpus"
}

net_down() {
	[ -n "${near-}" ] && ip netns del "$near" 2>/dev/null
	[ -n "${far-}" ] && ip netns del "$far" 2>/dev/null
	return 0
}

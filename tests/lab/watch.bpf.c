/*
 * Watches how long softirqs stay pending, without perf: see way_watch.c.
 */
#include "vmlinux.h"

#include "hog_spin.h"

/* Pending that long without being served is a truth. */
#define LEAST_NS 1500000ULL
#define VECTORS	 10

char LICENSE[] SEC("license") = "GPL";

/* Since when each is pending; 0: it is not. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, VECTORS);
	__type(key, __u32);
	__type(value, __u64);
} since SEC(".maps");

SEC("?raw_tp/softirq_raise")
int hog_raised(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 vector = (__u32)ctx->args[0];
	__u64 *at;

	if (!hog_ordered())
		return 0;
	at = bpf_map_lookup_elem(&since, &vector);
	if (at && !*at)
		*at = bpf_ktime_get_ns();
	return 0;
}

SEC("?raw_tp/softirq_entry")
int hog_served(struct bpf_raw_tracepoint_args *ctx)
{
	struct hog_truth truth = { .end_ns = bpf_ktime_get_ns() };
	__u32 vector = (__u32)ctx->args[0];
	__u64 *at;

	if (!hog_ordered())
		return 0;
	at = bpf_map_lookup_elem(&since, &vector);
	if (!at)
		return 0;
	truth.begin_ns = *at;
	*at = 0;
	if (!truth.begin_ns || truth.end_ns - truth.begin_ns < LEAST_NS)
		return 0;
	truth.cpu = bpf_get_smp_processor_id();
	truth.tid = (__u32)bpf_get_current_pid_tgid();
	bpf_get_current_comm(truth.comm, sizeof(truth.comm));
	bpf_ringbuf_output(&truths, &truth, sizeof(truth), 0);
	return 0;
}

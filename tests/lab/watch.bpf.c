/*
 * Watches how long softirqs stay pending, without perf: see way_watch.c.
 */
#include "vmlinux.h"

#include "hog_spin.h"

#include <bpf/bpf_core_read.h>

/* Pending that long without being served is a truth. */
#define LEAST_NS 1500000ULL
#define VECTORS	 10

char LICENSE[] SEC("license") = "GPL";

struct wait {
	__u64 since_ns; /* 0: the vector is not pending */
	__u64 held_ns;	/* the longest stretch that one task was on the CPU meanwhile */
	__u32 tid;	/* which task that was */
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, VECTORS);
	__type(key, __u32);
	__type(value, struct wait);
} waits SEC(".maps");

/* Since when the task that is on the CPU is. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} onto SEC(".maps");

/* The task has been on the CPU until now: was it so long as nobody else, of the time that w is
 * pending? */
static __always_inline void held_by(struct wait *w, struct task_struct *task, __u64 now)
{
	__u32 zero = 0;
	__u64 *at = bpf_map_lookup_elem(&onto, &zero);
	__u64 from = w->since_ns;

	if (at && *at > from)
		from = *at;
	if (now - from < w->held_ns)
		return;
	w->held_ns = now - from;
	w->tid = (__u32)BPF_CORE_READ(task, pid);
	BPF_CORE_READ_STR_INTO(&w->comm, task, comm);
}

SEC("?raw_tp/softirq_raise")
int hog_raised(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 vector = (__u32)ctx->args[0];
	struct wait *w;

	if (!hog_ordered())
		return 0;
	w = bpf_map_lookup_elem(&waits, &vector);
	if (!w || w->since_ns)
		return 0;
	w->since_ns = bpf_ktime_get_ns();
	w->held_ns = 0;
	return 0;
}

SEC("?raw_tp/sched_switch")
int hog_switched(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[1];
	__u64 now = bpf_ktime_get_ns(), *at;
	__u32 zero = 0;

	if (!hog_ordered())
		return 0;
	for (__u32 v = 0; v < VECTORS; v++) {
		__u32 vector = v;
		struct wait *w = bpf_map_lookup_elem(&waits, &vector);

		if (w && w->since_ns)
			held_by(w, task, now);
	}
	at = bpf_map_lookup_elem(&onto, &zero);
	if (at)
		*at = now;
	return 0;
}

SEC("?raw_tp/softirq_entry")
int hog_served(struct bpf_raw_tracepoint_args *ctx)
{
	struct hog_truth truth = { .end_ns = bpf_ktime_get_ns() };
	__u32 vector = (__u32)ctx->args[0];
	struct wait *w;

	if (!hog_ordered())
		return 0;
	w = bpf_map_lookup_elem(&waits, &vector);
	if (!w || !w->since_ns)
		return 0;
	held_by(w, (void *)bpf_get_current_task(), truth.end_ns);
	truth.begin_ns = w->since_ns;
	w->since_ns = 0;
	if (truth.end_ns - truth.begin_ns < LEAST_NS)
		return 0;
	truth.cpu = bpf_get_smp_processor_id();
	truth.tid = w->tid;
	for (int i = 0; i < (int)sizeof(truth.comm); i++)
		truth.comm[i] = w->comm[i];
	bpf_ringbuf_output(&truths, &truth, sizeof(truth), 0);
	return 0;
}

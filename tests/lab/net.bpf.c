/*
 * What keeps packets waiting, and what makes each of them dear: see way_wait.c and way_load.c.
 */
#include "vmlinux.h"

#include "hog_spin.h"

#include "packets.h"

#define TC_ACT_SHOT 2

char LICENSE[] SEC("license") = "GPL";

/* A long system call that is not preempted: interrupts and bottom halves stay on. */
SEC("?iter/task")
int hog_slow(struct bpf_iter__task *ctx)
{
	volatile struct hog_order *o = hog_ordered();

	(void)ctx;
	if (o)
		hog_spin(o, 0);
	return 0;
}

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct packets_run);
} runs SEC(".maps");

/* A run of packets has ended: it is logged if it was long enough to be a load. */
static __always_inline void log_run(const struct packets_run *r, __u32 cpu)
{
	struct hog_truth truth = { .begin_ns = r->begin_ns, .end_ns = r->end_ns, .cpu = cpu };

	if (r->end_ns - r->begin_ns >= PACKETS_LOAD_NS)
		bpf_ringbuf_output(&truths, &truth, sizeof(truth), 0);
}

/* Every packet takes the time that is ordered; runs of them are told from each other by pauses. */
SEC("?tc")
int hog_packet(struct __sk_buff *skb)
{
	volatile struct hog_order *o = hog_ordered();
	__u64 now = bpf_ktime_get_ns(), deadline;
	struct packets_run *r;
	__u32 zero = 0;

	(void)skb;
	r = bpf_map_lookup_elem(&runs, &zero);
	if (!o || !r)
		return TC_ACT_SHOT;
	if (now - r->end_ns > PACKETS_PAUSE_NS) {
		log_run(r, o->cpu);
		r->begin_ns = now;
		r->packets = 0;
	}
	deadline = now + o->spin_ns;
	bpf_loop(HOG_MAX_STEPS, hog_step, &deadline, 0);
	r->end_ns = bpf_ktime_get_ns();
	r->packets++;
	return TC_ACT_SHOT;
}

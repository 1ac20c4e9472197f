#ifndef HOG_SPIN_H
#define HOG_SPIN_H

/*
 * How every starving BPF program spins: included by each *.bpf.c of the lab, after vmlinux.h.
 */
#include "hog.h"

#include <bpf/bpf_helpers.h>

#define MMAPABLE (1U << 10) /* BPF_F_MMAPABLE */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hog_order);
} orders SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} truths SEC(".maps");

#ifndef HOG_WITHOUT_LOOP

static long hog_step(__u32 i, void *deadline)
{
	(void)i;
	return bpf_ktime_get_ns() >= *(__u64 *)deadline;
}

/* Until then, or HOG_MAX_STEPS are done. */
static __always_inline void hog_until(__u64 deadline)
{
	bpf_loop(HOG_MAX_STEPS, hog_step, &deadline, 0);
}

#else

/* Before Linux 5.17 there is no bpf_loop, and the verifier walks a loop step by step, a million
 * instructions and 8192 jumps in all: so there are few steps, and each is slow. */
#define HOG_OLD_STEPS 6000

struct hog_ballast {
	char from[8192], to[8192];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hog_ballast);
} ballast SEC(".maps");

static __always_inline void hog_until(__u64 deadline)
{
	__u32 zero = 0;
	struct hog_ballast *b = bpf_map_lookup_elem(&ballast, &zero);

	for (int i = 0; b && i < HOG_OLD_STEPS; i++) {
		if (bpf_ktime_get_ns() >= deadline)
			break;
		bpf_probe_read_kernel(b->to, sizeof(b->to), b->from);
	}
}

#endif

/* The order, if there is one for this CPU, whatever task is on it. */
static __always_inline volatile struct hog_order *hog_ordered_here(void)
{
	__u32 zero = 0;
	volatile struct hog_order *o = bpf_map_lookup_elem(&orders, &zero);

	return o && o->spin_ns && bpf_get_smp_processor_id() == o->cpu ? o : 0;
}

/* The order, if there is one for this CPU and task. */
static __always_inline volatile struct hog_order *hog_ordered(void)
{
	volatile struct hog_order *o = hog_ordered_here();

	return !o || (o->tid && o->tid != (__u32)bpf_get_current_pid_tgid()) ? 0 : o;
}

/* Spins for the time asked for, once, and says so; the truth tells already who it is. */
static __always_inline void hog_spin_as(volatile struct hog_order *o, struct hog_truth *truth)
{
	__u64 ns = o->spin_ns;

	o->spin_ns = 0;
	truth->cpu = bpf_get_smp_processor_id();
	truth->begin_ns = bpf_ktime_get_ns();
	hog_until(truth->begin_ns + ns);
	truth->end_ns = bpf_ktime_get_ns();
	bpf_ringbuf_output(&truths, truth, sizeof(*truth), 0);
}

/* Spins so as the task that is on the CPU. function: what it stands in for, or 0. */
static __always_inline void hog_spin(volatile struct hog_order *o, __u64 function)
{
	struct hog_truth truth = { .function = function };

	truth.tid = (__u32)bpf_get_current_pid_tgid();
	bpf_get_current_comm(truth.comm, sizeof(truth.comm));
	hog_spin_as(o, &truth);
}

#endif

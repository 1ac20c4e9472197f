/*
 * Programs that starve a CPU, one for each way. Each spins until a deadline and logs when it began
 * and ended. The names of the functions are what a report should name.
 */
#include "vmlinux.h"

#include "hog.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

/* Set by the loader: how long the next spin lasts (0: none), and on which CPU. */
volatile __u64 spin_ns;
volatile __u32 spin_cpu;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} truths SEC(".maps");

extern void bpf_local_irq_save(unsigned long *flags) __weak __ksym;
extern void bpf_local_irq_restore(unsigned long *flags) __weak __ksym;

static long step(__u32 i, void *deadline)
{
	(void)i;
	return bpf_ktime_get_ns() >= *(__u64 *)deadline;
}

/* Spins for the time asked for, once, and says so. */
static __always_inline void spin(void)
{
	struct hog_truth truth = {};
	__u64 deadline, ns = spin_ns;

	if (!ns || bpf_get_smp_processor_id() != spin_cpu)
		return;
	spin_ns = 0;
	truth.cpu = bpf_get_smp_processor_id();
	truth.tid = (__u32)bpf_get_current_pid_tgid();
	bpf_get_current_comm(truth.comm, sizeof(truth.comm));
	truth.begin_ns = bpf_ktime_get_ns();
	deadline = truth.begin_ns + ns;
	bpf_loop(HOG_MAX_STEPS, step, &deadline, 0);
	truth.end_ns = bpf_ktime_get_ns();
	bpf_ringbuf_output(&truths, &truth, sizeof(truth), 0);
}

/* irqs-off: a process reads a slow pseudo-file with interrupts off, like /proc/slabinfo of old. */
SEC("?iter/task")
int hog_show(struct bpf_iter__task *ctx)
{
	unsigned long flags;

	if (!spin_ns)
		return 0;
	bpf_local_irq_save(&flags);
	spin();
	bpf_local_irq_restore(&flags);
	return 0;
}

/* bh-off: BPF_PROG_TEST_RUN of an XDP program runs with bottom halves off. */
SEC("?xdp")
int hog_xdp(struct xdp_md *ctx)
{
	(void)ctx;
	spin();
	return XDP_PASS;
}

/* softirq: inside the TIMER vector, as a timer function that walks thousands of services. */
SEC("?raw_tp/timer_expire_entry")
int hog_timer(void *ctx)
{
	(void)ctx;
	spin();
	return 0;
}

/* hardirq: inside the local timer's interrupt. */
SEC("?raw_tp/local_timer_entry")
int hog_irq(void *ctx)
{
	(void)ctx;
	spin();
	return 0;
}

/* softirq: inside NET_RX, at the end of a device's poll. */
SEC("?raw_tp/napi_poll")
int hog_napi(void *ctx)
{
	(void)ctx;
	spin();
	return 0;
}

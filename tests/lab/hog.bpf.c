/*
 * Programs that starve a CPU, one for each way. Each spins until a deadline and logs when it began
 * and ended. The names of the functions are what a report should name.
 */
#include "vmlinux.h"

#include "hog_spin.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#define CLOCK_MONOTONIC 1

char LICENSE[] SEC("license") = "GPL";

extern void bpf_local_irq_save(unsigned long *flags) __weak __ksym;
extern void bpf_local_irq_restore(unsigned long *flags) __weak __ksym;

static __always_inline void spin_if_ordered(__u64 function)
{
	volatile struct hog_order *o = hog_ordered();

	if (o)
		hog_spin(o, function);
}

static __always_inline void spin_irqs_off(void)
{
	volatile struct hog_order *o = hog_ordered();
	unsigned long flags;

	if (!o)
		return;
	bpf_local_irq_save(&flags);
	hog_spin(o, 0);
	bpf_local_irq_restore(&flags);
}

/* irqs-off: a process reads a slow pseudo-file with interrupts off, like /proc/slabinfo of old. */
SEC("?iter/task")
int hog_show(struct bpf_iter__task *ctx)
{
	(void)ctx;
	spin_irqs_off();
	return 0;
}

/* irqs-off: inside a write(2) to a socket. */
SEC("?raw_tp/sock_send_length")
int hog_write(void *ctx)
{
	(void)ctx;
	spin_irqs_off();
	return 0;
}

/* irqs-off: in a kernel thread, as the begin of a work item of a workqueue. */
SEC("?raw_tp/workqueue_execute_start")
int hog_work(void *ctx)
{
	(void)ctx;
	spin_irqs_off();
	return 0;
}

/* irqs-off: while a task wakes that one, whose lock is held. Also on kernels without the kfunc. */
SEC("?raw_tp/sched_waking")
int hog_waking(struct bpf_raw_tracepoint_args *ctx)
{
	volatile struct hog_order *o = hog_ordered();
	struct task_struct *woken = (void *)ctx->args[0];

	if (o && (__u32)BPF_CORE_READ(woken, pid) == o->keeps)
		hog_spin(o, 0);
	return 0;
}

/* bh-off: while a process closes a socket that listens, and with it a connection nobody took. */
SEC("?raw_tp/inet_sock_set_state")
int hog_closing(struct bpf_raw_tracepoint_args *ctx)
{
	if (ctx->args[1] == TCP_ESTABLISHED)
		spin_if_ordered(0);
	return 0;
}

/* bh-off: BPF_PROG_TEST_RUN of an XDP program runs with bottom halves off. It may not ask who runs
 * it (Linux 6.1 refuses the helpers), so the order says so. */
SEC("?xdp")
int hog_xdp(struct xdp_md *ctx)
{
	volatile struct hog_order *o = hog_ordered_here();
	struct hog_truth truth = { 0 };

	(void)ctx;
	if (!o)
		return XDP_PASS;
	truth.tid = o->tid;
	for (int i = 0; i < (int)sizeof(truth.comm); i++)
		truth.comm[i] = o->comm[i];
	hog_spin_as(o, &truth);
	return XDP_PASS;
}

/* softirq: inside the TIMER vector, in the place of the timer function that is about to run. */
SEC("?raw_tp/timer_expire_entry")
int hog_timer(struct bpf_raw_tracepoint_args *ctx)
{
	struct timer_list *timer = (void *)ctx->args[0];

	spin_if_ordered((__u64)BPF_CORE_READ(timer, function));
	return 0;
}

/* softirq: inside NET_RX, at the end of a device's poll. */
SEC("?raw_tp/napi_poll")
int hog_napi(void *ctx)
{
	(void)ctx;
	spin_if_ordered(0);
	return 0;
}

/* hardirq: inside the local timer's interrupt. */
SEC("?raw_tp/local_timer_entry")
int hog_irq(void *ctx)
{
	(void)ctx;
	spin_if_ordered(0);
	return 0;
}

struct hog_alarm {
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hog_alarm);
} alarms SEC(".maps");

/* It may not ask on whose back it runs (Linux 6.1), and nobody needs to know. */
static int hog_alarm_cb(void *map, int *key, struct hog_alarm *alarm)
{
	volatile struct hog_order *o = hog_ordered_here();
	struct hog_truth truth = { 0 };

	(void)map;
	(void)key;
	(void)alarm;
	if (o)
		hog_spin_as(o, &truth);
	return 0;
}

/* softirq: a timer of BPF's, which runs inside HRTIMER on the CPU that starts it. */
SEC("?tc")
int hog_alarm(struct __sk_buff *ctx)
{
	__u32 zero = 0;
	struct hog_alarm *alarm = bpf_map_lookup_elem(&alarms, &zero);

	(void)ctx;
	if (!alarm)
		return 0;
	bpf_timer_init(&alarm->timer, &alarms, CLOCK_MONOTONIC);
	bpf_timer_set_callback(&alarm->timer, hog_alarm_cb);
	bpf_timer_start(&alarm->timer, 200000, 0);
	return 0;
}

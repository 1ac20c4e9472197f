/*
 * What keeps packets waiting, and what makes each of them dear: see way_wait.c and way_load.c.
 */
#include "vmlinux.h"

#include "hog_spin.h"

#include "packets.h"

#define TC_ACT_SHOT 2

char LICENSE[] SEC("license") = "GPL";

/* A packet that has not come by then does not come. */
#define COMES_NS 2000000ULL

#ifndef HOG_WITHOUT_LOOP

struct waiting {
	__u64 state;		      /* address of the thread's __state */
	__u64 ns, since_ns, until_ns; /* since: it is runnable */
};

/* Spins until the thread has been kept waiting for so long. */
static long slow_step(__u32 i, void *at)
{
	struct waiting *w = at;
	__u64 now = bpf_ktime_get_ns();
	unsigned int state;

	(void)i;
	if (!w->since_ns && !bpf_probe_read_kernel(&state, sizeof(state), (void *)w->state) &&
	    state == 0) { /* TASK_RUNNING */
		w->since_ns = now;
		w->until_ns = now + w->ns;
	}
	return now >= w->until_ns;
}

/* A long system call that is not preempted: interrupts and bottom halves stay on. It is a stall
 * from when the thread that polls the packets is runnable; if it never is, there is no truth. */
SEC("?iter/task")
int hog_slow(struct bpf_iter__task *ctx)
{
	__u32 zero = 0, tid = (__u32)bpf_get_current_pid_tgid();
	volatile struct hog_order *o = bpf_map_lookup_elem(&orders, &zero);
	struct task_struct *task = ctx->task;
	struct hog_truth truth = { 0 };
	struct waiting w = { 0 };

	if (!o || !o->keep_ns || o->tid != tid || !task || (__u32)task->pid != o->keeps)
		return 0;
	w.state = (__u64)&task->__state;
	w.ns = o->keep_ns;
	w.until_ns = bpf_ktime_get_ns() + COMES_NS;
	o->keep_ns = 0;
	truth.cpu = bpf_get_smp_processor_id();
	truth.tid = tid;
	bpf_get_current_comm(truth.comm, sizeof(truth.comm));
	bpf_loop(HOG_MAX_STEPS, slow_step, &w, 0);
	truth.begin_ns = w.since_ns;
	truth.end_ns = bpf_ktime_get_ns();
	if (w.since_ns)
		bpf_ringbuf_output(&truths, &truth, sizeof(truth), 0);
	return 0;
}

#endif

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct packets_run);
} runs SEC(".maps");

/* A run of packets has ended: it is logged if it was long enough to be a softirq. */
static __always_inline void log_run(const struct packets_run *r, __u32 cpu)
{
	struct hog_truth truth = { .begin_ns = r->begin_ns, .end_ns = r->end_ns, .cpu = cpu };

	if (r->end_ns - r->begin_ns >= PACKETS_BUSY_NS)
		bpf_ringbuf_output(&truths, &truth, sizeof(truth), 0);
}

/* 0 where it cannot be told: Linux 6.1 refuses packets' programs the helper for it, 5.10 has
 * neither. */
static __always_inline __u32 current_tid(void)
{
#ifndef HOG_WITHOUT_LOOP
	return (__u32)bpf_get_current_task_btf()->pid;
#else
	return 0;
#endif
}

/* Of the task that is on the CPU, how often it has left one: if it is the thread that polls, else
 * 0. Asked of the task itself: Linux 6.1 refuses packets' programs the helper that tells who it is.
 * Before 5.12 no thread polls, and 5.10 has none of this. */
static __always_inline __u64 switches_of(__u32 tid)
{
#ifndef HOG_WITHOUT_LOOP
	struct task_struct *task = bpf_get_current_task_btf();

	if (tid && (__u32)task->pid == tid)
		return task->nvcsw + task->nivcsw;
#endif
	(void)tid;
	return 0;
}

#define NET_RX 3 /* include/linux/interrupt.h */

/* The newest NET_RX, where tracepoints tell of it: of some tasks they do not. */
static __u64 entry_ns, entry_pause_ns, exit_ns;
static __u32 entry_tid;

SEC("?raw_tp/softirq_entry")
int hog_net_rx(struct bpf_raw_tracepoint_args *ctx)
{
	if (ctx->args[0] != NET_RX || !hog_ordered_here())
		return 0;
	entry_ns = bpf_ktime_get_ns();
	entry_pause_ns = entry_ns - exit_ns;
	entry_tid = current_tid();
	return 0;
}

SEC("?raw_tp/softirq_exit")
int hog_net_rx_exit(struct bpf_raw_tracepoint_args *ctx)
{
	if (ctx->args[0] == NET_RX && hog_ordered_here())
		exit_ns = bpf_ktime_get_ns();
	return 0;
}

/* Whether a packet of this task at now begins another run. */
static __always_inline bool begins_run(const struct packets_run *r, __u32 tid, __u64 now)
{
	if (!r->end_ns)
		return true;
	/* Both ends of the pause are known, as the report knows them. */
	if (entry_ns > r->end_ns && entry_ns - entry_pause_ns >= r->end_ns)
		return entry_pause_ns > NET_RX_PAUSE_NS;
	/* The same NET_RX: interrupts or the host took the time. */
	if (entry_ns && entry_ns <= r->end_ns && exit_ns < entry_ns && tid == entry_tid &&
	    tid == r->tid)
		return false;
	return now - r->end_ns > PACKETS_PAUSE_NS;
}

/* The same of one in a thread: one that has not left the CPU in between went on, whatever it did.
 */
static __always_inline bool thread_begins_run(const struct packets_run *r, __u64 switches,
					      __u64 now)
{
	return now - r->end_ns > PACKETS_PAUSE_NS &&
	       (!switches || switches != r->switches || now - r->end_ns > PACKETS_STAY_NS);
}

/* Every packet takes the time that is ordered; runs of them are told from each other by pauses. */
SEC("?tc")
int hog_packet(struct __sk_buff *skb)
{
	volatile struct hog_order *o = hog_ordered_here();
	__u64 now = bpf_ktime_get_ns(), switches;
	__u32 tid = current_tid();
	struct packets_run *r;
	__u32 zero = 0;

	(void)skb;
	r = bpf_map_lookup_elem(&runs, &zero);
	if (!o || !r)
		return TC_ACT_SHOT;
	if (!r->gap_end_ns && r->end_ns && now - r->end_ns >= PACKETS_GAP_NS) {
		r->gap_begin_ns = r->end_ns;
		r->gap_end_ns = now;
	}
	switches = switches_of(o->keeps);
	if (o->keeps ? thread_begins_run(r, switches, now) : begins_run(r, tid, now)) {
		log_run(r, o->cpu);
		r->begin_ns = now;
		r->packets = 0;
	}
	hog_until(now + o->spin_ns);
	r->end_ns = bpf_ktime_get_ns();
	r->switches = switches;
	r->tid = tid;
	r->packets++;
	return TC_ACT_SHOT;
}

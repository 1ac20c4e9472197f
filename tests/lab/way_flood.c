/*
 * ksoftirqd itself: in the middle of a flood that it serves, somebody takes its
 * CPU: a real-time task, or a system call that is not preempted. Kernels before
 * 6.5 leave all softirqs to a ksoftirqd that is runnable; later ones serve them
 * on interrupts all the same, and nothing is starved.
 */
#include "packets.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIFO_PRIO 50
#define START_NS  2000000ULL
#define FLOOD_NS  15000000ULL /* so long before: ksoftirqd has taken over by then */
#define AFTER_NS  20000000ULL /* by then it has the CPU again */
#define TRIES	  10

static struct packets net;
static uint64_t keep_ns;
static int tries;

/* With the children. */
static volatile struct {
	int truths;
	uint64_t sent; /* batches of packets */
} * shared;

/* What a report should name. */
__attribute__((noinline)) static void keep_on_cpu(struct hog *h)
{
	uint64_t until_ns = hog_now_ns() + keep_ns;
	static volatile uint64_t sink;

	(void)h;
	do {
		for (int i = 0; i < 20000; i++)
			sink = sink + (uint64_t)i;
	} while (hog_now_ns() < until_ns);
}

static void read_slowly(struct hog *h)
{
	char buf[256];
	int fd = open(h->pinned, O_RDONLY);

	h->order->tid = (unsigned int)getpid();
	h->order->keep_ns = keep_ns;
	while (fd >= 0 && read(fd, buf, sizeof(buf)) > 0)
		;
	h->order->keep_ns = 0;
	close(fd);
}

/* Takes the CPU by keep(). It is a stall from the last packet before, or from when
 * this task got the CPU, to the first one after: if packets came meanwhile and not one was
 * served. */
static void take_cpu(struct hog *h, void (*keep)(struct hog *h))
{
	int runs = bpf_object__find_map_fd_by_name(h->object, "runs");
	struct hog_truth truth = { .cpu = h->cpu, .tid = (unsigned int)getpid() };
	struct packets_run r;
	unsigned int zero = 0;
	uint64_t begin_ns, sent;

	prctl(PR_GET_NAME, truth.comm);
	hog_sleep_ns(START_NS + FLOOD_NS);
	begin_ns = hog_now_ns();
	if (bpf_map_lookup_elem(runs, &zero, &r) || !r.packets)
		_exit(1);
	r.gap_begin_ns = r.gap_end_ns = 0;
	bpf_map_update_elem(runs, &zero, &r, 0);
	sent = shared->sent;
	keep(h);
	sent = shared->sent - sent;
	hog_sleep_ns(AFTER_NS);
	if (bpf_map_lookup_elem(runs, &zero, &r) || !sent || r.gap_end_ns < begin_ns + keep_ns ||
	    r.gap_begin_ns > begin_ns + 500000)
		_exit(2);
	truth.begin_ns = r.gap_begin_ns > begin_ns ? r.gap_begin_ns : begin_ns;
	truth.end_ns = r.gap_end_ns;
	shared->truths++;
	/* What is left to do keeps nobody waiting. */
	sched_setscheduler(0, SCHED_IDLE, &(struct sched_param){ 0 });
	hog_print_truth(h, &truth);
}

static void take_by_priority(struct hog *h)
{
	sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){ .sched_priority = FIFO_PRIO });
	take_cpu(h, keep_on_cpu);
}

static void take_by_call(struct hog *h)
{
	take_cpu(h, read_slowly);
}

static void open_flood(struct hog *h)
{
	void *at = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);

	if (at == MAP_FAILED)
		hog_skip("no memory to share");
	shared = at;
	packets_open_dear(&net, h, false);
}

static void open_call(struct hog *h)
{
	char comm[32];

	open_flood(h);
	h->program = bpf_object__find_program_by_name(h->object, "hog_slow");
	hog_attach(h);
	hog_pin(h);
	snprintf(comm, sizeof(comm), "ksoftirqd/%u\n", h->cpu);
	h->order->keeps = (unsigned int)packets_find_thread(comm);
	if (!h->order->keeps)
		hog_skip("no ksoftirqd of that CPU");
}

static void flood_and_take(struct hog *h, uint64_t ns, void (*take)(struct hog *h))
{
	pid_t flooder = fork();
	int status;

	keep_ns = ns;
	if (flooder == 0) {
		/* It takes this CPU: the other child is to be made before. */
		hog_sleep_ns(START_NS);
		packets_flood(&net, FLOOD_NS + ns + AFTER_NS / 2, &shared->sent);
		_exit(0);
	}
	hog_in_child(h, take);
	waitpid(flooder, &status, 0);
	if (++tries == TRIES && !shared->truths)
		hog_skip("this kernel serves packets on interrupts while ksoftirqd waits");
}

static void starve_by_priority(struct hog *h, uint64_t ns)
{
	flood_and_take(h, ns, take_by_priority);
}

static void starve_by_call(struct hog *h, uint64_t ns)
{
	flood_and_take(h, ns, take_by_call);
}

const struct way way_flood_fifo = {
	.name = "ksoftirqd-flood",
	.mechanism = "ksoftirqd",
	.accept = "keep_on_cpu",
	.program = "hog_packet",
	.open = open_flood,
	.starve = starve_by_priority,
};

const struct way way_flood_syscall = {
	.name = "ksoftirqd-flood-syscall",
	.mechanism = "ksoftirqd",
	.accept = "hog_slow,bpf_iter_run_prog,task_seq_show,bpf_seq_read",
	.program = "hog_packet",
	.more_programs = { "hog_slow" },
	.open = open_call,
	.starve = starve_by_call,
};

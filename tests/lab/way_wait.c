/*
 * ksoftirqd: the thread that serves a device's packets (threaded NAPI) is woken
 * and does not get the CPU, because of a real-time task, or of a long system
 * call that is not preempted.
 */
#include "packets.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define FIFO_PRIO 50

static struct packets net;

static void open_fifo(struct hog *h)
{
	packets_open(&net, h, true);
}

static uint64_t spin_ns;
static volatile uint64_t sink;

/* What a report should name. */
__attribute__((noinline)) static uint64_t spin_on_cpu(uint64_t ns)
{
	uint64_t end = hog_now_ns() + ns;

	do {
		for (int i = 0; i < 20000; i++)
			sink += (uint64_t)i;
	} while (hog_now_ns() < end);
	return hog_now_ns();
}

/* Sends a packet and keeps the CPU: the thread can serve it when this task
 * sleeps. */
static void keep_cpu(struct hog *h)
{
	const struct sched_param param = { .sched_priority = FIFO_PRIO };
	struct hog_truth truth = { .cpu = h->cpu, .tid = (unsigned int)getpid() };

	if (sched_setscheduler(0, SCHED_FIFO, &param))
		_exit(1);
	prctl(PR_GET_NAME, truth.comm);
	truth.begin_ns = hog_now_ns();
	packets_send(&net, 1);
	truth.end_ns = spin_on_cpu(spin_ns);
	hog_sleep_ns(2000000);
	hog_print_truth(h, &truth);
}

static void starve_fifo(struct hog *h, uint64_t ns)
{
	spin_ns = ns;
	hog_in_child(h, keep_cpu);
}

const struct way way_wait_fifo = {
	.name = "ksoftirqd-fifo",
	.mechanism = "ksoftirqd",
	.accept = "spin_on_cpu",
	.open = open_fifo,
	.starve = starve_fifo,
};

static void open_syscall(struct hog *h)
{
	packets_open(&net, h, true);
	hog_use_object(h, "net");
	hog_load(h);
	hog_attach(h);
	hog_pin(h);
	/* A wake-up before the system call would take the CPU at once. Of two packets
	 * the second is held back for 0.2 ms: the qdisc's timer sends it, on this
	 * CPU, when the call is under way. */
	if (system("tc qdisc add dev " PACKETS_NEAR
		   " root tbf rate 2400kbit burst 64b latency 100ms"))
		hog_skip("no tbf (iproute2, CONFIG_NET_SCH_TBF)");
}

static void read_slowly(struct hog *h)
{
	char buf[256];
	int fd = open(h->pinned, O_RDONLY);

	h->order->tid = (unsigned int)getpid();
	/* In one call: had the first been served meanwhile, the second would go at once. */
	packets_send(&net, 2);
	while (fd >= 0 && read(fd, buf, sizeof(buf)) > 0)
		;
	close(fd);
}

static void starve_syscall(struct hog *h, uint64_t ns)
{
	h->order->tid = ~0U;
	h->order->keeps = (unsigned int)net.thread;
	h->order->keep_ns = ns;
	hog_in_child(h, read_slowly);
	hog_await(h, 0);
}

const struct way way_wait_syscall = {
	.name = "ksoftirqd-syscall",
	.mechanism = "ksoftirqd",
	.accept = "hog_slow,bpf_iter_run_prog,task_seq_show,bpf_seq_read",
	.program = "hog_slow",
	.open = open_syscall,
	.starve = starve_syscall,
};

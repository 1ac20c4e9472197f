/*
 * load: packets come faster than they are served, in the CPU's softirqs or in
 * the thread that polls the device. Each costs PACKET_NS, so that the sender's
 * CPU is not the one that gives up. And ksoftirqd: a real-time task in the way
 * of the thread that serves such a flood.
 */
#include "packets.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PACKET_NS 20000

static struct packets net;
static struct bpf_link *counters[2]; /* of NET_RX */

static void open_load(struct hog *h, bool threaded)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts);

	packets_open(&net, h, threaded);
	hog_use_object(h, "net");
	hog_load(h);
	hook.ifindex = (int)net.far;
	opts.prog_fd = bpf_program__fd(h->program);
	if (bpf_tc_hook_create(&hook) || bpf_tc_attach(&hook, &opts))
		hog_skip("the kernel refuses a BPF program on packets");
	for (int i = 0; i < 2; i++) {
		counters[i] = bpf_program__attach(
			bpf_object__find_program_by_name(h->object, h->way->more_programs[i]));
		if (!counters[i])
			hog_skip("the kernel refuses to attach the BPF program");
	}
	h->order->spin_ns = PACKET_NS;
	h->order->keeps = threaded ? (unsigned int)net.thread : 0;
	/* The sender's own CPU is another one. */
	hog_pin_to_cpu(h->cpu ? h->cpu - 1 : h->cpu + 1);
}

static void close_load(struct hog *h)
{
	(void)h;
	for (int i = 0; i < 2; i++)
		bpf_link__destroy(counters[i]);
}

static void open_softirq(struct hog *h)
{
	open_load(h, false);
}

static void open_thread(struct hog *h)
{
	open_load(h, true);
}

/* The run that is under way, when nothing has come for a while: it is over. */
static void log_last(struct hog *h)
{
	int runs = bpf_object__find_map_fd_by_name(h->object, "runs");
	struct packets_run r, none = { 0 };
	struct hog_truth truth = { .cpu = h->cpu };
	unsigned int zero = 0;

	do {
		hog_sleep_ns(5000000);
		if (bpf_map_lookup_elem(runs, &zero, &r))
			return;
	} while (hog_now_ns() - r.end_ns < 3000000 && !hog_stopped());
	hog_collect(h);
	bpf_map_update_elem(runs, &zero, &none, 0);
	truth.begin_ns = r.begin_ns;
	truth.end_ns = r.end_ns;
	if (r.end_ns - r.begin_ns >= PACKETS_BUSY_NS)
		hog_print_truth(h, &truth);
}

static void flood(struct hog *h, uint64_t ns)
{
	packets_flood(&net, ns, NULL);
	log_last(h);
}

const struct way way_load = {
	.name = "load",
	.mechanism = "load",
	.accept = "hog_packet,tcf_classify,cls_bpf_classify,__netif_receive_skb_"
		  "core,__napi_poll,"
		  "process_backlog,net_rx_action,sch_handle_ingress,tc_run,"
		  "__netif_receive_skb,__netif_receive_skb_one_core",
	.program = "hog_packet",
	.more_programs = { "hog_net_rx", "hog_net_rx_exit" },
	.nobodys = true,
	.least_ns = PACKETS_LOAD_NS,
	.open = open_softirq,
	.starve = flood,
	.close = close_load,
};

#define FIFO_PRIO 50
#define FLOOD_NS  15000000ULL /* so long before: ksoftirqd has taken over by then */
#define TRIES	  10

/* With the children. */
static volatile struct {
	int truths;
	uint64_t sent; /* batches of packets */
} * shared;
static int tries;

/* What a report should name. */
__attribute__((noinline)) static uint64_t keep_on_cpu(uint64_t until_ns)
{
	static volatile uint64_t sink;

	do {
		for (int i = 0; i < 20000; i++)
			sink = sink + (uint64_t)i;
	} while (hog_now_ns() < until_ns);
	return hog_now_ns();
}

static uint64_t keep_ns;

/* In the middle of a flood that ksoftirqd serves, a real-time task takes the
 * CPU. It is a stall if packets came meanwhile and not one was served: from
 * Linux 6.4 on they are served on interrupts all the same. */
static void take_cpu(struct hog *h)
{
	int runs = bpf_object__find_map_fd_by_name(h->object, "runs");
	struct hog_truth truth = { .cpu = h->cpu, .tid = (unsigned int)getpid() };
	struct packets_run r;
	unsigned int zero = 0;
	uint64_t begin_ns, sent;

	prctl(PR_GET_NAME, truth.comm);
	sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){ .sched_priority = FIFO_PRIO });
	hog_sleep_ns(FLOOD_NS);
	begin_ns = hog_now_ns();
	sent = shared->sent;
	truth.end_ns = keep_on_cpu(begin_ns + keep_ns);
	if (bpf_map_lookup_elem(runs, &zero, &r))
		_exit(1);
	truth.begin_ns = r.end_ns > begin_ns ? r.end_ns : begin_ns;
	if (r.end_ns > begin_ns + 500000 || !r.packets || shared->sent == sent)
		_exit(2);
	/* It is over with the next packet: ksoftirqd is a task as others are. */
	hog_sleep_ns(2000000);
	if (!bpf_map_lookup_elem(runs, &zero, &r) && r.begin_ns > truth.end_ns)
		truth.end_ns = r.begin_ns;
	shared->truths++;
	hog_print_truth(h, &truth);
}

static void open_flood(struct hog *h)
{
	void *at = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);

	if (at == MAP_FAILED)
		hog_skip("no memory to share");
	shared = at;
	open_softirq(h);
}

static void flood_and_take(struct hog *h, uint64_t ns)
{
	pid_t flooder = fork();
	int status;

	keep_ns = ns;
	if (flooder == 0) {
		packets_flood(&net, FLOOD_NS + ns + 3000000, &shared->sent);
		_exit(0);
	}
	hog_in_child(h, take_cpu);
	waitpid(flooder, &status, 0);
	if (++tries == TRIES && !shared->truths)
		hog_skip("this kernel serves packets on interrupts while ksoftirqd waits");
}

const struct way way_wait_flood = {
	.name = "ksoftirqd-flood",
	.mechanism = "ksoftirqd",
	.accept = "keep_on_cpu",
	.program = "hog_packet",
	.more_programs = { "hog_net_rx", "hog_net_rx_exit" },
	.open = open_flood,
	.starve = flood_and_take,
	.close = close_load,
};

const struct way way_load_thread = {
	.name = "load-thread",
	.mechanism = "load",
	.accept = "hog_packet,tcf_classify,cls_bpf_classify,__netif_receive_skb_core,__"
		  "napi_poll,"
		  "veth_poll,napi_threaded_poll,napi_threaded_poll_loop,sch_handle_"
		  "ingress,"
		  "tc_run,__netif_receive_skb_list_core,netif_receive_skb_list_internal,"
		  "napi_gro_receive,gro_receive_skb,napi_complete_done,gro_normal_list",
	.program = "hog_packet",
	.more_programs = { "hog_net_rx", "hog_net_rx_exit" },
	.nobodys = true,
	.least_ns = PACKETS_LOAD_NS,
	.open = open_thread,
	.starve = flood,
	.close = close_load,
};

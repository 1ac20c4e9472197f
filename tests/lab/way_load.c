/*
 * load: packets come faster than they are served, in the CPU's softirqs or in
 * the thread that polls the device. Each costs PACKET_NS, so that the sender's
 * CPU is not the one that gives up.
 */
#include "packets.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#define PACKET_NS 20000

static struct packets net;
static struct bpf_link *counters[2]; /* of NET_RX */

void packets_open_dear(struct packets *p, struct hog *h, bool threaded)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts);

	packets_open(p, h, threaded);
	hog_use_object(h, "net");
	hog_load(h);
	hook.ifindex = (int)p->far;
	opts.prog_fd = bpf_program__fd(h->program);
	if (bpf_tc_hook_create(&hook) || bpf_tc_attach(&hook, &opts))
		hog_skip("the kernel refuses a BPF program on packets");
	h->order->spin_ns = PACKET_NS;
	h->order->keeps = threaded ? (unsigned int)p->thread : 0;
	/* The sender's own CPU is another one. */
	hog_pin_to_cpu(h->cpu ? h->cpu - 1 : h->cpu + 1);
}

static void close_load(struct hog *h)
{
	(void)h;
	for (int i = 0; i < 2; i++)
		bpf_link__destroy(counters[i]);
}

static void open_load(struct hog *h, bool threaded)
{
	packets_open_dear(&net, h, threaded);
	for (int i = 0; i < 2; i++) {
		counters[i] = bpf_program__attach(
			bpf_object__find_program_by_name(h->object, h->way->more_programs[i]));
		if (!counters[i])
			hog_skip("the kernel refuses to attach the BPF program");
	}
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

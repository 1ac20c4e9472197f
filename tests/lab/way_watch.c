/*
 * watch: starves nobody, and writes down what starves: each softirq that was raised and not served
 * for 1.5 ms, seen by BPF programs, which also run where perf records nothing. Beside healthy
 * loads.
 */
#include "way.h"

#include <bpf/libbpf.h>

#define COLLECT_NS 100000000ULL

static struct bpf_link *more[2];

static void open_watch(struct hog *h)
{
	hog_pin_to_cpu(h->cpu ? h->cpu - 1 : h->cpu + 1);
	hog_use_object(h, "watch");
	hog_load(h);
	hog_attach(h);
	for (int i = 0; i < 2; i++) {
		more[i] = bpf_program__attach(
			bpf_object__find_program_by_name(h->object, h->way->more_programs[i]));
		if (!more[i])
			hog_skip("the kernel refuses to attach the BPF program");
	}
}

static void watch(struct hog *h, uint64_t ns)
{
	uint64_t end = hog_now_ns() + ns;

	h->order->spin_ns = ns;
	while (hog_now_ns() < end && !hog_stopped()) {
		hog_sleep_ns(COLLECT_NS);
		hog_collect(h);
	}
	h->order->spin_ns = 0;
	hog_collect(h);
}

static void close_watch(struct hog *h)
{
	(void)h;
	for (int i = 0; i < 2; i++)
		bpf_link__destroy(more[i]);
}

const struct way way_watch = {
	.name = "watch",
	.mechanism = "ksoftirqd",
	.accept = "-",
	.program = "hog_raised",
	.more_programs = { "hog_switched", "hog_served" },
	.open = open_watch,
	.starve = watch,
	.close = close_watch,
};

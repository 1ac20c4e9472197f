/* bh-off: BPF_PROG_TEST_RUN of an XDP program, with bottom halves off. */
#include "way.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/prctl.h>
#include <unistd.h>

static void test_run(struct hog *h)
{
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet),
		    .repeat = 1);

	prctl(PR_GET_NAME, (char *)h->order->comm);
	h->order->tid = (unsigned int)getpid();
	if (bpf_prog_test_run_opts(bpf_program__fd(h->program), &opts))
		_exit(1);
}

static void starve_test_run(struct hog *h, uint64_t ns)
{
	h->order->spin_ns = ns;
	hog_in_child(h, test_run);
	hog_await(h, 0);
}

const struct way way_bh_off = {
	.name = "bh-off",
	.mechanism = "bh-off",
	.accept = "hog_xdp,bpf_test_run,bpf_prog_test_run_xdp",
	.program = "hog_xdp",
	.open = hog_load,
	.starve = starve_test_run,
};

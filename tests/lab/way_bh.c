/* bh-off: BPF_PROG_TEST_RUN of an XDP program, and the end of a socket that listens. */
#include "way.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Linux 5.10 and 6.1 run it with bottom halves on, 6.18 does not; the BPF network context of 6.11
 * needs them off. */
static void open_test_run(struct hog *h)
{
	int major = 0, minor = 0;
	struct utsname name;

	if (uname(&name) || sscanf(name.release, "%d.%d", &major, &minor) != 2 ||
	    major * 100 + minor < 611)
		hog_skip("BPF_PROG_TEST_RUN leaves bottom halves on before Linux 6.11");
	hog_load(h);
}

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
	.open = open_test_run,
	.starve = starve_test_run,
};

static void open_closing(struct hog *h)
{
	hog_load(h);
	hog_attach(h);
}

/* Its child socket, which nobody has accepted, is taken apart with bottom halves off
 * (net/ipv4/inet_connection_sock.c, inet_csk_listen_stop). */
static void close_listener(struct hog *h)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t size = sizeof(at);
	int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(server, (struct sockaddr *)&at, size) || listen(server, 1) ||
	    getsockname(server, (struct sockaddr *)&at, &size) ||
	    connect(client, (struct sockaddr *)&at, size))
		_exit(1);
	h->order->tid = (unsigned int)getpid();
	close(server);
	h->order->tid = ~0U;
	close(client);
}

static void starve_closing(struct hog *h, uint64_t ns)
{
	hog_in_told_child(h, ns, close_listener);
}

const struct way way_bh_off_close = {
	.name = "bh-off-close",
	.mechanism = "bh-off",
	.accept = "hog_closing,inet_csk_listen_stop,inet_child_forget,tcp_disconnect,tcp_set_state,"
		  "inet_sk_state_store,__tcp_close,sock_close",
	.program = "hog_closing",
	.open = open_closing,
	.starve = starve_closing,
};

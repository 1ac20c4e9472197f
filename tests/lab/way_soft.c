/*
 * softirq and hardirq: a program that sits on a tracepoint inside the handler. It must be attached
 * after the recorder, or its spin lies before the recorder's entry event.
 */
#include "way.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/socket.h>
#include <unistd.h>

static void open_probe(struct hog *h)
{
	hog_load(h);
	hog_attach(h);
}

/* A socket that waits for nothing has a timer of the CPU that it waits on, some jiffies away: on a
 * quiet machine others are rare. */
static void wait_for_packet(struct hog *h)
{
	struct timeval most = { .tv_usec = 1000 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char byte;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most));
	for (int i = 0; fd >= 0 && i < 100 && h->order->spin_ns; i++)
		(void)!recv(fd, &byte, 1, 0);
	close(fd);
}

static void starve_timer(struct hog *h, uint64_t ns)
{
	h->order->spin_ns = ns;
	hog_in_child(h, wait_for_packet);
	hog_await(h, ns);
}

/* The next tick of the CPU takes the order. */
static void starve_next(struct hog *h, uint64_t ns)
{
	h->order->spin_ns = ns;
	hog_await(h, ns);
}

const struct way way_softirq = {
	.name = "softirq",
	.mechanism = "softirq",
	/* and the timer function that was about to run, which the truth adds */
	.accept = "hog_timer,call_timer_fn,TIMER",
	.program = "hog_timer",
	.nobodys = true,
	.open = open_probe,
	.starve = starve_timer,
};

const struct way way_hardirq = {
	.name = "hardirq",
	.mechanism = "hardirq",
	.accept = "hog_irq,local_timer",
	.program = "hog_irq",
	.nobodys = true,
	.open = open_probe,
	.starve = starve_next,
};

/* Packets over the loopback device are received where they are sent. */
static void send_packets(struct hog *h)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (int i = 0; fd >= 0 && i < 100 && h->order->spin_ns; i++)
		sendto(fd, "hog", 3, 0, (struct sockaddr *)&to, sizeof(to));
	close(fd);
}

static void starve_napi(struct hog *h, uint64_t ns)
{
	h->order->spin_ns = ns;
	hog_in_child(h, send_packets);
	hog_await(h, 0);
}

const struct way way_napi = {
	.name = "softirq-net-rx",
	.mechanism = "softirq",
	.accept = "hog_napi,__napi_poll,net_rx_action,process_backlog,NET_RX",
	.program = "hog_napi",
	.nobodys = true,
	.open = open_probe,
	.starve = starve_napi,
};

static void start_alarm(struct hog *h)
{
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet),
		    .repeat = 1);

	if (bpf_prog_test_run_opts(bpf_program__fd(h->program), &opts))
		_exit(1);
}

static void starve_hrtimer(struct hog *h, uint64_t ns)
{
	h->order->spin_ns = ns;
	hog_in_child(h, start_alarm);
	hog_await(h, ns);
}

const struct way way_hrtimer = {
	.name = "softirq-hrtimer",
	.mechanism = "softirq",
	.accept = "hog_alarm_cb,bpf_timer_cb,HRTIMER",
	.program = "hog_alarm",
	.nobodys = true,
	.open = hog_load,
	.starve = starve_hrtimer,
};

/* A veth pair in a network namespace of this process's own. */
#include "packets.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#define NEAR	   PACKETS_NEAR
#define FAR	   PACKETS_FAR
#define BATCH	   32
#define SEND_BYTES (4 << 20)
#define NAPI_COMM  "napi/" FAR "-"

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	if (!f || fputs(text, f) < 0 || fclose(f))
		hog_skip("sysfs does not take what the lab's network needs");
}

static void set_ethtool(const char *dev, unsigned int cmd, unsigned int value)
{
	struct ethtool_value v = { .cmd = cmd, .data = value };
	struct ifreq ifr;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memset(&ifr, 0, sizeof(ifr));
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", dev);
	ifr.ifr_data = (char *)&v;
	if (fd < 0 || ioctl(fd, SIOCETHTOOL, &ifr))
		hog_skip("veth does not take its offloads");
	close(fd);
}

pid_t packets_find_thread(const char *prefix)
{
	DIR *dir = opendir("/proc");
	struct dirent *d;
	pid_t found = 0;

	while (dir && !found && (d = readdir(dir))) {
		char path[300], comm[32] = "";
		FILE *f;

		if (!isdigit((unsigned char)d->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", d->d_name);
		f = fopen(path, "re");
		if (f && fgets(comm, sizeof(comm), f) && strncmp(comm, prefix, strlen(prefix)) == 0)
			found = (pid_t)strtol(d->d_name, NULL, 10);
		if (f)
			fclose(f);
	}
	if (dir)
		closedir(dir);
	return found;
}

static void make_thread(struct packets *p, const struct hog *h)
{
	cpu_set_t set;

	/* veth polls only what it would aggregate, and only if the sender does not do it already
	 * (drivers/net/veth.c, veth_skb_is_eligible_for_napi); else packets go by the CPU's
	 * backlog. */
	set_ethtool(FAR, ETHTOOL_SGRO, 1);
	set_ethtool(NEAR, ETHTOOL_STSO, 0);
	put("/sys/class/net/" FAR "/threaded", "1");
	p->thread = packets_find_thread(NAPI_COMM);
	CPU_ZERO(&set);
	CPU_SET(h->cpu, &set);
	/* It gets the CPU before others that wait: what is late about it is the hog's doing. */
	if (!p->thread || sched_setaffinity(p->thread, sizeof(set), &set) ||
	    sched_setscheduler(p->thread, SCHED_FIFO, &(struct sched_param){ .sched_priority = 1 }))
		hog_skip("no thread polls the device");
}

static void steer(const struct hog *h)
{
	char mask[32];

	snprintf(mask, sizeof(mask), "%x", 1U << h->cpu);
	put("/sys/class/net/" FAR "/queues/rx-0/rps_cpus", mask);
}

static void make_pair(void)
{
	/* sysfs shows the network namespace of who mounted it. */
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("sysfs", "/sys", "sysfs", 0, NULL))
		hog_skip("no network namespace of its own");
	if (system("ip link add " NEAR " type veth peer name " FAR " && ip link set " NEAR
		   " up && ip link set " FAR " up"))
		hog_skip("no veth pair (iproute2, CONFIG_VETH)");
}

/* A UDP packet to everybody and nobody: steering asks for a flow (IPv4: RFC 791, UDP: RFC 768). */
static void make_frame(struct packets *p)
{
	static const unsigned char ip[] = { 0x45, 0, 0,	 46, 0, 0, 0,  0, 64, 17,
					    0,	  0, 10, 9,  9, 1, 10, 9, 9,  2 };
	static const unsigned char udp[] = { 0x9c, 0x40, 0, 9, 0, 26, 0, 0 };

	memset(p->frame, 0, sizeof(p->frame));
	memset(p->frame, 0xff, 6);
	p->frame[12] = 0x08; /* ETH_P_IP */
	memcpy(p->frame + 14, ip, sizeof(ip));
	memcpy(p->frame + 34, udp, sizeof(udp));
}

void packets_open(struct packets *p, const struct hog *h, bool threaded)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = 0 };

	make_pair();
	*p = (struct packets){ .far = if_nametoindex(FAR) };
	if (threaded)
		make_thread(p, h);
	else
		steer(h);
	p->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	at.sll_ifindex = (int)if_nametoindex(NEAR);
	/* As many as the backlog takes. */
	setsockopt(p->fd, SOL_SOCKET, SO_SNDBUFFORCE, &(int){ SEND_BYTES }, sizeof(int));
	if (p->fd < 0 || bind(p->fd, (struct sockaddr *)&at, sizeof(at)))
		hog_skip("no packet socket");
	make_frame(p);
	/* The carrier needs a moment. */
	hog_sleep_ns(200000000);
}

static void fill(struct mmsghdr *all, struct iovec *part, const struct packets *p)
{
	*part = (struct iovec){ (void *)(uintptr_t)p->frame, sizeof(p->frame) };
	memset(all, 0, BATCH * sizeof(*all));
	for (int i = 0; i < BATCH; i++) {
		all[i].msg_hdr.msg_iov = part;
		all[i].msg_hdr.msg_iovlen = 1;
	}
}

void packets_send(const struct packets *p, unsigned int count)
{
	struct mmsghdr all[BATCH];
	struct iovec part;

	fill(all, &part, p);
	if (sendmmsg(p->fd, all, count < BATCH ? count : BATCH, MSG_DONTWAIT) < 0)
		return; /* a full queue is as good */
}

void packets_flood(const struct packets *p, uint64_t ns, volatile uint64_t *sent)
{
	uint64_t end = hog_now_ns() + ns;
	struct mmsghdr all[BATCH];
	struct iovec part;

	fill(all, &part, p);
	/* Nobody takes this CPU meanwhile, or the flood pauses. */
	sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){ .sched_priority = 1 });
	while (hog_now_ns() < end && !hog_stopped())
		if (sendmmsg(p->fd, all, BATCH, MSG_DONTWAIT) > 0 && sent)
			*sent = *sent + 1;
	sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){ 0 });
}

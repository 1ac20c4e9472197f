/*
 * Packets over the loopback device at a rate, each sent and received by this process on its CPU:
 *
 *	packets PER_SECOND SECONDS	0 a second: as many as go
 *
 * Every packet is one NET_RX softirq: three tracepoint records. Prints how many were sent and how
 * long it took, in ns.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

int main(int argc, char **argv)
{
	uint64_t rate = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
	uint64_t length_ns = (argc > 2 ? strtoull(argv[2], NULL, 10) : 1) * 1000000000U;
	struct sockaddr_in to = { .sin_family = AF_INET };
	socklen_t len = sizeof(to);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	uint64_t begin, now, sent = 0;
	char byte = 0;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof(to)) ||
	    getsockname(fd, (struct sockaddr *)&to, &len) ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		perror("packets");
		return 1;
	}
	begin = now = now_ns();
	while (now - begin < length_ns) {
		if (rate && sent * 1000000000U / rate > now - begin) {
			now = now_ns();
			continue;
		}
		if (send(fd, &byte, 1, 0) != 1 || recv(fd, &byte, 1, 0) != 1) {
			perror("packets");
			return 1;
		}
		sent++;
		now = now_ns();
	}
	printf("%" PRIu64 " %" PRIu64 "\n", sent, now - begin);
	return 0;
}

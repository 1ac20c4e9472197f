#ifndef PACKETS_H
#define PACKETS_H

/*
 * Packets for the lab: a veth pair in a network namespace of the hog's own, gone with it; and what
 * its BPF program (net.bpf.c) shares with it.
 */

/* NET_RX this close together are one run. analyze/load.c joins pauses of 300 us, and pauses of
 * about that length are common, where a tick's interrupt serves what ksoftirqd is left: shorter
 * ones are logged apart, and truth.py knows that they may be one. Packets of a thread, and of tasks
 * of which tracepoints do not tell: 3 us more, from the last packet and to the first. A run this
 * long is a load; one this long is logged. */
#define NET_RX_PAUSE_NS	 285000ULL
#define PACKETS_PAUSE_NS 288000ULL
#define PACKETS_BUSY_NS	 100000ULL
#define PACKETS_LOAD_NS	 10000000ULL
/* So long at most a thread that polls stays on the CPU between two packets of one run. */
#define PACKETS_STAY_NS 1000000ULL

/* So long without a packet, in a flood, and they are kept waiting. */
#define PACKETS_GAP_NS 1000000ULL

struct packets_run {
	unsigned long long begin_ns, end_ns, packets;
	unsigned long long switches; /* of the thread that polls, by its end */
	unsigned int tid, pad;	     /* on whose back, by its end */
	/* The first gap since who asks has set them to 0: from packet to packet. */
	unsigned long long gap_begin_ns, gap_end_ns;
};

#ifndef __bpf__

#include "way.h"

#define PACKETS_NEAR "hognear" /* sends */
#define PACKETS_FAR  "hogfar"  /* receives */

struct packets {
	int fd;		  /* sends on the near end */
	unsigned int far; /* interface index of the end that receives */
	pid_t thread;	  /* that polls it; 0: it is polled in a softirq of the CPU */
	unsigned char frame[60];
};

/* Makes the pair; what it receives is served on h->cpu: in a thread, or in a softirq. Calls
 * hog_skip() where this machine cannot. */
void packets_open(struct packets *p, const struct hog *h, bool threaded);
/* The same, and each packet takes time where it is received: in way_load.c, by its BPF program. */
void packets_open_dear(struct packets *p, struct hog *h, bool threaded);
/* The thread whose name begins so (its line in /proc: with "\n" the name is whole); 0: none. */
pid_t packets_find_thread(const char *comm);
/* Some packets, 32 at most; from the CPU that should receive them where its thread's wake-up is to
 * be seen there. */
void packets_send(const struct packets *p, unsigned int count);
/* Sends without a pause, so long; *sent counts batches that were taken (NULL: nobody asks). */
void packets_flood(const struct packets *p, uint64_t ns, volatile uint64_t *sent);

#endif

#endif

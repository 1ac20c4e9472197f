/*
 * A large recording of many CPUs, made record by record, and the spikes that go with it.
 *
 *	mkperf <head >FILE; mkbig [--cpus N] [--seconds S] [--ticks T] [--stalls K] [--spikes M CSV]
 *>>FILE
 *
 * mkperf writes the events and their formats; the ids below are its own (tests/tool/mkperf.c). Each
 * second every CPU is busy for T ticks of 1 ms, each with a sample of one of many stacks and a
 * served TIMER, and idle for the rest. A round holds one second of every CPU's ring, one ring
 *behind the other, as perf reads them. Stalls are a NET_RX that does not end for 5 to 50 ms, spread
 *over CPUs and time; the first M/2 spikes are late replies of as many stalls, the others lie
 *anywhere. The same arguments make the same bytes. What was made is told on stderr as one JSON
 *line.
 */
#include <linux/perf_event.h>

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BASE_NS	    1000000000000ULL	   /* mkperf's begin, CLOCK_MONOTONIC */
#define REAL_NS	    1600000000000000000ULL /* and CLOCK_REALTIME */
#define TEXT_AT	    0xffffffff81000000ULL
#define SECOND_NS   1000000000ULL
#define TICK_NS	    1000000ULL
#define FRAMES	    12
#define STACKS	    512
#define VEC_TIMER   1
#define VEC_NET	    3
#define SERVING	    0x10 /* common_flags: a softirq is served */
#define SWITCH_SIZE 64

enum { EV_SAMPLER = 1, EV_RAISE, EV_ENTRY, EV_EXIT, EV_TICK_ENTRY, EV_TICK_EXIT, EV_SWITCH = 9 };

struct made {
	uint32_t cpus, seconds, ticks, stalls, spikes;
	uint64_t events, bytes, random;
	uint32_t done; /* stalls so far */
	FILE *csv;
	uint32_t told; /* spikes so far */
};

struct tracepoint {
	struct perf_event_header header;
	uint64_t id, time_ns, cpu;
	uint32_t raw_size;
	uint16_t type;
	uint8_t flags, preempt;
	uint32_t pid;
	uint8_t fields[SWITCH_SIZE];
} __attribute__((packed));

struct sample {
	struct perf_event_header header;
	uint64_t id, ip;
	uint32_t pid, tid;
	uint64_t time_ns, cpu, n, chain[FRAMES + 1];
	uint64_t user_abi, intr_abi;
};

static uint64_t next_random(struct made *m)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return m->random;
}

static void put(struct made *m, const void *record, size_t size)
{
	if (fwrite(record, 1, size, stdout) != size) {
		perror("mkbig");
		exit(1);
	}
	m->events++;
	m->bytes += size;
}

/* Fields of size bytes behind the common ones; RAW and its length fill whole words. */
static void put_flagged(struct made *m, uint16_t id, uint64_t at_ns, uint32_t cpu, uint32_t tid,
			uint8_t flags, const void *fields, uint32_t size)
{
	struct tracepoint p = {
		.header = { .type = PERF_RECORD_SAMPLE, .misc = PERF_RECORD_MISC_KERNEL },
		.id = id,
		.time_ns = at_ns,
		.cpu = cpu,
		.raw_size = (8 + size + 4 + 7) / 8 * 8 - 4,
		.type = id,
		.flags = flags,
		.pid = tid,
	};

	memcpy(p.fields, fields, size);
	p.header.size = (uint16_t)(8 + 24 + 4 + p.raw_size);
	put(m, &p, p.header.size);
}

static void put_point(struct made *m, uint16_t id, uint64_t at_ns, uint32_t cpu, uint32_t tid,
		      const void *fields, uint32_t size)
{
	put_flagged(m, id, at_ns, cpu, tid, 0, fields, size);
}

static void put_vec(struct made *m, uint16_t id, uint64_t at_ns, uint32_t cpu, uint32_t tid,
		    uint32_t vec)
{
	put_point(m, id, at_ns, cpu, tid, &vec, sizeof(vec));
}

static void put_switch(struct made *m, uint64_t at_ns, uint32_t cpu, uint32_t from, uint32_t to)
{
	uint8_t f[56] = { 0 };
	const uint32_t prio = 120, sleeps = 1;

	snprintf((char *)f, 16, from ? "worker" : "swapper");
	memcpy(f + 16, &from, 4);
	memcpy(f + 20, &prio, 4);
	memcpy(f + 24, &sleeps, 4);
	snprintf((char *)f + 32, 16, to ? "worker" : "swapper");
	memcpy(f + 48, &to, 4);
	memcpy(f + 52, &prio, 4);
	put_point(m, EV_SWITCH, at_ns, cpu, from, f, sizeof(f));
}

/* flags: what the tick interrupts. */
static void put_tick(struct made *m, uint64_t at_ns, uint32_t cpu, uint32_t tid, uint8_t flags)
{
	const uint32_t vector = 236;
	uint64_t stack = next_random(m) % STACKS;
	struct sample s = {
		.header = { PERF_RECORD_SAMPLE, PERF_RECORD_MISC_KERNEL, sizeof(s) },
		.id = EV_SAMPLER,
		.pid = tid,
		.tid = tid,
		.time_ns = at_ns + 1000,
		.cpu = cpu,
		.n = FRAMES + 1,
		.chain = { (uint64_t)PERF_CONTEXT_KERNEL },
	};

	for (uint64_t i = 0; i < FRAMES; i++)
		s.chain[FRAMES - i] = TEXT_AT + (i * 31 + (i > 5 ? stack : 0)) * 0x1000 + 0x21;
	s.ip = s.chain[1];
	put_flagged(m, EV_TICK_ENTRY, at_ns, cpu, tid, flags, &vector, 4);
	put(m, &s, sizeof(s));
	put_flagged(m, EV_TICK_EXIT, at_ns + 5000, cpu, tid, flags, &vector, 4);
}

static void put_spike(struct made *m, uint64_t at_ns, double latency_ms, uint32_t cpu)
{
	uint64_t real_us = (REAL_NS + (at_ns - BASE_NS)) / 1000;

	if (!m->csv || m->told == m->spikes)
		return;
	m->told++;
	fprintf(m->csv, "%" PRIu64 ".%06" PRIu64 ",%.3f,%" PRIu32 "\n", real_us / 1000000,
		real_us % 1000000, latency_ms, cpu);
}

/* NET_RX from the first tick on; ticks go on inside. */
static uint64_t put_stall(struct made *m, uint64_t at_ns, uint32_t cpu, uint32_t tid)
{
	uint64_t end = at_ns + (5 + next_random(m) % 46) * TICK_NS;

	put_vec(m, EV_RAISE, at_ns + 6000, cpu, tid, VEC_NET);
	put_vec(m, EV_ENTRY, at_ns + 7000, cpu, tid, VEC_NET);
	for (uint64_t t = at_ns + TICK_NS; t < end; t += TICK_NS)
		put_tick(m, t, cpu, tid, SERVING);
	put_vec(m, EV_EXIT, end - 100000, cpu, tid, VEC_NET);
	m->done++;
	if (m->told < m->spikes / 2)
		put_spike(m, end, (double)(end - at_ns) / 1e6, cpu);
	return end;
}

/* One CPU's second. */
static void put_second(struct made *m, uint32_t cpu, uint32_t second, bool stall)
{
	uint64_t at = BASE_NS + second * SECOND_NS + (cpu * 37ULL + 1) % 200 * TICK_NS + cpu * 100;
	uint32_t tid = 1000 + cpu;

	put_switch(m, at - 300000, cpu, 0, tid);
	for (uint32_t i = 0; i < m->ticks; i++, at += TICK_NS) {
		put_tick(m, at, cpu, tid, 0);
		put_vec(m, EV_RAISE, at + 2000, cpu, tid, VEC_TIMER);
		if (stall && i == m->ticks / 2) {
			at = put_stall(m, at, cpu, tid) - TICK_NS;
			continue;
		}
		put_vec(m, EV_ENTRY, at + 5500, cpu, tid, VEC_TIMER);
		put_vec(m, EV_EXIT, at + 7000, cpu, tid, VEC_TIMER);
	}
	at += 300000 - TICK_NS;
	put_switch(m, at, cpu, tid, 0);
	/* A CPU that says something while it idles: its idle time counts as observed. */
	at += 10 * TICK_NS;
	put_vec(m, EV_RAISE, at, cpu, 0, VEC_TIMER);
	put_vec(m, EV_ENTRY, at + 1000, cpu, 0, VEC_TIMER);
	put_vec(m, EV_EXIT, at + 2000, cpu, 0, VEC_TIMER);
}

static void put_all(struct made *m)
{
	const struct perf_event_header round = { 68, 0, sizeof(round) }; /* FINISHED_ROUND */
	uint64_t all = (uint64_t)m->cpus * m->seconds;

	for (uint32_t s = 0; s < m->seconds; s++) {
		for (uint32_t cpu = 0; cpu < m->cpus; cpu++) {
			/* The k-th stall falls into this CPU and second, visited in a mixed order.
			 */
			uint64_t at = ((uint64_t)s * m->cpus + cpu) * 7919 % all;

			put_second(m, cpu, s, at * m->stalls / all != (at + 1) * m->stalls / all);
		}
		put(m, &round, sizeof(round));
	}
	while (m->csv && m->told < m->spikes)
		put_spike(m, BASE_NS + next_random(m) % (m->seconds * SECOND_NS),
			  (double)(next_random(m) % 200 + 2), (uint32_t)(next_random(m) % m->cpus));
}

static void options(struct made *m, char **argv)
{
	struct {
		const char *name;
		uint32_t *to;
	} known[] = { { "--cpus", &m->cpus },
		      { "--seconds", &m->seconds },
		      { "--ticks", &m->ticks },
		      { "--stalls", &m->stalls },
		      { "--spikes", &m->spikes } };

	for (argv++; argv[0] && argv[1]; argv += 2) {
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (strcmp(argv[0], known[i].name) == 0)
				*known[i].to = (uint32_t)strtoul(argv[1], NULL, 10);
		if (strcmp(argv[0], "--spikes") == 0 && argv[2]) {
			m->csv = fopen(argv[2], "we");
			if (!m->csv) {
				perror(argv[2]);
				exit(1);
			}
			argv++;
		}
	}
}

int main(int argc, char **argv)
{
	static char buffer[1 << 20];
	struct made m = { .cpus = 2, .seconds = 60, .ticks = 10, .random = 88172645463325252ULL };

	(void)argc;
	options(&m, argv);
	if (!m.cpus || !m.seconds || m.ticks > 720) {
		fprintf(stderr, "mkbig: CPUs and seconds from 1, ticks to 720\n");
		return 1;
	}
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	if (m.csv)
		fprintf(m.csv, "time,latency_ms,cpu\n");
	put_all(&m);
	if (fflush(stdout) || (m.csv && fclose(m.csv))) {
		perror("mkbig");
		return 1;
	}
	fprintf(stderr,
		"{\"events\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"stalls\":%" PRIu32
		",\"spikes\":%" PRIu32 "}\n",
		m.events, m.bytes, m.done, m.told);
	return 0;
}

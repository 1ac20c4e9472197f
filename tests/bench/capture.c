/*
 * The three softirq events of one CPU, whole, through sirqprof's own capture: capture CPU FILE
 * [BUFFER_KB]
 *
 * What perf record -c 1 of them is set beside: the same plan, rings and drain that sirqprof has,
 * with all other events left out. Ends at SIGINT.
 */
#include "events.h"
#include "plan.h"
#include "stream.h"
#include "tracefs.h"
#include "writer.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

#define RING_KB 4096 /* sirqprof's default for one CPU */
#define LOOK_MS 2

static volatile sig_atomic_t stop;

static void on_stop(int sig)
{
	(void)sig;
	stop = 1;
}

/* Only the dummy, which leads the ring, and the three. */
static void keep_three(struct plan *p)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < p->nevents; i++) {
		struct plan_event *e = &p->events[i];

		if (e->role == PLAN_SIDE || strncmp(e->name, "irq:softirq_", 12) == 0)
			p->events[kept++] = *e;
		else
			free(e->format);
	}
	p->nevents = kept;
}

static void step_aside(uint32_t cpu)
{
	cpu_set_t set;

	sched_getaffinity(0, sizeof(set), &set);
	CPU_CLR(cpu, &set);
	if (CPU_COUNT(&set))
		sched_setaffinity(0, sizeof(set), &set);
}

static int drain(struct events *ev, struct stream *s, struct sp_err *err)
{
	struct ring *r = &ev->cpus[0].ring;
	uint64_t bad = 0;
	const uint8_t *rec;
	uint16_t size;
	int rc = SP_OK;

	if (!ring_look(r))
		return SP_OK;
	while (!rc && (rec = ring_next(r, &size, &bad)))
		rc = stream_record(s, rec, size, err);
	ring_done(r);
	return rc ? rc : stream_round(s, err);
}

static int record(uint32_t cpu, const char *path, uint64_t ring_bytes, struct sp_err *err)
{
	const struct plan_cfg cfg = {
		.event = "cpu-clock", .freq_hz = 1000, .detail = true, .cpu = cpu
	};
	const struct writer_cfg writer_cfg = { .path = path, .force = true };
	sp_auto(tracefs) t = NULL;
	sp_auto(plan) p = NULL;
	sp_auto(events) ev = NULL;
	sp_auto(writer) w = NULL;
	sp_auto(stream) s = NULL;
	int rc = tracefs_new(&t, err);

	rc = rc ? rc : plan_new(&p, &cfg, t, err);
	if (!rc)
		keep_three(p);
	rc = rc ? rc : events_new(&ev, p, &cpu, 1, UINT32_MAX, ring_bytes, err);
	rc = rc ? rc : writer_new(&w, &writer_cfg, err);
	rc = rc ? rc : stream_new(&s, writer_sink(w), err);
	rc = rc ? rc : stream_header(s, p, ev->ids, ev->nfds, t, err);
	rc = rc ? rc : events_enable(ev, p, err);
	while (!rc && !stop) {
		struct pollfd fd = { .fd = ev->cpus[0].lead, .events = POLLIN };

		poll(&fd, 1, LOOK_MS);
		rc = drain(ev, s, err);
	}
	if (rc)
		return rc;
	events_disable(ev);
	rc = drain(ev, s, err);
	return rc ? rc : writer_close(w, err);
}

int main(int argc, char **argv)
{
	struct sp_err err = SP_ERR_INIT;
	uint32_t cpu = argc > 2 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
	uint64_t ring_kb = argc > 3 ? strtoull(argv[3], NULL, 10) : RING_KB;

	if (argc < 3) {
		fprintf(stderr, "usage: capture CPU FILE [BUFFER_KB]\n");
		return 2;
	}
	signal(SIGINT, on_stop);
	signal(SIGTERM, on_stop);
	step_aside(cpu);
	if (record(cpu, argv[2], ring_kb << 10, &err)) {
		fprintf(stderr, "capture: %s\n", err.text);
		return 1;
	}
	return 0;
}

#include "thinner.h"

#include <stdlib.h>

#define NS_MS 1000000ULL
#define NS_S  1000000000ULL
/*
 * NET_RX entries a second from which on they are thinned: whole they take 1.8 us each (three
 * records), 3.6 % of the CPU there; thinned 0.5 us. Half of it ends it, so that a rate in between
 * does not switch to and fro: each switch interrupts the CPU eleven times.
 */
#define THIN_FROM  20000U
#define WHOLE_FROM 10000U
/* How long the rate is counted: a ring holds ten times that of a flood's whole records. */
#define COUNT_NS (20 * NS_MS)
/* How long it must be low: longer than most stalls, in which nothing is served either. */
#define CALM_NS (200 * NS_MS)
/* In a sample: header, IDENTIFIER, TIME, size of RAW, RAW = common fields (8 bytes), vec. */
#define VEC_AT 36U

struct thin_cpu {
	uint64_t entry_id, sparse_id; /* 0: none */
	bool thin;
	uint64_t seen; /* entries since from_ns */
	uint64_t from_ns;
	uint64_t calm_ns; /* while thin: since when the rate is low; 0: not looked at yet */
};

struct thinner {
	const struct plan *plan;
	const struct events *events;
	struct thin_cpu cpus[];
};

static void note_id(struct thin_cpu *c, const struct plan_event *e, uint64_t id)
{
	if (strcmp(e->name, "irq:softirq_entry") != 0)
		return;
	if (e->phase == PLAN_WHOLE)
		c->entry_id = id;
	else if (e->attr.sample_period == SP_SPARSE_EVERY)
		c->sparse_id = id;
}

int thinner_new(struct thinner **ret, const struct plan *p, const struct events *ev,
		struct sp_err *err)
{
	struct thinner *t = calloc(1, sizeof(*t) + ev->ncpus * sizeof(t->cpus[0]));

	if (!t)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for %u CPUs", ev->ncpus);
	t->plan = p;
	t->events = ev;
	for (uint32_t c = 0; c < ev->ncpus; c++)
		for (uint32_t i = 0; i < ev->nfds; i++)
			if (ev->ids[i].cpu == ev->cpus[c].cpu)
				note_id(&t->cpus[c], &p->events[ev->ids[i].event], ev->ids[i].id);
	*ret = t;
	return SP_OK;
}

void thinner_free(struct thinner *t)
{
	free(t);
}

void thinner_see(struct thinner *t, uint32_t i, uint64_t id, const uint8_t *rec)
{
	struct thin_cpu *c = &t->cpus[i];
	uint32_t vec;

	if (id == c->sparse_id) {
		c->seen += c->thin ? SP_SPARSE_EVERY : 0;
	} else if (id == c->entry_id && !c->thin) {
		memcpy(&vec, rec + VEC_AT, sizeof(vec));
		c->seen += vec == 3;
	}
}

bool thinner_is_on(const struct thinner *t, uint32_t i)
{
	return t->cpus[i].thin;
}

static int tell(struct stream *s, uint32_t cpu, uint32_t every, struct sp_err *err)
{
	fact_begin(s, SP_FACT_THIN, stream_now(), cpu);
	fact_u32(s, every);
	return fact_end(s, err);
}

/* The new set is on before the old one goes: what both record in between is seen twice, which the
 * timeline bears, but nothing is missed. */
static int change(struct thinner *t, uint32_t i, bool thin, struct stream *s, struct sp_err *err)
{
	uint32_t cpu = t->events->cpus[i].cpu;
	int rc;

	events_phase(t->events, t->plan, cpu, thin ? PLAN_THIN : PLAN_WHOLE, true);
	rc = tell(s, cpu, thin ? SP_SPARSE_EVERY : 1, err);
	events_phase(t->events, t->plan, cpu, thin ? PLAN_WHOLE : PLAN_THIN, false);
	t->cpus[i].thin = thin;
	return rc;
}

int thinner_look(struct thinner *t, uint32_t i, uint64_t now_ns, bool alive, struct stream *s,
		 struct sp_err *err)
{
	struct thin_cpu *c = &t->cpus[i];
	uint64_t took = now_ns - c->from_ns, rate;

	/* Asking a CPU that does not answer would make us wait with it. */
	if (!c->sparse_id || !alive || took < COUNT_NS)
		return SP_OK;
	rate = c->seen * NS_S / took;
	c->seen = 0;
	c->from_ns = now_ns;
	if (!c->thin)
		return rate >= THIN_FROM ? change(t, i, true, s, err) : SP_OK;
	if (rate >= WHOLE_FROM || !c->calm_ns)
		c->calm_ns = now_ns;
	if (now_ns - c->calm_ns < CALM_NS)
		return SP_OK;
	c->calm_ns = 0;
	return change(t, i, false, s, err);
}

void thinner_reset(struct thinner *t, uint32_t i, uint64_t now_ns)
{
	struct thin_cpu *c = &t->cpus[i];

	c->seen = 0;
	c->from_ns = now_ns;
	c->calm_ns = c->thin ? now_ns : 0;
}

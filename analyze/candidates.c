#include "candidates.h"

#include <stdlib.h>
#include <string.h>

struct candidates {
	const struct sp_stall *stalls;
	uint32_t nstalls;
	uint64_t *ends; /* the latest end of the stalls up to each, so a search can stop */
	struct candidate *at;
	uint32_t n, room;
};

int candidates_new(struct candidates **ret, const struct sp_stall *stalls, uint32_t n,
		   struct sp_err *err)
{
	sp_auto(candidates) c = calloc(1, sizeof(*c));

	if (c)
		c->ends = calloc(n ? n : 1, sizeof(c->ends[0]));
	if (!c || !c->ends)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to compare %u stalls", n);
	c->stalls = stalls;
	c->nstalls = n;
	for (uint32_t i = 0; i < n; i++) {
		c->ends[i] = stalls[i].end_ns;
		if (i && c->ends[i - 1] > c->ends[i])
			c->ends[i] = c->ends[i - 1];
	}
	*ret = sp_take(c);
	return SP_OK;
}

void candidates_free(struct candidates *c)
{
	if (!c)
		return;
	free(c->at);
	free(c->ends);
	free(c);
}

/* How many stalls begin before the instant. */
static uint32_t begun(const struct candidates *c, uint64_t before_ns)
{
	uint32_t from = 0, to = c->nstalls;

	while (from < to) {
		uint32_t mid = from + (to - from) / 2;

		if (c->stalls[mid].begin_ns < before_ns)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static int put(struct candidates *c, uint32_t stall, uint64_t begin_ns, uint64_t end_ns,
	       struct sp_err *err)
{
	uint32_t room = c->room ? c->room * 2 : 64;
	struct candidate *at = c->at;

	if (c->n == c->room) {
		at = realloc(at, room * sizeof(*at));
		if (!at)
			return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for %u candidates",
				       room);
		c->at = at;
		c->room = room;
	}
	at[c->n++] = (struct candidate){ stall, c->stalls[stall].cpu, begin_ns, end_ns };
	return SP_OK;
}

static int gather(struct candidates *c, uint32_t cpu, uint64_t begin_ns, uint64_t end_ns,
		  struct sp_err *err)
{
	int rc = SP_OK;

	c->n = 0;
	for (uint32_t i = begun(c, end_ns); !rc && i-- && c->ends[i] > begin_ns;) {
		const struct sp_stall *s = &c->stalls[i];
		uint64_t from = s->begin_ns > begin_ns ? s->begin_ns : begin_ns;
		uint64_t to = s->end_ns < end_ns ? s->end_ns : end_ns;

		if (from < to && (cpu == SP_NO_CPU || cpu == s->cpu))
			rc = put(c, i, from, to, err);
	}
	return rc;
}

static int by_cpu_begin(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	return x->begin_ns == y->begin_ns ? 0 : x->begin_ns < y->begin_ns ? -1 : 1;
}

static uint64_t length(const struct candidate *k)
{
	return k->end_ns - k->begin_ns;
}

static int by_length(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (length(x) != length(y))
		return length(x) > length(y) ? -1 : 1;
	return x->stall == y->stall ? 0 : x->stall < y->stall ? -1 : 1;
}

/* What the stalls of one CPU come to. */
struct group {
	uint32_t cpu;
	uint64_t held_ns;
	double confidence;
	const struct sp_stall *main; /* the one that holds most */
};

/* The group that begins with *i, which moves past it. */
static struct group next_group(const struct candidates *c, uint32_t *i)
{
	struct group g = { .cpu = c->at[*i].cpu };
	uint64_t reached_ns = 0, longest_ns = 0;
	double weighted = 0, weights = 0;

	for (; *i < c->n && c->at[*i].cpu == g.cpu; ++*i) {
		const struct candidate *k = &c->at[*i];
		uint64_t from = k->begin_ns > reached_ns ? k->begin_ns : reached_ns;

		if (k->end_ns > from) {
			g.held_ns += k->end_ns - from;
			reached_ns = k->end_ns;
		}
		weighted += c->stalls[k->stall].confidence * (double)length(k);
		weights += (double)length(k);
		if (length(k) > longest_ns) {
			longest_ns = length(k);
			g.main = &c->stalls[k->stall];
		}
	}
	g.confidence = weights > 0 ? weighted / weights : 0;
	return g;
}

/* Whether two stalls have one culprit: then it does not matter which of them is meant. */
static bool same_culprit(const struct sp_stall *a, const struct sp_stall *b)
{
	bool host_a = a->mechanism == SP_MECH_STEAL || a->mechanism == SP_MECH_STOPPED;
	bool host_b = b->mechanism == SP_MECH_STEAL || b->mechanism == SP_MECH_STOPPED;

	if (host_a || host_b)
		return host_a && host_b;
	if (a->mechanism != b->mechanism || a->func_addr != b->func_addr || a->vec != b->vec ||
	    a->irq.id != b->irq.id || a->irq.kind != b->irq.kind || a->dev != b->dev)
		return false;
	return a->comm ? a->comm == b->comm : a->tid == b->tid;
}

int candidates_find(struct candidates *c, uint32_t cpu, uint64_t begin_ns, uint64_t end_ns,
		    struct candidates_best *ret, struct sp_err *err)
{
	struct group best = { 0 };
	uint64_t rival_ns = 0;
	int rc = gather(c, cpu, begin_ns, end_ns, err);

	if (rc)
		return rc;
	if (c->n)
		qsort(c->at, c->n, sizeof(c->at[0]), by_cpu_begin);
	for (uint32_t i = 0; i < c->n;) {
		struct group g = next_group(c, &i);

		if (g.held_ns > best.held_ns)
			best = g;
	}
	for (uint32_t i = 0; i < c->n;) {
		struct group g = next_group(c, &i);

		if (best.main && g.cpu != best.cpu && g.held_ns > rival_ns &&
		    !same_culprit(g.main, best.main))
			rival_ns = g.held_ns;
	}
	if (c->n)
		qsort(c->at, c->n, sizeof(c->at[0]), by_length);
	*ret = (struct candidates_best){
		.cpu = best.cpu,
		.held_ns = best.held_ns,
		.confidence = best.confidence,
		.rival_ns = rival_ns,
		.all = c->at,
		.n = c->n,
	};
	return SP_OK;
}

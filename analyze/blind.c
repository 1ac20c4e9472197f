#include "lane.h"

/*
 * Records lost, or not taken because the sampler was throttled: what was going on is not known any
 * more.
 */

void blind_forget(struct lane *l, uint64_t until_ns)
{
	l->blind_until_ns = until_ns;
	l->gap.open = false;
	l->gap.last_on_ns = 0;
	l->gap.run_ready = false;
	shares_begin(&l->gap.off, until_ns);
	l->bh.open = false;
	l->bh.last_free_ns = until_ns;
	l->soft.open = false;
	l->hard.open = false;
	for (uint32_t i = 0; i < WAITS_MAX; i++)
		l->waits[i].since_ns = 0;
	l->load.thread_since_ns = 0;
	l->load.keeps = l->load.keeps && l->load.open;
	memset(l->raised_ns, 0, sizeof(l->raised_ns));
	sparse_blind(l, until_ns);
}

int blind_lost(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err)
{
	uint64_t from = l->now_ns ? l->now_ns : e->time_ns;
	int rc = coverage_gap(t->parts.coverage, l->cpu, COVERAGE_LOST, from, e->time_ns, err);

	blind_forget(l, e->time_ns);
	return rc;
}

int blind_throttle(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err)
{
	int rc = SP_OK;

	if (e->type == SP_EV_THROTTLE) {
		if (!l->throttled)
			l->throttled_since_ns = e->time_ns;
		l->throttled = true;
		return SP_OK;
	}
	if (l->throttled)
		rc = coverage_gap(t->parts.coverage, l->cpu, COVERAGE_NOT_OBSERVED,
				  l->throttled_since_ns, e->time_ns, err);
	l->throttled = false;
	blind_forget(l, e->time_ns);
	return rc;
}

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
	l->load.span_paused_ns = 0;
	memset(l->raised_ns, 0, sizeof(l->raised_ns));
	sparse_blind(l, until_ns);
}

/* From so many periods on: the clock was due more than once. */
#define HOLE_PERIODS 3U

/*
 * Some kernels record nothing while certain tasks are current, the idle task or threads of the
 * kernel (seen on 6.18). Such a hole looks like a gap, but does not end with the interrupt that was
 * late: a softirq begins or ends with interrupts on, so the clock would have come first, and a
 * switch without one before it says the same of the task that ran.
 */
static bool is_hole(const struct timeline *t, const struct lane *l, const struct sp_event *e)
{
	uint64_t period = t->cfg.period_ns, from = l->gap.last_on_ns;

	if (e->type != SP_EV_ENTRY && e->type != SP_EV_EXIT && e->type != SP_EV_SWITCH)
		return false;
	return from && period && t->cfg.has_tick && !l->idle && !l->throttled && !l->soft.open &&
	       !l->hard.open && e->time_ns - from > HOLE_PERIODS * period &&
	       l->gap.last_tick_ns + 2 * period >= from && from >= l->blind_until_ns;
}

int blind_hole(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err)
{
	uint64_t from = l->gap.last_on_ns;
	int rc;

	if (!is_hole(t, l, e))
		return SP_OK;
	rc = coverage_gap(t->parts.coverage, l->cpu, COVERAGE_NOT_OBSERVED, from, e->time_ns, err);
	/* A run that does not go on behind the hole has ended before it. */
	if (!rc && !load_hole(l, from, e->time_ns))
		rc = load_flush(t, l, err);
	blind_forget(l, e->time_ns);
	return rc;
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

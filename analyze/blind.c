#include "lane.h"
#include "load.h"

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
#define HOLE_PERIODS 2U

/* The newest record of any kind. */
static uint64_t hole_from(const struct lane *l)
{
	return l->now_ns > l->gap.last_on_ns ? l->now_ns : l->gap.last_on_ns;
}

/*
 * Some kernels record nothing while certain tasks are current, the idle task or threads of the
 * kernel (seen on 6.18). Such a hole looks like a gap, but does not end with the interrupt that was
 * late: a softirq begins or ends with interrupts on, so the clock would have come first, and a
 * switch without one before it says the same of the task that ran.
 */
static bool is_hole(const struct timeline *t, const struct lane *l, const struct sp_event *e)
{
	uint64_t period = t->cfg.period_ns, on = l->gap.last_on_ns;

	if (e->type != SP_EV_ENTRY && e->type != SP_EV_EXIT && e->type != SP_EV_SWITCH)
		return false;
	return on && period && t->cfg.has_tick && !l->idle && !l->throttled && !l->soft.open &&
	       !l->hard.open && e->time_ns - hole_from(l) > HOLE_PERIODS * period &&
	       l->gap.last_tick_ns + 2 * period >= on && on >= l->blind_until_ns;
}

/* A NET_RX that is being served may go on in it. */
static uint64_t packets_until(const struct lane *l)
{
	return l->soft.open && l->soft.vec == SP_VEC_NET_RX ? l->soft.begin_ns : l->gap.last_on_ns;
}

/* What was proven before the hole holds: it ends there, and may have gone on inside. */
static int end_all(struct timeline *t, struct lane *l, uint64_t from_ns, uint64_t to_ns,
		   struct sp_err *err)
{
	int rc = gap_close(t, l, err);

	rc = rc ? rc : gap_off_end(t, l, l->gap.off.from_ns, to_ns, err);
	rc = rc ? rc : bh_hole(t, l, from_ns, to_ns, err);
	rc = rc ? rc : sparse_end(t, l, from_ns, err);
	rc = rc ? rc : wait_hole(t, l, to_ns, err);
	if (rc || load_hole(l, packets_until(l), to_ns))
		return rc;
	return load_before_hole(t, l, to_ns, err);
}

int blind_hole(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err)
{
	uint64_t from = hole_from(l);
	int rc;

	if (!is_hole(t, l, e))
		return SP_OK;
	rc = coverage_gap(t->parts.coverage, l->cpu, COVERAGE_NOT_OBSERVED, from, e->time_ns, err);
	rc = rc ? rc : end_all(t, l, from, e->time_ns, err);
	l->hole_ns += e->time_ns - from;
	blind_forget(l, e->time_ns);
	return rc;
}

int blind_lost(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err)
{
	uint64_t from = l->now_ns ? l->now_ns : e->time_ns;
	int rc = coverage_gap(t->parts.coverage, l->cpu, COVERAGE_LOST, from, e->time_ns, err);

	/* All of a CPU's records share a ring: none before the newest one is missing. */
	rc = rc ? rc : end_all(t, l, hole_from(l), e->time_ns, err);
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
	/* Only the sampler was silent. */
	rc = rc ? rc : end_all(t, l, hole_from(l), e->time_ns, err);
	blind_forget(l, e->time_ns);
	return rc;
}

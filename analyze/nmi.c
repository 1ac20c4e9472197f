#include "lane.h"

/*
 * Samples with interrupts off in a recording without any clock (perf record -e cycles, where that
 * is an NMI): no tick says that one was missed, so the samples in a row are all there is.
 *
 *	IF=1   IF=0  IF=0  IF=0  IF=0   IF=1
 *	 ├┄┄┄┄┄┄├─────────────────┤┄┄┄┄┄┄┤
 *	lo    first              last   end
 *
 * By themselves they may have met short sections one by one: it takes GAP_RUN_LEAST of one task.
 */
#define SURE_RUN 0.80
/* Beside a clock its absence says the same. */
#define SURE_CLOCK 0.90

struct run_bounds {
	uint64_t lo_ns, first_ns; /* interrupts were on; the first sample with them off */
	uint64_t last_ns, end_ns, hi_ns;
	double sure;
};

/* An interrupt that is not recorded may be what ran: its entry stands in the stack. */
static bool in_interrupt(const struct timeline *t, const struct sp_share *heaviest)
{
	struct stack stack = stacks_get(t->parts.stacks, heaviest->stack);

	return gap_frames_after(t, &stack, false) != 0;
}

static bool of_one_task(const struct shares *s)
{
	for (uint32_t i = 1; i < s->n; i++)
		if (s->rows[i].tid != s->rows[0].tid)
			return false;
	return s->n && s->rows[0].tid != 0; /* the idle task waits with interrupts off */
}

/* What the samples of run span, and of what lies beyond them half at most. */
static int add_run(struct timeline *t, struct lane *l, const struct shares *run,
		   const struct run_bounds *b, struct sp_err *err)
{
	struct pending_stall p = {
		.sampled = true,
		.stall = {
			.cpu = l->cpu,
			.begin_lo_ns = b->lo_ns ? b->lo_ns : b->first_ns,
			.begin_hi_ns = b->first_ns,
			.end_lo_ns = b->last_ns,
			.end_ns = b->end_ns,
			.end_hi_ns = b->hi_ns,
			.mechanism = SP_MECH_IRQS_OFF,
			.confidence = b->sure,
			.vectors = lane_pending_vectors(l),
			.pid = SP_NO_TASK,
			.tid = SP_NO_TASK,
		},
	};
	struct sp_stall *s = &p.stall;
	int rc;

	s->begin_ns = s->begin_lo_ns / 2 + s->begin_hi_ns / 2;
	if (!of_one_task(run) || s->end_ns - s->begin_ns < t->cfg.min_stall_ns ||
	    s->begin_ns < l->stall_end_ns || s->begin_lo_ns < l->blind_until_ns)
		return SP_OK;
	lane_evidence(s, SP_EVID_IF_CLEAR, b->first_ns, run->samples, 0, 0, 0);
	rc = shares_give(run, s, err);
	if (rc)
		return rc;
	lane_culprit(s);
	if (in_interrupt(t, &s->shares[0])) {
		s->mechanism = SP_MECH_HARDIRQ;
		s->pid = SP_NO_TASK;
		s->tid = SP_NO_TASK;
	}
	return pending_add(t, l, &p, err);
}

int gap_run(struct timeline *t, struct lane *l, struct sp_err *err)
{
	struct gap_state *g = &l->gap;
	uint64_t last = g->run.from_ns;

	g->run_ready = false;
	return add_run(t, l, &g->run,
		       &(struct run_bounds){ g->run_lo_ns, g->run_first_ns, last,
					     last / 2 + g->run_end_ns / 2, g->run_end_ns,
					     SURE_RUN },
		       err);
}

int gap_off_end(struct timeline *t, struct lane *l, uint64_t end_ns, uint64_t hi_ns,
		struct sp_err *err)
{
	struct gap_state *g = &l->gap;
	uint64_t period = t->cfg.period_ns;
	int rc;

	/* A tick was due meanwhile. */
	if (!period || !t->cfg.has_tick || g->open || g->off.samples < GAP_OFF_LEAST || l->idle ||
	    l->hard.open || !g->off_lo_ns || end_ns < g->off_lo_ns + period + period / 4)
		return SP_OK;
	rc = add_run(t, l, &g->off,
		     &(struct run_bounds){ g->off_lo_ns, g->off_first_ns, end_ns, end_ns, hi_ns,
					   SURE_CLOCK },
		     err);
	shares_begin(&g->off, end_ns);
	return rc;
}

#include "lane.h"

/*
 * Ticks come on time, their records say that bottom halves are off and that no softirq is being
 * served, and between them no softirq begins or ends: BH is off all along.
 *
 *	last_free        BH  BH  BH  BH        next event with BH on, or a softirq
 *	   │   begin      │   │   │   │   end   │
 *	   ├┄┄┄┄┄┄┄┄┄┄┄┄┄┄┤───────────┤┄┄┄┄┄┄┄┄┄┤
 */

/*
 * How many ticks in a row it takes. A vector that waits would have run the moment BH came on, so
 * with one two ticks prove the time between them; without, each tick may have met a short section
 * of its own (under load 12 % of ticks do), and nobody was starved either.
 */
#define TICKS_WAITED 2U
#define TICKS_ALONE  4U

/* Vectors that were pending when a tick said BH off. */
static uint32_t waited(const struct lane *l)
{
	uint32_t mask = 0;

	for (uint32_t v = 0; v < SP_NR_VECS; v++)
		if (l->raised_ns[v] && l->raised_ns[v] <= l->bh.last_ns)
			mask |= 1U << v;
	return mask;
}

static int finish(struct timeline *t, struct lane *l, uint64_t end_hi_ns, struct sp_err *err)
{
	struct bh_state *b = &l->bh;
	bool softirq_dates = end_hi_ns - b->last_ns < 1000000000;
	struct pending_stall p = {
		.leaf = 0,
		.sampled = b->shares.samples != 0,
		.seen_ns = end_hi_ns,
		.stall = {
			.cpu = l->cpu,
			.begin_lo_ns = b->begin_lo_ns,
			.begin_hi_ns = b->first_ns,
			.begin_ns = b->begin_lo_ns / 2 + b->first_ns / 2,
			.end_lo_ns = b->last_ns,
			.end_hi_ns = end_hi_ns,
			.end_ns = b->last_ns / 2 + end_hi_ns / 2,
			.mechanism = SP_MECH_BH_OFF,
			.vectors = waited(l),
		},
	};
	struct sp_stall *s = &p.stall;
	int rc;

	b->open = false;
	/* What is pending runs the moment BH comes on: then the softirq's entry is the end. */
	if (softirq_dates && s->vectors && end_hi_ns == l->softirq_ns)
		s->end_ns = s->end_lo_ns = end_hi_ns;
	if (b->ticks >= TICKS_WAITED)
		pending_swallow(l, s);
	if (s->begin_ns < l->stall_end_ns)
		s->begin_ns = s->begin_lo_ns = l->stall_end_ns;
	if (b->ticks < (s->vectors ? TICKS_WAITED : TICKS_ALONE) || s->end_ns <= s->begin_ns ||
	    s->end_ns - s->begin_ns < lane_least(t, t->cfg.period_ns / 2))
		return lane_baseline(t, l, &b->shares, err);
	lane_evidence(s, SP_EVID_BH_FLAG, b->first_ns, b->ticks, 0, 0, 0);
	lane_evidence(s, SP_EVID_NO_PROGRESS, s->begin_ns, s->end_ns - s->begin_ns, 0, 0, 0);
	for (uint32_t v = 0; v < SP_NR_VECS; v++)
		if (s->vectors >> v & 1 && s->end_ns > l->raised_ns[v])
			lane_evidence(s, SP_EVID_PENDING, l->raised_ns[v], v,
				      s->end_ns - l->raised_ns[v], 0, 0);
	rc = shares_give(&b->shares, s, err);
	if (rc)
		return rc;
	lane_culprit(s);
	/* Flags are first-hand; a vector that waited shows that somebody was starved. */
	s->confidence = s->vectors ? 0.97 : 0.93;
	/* Where entries may be missing, nothing proves that no softirq ran. */
	if (!b->shares.samples || !t->cfg.has_entry || t->cfg.thinned ||
	    sparse_doubts(l, s->end_hi_ns - s->begin_lo_ns))
		s->confidence = 0.6;
	lane_evidence(s, SP_EVID_SAMPLES, s->begin_ns, b->shares.samples, b->shares.samples, 0, 0);
	return pending_add(t, l, &p, err);
}

int bh_tick(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err)
{
	struct bh_state *b = &l->bh;

	int rc;

	if (!(e->flags & SP_TF_BH_OFF) || e->flags & SP_TF_SOFTIRQ || l->soft.open)
		return bh_free(t, l, e->time_ns, err);
	/* Another task: BH came on, or there would have been no switch. */
	if (b->open && e->tid != b->tid) {
		rc = bh_free(t, l, e->time_ns, err);
		if (rc)
			return rc;
	}
	if (!b->open) {
		b->tid = e->tid;
		b->open = true;
		b->ticks = 0;
		b->first_ns = e->time_ns;
		b->begin_lo_ns = b->last_free_ns > l->softirq_ns ? b->last_free_ns : l->softirq_ns;
		/* Not before the tick that came before: it did not say BH off. */
		if (!b->begin_lo_ns || b->begin_lo_ns > e->time_ns)
			b->begin_lo_ns = e->time_ns;
		if (t->cfg.period_ns && e->time_ns - b->begin_lo_ns > 4 * t->cfg.period_ns)
			b->begin_lo_ns = e->time_ns - t->cfg.period_ns;
		shares_begin(&b->shares, b->begin_lo_ns / 2 + b->first_ns / 2);
	}
	b->last_ns = e->time_ns;
	b->ticks++;
	return SP_OK;
}

int bh_free(struct timeline *t, struct lane *l, uint64_t ns, struct sp_err *err)
{
	struct bh_state *b = &l->bh;

	if (ns > b->last_free_ns)
		b->last_free_ns = ns;
	return b->open ? finish(t, l, ns, err) : SP_OK;
}

void bh_sample(struct lane *l, const struct sp_event *e)
{
	if (l->bh.open)
		shares_add(&l->bh.shares, e);
}

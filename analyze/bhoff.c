#include "lane.h"
#include "load.h"

/*
 * Ticks come on time, their records say that bottom halves are off and that no softirq is being
 * served, and between them no softirq begins or ends: BH is off all along.
 *
 *	last_free        BH  BH  BH  BH        next event with BH on, or a softirq
 *	   │   begin      │   │   │   │   end   │
 *	   ├┄┄┄┄┄┄┄┄┄┄┄┄┄┄┤───────────┤┄┄┄┄┄┄┄┄┄┤
 *
 * Kernels before 5.17 do not say it in their records. There it is inferred: a vector that is
 * pending when a tick comes is served at the end of that tick's interrupt, unless BH is off or it
 *is left to ksoftirqd. One that still waits at the next tick, with ksoftirqd neither running nor
 * runnable, tells that BH was off between the two.
 */

/* Flags are first-hand; a vector that waited shows that somebody was starved. */
#define SURE_WAITED   0.97
#define SURE_ALONE    0.93
#define SURE_INFERRED 0.85
#define SURE_REALTIME 0.75 /* softirqs are served by threads, which are seen less well */
#define SURE_LITTLE   0.60
#define SURE_THREAD   0.90 /* the poll of a NAPI thread: load, by the device */

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

static double sure_of(const struct timeline *t, const struct lane *l, const struct sp_stall *s)
{
	/* Where entries may be missing, nothing proves that no softirq ran. */
	if (!l->bh.shares.samples || !t->cfg.has_entry || t->cfg.thinned ||
	    sparse_doubts(l, s->end_hi_ns - s->begin_lo_ns))
		return SURE_LITTLE;
	if (!t->cfg.has_bh_flag)
		return SURE_INFERRED;
	if (t->cfg.realtime)
		return SURE_REALTIME;
	return s->vectors ? SURE_WAITED : SURE_ALONE;
}

/* A NAPI thread polls with BH off: that is the device's load. */
static void take_thread(struct timeline *t, const struct lane *l, struct sp_stall *s)
{
	s->mechanism = SP_MECH_LOAD;
	s->confidence = SURE_THREAD;
	s->dev = load_thread_dev(t, l, l->bh.tid, s->end_ns);
	s->vec = SP_VEC_NET_RX;
	s->pid = SP_NO_TASK;
	s->tid = SP_NO_TASK;
}

/* How many ticks in a row are a stall. A NAPI thread has BH off most of the time, and so has any
 * task where softirqs are threads: there only who waits is starved. */
static uint32_t ticks_needed(const struct timeline *t, const struct sp_stall *s, bool napi)
{
	if (s->vectors)
		return TICKS_WAITED;
	return napi || t->cfg.realtime || !t->cfg.has_bh_flag ? UINT32_MAX : TICKS_ALONE;
}

/* Inferred: nobody was starved before something was raised. */
static void begin_at_raise(const struct bh_state *b, struct sp_stall *s)
{
	uint64_t at = b->raised_ns && b->raised_ns < b->first_ns ? b->raised_ns : b->first_ns;

	s->begin_ns = at > b->begin_lo_ns ? at : b->begin_lo_ns;
	lane_evidence(s, SP_EVID_INFERRED, b->first_ns, 1, 0, 0, 0);
}

/* What is so long after the last sight of BH off does not date its end. */
#define DATES_NS 1000000000ULL

/* It was over by end_hi_ns; unseen_ns: of what came from then to there nothing was recorded. */
static int finish(struct timeline *t, struct lane *l, uint64_t end_hi_ns, uint64_t unseen_ns,
		  struct sp_err *err)
{
	struct bh_state *b = &l->bh;
	bool napi = load_thread_dev(t, l, b->tid, b->last_ns) != 0;
	bool softirq_dates = end_hi_ns - b->last_ns < DATES_NS;
	struct pending_stall p = {
		.leaf = 0,
		.sampled = b->shares.samples != 0,
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
	if (!t->cfg.has_bh_flag)
		begin_at_raise(b, s);
	if (b->ticks >= ticks_needed(t, s, napi))
		pending_swallow(t, l, s);
	if (s->begin_ns < l->stall_end_ns)
		s->begin_ns = s->begin_lo_ns = l->stall_end_ns;
	if (b->ticks < ticks_needed(t, s, napi) || s->end_ns <= s->begin_ns ||
	    s->end_ns - s->begin_ns < lane_least(t, t->cfg.period_ns / 2)) {
		stall_free(s);
		return lane_baseline(t, l, &b->shares, err);
	}
	if (t->cfg.has_bh_flag)
		lane_evidence(s, SP_EVID_BH_FLAG, b->first_ns, b->ticks, 0, 0, 0);
	lane_evidence(s, SP_EVID_NO_PROGRESS, s->begin_ns, s->end_ns - s->begin_ns, 0, 0, 0);
	lane_pending_evidence(l, s, s->end_ns);
	rc = shares_give(&b->shares, s, err);
	if (rc)
		return rc;
	lane_culprit(s);
	s->confidence = sure_of(t, l, s);
	if (s->end_hi_ns < unseen_ns)
		s->end_hi_ns = unseen_ns;
	lane_evidence(s, SP_EVID_SAMPLES, s->begin_ns, b->shares.samples, b->shares.samples, 0, 0);
	if (!napi)
		return pending_add(t, l, &p, err);
	take_thread(t, l, s);
	return load_hold(t, l, &p, err);
}

/* The first vector that waits at a tick and should not: 0 for none, or where it cannot be known. */
static uint64_t waits_since(const struct timeline *t, const struct lane *l,
			    const struct sp_event *tick)
{
	uint64_t first = 0;

	if (!t->cfg.has_raise || !t->cfg.has_entry || t->cfg.thinned || !t->cfg.has_switch ||
	    !t->cfg.has_wake || t->cfg.realtime || tick->tid == 0 ||
	    wait_ksoftirqd_busy(t, l, tick->tid))
		return 0;
	for (uint32_t v = 0; v < SP_NR_VECS; v++)
		if (l->raised_ns[v] && (!first || l->raised_ns[v] < first))
			first = l->raised_ns[v];
	return first;
}

int bh_tick(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err)
{
	struct bh_state *b = &l->bh;
	uint64_t waits = t->cfg.has_bh_flag ? 0 : waits_since(t, l, e);
	bool off = t->cfg.has_bh_flag ? e->flags & SP_TF_BH_OFF : waits != 0;
	int rc;

	if (!off || e->flags & SP_TF_SOFTIRQ || l->soft.open)
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
		b->raised_ns = waits;
		if (t->cfg.has_bh_flag && t->cfg.period_ns &&
		    e->time_ns - b->begin_lo_ns > 4 * t->cfg.period_ns)
			b->begin_lo_ns = e->time_ns - t->cfg.period_ns;
		/* Inferred it may have begun long ago; a sample owns a period at most. */
		shares_begin(&b->shares, t->cfg.has_bh_flag ? b->begin_lo_ns / 2 + b->first_ns / 2
							    : b->first_ns - t->cfg.period_ns / 2);
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
	return b->open ? finish(t, l, ns, ns, err) : SP_OK;
}

int bh_hole(struct timeline *t, struct lane *l, uint64_t from_ns, uint64_t to_ns,
	    struct sp_err *err)
{
	return l->bh.open ? finish(t, l, from_ns, to_ns, err) : SP_OK;
}

void bh_sample(struct lane *l, const struct sp_event *e)
{
	if (l->bh.open)
		shares_add(&l->bh.shares, e);
}

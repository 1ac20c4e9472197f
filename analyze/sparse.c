#include "lane.h"
#include "load.h"

/*
 * NET_RX while only one entry in SP_SPARSE_EVERY is recorded, no raise and no exit:
 *
 *	entry        entry        entry  tick  tick  tick  tick      entry
 *	  │            │            │      │     │     │     │          │
 *	  ┴────────────┴────────────┴──────┴─────┴─────┴─────┴──────────┴►
 *	  ├─ usual ────┤            ├┄ begin ┤                 ├┄ end ┄┄┤
 *
 * Ticks go on whatever NET_RX does, and say whether a softirq is being served. Served without
 * progress, one handler ran long (softirq); served nearly always with progress, packets come as
 * fast as they are served (load). Progress is proven by the next of the thinned entries, so its
 * absence proves something only when it lasts longer than they usually are apart.
 */

/* So many times the usual distance of two thinned entries without one: no progress. */
#define PROOF 2U
/* Ticks in a row inside one handler: two prove the time between them, three leave less to chance.
 */
#define TICKS_LEAST 2U
#define TICKS_SURE  3U
/*
 * Load: a tick in a softirq counts 1, one outside costs 12, so that the sum grows only above 92 %
 * (the whole records ask for 90 %). A healthy flood serves at 70 % of its ticks: 40 in a row happen
 * once in an hour and a half there (0.7^40, 300 tries a second).
 */
#define LOAD_MISS  12U
#define LOAD_LEAST 40U
#define LOAD_FALL  36U

static uint64_t newest(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static struct pending_stall begin_stall(struct lane *l, enum sp_mechanism m, uint64_t lo,
					uint64_t first, uint64_t last, uint64_t hi)
{
	struct pending_stall p = {
		.stall = {
			.cpu = l->cpu,
			.begin_lo_ns = lo,
			.begin_ns = lo + (first - lo) / 2,
			.begin_hi_ns = first,
			.end_lo_ns = last,
			.end_ns = last + (hi - last) / 2,
			.end_hi_ns = hi,
			.mechanism = (uint8_t)m,
			.vectors = lane_pending_vectors(l),
			.pid = SP_NO_TASK,
			.tid = SP_NO_TASK,
			.vec = SP_VEC_NET_RX,
		},
	};

	if (p.stall.begin_ns < l->stall_end_ns)
		p.stall.begin_ns = p.stall.begin_lo_ns = l->stall_end_ns;
	return p;
}

/* Whether a vector that was raised inside the handler still waits: proof that no other ran. */
static bool others_waited(const struct lane *l, const struct sp_stall *s)
{
	for (uint32_t v = 0; v < SP_NR_VECS; v++)
		if (s->vectors >> v & 1 && l->raised_ns[v] <= l->sparse.last_ns)
			return true;
	return false;
}

/* The handler is over by hi_ns; exact: that is when. */
static int finish_run(struct timeline *t, struct lane *l, uint64_t hi_ns, bool exact,
		      struct sp_err *err)
{
	struct sparse_state *n = &l->sparse;
	uint64_t period = t->cfg.period_ns, due_ns = n->last_ns + period + period / 4;
	struct pending_stall p;
	struct sp_stall *s = &p.stall;
	bool waited;
	int rc;

	n->open = false;
	/* Ticks go on in a handler: without the next one it was over, or the machine stood still.
	 */
	if (hi_ns > due_ns) {
		hi_ns = due_ns;
		exact = false;
	}
	p = begin_stall(l, SP_MECH_SOFTIRQ, n->begin_lo_ns, n->first_ns, exact ? hi_ns : n->last_ns,
			hi_ns);
	waited = others_waited(l, s);
	if (n->ticks < TICKS_LEAST || !n->usual_ns || s->end_ns <= s->begin_ns ||
	    n->last_ns - n->first_ns < period - period / 4 ||
	    hi_ns - n->entry_ns <= PROOF * n->usual_ns ||
	    s->end_ns - s->begin_ns < lane_least(t, t->cfg.period_ns / 2))
		return lane_baseline(t, l, &n->shares, err);
	s->confidence = n->ticks < TICKS_SURE ? 0.6 : waited ? 0.9 : 0.7;
	lane_evidence(s, SP_EVID_SERVING, n->first_ns, n->ticks, SP_SPARSE_EVERY, 0, 0);
	lane_evidence(s, SP_EVID_NO_PROGRESS, s->begin_ns, s->end_ns - s->begin_ns, 0, 0, 0);
	for (uint32_t v = 0; v < SP_NR_VECS; v++)
		if (s->vectors >> v & 1 && s->end_ns > l->raised_ns[v])
			lane_evidence(s, SP_EVID_PENDING, l->raised_ns[v], v,
				      s->end_ns - l->raised_ns[v], 0, 0);
	p.sampled = n->shares.samples != 0;
	rc = shares_give(&n->shares, s, err);
	if (!p.sampled)
		t->unsampled++;
	return rc ? rc : pending_add(t, l, &p, err);
}

static int finish_load(struct timeline *t, struct lane *l, uint64_t hi_ns, struct sp_err *err)
{
	struct sparse_load *n = &l->sparse.load;
	struct pending_stall p =
		begin_stall(l, SP_MECH_LOAD, n->begin_lo_ns, n->first_ns, n->last_ns, hi_ns);
	struct sp_stall *s = &p.stall;
	uint32_t best = n->best;
	int rc;

	n->score = n->best = 0;
	/* Without progress it was one long handler, and is told already. */
	if (best < LOAD_LEAST || n->entries < best / 4 || s->end_ns <= s->begin_ns ||
	    s->end_ns - s->begin_ns < (n->last_ns - n->first_ns) / 2 ||
	    s->end_ns - s->begin_ns < lane_least(t, 0))
		return SP_OK;
	s->vectors = 1U << SP_VEC_NET_RX;
	s->confidence = 0.7;
	lane_evidence(s, SP_EVID_SERVING, n->first_ns, best, SP_SPARSE_EVERY, 0, 0);
	p.sampled = n->shares.samples != 0;
	rc = shares_give(&n->shares, s, err);
	return rc ? rc : pending_add(t, l, &p, err);
}

static int load_tick(struct timeline *t, struct lane *l, uint64_t ns, bool serving,
		     struct sp_err *err)
{
	struct sparse_load *n = &l->sparse.load;
	uint64_t before = n->tick_ns;

	n->tick_ns = ns;
	if (!n->score && (!serving || !before))
		return SP_OK;
	if (!n->score) {
		n->begin_lo_ns = before;
		n->first_ns = ns;
		n->best = n->entries = 0;
		shares_begin(&n->shares, ns);
	}
	n->score = serving ? n->score + 1 : n->score > LOAD_MISS ? n->score - LOAD_MISS : 0;
	if (n->score > n->best) {
		n->best = n->score;
		n->last_ns = ns;
	}
	return n->score && n->best - n->score < LOAD_FALL ? SP_OK : finish_load(t, l, ns, err);
}

/* Since when in this recording: a part of one begins with facts that have no time. */
static void end_thinned(struct lane *l, uint64_t end_ns)
{
	uint64_t from = l->sparse.since_ns > l->first_ns ? l->sparse.since_ns : l->first_ns;

	l->sparse.total_ns += end_ns > from ? end_ns - from : 0;
}

int sparse_change(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err)
{
	struct sparse_state *n = &l->sparse;
	int rc = SP_OK;

	if (n->on == (e->count > 1))
		return SP_OK;
	n->on = !n->on;
	if (!n->on) {
		/* A handler that runs now is over at its exit, which is recorded again. */
		end_thinned(l, e->time_ns);
		return finish_load(t, l, e->time_ns, err);
	}
	n->since_ns = e->time_ns ? e->time_ns : l->now_ns;
	n->entry_ns = n->usual_ns = 0;
	n->free_ns = n->since_ns;
	shares_free(&n->load.shares);
	n->load = (struct sparse_load){ 0 };
	rc = load_flush(t, l, err);
	if (l->soft.open && l->soft.vec == SP_VEC_NET_RX) {
		n->free_ns = l->soft.begin_ns;
		l->soft.open = false;
	}
	l->raised_ns[SP_VEC_NET_RX] = 0;
	return rc;
}

/* An entry of NET_RX: it makes progress. */
static int progress(struct timeline *t, struct lane *l, const struct sp_event *e,
		    struct sp_err *err)
{
	struct sparse_state *n = &l->sparse;
	uint64_t ns = e->time_ns, apart = ns - n->entry_ns, most = 4 * n->usual_ns;
	int rc = n->open ? finish_run(t, l, ns, false, err) : SP_OK;

	if (n->entry_ns && n->usual_ns)
		n->usual_ns = n->usual_ns - n->usual_ns / 8 + (apart < most ? apart : most) / 8;
	else if (n->entry_ns)
		n->usual_ns = apart;
	n->entry_ns = n->free_ns = ns;
	n->load.entries++;
	l->softirq_ns = ns;
	l->hard.open = false;
	/* How long it waited, and the 15 before it, nobody knows. */
	rc = rc ? rc : coverage_delay(t->parts.coverage, l->cpu, ns, SP_UNKNOWN_NS, err);
	rc = rc ? rc : bh_free(t, l, ns, err);
	return rc ? rc : wait_softirq(t, l, e, err);
}

bool sparse_softirq(struct timeline *t, struct lane *l, const struct sp_event *e, int *rc,
		    struct sp_err *err)
{
	struct sparse_state *n = &l->sparse;
	bool net_rx = e->vec == SP_VEC_NET_RX;

	*rc = SP_OK;
	if (n->on && net_rx) {
		/* Until the switch is made on the CPU, some come whole. */
		if (e->type == SP_EV_ENTRY) {
			gap_alive(l, e->time_ns);
			*rc = progress(t, l, e, err);
		}
		return true;
	}
	if ((n->on || n->open) && e->type != SP_EV_RAISE) {
		/* What was raised while the handler ran is served the moment it ends. */
		bool waited = e->type == SP_EV_ENTRY && e->vec < SP_NR_VECS &&
			      l->raised_ns[e->vec] && l->raised_ns[e->vec] <= n->last_ns;

		*rc = sparse_free(t, l, e->time_ns, waited || (net_rx && e->type == SP_EV_EXIT),
				  err);
	}
	return *rc != SP_OK;
}

int sparse_tick(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err)
{
	struct sparse_state *n = &l->sparse;
	bool serving = e->flags & SP_TF_SOFTIRQ;
	uint64_t period = t->cfg.period_ns;
	int rc = SP_OK;

	if (!n->on && !n->open)
		return SP_OK;
	if (!serving || l->soft.open) {
		rc = sparse_free(t, l, e->time_ns, false, err);
	} else if (n->open) {
		n->last_ns = e->time_ns;
		n->ticks++;
	} else {
		n->open = true;
		n->ticks = 1;
		n->first_ns = n->last_ns = e->time_ns;
		n->begin_lo_ns = newest(n->free_ns, l->softirq_ns);
		/* The tick before was not in it. */
		if (period && e->time_ns - n->begin_lo_ns > 4 * period)
			n->begin_lo_ns = e->time_ns - period;
		shares_begin(&n->shares, n->begin_lo_ns / 2 + n->first_ns / 2);
	}
	return rc || !n->on ? rc : load_tick(t, l, e->time_ns, serving, err);
}

int sparse_free(struct timeline *t, struct lane *l, uint64_t ns, bool exact, struct sp_err *err)
{
	struct sparse_state *n = &l->sparse;

	if (ns > n->free_ns)
		n->free_ns = ns;
	return n->open ? finish_run(t, l, ns, exact, err) : SP_OK;
}

bool sparse_takes(struct lane *l, const struct sp_stall *gap)
{
	struct sparse_state *n = &l->sparse;

	if (!n->open || n->begin_lo_ns > gap->begin_hi_ns)
		return false;
	/* No tick could come in there: the time is the handler's all the same. */
	if (gap->begin_hi_ns < n->first_ns)
		n->first_ns = gap->begin_hi_ns;
	n->ticks += TICKS_LEAST;
	return true;
}

bool sparse_doubts(const struct lane *l, uint64_t ns)
{
	return l->sparse.on && (!l->sparse.usual_ns || ns <= PROOF * l->sparse.usual_ns);
}

void sparse_sample(struct lane *l, const struct sp_event *e)
{
	if (l->sparse.open)
		shares_add(&l->sparse.shares, e);
	if (l->sparse.load.score)
		shares_add(&l->sparse.load.shares, e);
}

void sparse_blind(struct lane *l, uint64_t until_ns)
{
	l->sparse.open = false;
	l->sparse.free_ns = until_ns;
	l->sparse.entry_ns = 0;
	l->sparse.usual_ns = 0; /* what was missed was progress, perhaps */
	shares_free(&l->sparse.load.shares);
	l->sparse.load = (struct sparse_load){ 0 };
}

int sparse_end(struct timeline *t, struct lane *l, uint64_t ns, struct sp_err *err)
{
	int rc = sparse_free(t, l, ns, false, err);

	return rc ? rc : finish_load(t, l, ns, err);
}

int sparse_flush(struct timeline *t, struct lane *l, uint64_t end_ns, struct sp_err *err)
{
	int rc = sparse_end(t, l, l->now_ns, err);

	if (l->sparse.on)
		end_thinned(l, end_ns);
	return rc;
}

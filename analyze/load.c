#include "lane.h"
#include "leaf.h"

#include <stdlib.h>

/*
 * NET_RX that does not end: packets come as fast as they are served, its budget is spent over and
 * over, and nothing else runs. The same of a thread that polls a device (threaded NAPI).
 *
 *	NET_RX   NET_RX  NET_RX  NET_RX
 *	├─────┤ ├──────┤├──────┤├─────┤	 a run: pauses of at most LOAD_JOIN_NS
 *
 * A NET_RX of more than a millisecond is a long softirq by itself. Whether it was one slow handler
 *or one of many is known when the run has ended, so it is held until then. So is a pause of the
 *host inside a NET_RX: it is part of a run that is load, and a stall of its own otherwise.
 */

/* NET_RX runs this close together are one run. */
#define LOAD_JOIN_NS 300000ULL
/* A run is load, not service, from this length, pauses left out, and this share of NET_RX on. */
#define LOAD_LEAST_NS  10000000ULL
#define LOAD_SHARE_PCT 90
/* net_rx_action() stops after two ticks (netdev_budget_usecs; 8 ms at HZ=250) or 300 packets:
 * longer is one handler's doing. */
#define LOAD_SPAN_NS 10000000ULL
/* Nor does one that took this share of the run make it a load. */
#define LOAD_ONE_PCT 50

/* What stood still may be so much of it. */
#define LOAD_PAUSED_PCT 50

#define SURE	    0.9
#define SURE_UNSEEN 0.6 /* a part of it was not recorded */
/* Taken from it by the share that stood still. */
#define DOUBT_PAUSED 0.4

/* paused: of it nothing ran, or nothing was recorded; it may have served packets in the latter. */
static bool qualifies(const struct load_state *r, uint64_t end_ns, uint64_t busy_ns,
		      uint64_t paused_ns)
{
	uint64_t length = end_ns - r->begin_ns;

	return paused_ns <= length / 100 * LOAD_PAUSED_PCT &&
	       length + r->unseen_ns >= paused_ns + LOAD_LEAST_NS &&
	       busy_ns >= (length - paused_ns) / 100 * LOAD_SHARE_PCT &&
	       (r->thread || r->longest_ns <= busy_ns / 100 * LOAD_ONE_PCT);
}

/* The more of it stood still, the less it is the packets'. */
static double sureness(const struct load_state *r)
{
	double sure =
		SURE - DOUBT_PAUSED * (double)r->paused_ns / (double)(r->end_ns - r->begin_ns);

	return r->unseen_ns && sure > SURE_UNSEEN ? SURE_UNSEEN : sure;
}

bool load_is(const struct load_state *r)
{
	return qualifies(r, r->end_ns, r->busy_ns, r->paused_ns);
}

static int emit(struct timeline *t, struct lane *l, struct sp_err *err)
{
	struct load_state *r = &l->load;
	struct pending_stall p = {
		.sampled = r->shares.samples != 0,
		.wants_softnet = true,
		.stall = {
			.cpu = l->cpu,
			.begin_ns = r->begin_ns,
			.begin_lo_ns = r->begin_lo_ns,
			/* Of a hole in it nobody knows: it may have begun behind, or ended before. */
			.begin_hi_ns = r->unseen_ns ? r->after_ns : r->begin_ns,
			.end_ns = r->end_ns,
			.end_lo_ns = r->unseen_ns ? r->after_ns - r->unseen_ns : r->end_ns,
			/* What came behind was not recorded. */
			.end_hi_ns = r->hole_end_ns > r->end_ns ? r->hole_end_ns : r->end_ns,
			.mechanism = SP_MECH_LOAD,
			.confidence = sureness(r),
			.vectors = 1U << SP_VEC_NET_RX,
			.pid = SP_NO_TASK,
			.tid = SP_NO_TASK,
			.dev = r->dev,
			.vec = SP_VEC_NET_RX,
		},
	};
	int rc;

	lane_evidence(&p.stall, SP_EVID_LOAD, r->begin_ns, r->busy_ns, r->spans,
		      r->thread ? r->dev : 0, 0);
	if (r->paused_ns)
		lane_evidence(&p.stall, SP_EVID_STOOD, r->begin_ns, r->paused_ns, 0, 0, 0);
	if (r->polls)
		lane_evidence(&p.stall, SP_EVID_NAPI, r->begin_ns, r->polls, r->packets, r->dev, 0);
	held_end(r, &p.stall);
	rc = held_give(t, l, r->begin_ns, err);
	pending_swallow(l, &p.stall);
	if (rc)
		stall_free(&p.stall);
	rc = rc ? rc : shares_give(&r->shares, &p.stall, err);
	return rc ? rc : pending_add(t, l, &p, err);
}

/* What is load behind a hole by itself is told without it: less is guessed. */
static void cut_hole(struct load_state *r)
{
	struct load_state after = *r;

	after.begin_ns = r->after_ns;
	after.unseen_ns = 0;
	after.longest_ns = r->after_longest_ns;
	if (!r->unseen_ns || !qualifies(&after, r->end_ns, r->after_busy_ns, r->after_paused_ns))
		return;
	r->begin_ns = r->after_ns;
	r->busy_ns = r->after_busy_ns;
	r->paused_ns = r->after_paused_ns;
	r->begin_lo_ns = r->after_ns - r->unseen_ns;
	r->unseen_ns = 0;
}

static bool is_told(const struct timeline *t, const struct lane *l, bool kept)
{
	const struct load_state *r = &l->load;

	return r->end_ns - r->begin_ns >= t->cfg.min_stall_ns &&
	       (kept || r->begin_ns >= l->stall_end_ns) &&
	       (r->begin_ns >= l->blind_until_ns || r->hole_end_ns == l->blind_until_ns) &&
	       load_is(r);
}

/* Ends the run. What was found from next_ns on is another's, and is held on. */
static int end_run(struct timeline *t, struct lane *l, uint64_t next_ns, struct sp_err *err)
{
	struct load_state *r = &l->load;
	bool kept = r->keeps;
	int rc = SP_OK;

	if (r->open) {
		r->open = false;
		r->keeps = false;
		cut_hole(r);
		if (is_told(t, l, kept))
			rc = emit(t, l, err);
	}
	return rc ? rc : held_give(t, l, next_ns, err);
}

int load_flush(struct timeline *t, struct lane *l, struct sp_err *err)
{
	return end_run(t, l, UINT64_MAX, err);
}

/* What begins by then joins the run. */
static uint64_t joins_until(const struct load_state *r)
{
	return (r->hole_end_ns > r->end_ns ? r->hole_end_ns : r->end_ns) + LOAD_JOIN_NS;
}

bool load_joins(const struct load_state *r, uint64_t from_ns)
{
	return r->open && !r->thread && from_ns <= r->end_ns + LOAD_JOIN_NS;
}

int load_age(struct timeline *t, struct lane *l, uint64_t now_ns, struct sp_err *err)
{
	const struct load_state *r = &l->load;

	/* Without a run it lies in one NET_RX, whose exit was not recorded if that is over. */
	if ((!r->open && !r->nheld) || l->soft.open || r->thread_since_ns ||
	    (r->open && now_ns <= joins_until(r)))
		return SP_OK;
	return load_flush(t, l, err);
}

int load_join(struct timeline *t, struct lane *l, uint64_t begin_ns, uint64_t end_ns, bool thread,
	      struct sp_err *err)
{
	struct load_state *r = &l->load;
	uint64_t paused = thread ? r->thread_paused_ns : r->span_paused_ns;
	uint64_t length = end_ns - begin_ns, ns = length > paused ? length - paused : 0;
	uint64_t unseen = r->open && begin_ns > r->end_ns + LOAD_JOIN_NS ? begin_ns - r->end_ns : 0;
	uint64_t lo_ns = begin_ns - unseen;
	int rc = SP_OK;

	*(thread ? &r->thread_paused_ns : &r->span_paused_ns) = 0;
	/* A run that is load stays one: what would dilute it begins another. */
	if (r->open && (thread != r->thread || begin_ns > joins_until(r) ||
			(unseen && (load_is(r) || r->unseen_ns)) ||
			(load_is(r) &&
			 !qualifies(r, end_ns, r->busy_ns + ns, r->paused_ns + paused + unseen)))) {
		if (begin_ns > joins_until(r))
			lo_ns = begin_ns;
		rc = end_run(t, l, begin_ns, err);
		unseen = 0;
	}
	/* What was held of a run that was never seen to end. */
	if (!rc && !r->open)
		rc = held_give(t, l, begin_ns, err);
	if (!r->open) {
		r->open = true;
		r->thread = thread;
		r->begin_ns = begin_ns;
		r->begin_lo_ns = lo_ns;
		r->busy_ns = r->longest_ns = r->packets = r->polls = 0;
		r->paused_ns = r->unseen_ns = r->hole_end_ns = 0;
		r->spans = 0;
		r->dev = 0;
		if (!thread) /* a thread's begin when it is switched to */
			shares_begin(&r->shares, begin_ns);
	}
	if (unseen) {
		r->after_ns = begin_ns;
		r->after_busy_ns = r->after_longest_ns = r->after_paused_ns = 0;
	}
	r->end_ns = end_ns;
	r->busy_ns += ns;
	r->after_busy_ns += ns;
	r->after_paused_ns += paused;
	r->after_longest_ns = ns > r->after_longest_ns ? ns : r->after_longest_ns;
	r->paused_ns += paused + unseen;
	r->unseen_ns += unseen;
	r->spans++;
	r->longest_ns = ns > r->longest_ns ? ns : r->longest_ns;
	return rc;
}

int load_net_rx(struct timeline *t, struct lane *l, uint64_t begin_ns, uint64_t end_ns,
		struct pending_stall *p, struct sp_err *err)
{
	uint64_t served_ns = end_ns - begin_ns - l->load.span_paused_ns;
	int rc;

	if (p)
		held_swallow(&l->load, &p->stall);
	/* On top of a thread that polls: its time. */
	if (l->load.thread_since_ns)
		return p ? load_hold(t, l, p, err) : SP_OK;
	/* With another stall inside, of less than half of it, it is no part of a run. */
	if (served_ns > LOAD_SPAN_NS || (begin_ns < l->stall_end_ns && !l->load.keeps)) {
		l->load.span_paused_ns = 0;
		rc = load_flush(t, l, err);
		if (rc && p)
			stall_free(&p->stall);
		return rc || !p ? rc : pending_add(t, l, p, err);
	}
	rc = load_join(t, l, begin_ns, end_ns, false, err);
	if (p && !rc)
		return load_hold(t, l, p, err);
	if (p)
		stall_free(&p->stall);
	return rc;
}

/* Long enough already that a pause of the host in the middle ends nothing. */
static bool is_sure(const struct lane *l, uint64_t now_ns)
{
	const struct load_state *r = &l->load;

	if (r->thread_since_ns && now_ns > r->thread_since_ns + r->thread_paused_ns + LOAD_LEAST_NS)
		return true;
	return r->open && (r->thread_since_ns || l->soft.open) && load_is(r);
}

int load_cut(struct timeline *t, struct lane *l, const struct pending_stall *p, struct sp_err *err)
{
	struct load_state *r = &l->load;
	const struct sp_stall *s = &p->stall;
	int rc;

	if (p->is_gap && !(p->sampled && p->leaf == LEAF_RELEASE && !p->user) &&
	    is_sure(l, s->begin_ns)) {
		r->keeps = true;
		return SP_OK;
	}
	rc = load_thread_so_far(t, l, s->begin_ns, s->end_ns, err);
	return rc ? rc : load_flush(t, l, err);
}

bool load_keeps(const struct lane *l, const struct sp_stall *gap)
{
	const struct load_state *r = &l->load;

	return r->keeps && gap->begin_hi_ns >= (r->open ? r->begin_ns : r->thread_since_ns);
}

void load_poll(struct lane *l, const struct sp_event *e)
{
	struct load_state *r = &l->load;

	if (!r->open)
		return;
	if (!r->thread)
		r->dev = e->napi.dev;
	r->polls++;
	r->packets += e->napi.work;
}

void load_sample(struct lane *l, const struct sp_event *e)
{
	if (l->load.open || l->load.thread_since_ns)
		shares_add(&l->load.shares, e);
}

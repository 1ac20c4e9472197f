#include "load.h"
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

/* A NET_RX of more than two ticks (netdev_budget_usecs; 8 ms at HZ=250) or 300 packets, where
 * net_rx_action() stops: longer is one handler's doing. */
#define LOAD_SPAN_NS 10000000ULL

#define SURE	    0.9
#define SURE_UNSEEN 0.6 /* a part of it was not recorded */
/* Taken from it by the share that stood still. */
#define DOUBT_PAUSED 0.4

/* The more of it stood still, the less it is the packets'. */
static double sureness(const struct load_state *r)
{
	double sure = SURE - DOUBT_PAUSED * (double)r->all.paused_ns /
				     (double)(r->all.end_ns - r->all.begin_ns);

	return (r->all.unseen_ns || !load_is(r)) && !r->sure && sure > SURE_UNSEEN ? SURE_UNSEEN
										   : sure;
}

bool load_is(const struct load_state *r)
{
	return load_adds_up(r, &r->all);
}

static uint64_t latest(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t ab = a > b ? a : b;

	return ab > c ? ab : c;
}

static int emit(struct timeline *t, struct lane *l, struct sp_err *err)
{
	struct load_state *r = &l->load;
	const struct load_sum *all = &r->all;
	struct pending_stall p = {
		.sampled = r->shares.samples != 0,
		.wants_softnet = true,
		.stall = {
			.cpu = l->cpu,
			.begin_ns = all->begin_ns,
			.begin_lo_ns = r->begin_lo_ns,
			.begin_hi_ns = r->begin_hi_ns,
			.end_ns = all->end_ns,
			.end_lo_ns = r->end_lo_ns ? r->end_lo_ns : all->end_ns,
			.end_hi_ns = latest(all->end_ns, r->end_hi_ns, r->gap_end_ns),
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

	lane_evidence(&p.stall, SP_EVID_LOAD, all->begin_ns, all->busy_ns, all->spans,
		      r->thread ? r->dev : 0, 0);
	if (all->paused_ns)
		lane_evidence(&p.stall, SP_EVID_STOOD, all->begin_ns, all->paused_ns, 0, 0, 0);
	if (all->polls)
		lane_evidence(&p.stall, SP_EVID_NAPI, all->begin_ns, all->polls, all->packets,
			      r->dev, 0);
	held_end(r, &p.stall);
	rc = held_give(t, l, all->begin_ns, err);
	pending_swallow(t, l, &p.stall);
	if (rc)
		stall_free(&p.stall);
	rc = rc ? rc : shares_give(&r->shares, &p.stall, err);
	return rc ? rc : pending_add(t, l, &p, err);
}

static bool is_told(const struct timeline *t, const struct lane *l, bool kept)
{
	const struct load_state *r = &l->load;

	return r->all.end_ns - r->all.begin_ns >= t->cfg.min_stall_ns &&
	       (kept || r->all.begin_ns >= l->stall_end_ns) &&
	       (r->all.begin_ns >= l->blind_until_ns || r->hole_end_ns >= l->blind_until_ns) &&
	       (load_is(r) || load_may_be(r));
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
		load_end_holes(r);
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
	return (r->hole_end_ns > r->all.end_ns ? r->hole_end_ns : r->all.end_ns) + LOAD_JOIN_NS;
}

bool load_joins(const struct load_state *r, uint64_t from_ns)
{
	return r->open && !r->thread && from_ns <= r->all.end_ns + LOAD_JOIN_NS;
}

/* Nothing was recorded since the run, and an interrupt is late: what it says decides. */
static bool awaits_gap(const struct timeline *t, const struct lane *l, const struct sp_event *e)
{
	return !l->load.thread &&
	       (l->gap.open || (e->type == SP_EV_IRQ_ENTRY && l->now_ns <= joins_until(&l->load) &&
				e->time_ns > l->now_ns + t->cfg.period_ns));
}

int load_age(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err)
{
	const struct load_state *r = &l->load;

	/* Without a run it lies in one NET_RX, whose exit was not recorded if that is over. */
	if ((!r->open && !r->nheld) || l->soft.open || r->thread_since_ns ||
	    (r->open && (e->time_ns <= joins_until(r) || awaits_gap(t, l, e))))
		return SP_OK;
	return load_flush(t, l, err);
}

static void add(struct load_sum *s, uint64_t end_ns, uint64_t ns, uint64_t paused_ns)
{
	s->end_ns = end_ns;
	s->busy_ns += ns;
	s->paused_ns += paused_ns;
	s->longest_ns = ns > s->longest_ns ? ns : s->longest_ns;
	s->spans++;
}

/* A run that is load stays one: what would dilute it begins another. */
static bool dilutes(const struct load_state *r, uint64_t end_ns, uint64_t ns, uint64_t paused_ns,
		    uint64_t unseen_ns)
{
	struct load_sum with = r->all;

	add(&with, end_ns, ns, paused_ns + unseen_ns);
	with.longest_ns = r->all.longest_ns;
	return load_is(r) && !load_adds_up(r, &with);
}

/* It may have begun in the hole before it, or with the crumb in front of that. */
static void begin_run(struct load_state *r, uint64_t begin_ns, uint64_t lo_ns, bool thread)
{
	r->open = true;
	r->thread = thread;
	r->all = r->part = (struct load_sum){ .begin_ns = begin_ns };
	r->begin_lo_ns = lo_ns;
	r->begin_hi_ns = begin_ns;
	r->end_lo_ns = r->end_hi_ns = r->hole_end_ns = r->gap_end_ns = 0;
	r->sure = false;
	r->dev = 0;
	if (!thread) /* a thread's begin when it is switched to */
		shares_begin(&r->shares, begin_ns);
}

int load_join(struct timeline *t, struct lane *l, uint64_t begin_ns, uint64_t end_ns, bool thread,
	      struct sp_err *err)
{
	struct load_state *r = &l->load;
	uint64_t paused = thread ? r->thread_paused_ns : r->span_paused_ns;
	uint64_t length = end_ns - begin_ns, ns = length > paused ? length - paused : 0;
	bool behind = r->open && begin_ns > joins_until(r);
	uint64_t unseen =
		r->open && begin_ns > r->all.end_ns + LOAD_JOIN_NS ? begin_ns - r->all.end_ns : 0;
	bool crumb = unseen && load_is_crumb(&r->all);
	uint64_t lo_ns = behind ? begin_ns : crumb ? r->all.begin_ns : begin_ns - unseen;
	int rc = SP_OK;

	*(thread ? &r->thread_paused_ns : &r->span_paused_ns) = 0;
	if (r->open &&
	    (behind || crumb || thread != r->thread || dilutes(r, end_ns, ns, paused, unseen)))
		rc = end_run(t, l, begin_ns, err);
	else if (unseen)
		load_over_hole(r, begin_ns);
	/* What was held of a run that was never seen to end. */
	if (!rc && !r->open)
		rc = held_give(t, l, begin_ns, err);
	if (!r->open && thread)
		lo_ns = r->thread_lo_ns;
	if (!r->open && !thread && lo_ns == begin_ns && begin_ns >= r->silent_end_ns &&
	    begin_ns <= r->silent_end_ns + LOAD_JOIN_NS)
		lo_ns = r->silent_ns;
	if (!r->open)
		begin_run(r, begin_ns, lo_ns, thread);
	add(&r->all, end_ns, ns, paused);
	add(&r->part, end_ns, ns, paused);
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
	/* Interrupts seem to have been off in it. It may be a pause all the same: pauses.c. */
	if (p->is_gap && load_joins(r, s->begin_lo_ns))
		r->gap_end_ns = s->end_ns;
	rc = load_thread_so_far(t, l, s->begin_ns, s->end_ns, err);
	return rc ? rc : load_flush(t, l, err);
}

bool load_keeps(const struct lane *l, const struct sp_stall *gap)
{
	const struct load_state *r = &l->load;

	return r->keeps && gap->begin_hi_ns >= (r->open ? r->all.begin_ns : r->thread_since_ns);
}

void load_poll(struct lane *l, const struct sp_event *e)
{
	struct load_state *r = &l->load;

	if (!r->open)
		return;
	if (!r->thread)
		r->dev = e->napi.dev;
	r->all.polls++;
	r->all.packets += e->napi.work;
	r->part.polls++;
	r->part.packets += e->napi.work;
}

void load_sample(struct lane *l, const struct sp_event *e)
{
	if (l->load.open || l->load.thread_since_ns)
		shares_add(&l->load.shares, e);
}

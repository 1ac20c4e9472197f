#include "lane.h"
#include "leaf.h"
#include "load.h"
#include "stalls.h"

#include <stdlib.h>

/*
 * A gap without interrupts is irqs-off, steal or a machine that stood still. What tells them apart
 * comes later than the gap itself: the next reading of the steal counter, and the other CPUs' own
 * gaps. Stalls wait here for it, in order, and leave in order.
 */

/* Without a reading for this long there will be none. */
#define WAIT_NS 400000000ULL
/* A gap is the host's when steal covers this share of it; where the late sample says that
 * interrupts came on right there, it takes more. */
#define STEAL_SHARE_PCT		50
#define STEAL_SHARE_RELEASE_PCT 80
#define SURE_STEAL_IN_SPAN	0.7
/* Two CPUs stood still together when the other's gap covers this share of the stall: a short pause
 * elsewhere explains nothing of a long one here. */
#define TOGETHER_PCT 70
/* Where the late sample says that interrupts came on, it takes more: gaps that begin and end as
 * one, within so many periods. One virtual CPU alone may pause while another has interrupts off. */
#define TOGETHER_PERIODS 2U

/* Steal over the readings that enclose the stall most closely; 0 when it moved by less than a
 * step. */
static uint64_t steal_over(const struct lane *l, const struct sp_stall *s, uint64_t *between_ns)
{
	uint64_t before = UINT64_MAX, before_at = 0, after = 0, after_at = UINT64_MAX;

	for (uint32_t i = 0; i < STEAL_READS; i++) {
		const struct steal_read *r = &l->steals[i];

		if (r->at_ns && r->at_ns <= s->begin_lo_ns && r->at_ns > before_at) {
			before = r->total_ns;
			before_at = r->at_ns;
		}
		if (r->at_ns && r->at_ns >= s->end_ns && r->at_ns < after_at) {
			after = r->total_ns;
			after_at = r->at_ns;
		}
	}
	if (before == UINT64_MAX || after_at == UINT64_MAX)
		return 0;
	*between_ns = after_at - before_at;
	if (after < before || after - before < l->steal_step_ns)
		return 0;
	return after - before;
}

static uint64_t apart(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* Another CPU with a gap at the same time, and not one of its own making: CPUs that wait with
 * interrupts off for one lock are released together. whole: the machine stood still, so both gaps
 * begin and end as one. */
static const struct lane *paused_with(const struct timeline *t, const struct lane *l,
				      const struct sp_stall *s, bool *whole)
{
	uint64_t near_ns = TOGETHER_PERIODS * t->cfg.period_ns;

	for (uint32_t i = 0; i < t->nlanes; i++) {
		const struct lane *o = t->lanes[i];
		uint64_t from, to;

		if (!o || o == l || !o->pause_end_ns || o->pause_released)
			continue;
		from = o->pause_begin_ns > s->begin_ns ? o->pause_begin_ns : s->begin_ns;
		to = o->pause_end_ns < s->end_ns ? o->pause_end_ns : s->end_ns;
		if (to <= from || to - from < (s->end_ns - s->begin_ns) / 100 * TOGETHER_PCT)
			continue;
		*whole = apart(o->pause_begin_ns, s->begin_ns) <= near_ns &&
			 apart(o->pause_end_ns, s->end_ns) <= near_ns;
		return o;
	}
	return NULL;
}

/* A CPU that went on ticking through the stall. */
static const struct lane *ran_on(const struct timeline *t, const struct lane *l,
				 const struct sp_stall *s)
{
	for (uint32_t i = 0; i < t->nlanes; i++) {
		const struct lane *o = t->lanes[i];

		if (o && o != l && o->gap.steady_ns && o->gap.steady_ns <= s->begin_ns &&
		    o->gap.last_tick_ns >= s->end_ns)
			return o;
	}
	return NULL;
}

/* Interrupts were off inside a softirq whose begin was not recorded: the task below is innocent,
 * and how long the softirq ran in all is not known. */
static void blame_softirq(struct sp_stall *s)
{
	s->mechanism = SP_MECH_SOFTIRQ;
	s->confidence = 0.75;
	s->pid = SP_NO_TASK;
	s->tid = SP_NO_TASK;
	s->comm = 0;
}

/* The one place where gaps are told apart. */
static void judge_gap(struct timeline *t, struct lane *l, struct pending_stall *p)
{
	struct sp_stall *s = &p->stall;
	uint64_t length = s->end_ns - s->begin_ns, between = 0, steal = steal_over(l, s, &between);
	bool whole = false;
	const struct lane *with = paused_with(t, l, s, &whole);
	const struct lane *ran = with ? NULL : ran_on(t, l, s);
	bool released = p->sampled && p->leaf == LEAF_RELEASE && !p->user;
	uint64_t share = released ? STEAL_SHARE_RELEASE_PCT : STEAL_SHARE_PCT;

	if (steal)
		lane_evidence(s, SP_EVID_STEAL, s->end_ns, steal, between, 0, 0);
	if (with)
		lane_evidence(s, SP_EVID_WITNESS_GAP, with->pause_begin_ns, with->cpu,
			      with->pause_end_ns - with->pause_begin_ns, 0, 0);
	else if (ran)
		lane_evidence(s, SP_EVID_WITNESS_RAN, s->end_ns, ran->cpu, 0, 0, 0);
	if (steal >= length / 100 * share) {
		s->mechanism = SP_MECH_STEAL;
		s->confidence = released ? 0.7 : 0.92;
		stalls_drop_culprit(s);
	} else if (released && !whole) {
		s->mechanism = SP_MECH_IRQS_OFF;
		s->confidence = !p->by_samples ? 0.96 : t->cfg.has_switch ? 0.85 : 0.75;
		if (steal)
			s->confidence -= 0.15;
		if (with)
			s->confidence -= 0.1;
		if (p->in_softirq)
			blame_softirq(s);
	} else {
		s->mechanism = SP_MECH_STOPPED;
		/* With a release point on one side the two disagree. */
		s->confidence = with ? (released ? 0.7 : 0.9)
				: p->user || p->leaf == LEAF_CLEARING || p->silent ? 0.8
										   : 0.5;
		if (!p->silent)
			lane_evidence(s,
				      p->user || p->leaf == LEAF_CLEARING ? SP_EVID_HOST_PAUSE
									  : SP_EVID_NO_REASON,
				      s->end_ns, 0, 0, 0, 0);
		stalls_drop_culprit(s);
	}
}

/* An interrupt of which only the length is known, and the hypervisor says that it ran something
 * else for most of it: both ends are right, and nothing was running in between. */
static void judge_span(const struct lane *l, struct sp_stall *s)
{
	uint64_t length = s->end_ns - s->begin_ns, between = 0, steal = steal_over(l, s, &between);

	if (!steal || steal < length / 100 * STEAL_SHARE_RELEASE_PCT)
		return;
	lane_evidence(s, SP_EVID_STEAL, s->end_ns, steal, between, 0, 0);
	s->mechanism = SP_MECH_STEAL;
	s->confidence = SURE_STEAL_IN_SPAN;
	stalls_drop_culprit(s);
}

static int emit(struct timeline *t, struct lane *l, struct pending_stall *p, struct sp_err *err)
{
	if (p->is_gap)
		judge_gap(t, l, p);
	else if (p->may_be_steal)
		judge_span(l, &p->stall);
	else if (p->wants_softnet)
		squeeze_add(l, &p->stall);
	l->emitted_end_ns = p->stall.end_ns;
	return t->parts.stalls.put(t->parts.stalls.self, &p->stall, err);
}

/* It may still turn out to be part of a longer stall of another kind. */
static bool is_inside(const struct lane *l, const struct pending_stall *p)
{
	return p->is_gap &&
	       ((l->soft.open && p->stall.begin_hi_ns >= l->soft.begin_ns) ||
		(l->bh.open && p->stall.begin_hi_ns >= l->bh.first_ns) || load_keeps(l, &p->stall));
}

/* Whether what it waits for has come, or will not. */
static bool is_settled(const struct lane *l, const struct pending_stall *p, uint64_t now_ns)
{
	if (p->wants_softnet)
		return squeeze_settled(l, &p->stall, now_ns);
	if (!p->is_gap && !p->may_be_steal)
		return true;
	return (l->steal_at_ns >= p->stall.end_ns || now_ns >= p->stall.end_ns + WAIT_NS) &&
	       !is_inside(l, p);
}

/* Sends on what need not wait longer, from the oldest. */
static int release(struct timeline *t, struct lane *l, uint64_t now_ns, bool all,
		   struct sp_err *err)
{
	uint32_t done = 0;
	int rc = SP_OK;

	while (!rc && done < l->npending) {
		struct pending_stall *p = &l->pending[done];

		if (!all && !is_settled(l, p, now_ns))
			break;
		rc = emit(t, l, p, err);
		done++;
	}
	if (done) {
		l->npending -= done;
		memmove(l->pending, l->pending + done, l->npending * sizeof(l->pending[0]));
	}
	return rc;
}

/* Begin and end lie within their bounds, and shares within the stall, whatever was cut. */
static void settle_bounds(struct sp_stall *s)
{
	uint64_t left = s->end_ns - s->begin_ns;

	s->begin_lo_ns = s->begin_lo_ns < s->begin_ns ? s->begin_lo_ns : s->begin_ns;
	s->begin_hi_ns = s->begin_hi_ns > s->begin_ns ? s->begin_hi_ns : s->begin_ns;
	s->end_lo_ns = s->end_lo_ns < s->end_ns ? s->end_lo_ns : s->end_ns;
	s->end_hi_ns = s->end_hi_ns > s->end_ns ? s->end_hi_ns : s->end_ns;
	for (uint32_t i = 0; i < s->nshares; i++) {
		if (s->shares[i].owned_ns > left)
			s->shares[i].owned_ns = left;
		left -= s->shares[i].owned_ns;
	}
	s->unsampled_ns = left;
}

/* A pause of the host of 6 ms does not cut a softirq of 40 ms in two. */
void pending_swallow(struct lane *l, struct sp_stall *s)
{
	uint64_t inner_ns = 0, end_ns = l->emitted_end_ns;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < l->npending; i++) {
		const struct sp_stall *in = &l->pending[i].stall;

		if (l->pending[i].is_gap && in->begin_hi_ns >= s->begin_ns &&
		    in->end_ns <= s->end_ns)
			inner_ns += in->end_ns - in->begin_ns;
	}
	if (!inner_ns || inner_ns > (s->end_ns - s->begin_ns) / 2)
		return;
	for (uint32_t i = 0; i < l->npending; i++) {
		struct pending_stall *p = &l->pending[i];

		if (!p->is_gap || p->stall.begin_hi_ns < s->begin_ns ||
		    p->stall.end_ns > s->end_ns) {
			end_ns = p->stall.end_ns > end_ns ? p->stall.end_ns : end_ns;
			l->pending[kept++] = *p;
			continue;
		}
		lane_evidence(s, SP_EVID_TICK_LATE, p->stall.end_ns,
			      p->stall.end_ns - p->stall.begin_hi_ns, 0, 0, 0);
		stall_free(&p->stall);
	}
	l->npending = kept;
	l->stall_end_ns = end_ns;
}

int pending_add(struct timeline *t, struct lane *l, struct pending_stall *p, struct sp_err *err)
{
	struct sp_stall *s = &p->stall;
	struct task_info who;
	int rc = SP_OK;

	/* Interrupts off inside a softirq (an irqsafe timer, say): the softirq's own entry and exit
	 * tell it better, and the task below it is innocent. */
	if (p->is_gap && l->soft.open && p->sampled && p->leaf == LEAF_RELEASE && !p->user &&
	    l->soft.begin_ns <= s->begin_hi_ns) {
		stall_free(s);
		return SP_OK;
	}
	if (p->is_gap && p->hit_softirq && p->sampled && p->leaf == LEAF_RELEASE && !p->user &&
	    sparse_takes(l, s)) {
		stall_free(s);
		return SP_OK;
	}
	/* What was held back, and what waits meanwhile, ended before this one began. */
	if (s->mechanism != SP_MECH_LOAD)
		rc = load_cut(t, l, p, err);
	rc = rc ? rc : wait_cut(t, l, s, err);
	if (rc) {
		stall_free(s);
		return rc;
	}
	if (s->mechanism == SP_MECH_SOFTIRQ && !p->is_gap)
		pending_swallow(l, s);
	/* Stalls of one CPU do not overlap: the one found first (the inner one) keeps its time. */
	if (s->begin_ns < l->stall_end_ns)
		s->begin_ns = s->begin_lo_ns = l->stall_end_ns;
	if (s->end_ns <= s->begin_ns || s->end_ns - s->begin_ns < t->cfg.min_stall_ns / 2) {
		stall_free(s);
		return SP_OK;
	}
	settle_bounds(s);
	if (s->tid > 0 && tasks_at(t->parts.tasks, s->tid, s->end_ns, &who)) {
		s->comm = who.comm;
		if (s->pid <= 0)
			s->pid = who.pid;
	}
	for (uint32_t i = 0; i < s->nshares; i++)
		if (tasks_at(t->parts.tasks, s->shares[i].tid, s->end_ns, &who))
			s->shares[i].comm = who.comm;
	if (p->is_gap) {
		l->pause_begin_ns = s->begin_ns;
		l->pause_end_ns = s->end_ns;
		l->pause_released = p->sampled && p->leaf == LEAF_RELEASE && !p->user;
		/* A softirq may have begun behind it, at the end of the late interrupt. */
		if (l->soft.open && s->begin_hi_ns >= l->soft.begin_ns)
			l->soft.stalled_ns += s->end_ns - s->begin_ns;
	}
	l->stall_end_ns = s->end_ns;
	if (l->cpu == t->cfg.witness) {
		stall_free(s); /* watched only to tell whether the machine stood still */
		return SP_OK;
	}
	if (l->npending == PENDING_MAX)
		rc = release(t, l, s->end_ns, true, err);
	if (!lane_room(&l->pending, l->npending)) {
		stall_free(s);
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for a stall");
	}
	l->pending[l->npending++] = *p;
	return rc ? rc : release(t, l, s->end_ns, false, err);
}

int pending_steal(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err)
{
	l->steals[l->nsteals++ % STEAL_READS] =
		(struct steal_read){ e->time_ns, e->steal.total_ns };
	l->steal_step_ns = e->steal.step_ns;
	l->steal_at_ns = e->time_ns;
	return release(t, l, e->time_ns, false, err);
}

int pending_softnet(struct timeline *t, struct lane *l, const struct sp_event *e,
		    struct sp_err *err)
{
	squeeze_put(l, e);
	return release(t, l, e->time_ns, false, err);
}

int pending_age(struct timeline *t, struct lane *l, uint64_t now_ns, struct sp_err *err)
{
	return l->npending ? release(t, l, now_ns, false, err) : SP_OK;
}

int pending_flush(struct timeline *t, struct lane *l, struct sp_err *err)
{
	return release(t, l, l->now_ns, true, err);
}

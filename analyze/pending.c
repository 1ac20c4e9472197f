#include "lane.h"
#include "leaf.h"
#include "load.h"
#include "stalls.h"

#include <stdlib.h>

/*
 * What tells a gap's kinds apart (still.c) comes later than the gap itself: the next reading of the
 * steal counter, and the other CPUs' own gaps. Stalls wait here for it, in order, and leave in
 * order.
 */

/* Without a reading for this long there will be none. */
#define WAIT_NS 400000000ULL

/* On all CPUs together. Past it those of the CPU that finds another one wait no longer. */
#define PENDING_MOST_BYTES (4U << 20)

static uint32_t bytes_of(const struct pending_stall *p)
{
	return (uint32_t)(sizeof(*p) + p->stall.nshares * sizeof(p->stall.shares[0]) +
			  p->stall.nevidence * sizeof(p->stall.evidence[0]));
}

static bool has_room(const struct timeline *t, const struct lane *l)
{
	return l->npending < PENDING_MAX && (!l->npending || t->pending_bytes < PENDING_MOST_BYTES);
}

static int emit(struct timeline *t, struct lane *l, struct pending_stall *p, struct sp_err *err)
{
	t->pending_bytes -= p->bytes;
	if (still_is(p))
		still_judge(t, l, p);
	else if (p->wants_softnet)
		squeeze_add(l, &p->stall);
	l->emitted_end_ns = p->stall.end_ns;
	return t->parts.stalls.put(t->parts.stalls.self, &p->stall, err);
}

/* It may still turn out to be part of a longer stall of another kind. */
static bool is_inside(const struct lane *l, const struct pending_stall *p)
{
	if (!p->is_gap && !p->may_be_steal)
		return false;
	return (l->soft.open && p->stall.begin_hi_ns >= l->soft.begin_ns) ||
	       (l->bh.open && p->stall.begin_hi_ns >= l->bh.first_ns) ||
	       (p->is_gap && load_keeps(l, &p->stall));
}

/* Whether what it waits for has come, or will not. */
static bool is_settled(const struct lane *l, const struct pending_stall *p, uint64_t now_ns)
{
	if (p->wants_softnet)
		return squeeze_settled(l, &p->stall, now_ns);
	if (!still_is(p))
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

/* What lies in s and may be part of it: a gap, and an interrupt of which nothing but its length is
 * known, but for a load, which that would dilute. */
static bool is_part(const struct pending_stall *p, const struct sp_stall *s)
{
	return (p->is_gap || (p->may_be_steal && s->mechanism != SP_MECH_LOAD)) &&
	       p->stall.begin_hi_ns >= s->begin_ns && p->stall.end_ns <= s->end_ns;
}

static void tell_part(struct sp_stall *s, const struct pending_stall *p)
{
	const struct sp_stall *in = &p->stall;

	if (p->is_gap)
		lane_evidence(s, SP_EVID_TICK_LATE, in->end_ns, in->end_ns - in->begin_hi_ns, 0, 0,
			      0);
	else
		lane_evidence(s, SP_EVID_ENTRY_EXIT, in->begin_ns, in->irq.id,
			      in->end_ns - in->begin_ns, in->irq.name, 0);
}

/* A pause of the host of 6 ms does not cut a softirq of 40 ms in two. */
void pending_swallow(struct timeline *t, struct lane *l, struct sp_stall *s)
{
	uint64_t inner_ns = 0, end_ns = l->emitted_end_ns;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < l->npending; i++) {
		const struct sp_stall *in = &l->pending[i].stall;

		if (is_part(&l->pending[i], s))
			inner_ns += in->end_ns - in->begin_ns;
	}
	if (!inner_ns || inner_ns > (s->end_ns - s->begin_ns) / 2)
		return;
	for (uint32_t i = 0; i < l->npending; i++) {
		struct pending_stall *p = &l->pending[i];

		if (!is_part(p, s)) {
			end_ns = p->stall.end_ns > end_ns ? p->stall.end_ns : end_ns;
			l->pending[kept++] = *p;
			continue;
		}
		tell_part(s, p);
		t->pending_bytes -= p->bytes;
		stall_free(&p->stall);
	}
	l->npending = kept;
	l->stall_end_ns = end_ns;
}

/* The longest counts. */
static void note_still(struct span_state *soft, const struct sp_stall *gap)
{
	uint64_t begin_ns = gap->begin_ns > soft->begin_ns ? gap->begin_ns : soft->begin_ns;

	if (gap->end_ns - begin_ns <= soft->still_end_ns - soft->still_begin_ns)
		return;
	soft->still_begin_ns = begin_ns;
	soft->still_end_ns = gap->end_ns;
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
		note_still(&l->soft, s);
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
		pending_swallow(t, l, s);
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
	if (!has_room(t, l))
		rc = release(t, l, s->end_ns, true, err);
	if (!lane_room(&l->pending, l->npending)) {
		stall_free(s);
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for a stall");
	}
	p->bytes = bytes_of(p);
	t->pending_bytes += p->bytes;
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

#include "lane.h"
#include "leaf.h"
#include "load.h"

#include <stdlib.h>
#include <string.h>

/*
 * What was found inside a run of NET_RX, or of a thread that polls, while it is not known whether
 * that run is a load: long softirqs and polls, pauses of the host, in order. They are part of a
 * load, and stalls of their own otherwise. load.c knows when the run has ended.
 */

/* A pause is part of a longer softirq or poll up to this share of it. */
#define INNER_PCT 50

static void tell_pause(struct sp_stall *s, const struct sp_stall *pause)
{
	lane_evidence(s, SP_EVID_TICK_LATE, pause->end_ns, pause->end_ns - pause->begin_hi_ns, 0, 0,
		      0);
}

static bool is_in(const struct sp_stall *inner, const struct sp_stall *s)
{
	uint64_t from = inner->begin_ns > s->begin_ns ? inner->begin_ns : s->begin_ns;
	uint64_t to = inner->end_ns < s->end_ns ? inner->end_ns : s->end_ns;
	uint64_t length = inner->end_ns - inner->begin_ns;

	/* A wait may have begun behind another task, before the thread got the CPU. */
	return to > from && (to - from) * (inner->mechanism == SP_MECH_KSOFTIRQD ? 2 : 1) >= length;
}

void held_end(struct load_state *r, struct sp_stall *load)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < r->nheld; i++) {
		if (!is_in(&r->held[i].stall, load)) {
			r->held[kept++] = r->held[i];
			continue;
		}
		if (r->held[i].is_gap)
			tell_pause(load, &r->held[i].stall);
		stall_free(&r->held[i].stall);
	}
	r->nheld = kept;
}

static int give(struct timeline *t, struct lane *l, struct pending_stall *p, struct sp_err *err)
{
	/* load_takes() has counted it already. */
	if (p->is_gap && l->soft.open && p->stall.begin_hi_ns >= l->soft.begin_ns)
		l->soft.stalled_ns -= p->stall.end_ns - p->stall.begin_ns;
	return pending_add(t, l, p, err);
}

int held_give(struct timeline *t, struct lane *l, uint64_t before_ns, struct sp_err *err)
{
	struct load_state *r = &l->load;
	int rc = SP_OK;

	/* Each of them ends the run, which would give the others before it. */
	if (r->gives)
		return SP_OK;
	r->gives = true;
	while (!rc && r->nheld && r->held[0].stall.begin_ns < before_ns) {
		struct pending_stall p = r->held[0];

		memmove(r->held, r->held + 1, --r->nheld * sizeof(p));
		rc = give(t, l, &p, err);
	}
	r->gives = false;
	return rc;
}

static bool lies_in(const struct pending_stall *p, const struct sp_stall *s)
{
	return p->is_gap && p->stall.begin_hi_ns >= s->begin_ns && p->stall.end_ns <= s->end_ns;
}

void held_swallow(struct load_state *r, struct sp_stall *s)
{
	uint64_t inner_ns = 0;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < r->nheld; i++)
		if (lies_in(&r->held[i], s))
			inner_ns += r->held[i].stall.end_ns - r->held[i].stall.begin_ns;
	if (!inner_ns || inner_ns > (s->end_ns - s->begin_ns) / 100 * INNER_PCT)
		return;
	for (uint32_t i = 0; i < r->nheld; i++) {
		if (lies_in(&r->held[i], s)) {
			tell_pause(s, &r->held[i].stall);
			stall_free(&r->held[i].stall);
		} else {
			r->held[kept++] = r->held[i];
		}
	}
	r->nheld = kept;
}

/* Too many to hold: what they lie in is told as far as it got, or they are. */
static int make_room(struct timeline *t, struct lane *l, const struct pending_stall *next,
		     struct sp_err *err)
{
	struct load_state *r = &l->load;
	uint32_t kept = 0;
	int rc = load_so_far(t, l, next->stall.end_ns, err);

	if (rc)
		return rc;
	if (r->open && load_is(r))
		for (uint32_t i = 0; i < r->nheld; i++) {
			if (r->held[i].stall.end_ns <= r->all.end_ns)
				stall_free(&r->held[i].stall);
			else
				r->held[kept++] = r->held[i];
		}
	else
		kept = r->nheld;
	r->nheld = kept;
	if (kept == LOAD_HELD)
		rc = load_flush(t, l, err);
	if (!r->open) /* a thread that goes on */
		shares_begin(&r->shares, next->stall.end_ns);
	return rc;
}

/* Shares of what is held, of all CPUs together: on up to 64 CPUs all that a stall may have. */
#define HELD_SHARES	  (64U * 1024U)
#define HELD_SHARES_LEAST 4U

static uint32_t shares_of_one(const struct timeline *t)
{
	uint32_t n = HELD_SHARES / LOAD_HELD / (t->nused ? t->nused : 1);

	return n < HELD_SHARES_LEAST ? HELD_SHARES_LEAST : n;
}

uint64_t timeline_trimmed(const struct timeline *t)
{
	return t->trimmed;
}

int load_hold(struct timeline *t, struct lane *l, struct pending_stall *p, struct sp_err *err)
{
	struct load_state *r = &l->load;
	int rc = SP_OK;

	t->trimmed += stall_trim(&p->stall, shares_of_one(t));

	if (!p->is_gap)
		held_swallow(r, &p->stall);
	else if (!r->thread_since_ns && r->hole_end_ns == p->stall.end_ns)
		rc = wait_cut(t, l, &p->stall, err); /* as of one that is not held */
	if (!rc && r->nheld == LOAD_HELD)
		rc = make_room(t, l, p, err);
	if (!rc && !lane_room(&r->held, r->nheld))
		rc = sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for a stall");
	if (rc)
		stall_free(&p->stall);
	else
		r->held[r->nheld++] = *p;
	return rc;
}

/* Whether it lies in what the run is made of, and adds it to the pauses of that. */
static bool add_pause(struct lane *l, const struct pending_stall *p)
{
	struct load_state *r = &l->load;
	const struct sp_stall *s = &p->stall;
	uint64_t ns = s->end_ns - s->begin_ns;

	if (r->thread_since_ns && s->begin_hi_ns >= r->thread_since_ns &&
	    (!l->soft.open || l->soft.vec == SP_VEC_NET_RX)) {
		r->thread_paused_ns += ns;
		return true;
	}
	if (l->soft.open && l->soft.vec == SP_VEC_NET_RX && s->begin_hi_ns >= l->soft.begin_ns) {
		r->span_paused_ns += ns;
		return true;
	}
	return false;
}

/* Between two NET_RX nobody knows whether the CPU paused or was not recorded. */
static bool is_between(const struct lane *l, const struct sp_stall *s)
{
	return (!l->soft.open || l->soft.begin_ns >= s->end_ns) &&
	       load_joins(&l->load, s->begin_lo_ns);
}

/* Of another vector: no packets were served in it. */
static bool is_in_softirq(const struct lane *l, const struct sp_stall *s)
{
	return l->soft.open && l->soft.begin_ns <= s->begin_hi_ns;
}

bool load_takes(struct lane *l, const struct pending_stall *p)
{
	const struct sp_stall *s = &p->stall;

	/* Nobody switches tasks with interrupts off: if one was switched to unseen, it is a hole.
	 */
	if (p->sampled && p->leaf == LEAF_RELEASE && !p->user &&
	    s->end_ns != l->load.unseen_switch_ns)
		return false;
	if (add_pause(l, p)) {
		l->soft.stalled_ns += l->soft.open ? s->end_ns - s->begin_ns : 0;
	} else {
		if (!is_in_softirq(l, s))
			load_silence(&l->load, s->begin_lo_ns, s->end_ns);
		if (!is_between(l, s))
			return false;
		l->load.hole_end_ns = s->end_ns;
	}
	l->pause_begin_ns = s->begin_ns;
	l->pause_end_ns = s->end_ns;
	l->pause_released = false;
	return true;
}

bool load_hole(struct lane *l, uint64_t from_ns, uint64_t to_ns)
{
	load_silence(&l->load, from_ns, to_ns);
	if (!load_joins(&l->load, from_ns))
		return false;
	l->load.hole_end_ns = to_ns;
	return true;
}

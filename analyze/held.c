#include "lane.h"
#include "leaf.h"

#include <stdlib.h>

/*
 * What was found inside a run of NET_RX, or of a thread that polls, while it is not known whether
 * that run is a load: long softirqs and polls, pauses of the host, in order. They are part of a
 * load, and stalls of their own otherwise. load.c knows when the run has ended.
 */

/* A pause is part of a longer softirq or poll up to this share of it. */
#define INNER_PCT 50
/* A tick that is on time comes within this share of a period. */
#define ON_GRID_DIV 16

static void tell_pause(struct sp_stall *s, const struct sp_stall *pause)
{
	lane_evidence(s, SP_EVID_TICK_LATE, pause->end_ns, pause->end_ns - pause->begin_hi_ns, 0, 0,
		      0);
}

static void drop(struct load_state *r)
{
	for (uint32_t i = 0; i < r->nheld; i++)
		free(r->held[i].stall.shares);
	r->nheld = 0;
}

void held_end(struct load_state *r, struct sp_stall *load)
{
	for (uint32_t i = 0; i < r->nheld; i++)
		if (r->held[i].is_gap)
			tell_pause(load, &r->held[i].stall);
	drop(r);
}

int held_give(struct timeline *t, struct lane *l, struct sp_err *err)
{
	struct load_state *r = &l->load;
	uint32_t n = r->nheld;
	int rc = SP_OK;

	r->nheld = 0;
	for (uint32_t i = 0; i < n; i++) {
		if (rc)
			free(r->held[i].stall.shares);
		else
			rc = pending_add(t, l, &r->held[i], err);
	}
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
			free(r->held[i].stall.shares);
		} else {
			r->held[kept++] = r->held[i];
		}
	}
	r->nheld = kept;
}

int load_hold(struct timeline *t, struct lane *l, struct pending_stall *p, struct sp_err *err)
{
	struct load_state *r = &l->load;
	int rc = SP_OK;

	if (!p->is_gap)
		held_swallow(r, &p->stall);
	if (r->nheld == LOAD_HELD) {
		/* So many long ones in a row are a load already, or never will be. */
		if (!r->open || r->thread || load_is(r))
			drop(r);
		else
			rc = held_give(t, l, err);
	}
	if (rc)
		free(p->stall.shares);
	else
		r->held[r->nheld++] = *p;
	return rc;
}

/* A clock that is late because nothing ran is late by anything. */
static bool is_on_grid(const struct timeline *t, const struct lane *l, uint64_t ns)
{
	uint64_t period = t->cfg.period_ns, phase = l->gap.phase_ns;

	return period && phase && ns > phase && (ns - phase) % period < period / ON_GRID_DIV;
}

/* Whether it lies in what the run is made of, and adds it to the pauses of that. */
static bool add_pause(const struct timeline *t, struct lane *l, const struct pending_stall *p)
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
	/* The clock came on time, and only its records before are missing: as in load_hole(). */
	if (is_on_grid(t, l, s->end_ns) && !l->soft.open && load_joins(r, s->begin_lo_ns)) {
		r->hole_end_ns = s->end_ns;
		return true;
	}
	return false;
}

bool load_takes(const struct timeline *t, struct lane *l, const struct pending_stall *p)
{
	const struct sp_stall *s = &p->stall;

	if ((p->sampled && p->leaf == LEAF_RELEASE && !p->user) || !add_pause(t, l, p))
		return false;
	l->soft.stalled_ns += l->soft.open ? s->end_ns - s->begin_ns : 0;
	l->pause_begin_ns = s->begin_ns;
	l->pause_end_ns = s->end_ns;
	l->pause_released = false;
	return true;
}

bool load_hole(struct lane *l, uint64_t from_ns, uint64_t to_ns)
{
	if (!load_joins(&l->load, from_ns))
		return false;
	l->load.hole_end_ns = to_ns;
	return true;
}

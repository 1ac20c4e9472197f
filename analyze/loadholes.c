#include "lane.h"
#include "load.h"

/*
 * A run with holes in it: time of which nothing was recorded, or in which the CPU stood still
 * between two NET_RX. Packets may have been served all through it, or not at all:
 *
 *	before                    part
 *	├──────────────┤ ┄┄hole┄┄ ├──────────────┤
 *	begin          ├┄┄┄ it may have ended or begun in here
 *
 * Who floods a CPU before a hole and behind it mostly did so inside, so it is one load. A part that
 * is a load by itself was one whatever came to pass in the hole: the load's ends are those of its
 * first and last such part, and where there is none they are left open.
 */

/* A run is load, not service, with this share of NET_RX, pauses left out. */
#define LOAD_SHARE_PCT 90
/* Of LOAD_LEAST_NS so much was recorded, where the rest is in a hole inside it, or beside it. */
#define LOAD_SEEN_NS   6000000ULL
#define LOAD_BESIDE_NS 8000000ULL
/* Nor does one that took this share of the run make it a load. */
#define LOAD_ONE_PCT 50
/* What stood still may be so much of it. */
#define LOAD_PAUSED_PCT 50
/* What is shorter than this beside a hole says nothing about what was in it. */
#define LOAD_CRUMB_NS 1000000ULL

/* unseen_ns: in so much of it, or beside it, packets may have been served as well. */
static bool adds_up(const struct load_state *r, const struct load_sum *s, uint64_t unseen_ns,
		    uint64_t least_ns)
{
	uint64_t length = s->end_ns - s->begin_ns, seen = length - s->paused_ns;

	return s->paused_ns <= length / 100 * LOAD_PAUSED_PCT && seen >= least_ns &&
	       seen + unseen_ns >= LOAD_LEAST_NS && s->busy_ns >= seen / 100 * LOAD_SHARE_PCT &&
	       (r->thread || s->longest_ns <= s->busy_ns / 100 * LOAD_ONE_PCT);
}

bool load_adds_up(const struct load_state *r, const struct load_sum *s)
{
	return adds_up(r, s, s->unseen_ns, LOAD_SEEN_NS);
}

bool load_may_be(const struct load_state *r)
{
	uint64_t beside_ns = r->all.begin_ns - r->begin_lo_ns;

	beside_ns += r->end_hi_ns > r->all.end_ns ? r->end_hi_ns - r->all.end_ns : 0;
	return adds_up(r, &r->all, r->all.unseen_ns + beside_ns, LOAD_BESIDE_NS);
}

void load_silence(struct load_state *r, uint64_t from_ns, uint64_t to_ns)
{
	r->silent_ns = from_ns;
	r->silent_end_ns = to_ns;
}

bool load_is_crumb(const struct load_sum *s)
{
	return !s->unseen_ns && s->end_ns - s->begin_ns < LOAD_CRUMB_NS;
}

/* The part that ends here: it was a load, whatever is in the holes beside it. */
static bool end_part(struct load_state *r)
{
	bool sure = load_adds_up(r, &r->part);

	r->sure |= sure;
	if (sure || !r->end_lo_ns)
		r->end_lo_ns = r->part.end_ns;
	return sure;
}

void load_over_hole(struct load_state *r, uint64_t to_ns)
{
	uint64_t unseen_ns = to_ns - r->all.end_ns;

	end_part(r);
	if (!r->sure)
		r->begin_hi_ns = to_ns;
	r->before = r->all;
	r->all.paused_ns += unseen_ns;
	r->all.unseen_ns += unseen_ns;
	r->part = (struct load_sum){ .begin_ns = to_ns };
}

void load_end_holes(struct load_state *r)
{
	bool sure;

	r->end_hi_ns = r->hole_end_ns;
	if (!r->all.unseen_ns)
		return;
	sure = end_part(r);
	if (sure && !load_is(r)) {
		r->begin_lo_ns = r->before.end_ns;
		r->begin_hi_ns = r->part.begin_ns;
		r->all = r->part;
	} else if (load_is_crumb(&r->part) && load_adds_up(r, &r->before)) {
		r->end_hi_ns = r->hole_end_ns > r->all.end_ns ? r->hole_end_ns : r->all.end_ns;
		r->all = r->before;
	}
}

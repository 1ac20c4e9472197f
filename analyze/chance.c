#include "chance.h"

#include <stdlib.h>
#include <string.h>

struct interval {
	uint64_t begin_ns, end_ns; /* from the recording's begin */
	uint32_t lane;
};

/* Intervals of one lane, disjoint and in order: at[first], at[first + 1], … */
struct lane_of {
	uint32_t lane, first, n;
	uint64_t total_ns;
};

struct memo {
	uint64_t window_ns, need_ns; /* 0: empty */
	uint32_t lane;
	double chance;
};

struct chance {
	uint64_t begin_ns, length_ns;
	struct interval *at;
	uint32_t n, room;
	struct lane_of *lanes;
	uint32_t nlanes;
	/* Places that hold enough, of all lanes, while an answer is made. */
	struct interval *places;
	uint32_t nplaces, places_room;
	struct memo memo[CHANCE_MEMO];
};

int chance_new(struct chance **ret, uint64_t begin_ns, uint64_t end_ns, struct sp_err *err)
{
	struct chance *c = calloc(1, sizeof(*c));

	if (!c)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for chance");
	c->begin_ns = begin_ns;
	c->length_ns = end_ns > begin_ns ? end_ns - begin_ns : 0;
	*ret = c;
	return SP_OK;
}

void chance_free(struct chance *c)
{
	if (!c)
		return;
	free(c->places);
	free(c->lanes);
	free(c->at);
	free(c);
}

/* Room for one more in an array of intervals. */
static int grow(struct interval **at, uint32_t n, uint32_t *room, struct sp_err *err)
{
	uint32_t more = *room ? *room * 2 : 256;
	struct interval *to;

	if (n < *room)
		return SP_OK;
	to = realloc(*at, more * sizeof(*to));
	if (!to)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for %u intervals", more);
	*at = to;
	*room = more;
	return SP_OK;
}

int chance_add(struct chance *c, uint32_t lane, uint64_t begin_ns, uint64_t end_ns,
	       struct sp_err *err)
{
	uint64_t from = begin_ns > c->begin_ns ? begin_ns - c->begin_ns : 0;
	uint64_t to = end_ns > c->begin_ns ? end_ns - c->begin_ns : 0;
	int rc;

	to = to < c->length_ns ? to : c->length_ns;
	if (from >= to)
		return SP_OK;
	rc = grow(&c->at, c->n, &c->room, err);
	if (!rc)
		c->at[c->n++] = (struct interval){ from, to, lane };
	return rc;
}

static int by_lane_begin(const void *a, const void *b)
{
	const struct interval *x = a, *y = b;

	if (x->lane != y->lane)
		return x->lane < y->lane ? -1 : 1;
	return x->begin_ns == y->begin_ns ? 0 : x->begin_ns < y->begin_ns ? -1 : 1;
}

static int by_begin(const void *a, const void *b)
{
	const struct interval *x = a, *y = b;

	return x->begin_ns == y->begin_ns ? 0 : x->begin_ns < y->begin_ns ? -1 : 1;
}

void chance_seal(struct chance *c)
{
	uint32_t kept = 0;

	if (c->n)
		qsort(c->at, c->n, sizeof(c->at[0]), by_lane_begin);
	for (uint32_t i = 0; i < c->n; i++) {
		struct interval *last = kept ? &c->at[kept - 1] : NULL;

		if (last && last->lane == c->at[i].lane && c->at[i].begin_ns <= last->end_ns) {
			if (c->at[i].end_ns > last->end_ns)
				last->end_ns = c->at[i].end_ns;
			continue;
		}
		c->at[kept++] = c->at[i];
	}
	c->n = kept;
}

static int find_lanes(struct chance *c, struct sp_err *err)
{
	uint32_t n = 0;

	if (c->lanes || !c->n)
		return SP_OK;
	for (uint32_t i = 0; i < c->n; i++)
		n += !i || c->at[i].lane != c->at[i - 1].lane;
	c->lanes = calloc(n, sizeof(c->lanes[0]));
	if (!c->lanes)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for %u lanes", n);
	for (uint32_t i = 0; i < c->n; i++) {
		struct lane_of *l;

		if (!i || c->at[i].lane != c->at[i - 1].lane)
			c->lanes[c->nlanes++] =
				(struct lane_of){ .lane = c->at[i].lane, .first = i };
		l = &c->lanes[c->nlanes - 1];
		l->n++;
		l->total_ns += c->at[i].end_ns - c->at[i].begin_ns;
	}
	return SP_OK;
}

/* A point that moves over a lane: which edge is next, and whether it is inside. */
struct edge {
	const struct interval *at;
	uint32_t n, i;	  /* interval */
	bool inside;	  /* the next edge is its end */
	uint64_t turn_ns; /* added to edges: how far the point has gone round */
};

static uint64_t next_edge(const struct edge *e)
{
	if (e->i == e->n) /* round: to the first interval's begin */
		return UINT64_MAX;
	return e->turn_ns + (e->inside ? e->at[e->i].end_ns : e->at[e->i].begin_ns);
}

static void step(struct edge *e, uint64_t length_ns)
{
	if (!e->inside) {
		e->inside = true;
		return;
	}
	e->inside = false;
	if (++e->i == e->n) {
		e->i = 0;
		e->turn_ns += length_ns;
	}
}

/* Puts the point at x (< length); returns how much of the lane lies before it. */
static uint64_t place_edge(struct edge *e, uint64_t x, uint64_t length_ns)
{
	uint64_t before_ns = 0;

	for (uint32_t i = 0; i < 2 * e->n && next_edge(e) <= x; i++) {
		if (e->inside)
			before_ns += e->at[e->i].end_ns - e->at[e->i].begin_ns;
		step(e, length_ns);
	}
	if (e->inside)
		before_ns += x - (e->turn_ns + e->at[e->i].begin_ns);
	return before_ns;
}

static int put_place(struct chance *c, uint64_t begin_ns, uint64_t end_ns, struct sp_err *err)
{
	struct interval *last = c->nplaces ? &c->places[c->nplaces - 1] : NULL;
	int rc;

	if (begin_ns >= end_ns)
		return SP_OK;
	if (last && last->end_ns == begin_ns) {
		last->end_ns = end_ns;
		return SP_OK;
	}
	rc = grow(&c->places, c->nplaces, &c->places_room, err);
	if (!rc)
		c->places[c->nplaces++] = (struct interval){ begin_ns, end_ns, 0 };
	return rc;
}

/*
 * The places s at which [s, s + window) holds enough of the lane. What it holds changes by 1, 0 or
 * -1 ns a ns between the edges that its ends meet, so going from edge to edge is exact.
 */
static int lane_places(struct chance *c, const struct lane_of *l, uint64_t window_ns,
		       uint64_t need_ns, struct sp_err *err)
{
	struct edge tail = { .at = c->at + l->first, .n = l->n };
	struct edge head = tail;
	uint64_t s = 0, held_ns;
	int rc = SP_OK;

	held_ns = place_edge(&head, window_ns, c->length_ns);
	place_edge(&tail, 0, c->length_ns);
	while (!rc && s < c->length_ns) {
		uint64_t t = next_edge(&tail), h = next_edge(&head) - window_ns;
		uint64_t to = t < h ? t : h, run_ns, enough_ns;
		int slope = (int)head.inside - (int)tail.inside;

		to = to < c->length_ns ? to : c->length_ns;
		run_ns = to - s;
		if (slope < 0) {
			enough_ns = held_ns >= need_ns ? held_ns - need_ns + 1 : 0;
			rc = put_place(c, s, s + (enough_ns < run_ns ? enough_ns : run_ns), err);
			held_ns -= run_ns;
		} else if (slope > 0) {
			enough_ns = held_ns >= need_ns ? 0 : need_ns - held_ns;
			rc = put_place(c, s + (enough_ns < run_ns ? enough_ns : run_ns), to, err);
			held_ns += run_ns;
		} else if (held_ns >= need_ns) {
			rc = put_place(c, s, to, err);
		}
		if (t == to)
			step(&tail, c->length_ns);
		if (h == to)
			step(&head, c->length_ns);
		s = to;
	}
	return rc;
}

/* The length of the union of all places found. */
static uint64_t union_of_places(struct chance *c)
{
	uint64_t total_ns = 0, reached_ns = 0;

	if (c->nplaces)
		qsort(c->places, c->nplaces, sizeof(c->places[0]), by_begin);
	for (uint32_t i = 0; i < c->nplaces; i++) {
		uint64_t from = c->places[i].begin_ns, to = c->places[i].end_ns;

		from = from > reached_ns ? from : reached_ns;
		if (to <= from)
			continue;
		total_ns += to - from;
		reached_ns = to;
	}
	return total_ns;
}

static int compute(struct chance *c, uint32_t lane, uint64_t window_ns, uint64_t need_ns,
		   double *ret, struct sp_err *err)
{
	bool all = false;
	int rc = find_lanes(c, err);

	c->nplaces = 0;
	for (uint32_t i = 0; !rc && i < c->nlanes; i++) {
		const struct lane_of *l = &c->lanes[i];

		if ((lane != CHANCE_ANY && l->lane != lane) || l->total_ns < need_ns)
			continue;
		if (window_ns >= c->length_ns)
			all = true;
		else
			rc = lane_places(c, l, window_ns, need_ns, err);
	}
	*ret = all ? 1 : c->length_ns ? (double)union_of_places(c) / (double)c->length_ns : 0;
	return rc;
}

/* Keeps the six bits after the first. */
static uint64_t coarse(uint64_t ns, bool up)
{
	int bits = ns ? 63 - __builtin_clzll(ns) : 0;
	uint64_t grain = bits > 6 ? (UINT64_C(1) << (bits - 6)) - 1 : 0;

	if (up && ns <= UINT64_MAX - grain)
		ns += grain;
	return ns & ~grain;
}

int chance_of(struct chance *c, uint32_t lane, uint64_t window_ns, uint64_t need_ns, double *ret,
	      struct sp_err *err)
{
	struct memo *m;
	int rc;

	window_ns = coarse(window_ns, true);
	need_ns = coarse(need_ns ? need_ns : 1, false);
	m = &c->memo[((window_ns * 31 + need_ns) * UINT64_C(0x9e3779b97f4a7c15) + lane) >> 32 &
		     (CHANCE_MEMO - 1)];
	if (m->need_ns != need_ns || m->window_ns != window_ns || m->lane != lane) {
		double chance;

		rc = compute(c, lane, window_ns, need_ns, &chance, err);
		if (rc)
			return rc;
		*m = (struct memo){ window_ns, need_ns, lane, chance };
	}
	*ret = m->chance;
	return SP_OK;
}

uint64_t chance_held(const struct chance *c, uint64_t begin_ns, uint64_t end_ns, uint32_t *lane)
{
	uint64_t from = begin_ns > c->begin_ns ? begin_ns - c->begin_ns : 0;
	uint64_t to = end_ns > c->begin_ns ? end_ns - c->begin_ns : 0;
	uint64_t best_ns = 0, held_ns = 0;

	for (uint32_t i = 0; i < c->n; i++) {
		uint64_t b = c->at[i].begin_ns, e = c->at[i].end_ns;

		if (!i || c->at[i].lane != c->at[i - 1].lane)
			held_ns = 0;
		b = b > from ? b : from;
		e = e < to ? e : to;
		held_ns += e > b ? e - b : 0;
		if (held_ns > best_ns) {
			best_ns = held_ns;
			*lane = c->at[i].lane;
		}
	}
	return best_ns;
}

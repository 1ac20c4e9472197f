#include "clock.h"

#include <stdlib.h>
#include <string.h>

#define NS_S	   INT64_C(1000000000)
#define LAST_NS	   (INT64_C(7258118400) * NS_S) /* 2200: room for arithmetic below INT64_MAX */
#define NEAR_PAIRS 64
#define STEP_NS	   1000000 /* a smaller jump than this is a slew as far as spikes go */

struct pair {
	int64_t mono_ns, real_ns;
	uint64_t width_ns;
};

struct clock {
	struct pair *at; /* by mono_ns, all different */
	uint32_t n, room;
	/* Where runs begin in which wall time does not go back. */
	uint32_t *runs;
	uint32_t nruns, runs_room;
	bool has_guess;
	struct pair guess;
};

int clock_new(struct clock **ret, struct sp_err *err)
{
	struct clock *c = calloc(1, sizeof(*c));

	if (!c)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for clock pairs");
	*ret = c;
	return SP_OK;
}

void clock_free(struct clock *c)
{
	if (!c)
		return;
	free(c->runs);
	free(c->at);
	free(c);
}

/* Drops every other pair; the last stays. */
static void thin(struct clock *c)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < c->n; i++) {
		if (i % 2 == 0 || i + 1 == c->n)
			c->at[kept++] = c->at[i];
	}
	c->n = kept;
}

static int add_run(struct clock *c, uint32_t at, struct sp_err *err)
{
	uint32_t room = c->runs_room ? c->runs_room * 2 : 8;
	uint32_t *runs;

	if (c->nruns == c->runs_room) {
		runs = realloc(c->runs, room * sizeof(*runs));
		if (!runs)
			return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for %u clock steps",
				       room);
		c->runs = runs;
		c->runs_room = room;
	}
	c->runs[c->nruns++] = at;
	return SP_OK;
}

/* Finds the runs again from the pair at on; those before it stay. */
static int find_runs(struct clock *c, uint32_t at, struct sp_err *err)
{
	int rc = SP_OK;

	while (c->nruns && c->runs[c->nruns - 1] >= at)
		c->nruns--;
	for (; !rc && at < c->n; at++) {
		if (!at || c->at[at].real_ns < c->at[at - 1].real_ns)
			rc = add_run(c, at, err);
	}
	return rc;
}

static int make_room(struct clock *c, struct sp_err *err)
{
	uint32_t room = c->room ? c->room * 2 : 64;
	struct pair *at;
	int rc;

	if (c->n == CLOCK_MAX_PAIRS) {
		thin(c);
		rc = find_runs(c, 0, err);
		if (rc)
			return rc;
	}
	if (c->n < c->room)
		return SP_OK;
	at = realloc(c->at, room * sizeof(*at));
	if (!at)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for %u clock pairs", room);
	c->at = at;
	c->room = room;
	return SP_OK;
}

static uint64_t apart(int64_t a, int64_t b)
{
	return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

int clock_put(struct clock *c, uint64_t mono_ns, int64_t real_ns, uint64_t width_ns,
	      struct sp_err *err)
{
	struct pair pair = { (int64_t)mono_ns, real_ns, width_ns };
	uint32_t at;
	int rc;

	if (mono_ns > (uint64_t)LAST_NS || real_ns < 0 || real_ns > LAST_NS)
		return SP_OK;
	if (width_ns > 3600 * (uint64_t)NS_S)
		pair.width_ns = 3600 * (uint64_t)NS_S;
	rc = make_room(c, err);
	if (rc)
		return rc;
	/* They come in order of time, or nearly; one that is far behind says nothing new. */
	for (at = c->n; at && c->at[at - 1].mono_ns > pair.mono_ns; at--)
		if (c->n - at == NEAR_PAIRS)
			return SP_OK;
	if (at && c->at[at - 1].mono_ns == pair.mono_ns) {
		/* Two at one instant: the closer reading holds. */
		if (pair.width_ns < c->at[at - 1].width_ns)
			c->at[at - 1] = pair;
		return SP_OK;
	}
	memmove(c->at + at + 1, c->at + at, (c->n - at) * sizeof(pair));
	c->at[at] = pair;
	c->n++;
	return find_runs(c, at, err);
}

void clock_guess(struct clock *c, uint64_t mono_ns, int64_t real_ns, uint64_t uncertainty_ns)
{
	if (mono_ns > (uint64_t)LAST_NS || real_ns < 0 || real_ns > LAST_NS)
		return;
	c->guess = (struct pair){ (int64_t)mono_ns, real_ns, uncertainty_ns };
	c->has_guess = true;
}

bool clock_is_guess(const struct clock *c)
{
	return !c->n && c->has_guess;
}

/* All that an instant may be on the capture clock. */
struct hull {
	bool any;
	int64_t lo, hi;
};

static void add(struct hull *h, int64_t mono_ns, uint64_t uncertainty_ns)
{
	int64_t lo = mono_ns - (int64_t)uncertainty_ns, hi = mono_ns + (int64_t)uncertainty_ns;

	h->lo = !h->any || lo < h->lo ? lo : h->lo;
	h->hi = !h->any || hi > h->hi ? hi : h->hi;
	h->any = true;
}

/* The wall time from a pair on while only it is known. */
static void add_beyond(struct hull *h, const struct pair *p, int64_t real_ns)
{
	uint64_t away_ns = apart(real_ns, p->real_ns);

	add(h, p->mono_ns + (real_ns - p->real_ns),
	    p->width_ns + away_ns / 1000000 * CLOCK_SLEW_PPM);
}

/* real_ns lies between the wall times of two pairs that follow each other. */
static void add_between(struct hull *h, const struct pair *a, const struct pair *b, int64_t real_ns)
{
	uint64_t width_ns = a->width_ns > b->width_ns ? a->width_ns : b->width_ns;
	int64_t from_a = a->mono_ns + (real_ns - a->real_ns);
	int64_t from_b = b->mono_ns + (real_ns - b->real_ns);
	int64_t span_ns = b->real_ns - a->real_ns, mono_ns = a->mono_ns;
	uint64_t off_a, off_b;

	if (span_ns)
		mono_ns += (int64_t)((long double)(real_ns - a->real_ns) *
				     (b->mono_ns - a->mono_ns) / span_ns);
	/* A step at either end would put it here or there, but never outside of the two. */
	off_a = apart(mono_ns, from_a);
	off_b = apart(mono_ns, from_b);
	if (from_a > b->mono_ns)
		off_a = apart(b->mono_ns, mono_ns);
	if (from_b < a->mono_ns)
		off_b = apart(a->mono_ns, mono_ns);
	add(h, mono_ns, width_ns + (off_a > off_b ? off_a : off_b));
}

/*
 * The wall clock may have been set anywhere between two pairs: until then the offset of the first
 * held, from then on that of the second. What such an instant has to be is between the two.
 */
static void add_set(struct hull *h, const struct pair *a, const struct pair *b, int64_t real_ns)
{
	uint64_t width_ns = a->width_ns > b->width_ns ? a->width_ns : b->width_ns;
	int64_t from_a = a->mono_ns + (real_ns - a->real_ns);
	int64_t from_b = b->mono_ns + (real_ns - b->real_ns);

	if (from_a >= a->mono_ns && from_a <= b->mono_ns)
		add(h, from_a, width_ns);
	if (from_b >= a->mono_ns && from_b <= b->mono_ns)
		add(h, from_b, width_ns);
}

/* The first pair of [from, to) whose wall time is past real_ns; to when none is. */
static uint32_t first_past(const struct clock *c, uint32_t from, uint32_t to, int64_t real_ns)
{
	while (from < to) {
		uint32_t mid = from + (to - from) / 2;

		if (c->at[mid].real_ns > real_ns)
			to = mid;
		else
			from = mid + 1;
	}
	return from;
}

static void add_all(const struct clock *c, struct hull *h, int64_t real_ns)
{
	const struct pair *nearest = &c->at[0];

	for (uint32_t i = 0; i < c->nruns; i++) {
		uint32_t from = c->runs[i], to = i + 1 < c->nruns ? c->runs[i + 1] : c->n;
		uint32_t at = first_past(c, from, to, real_ns);

		if (at > from && at < to)
			add_between(h, &c->at[at - 1], &c->at[at], real_ns);
		/* Set back by less than the time between two pairs, it shows beside the place. */
		if (at > 1)
			add_set(h, &c->at[at - 2], &c->at[at - 1], real_ns);
		if (at + 1 < c->n)
			add_set(h, &c->at[at], &c->at[at + 1], real_ns);
		if (from)
			add_set(h, &c->at[from - 1], &c->at[from], real_ns);
		if (at > from && c->at[at - 1].real_ns == real_ns)
			add(h, c->at[at - 1].mono_ns, c->at[at - 1].width_ns);
		if (apart(c->at[from].real_ns, real_ns) < apart(nearest->real_ns, real_ns))
			nearest = &c->at[from];
		if (apart(c->at[to - 1].real_ns, real_ns) < apart(nearest->real_ns, real_ns))
			nearest = &c->at[to - 1];
	}
	if (!h->any)
		add_beyond(h, nearest, real_ns);
}

bool clock_mono(const struct clock *c, int64_t real_ns, int64_t *ret_mono_ns,
		uint64_t *ret_uncertainty_ns)
{
	struct hull h = { 0 };

	real_ns = real_ns < 0 ? 0 : real_ns > LAST_NS ? LAST_NS : real_ns;
	if (c->n)
		add_all(c, &h, real_ns);
	else if (c->has_guess)
		add_beyond(&h, &c->guess, real_ns);
	else
		return false;
	*ret_mono_ns = h.lo + (h.hi - h.lo) / 2;
	*ret_uncertainty_ns = (uint64_t)(h.hi - h.lo + 1) / 2;
	return true;
}

/* The last pair at or before the instant; 0 when all are later. */
static uint32_t pair_before(const struct clock *c, int64_t mono_ns)
{
	uint32_t from = 0, to = c->n;

	while (from < to) {
		uint32_t mid = from + (to - from) / 2;

		if (c->at[mid].mono_ns > mono_ns)
			to = mid;
		else
			from = mid + 1;
	}
	return from ? from - 1 : 0;
}

int64_t clock_real(const struct clock *c, uint64_t mono_ns)
{
	int64_t m = mono_ns > (uint64_t)LAST_NS ? LAST_NS : (int64_t)mono_ns;
	const struct pair *a = &c->guess, *b;
	uint32_t i;

	if (!c->n)
		return c->has_guess ? a->real_ns + (m - a->mono_ns) : INT64_MIN;
	i = pair_before(c, m);
	a = &c->at[i];
	if (i + 1 == c->n || m < a->mono_ns)
		return a->real_ns + (m - a->mono_ns);
	b = a + 1;
	return a->real_ns + (int64_t)((long double)(m - a->mono_ns) * (b->real_ns - a->real_ns) /
				      (b->mono_ns - a->mono_ns));
}

uint32_t clock_steps(const struct clock *c, uint64_t *ret_worst_ns)
{
	uint32_t steps = 0;

	*ret_worst_ns = 0;
	for (uint32_t i = 1; i < c->n; i++) {
		const struct pair *a = &c->at[i - 1], *b = &c->at[i];
		int64_t passed_ns = b->mono_ns - a->mono_ns;
		uint64_t moved_ns = apart(b->real_ns - a->real_ns, passed_ns);
		uint64_t slew_ns = (uint64_t)passed_ns / 1000000 * CLOCK_SLEW_PPM;

		if (moved_ns <= STEP_NS + slew_ns + a->width_ns + b->width_ns)
			continue;
		steps++;
		if (moved_ns > *ret_worst_ns)
			*ret_worst_ns = moved_ns;
	}
	return steps;
}

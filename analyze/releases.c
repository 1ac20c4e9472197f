#include "releases.h"
#include "stalls.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* How likely it is that so many pauses fell on one place: from where on they are called pauses, and
 * from where on the verdict is less than sure. */
#define CHANCE_PAUSE	 0.02
#define CHANCE_DOUBT	 0.002
#define DOUBT_CONFIDENCE 0.75
#define PAUSE_CONFIDENCE 0.6

/* Pauses fall on such places more often than their share of time says: of some 50 pauses beside a
 * process that reads /proc/self/stat 9 did, where 6 % of the samples stand (a virtual
 * machine, 6.18). */
#define BIAS 4.0

/* A stall by the site of its late sample, and how many there are at that. */
struct place {
	struct site site;
	uint64_t length_ns;
	uint32_t n;
};

/* Known by the place where interrupts came on, and by nothing else. */
static bool is_by_release(const struct sp_stall *s)
{
	bool release = false;

	for (uint32_t i = 0; i < s->nevidence; i++) {
		if (s->evidence[i].kind == SP_EVID_IF_CLEAR)
			return false;
		release |= s->evidence[i].kind == SP_EVID_RELEASE_POINT;
	}
	return s->mechanism == SP_MECH_IRQS_OFF && s->nshares && release;
}

/* Pauses of at least half the length. */
static uint32_t as_long(const uint64_t *lengths, uint32_t n, uint64_t length_ns)
{
	uint32_t low = 0, high = n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (lengths[mid] < length_ns / 2)
			low = mid + 1;
		else
			high = mid;
	}
	return n - low;
}

/* Poisson: the chance of n or more where e are expected. */
static double chance_of(uint32_t n, double e)
{
	double term = exp(-e), below = 0;

	if (e > 50)
		return n > e + 3 * sqrt(e) ? 0 : 1;
	for (uint32_t k = 0; k < n && k < 200; k++) {
		below += term;
		term *= e / (k + 1);
	}
	return below < 1 ? 1 - below : 0;
}

static int by_site(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return site_compare(&x->site, &y->site);
}

/* All stalls by release, those of one site side by side. */
static uint32_t gather(const struct sp_stall *stalls, uint32_t n, const struct stacks *stacks,
		       struct place *places)
{
	uint32_t all = 0;

	for (uint32_t i = 0; i < n; i++)
		if (is_by_release(&stalls[i]))
			places[all++] = (struct place){
				.site = site_of(stacks, stalls[i].shares[0].stack),
				.length_ns = stalls[i].end_ns - stalls[i].begin_ns,
			};
	if (all)
		qsort(places, all, sizeof(*places), by_site);
	for (uint32_t i = 0, end; i < all; i = end) {
		for (end = i; end < all && !by_site(&places[i], &places[end]);)
			end++;
		for (uint32_t k = i; k < end; k++)
			places[k].n = end - i;
	}
	return all;
}

/* Pauses are counted from half the length on, and so are the stalls that they may be: those of the
 * same site, or of sites with one stall each. */
static uint32_t like_it(const struct place *places, uint32_t n, const struct place *it,
			uint64_t length_ns)
{
	uint32_t like = 0;

	for (uint32_t i = 0; i < n; i++)
		like += places[i].length_ns >= length_ns / 2 &&
			(it->n == 1 ? places[i].n == 1 : !by_site(&places[i], it));
	return like;
}

static void call_pause(struct sp_stall *s)
{
	stalls_drop_culprit(s);
	s->mechanism = SP_MECH_STOPPED;
	s->confidence = PAUSE_CONFIDENCE;
}

/* The evidence list is full where it is full: what it says already is enough. */
static void say_pauses(struct sp_stall *s, uint32_t pauses)
{
	if (s->nevidence < SP_MAX_EVIDENCE)
		s->evidence[s->nevidence++] = (struct sp_evidence){ .kind = SP_EVID_PAUSES,
								    .at_ns = s->end_ns,
								    .n = { pauses } };
}

/* What chance says of one stall among those of its place. */
static void review(struct sp_stall *s, double chance, uint32_t like, uint32_t *changed)
{
	if (chance <= CHANCE_DOUBT)
		return;
	say_pauses(s, like);
	if (chance > CHANCE_PAUSE) {
		call_pause(s);
		++*changed;
	} else if (s->confidence > DOUBT_CONFIDENCE) {
		s->confidence = DOUBT_CONFIDENCE;
	}
}

int releases_review(struct sp_stall *stalls, uint32_t n, const uint64_t *lengths, uint32_t pauses,
		    const struct pauses_parts *parts, uint32_t *changed, struct sp_err *err)
{
	struct place *places = calloc(n ? n : 1, sizeof(*places));
	uint32_t nplaces;
	int rc = SP_OK;

	if (!places)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for %u stalls", n);
	nplaces = gather(stalls, n, parts->stacks, places);
	if (nplaces)
		rc = sites_seal(parts->sites, parts->stacks, parts->resolver, err);
	for (uint32_t i = 0; !rc && nplaces && i < n; i++) {
		struct sp_stall *s = &stalls[i];
		const struct place *place;
		struct place at = { 0 };
		uint32_t like;
		double expect;

		if (!is_by_release(s))
			continue;
		at.site = site_of(parts->stacks, s->shares[0].stack);
		place = bsearch(&at, places, nplaces, sizeof(*places), by_site);
		like = as_long(lengths, pauses, s->end_ns - s->begin_ns);
		if (!place || !like)
			continue;
		/* Those that are alone at their places are weighed together: one of many rare
		 * places is met easily. */
		expect = BIAS * like *
			 (place->n == 1 ? sites_released(parts->sites)
					: sites_share(parts->sites, &at.site));
		review(s,
		       chance_of(like_it(places, nplaces, place, s->end_ns - s->begin_ns), expect),
		       like, changed);
	}
	free(places);
	return rc;
}

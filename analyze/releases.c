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
	uint32_t first; /* of their lengths, where there are more than one */
};

struct places {
	struct place *at;
	uint64_t *lengths;
	uint32_t n;
	uint32_t alone; /* from here on .lengths are of sites with one stall */
};

/* Known by the place where interrupts came on, and by nothing else: also a softirq whose begin was
 * not recorded. */
static bool is_by_release(const struct sp_stall *s)
{
	bool release = false;

	for (uint32_t i = 0; i < s->nevidence; i++) {
		if (s->evidence[i].kind == SP_EVID_IF_CLEAR ||
		    s->evidence[i].kind == SP_EVID_ENTRY_EXIT)
			return false;
		release |= s->evidence[i].kind == SP_EVID_RELEASE_POINT;
	}
	return (s->mechanism == SP_MECH_IRQS_OFF || s->mechanism == SP_MECH_SOFTIRQ) &&
	       s->nshares && release;
}

/* Of lengths in order, those of at least half of it. */
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

static int by_length(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void places_free(struct places *p)
{
	free(p->at);
	free(p->lengths);
}

/* All stalls by release, those of one site side by side. */
static int gather(const struct sp_stall *stalls, uint32_t n, const struct stacks *stacks,
		  struct places *p, struct sp_err *err)
{
	p->at = calloc(n ? n : 1, sizeof(*p->at));
	p->lengths = calloc(n ? n : 1, sizeof(*p->lengths));
	if (!p->at || !p->lengths)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for %u stalls", n);
	for (uint32_t i = 0; i < n; i++)
		if (is_by_release(&stalls[i]))
			p->at[p->n++] = (struct place){
				.site = site_of(stacks, stalls[i].shares[0].stack),
				.length_ns = stalls[i].end_ns - stalls[i].begin_ns,
			};
	if (p->n)
		qsort(p->at, p->n, sizeof(*p->at), by_site);
	return SP_OK;
}

/* The lengths of each site in order, and behind them those of all sites with one stall. */
static void sort_lengths(struct places *p)
{
	uint32_t done = 0;

	for (uint32_t i = 0, end; i < p->n; i = end) {
		for (end = i + 1; end < p->n && !by_site(&p->at[i], &p->at[end]);)
			end++;
		for (uint32_t k = i; k < end; k++) {
			p->at[k].n = end - i;
			p->at[k].first = done;
			if (end - i > 1)
				p->lengths[done + k - i] = p->at[k].length_ns;
		}
		if (end - i > 1) {
			qsort(p->lengths + done, end - i, sizeof(*p->lengths), by_length);
			done += end - i;
		}
	}
	p->alone = done;
	for (uint32_t i = 0; i < p->n; i++)
		if (p->at[i].n == 1)
			p->lengths[done++] = p->at[i].length_ns;
	if (done > p->alone)
		qsort(p->lengths + p->alone, done - p->alone, sizeof(*p->lengths), by_length);
}

/* Pauses are counted from half the length on, and so are the stalls that they may be: those of the
 * same site, or of sites with one stall each. */
static uint32_t like_it(const struct places *p, const struct place *it, uint64_t length_ns)
{
	if (it->n == 1)
		return as_long(p->lengths + p->alone, p->n - p->alone, length_ns);
	return as_long(p->lengths + it->first, it->n, length_ns);
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
	stall_evidence(s, &(struct sp_evidence){
				  .kind = SP_EVID_PAUSES, .at_ns = s->end_ns, .n = { pauses } });
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
	struct places places = { 0 };
	int rc = gather(stalls, n, parts->stacks, &places, err);

	sort_lengths(&places);
	if (!rc && places.n)
		rc = sites_seal(parts->sites, parts->stacks, parts->resolver, err);
	for (uint32_t i = 0; !rc && places.n && i < n; i++) {
		struct sp_stall *s = &stalls[i];
		const struct place *place;
		struct place at = { 0 };
		uint32_t like;
		double expect;

		if (!is_by_release(s))
			continue;
		at.site = site_of(parts->stacks, s->shares[0].stack);
		place = bsearch(&at, places.at, places.n, sizeof(at), by_site);
		like = as_long(lengths, pauses, s->end_ns - s->begin_ns);
		if (!place || !like)
			continue;
		/* Those that are alone at their places are weighed together: one of many rare
		 * places is met easily. So are those whose stacks had to be forgotten. */
		expect = BIAS * like *
			 (place->n == 1 || !at.site.leaf ? sites_released(parts->sites)
							 : sites_share(parts->sites, &at.site));
		review(s, chance_of(like_it(&places, place, s->end_ns - s->begin_ns), expect), like,
		       changed);
	}
	places_free(&places);
	return rc;
}

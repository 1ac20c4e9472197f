#include "votes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NEAR_BINS    64	     /* around a bin, of which its expected count is made */
#define NEAREST_BINS 16	     /* the same where that is more */
#define PEAK_BINS    3	     /* to either side, that belong to a peak */
#define SLACK_NS     2000000 /* a latency may be a little more than half of which the stall is */

struct votes {
	const struct votes_end *spikes, *stalls;
	uint32_t nspikes, nstalls;
	int64_t search_ns, begin_ns, end_ns;
	uint32_t *bins;
	uint32_t *voted; /* the stall that voted last for each bin, plus 1 */
	uint32_t room;
};

int votes_new(struct votes **ret, const struct votes_end *spikes, uint32_t nspikes,
	      const struct votes_end *stalls, uint32_t nstalls, int64_t search_ns, int64_t begin_ns,
	      int64_t end_ns, struct sp_err *err)
{
	sp_auto(votes) v = calloc(1, sizeof(*v));

	if (v) {
		/* Bins are 1 ms at least. */
		v->room = (uint32_t)(2 * search_ns / 1000000) + 4;
		v->bins = calloc(v->room, sizeof(v->bins[0]));
		v->voted = calloc(v->room, sizeof(v->voted[0]));
	}
	if (!v || !v->bins || !v->voted)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to search the clock offset");
	v->spikes = spikes;
	v->nspikes = nspikes;
	v->stalls = stalls;
	v->nstalls = nstalls;
	v->search_ns = search_ns;
	v->begin_ns = begin_ns;
	v->end_ns = end_ns;
	*ret = sp_take(v);
	return SP_OK;
}

void votes_free(struct votes *v)
{
	if (v) {
		free(v->voted);
		free(v->bins);
	}
	free(v);
}

/* The first stall that ends at or after the instant. */
static uint32_t first_at(const struct votes *v, int64_t at_ns)
{
	uint32_t from = 0, to = v->nstalls;

	while (from < to) {
		uint32_t mid = from + (to - from) / 2;

		if (v->stalls[mid].at_ns < at_ns)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

/* A stall cannot have made a latency of more than twice its length. */
static bool could(const struct votes_end *spike, const struct votes_end *stall)
{
	return stall->length_ns + SLACK_NS >= spike->length_ns / 2;
}

/* Where the spike's end lies with the drift, moved round the recording. */
static int64_t moved(const struct votes *v, const struct votes_how *how, const struct votes_end *k)
{
	double drift_ns = (double)(k->at_ns - how->origin_ns) * how->drift_ppm / 1e6;
	int64_t at_ns = k->at_ns + (int64_t)drift_ns, length_ns = v->end_ns - v->begin_ns;

	if (!how->shift_ns || length_ns <= 0)
		return at_ns;
	at_ns = (at_ns - v->begin_ns + how->shift_ns) % length_ns;
	return v->begin_ns + (at_ns < 0 ? at_ns + length_ns : at_ns);
}

uint64_t votes_pairs(const struct votes *v)
{
	uint64_t pairs = 0;

	for (uint32_t i = 0; i < v->nspikes; i++)
		pairs += first_at(v, v->spikes[i].at_ns + v->search_ns + 1) -
			 first_at(v, v->spikes[i].at_ns - v->search_ns);
	return pairs;
}

/* Fills the bins that begin at -search + phase; returns how many votes there are. */
static uint64_t fill(struct votes *v, const struct votes_how *how, int64_t phase_ns, uint32_t nbins)
{
	uint64_t votes = 0;

	memset(v->bins, 0, nbins * sizeof(v->bins[0]));
	memset(v->voted, 0, nbins * sizeof(v->voted[0]));
	for (uint32_t i = 0; i < v->nspikes; i++) {
		int64_t at_ns = moved(v, how, &v->spikes[i]);
		int64_t from_ns = at_ns - v->search_ns + phase_ns;
		uint32_t last = UINT32_MAX;

		for (uint32_t k = first_at(v, from_ns); k < v->nstalls; k++) {
			uint32_t bin = (uint32_t)((v->stalls[k].at_ns - from_ns) / how->bin_ns);

			if (bin >= nbins)
				break;
			/*
			 * One spike, one vote a bin, whatever ended then; and one stall, one vote:
			 * a burst of spikes that meets a burst of stalls is no more than one
			 * accident.
			 */
			if (bin == last || v->voted[bin] == k + 1 ||
			    !could(&v->spikes[i], &v->stalls[k]))
				continue;
			v->bins[bin]++;
			v->voted[bin] = k + 1;
			votes++;
			last = bin;
		}
	}
	return votes;
}

/* The mean of the bins within reach of one, but for those that belong to its own peak. */
static double mean_near(const struct votes *v, uint32_t nbins, uint32_t bin, uint32_t reach)
{
	uint32_t from = bin > reach ? bin - reach : 0;
	uint32_t to = bin + reach + 1 < nbins ? bin + reach + 1 : nbins;
	uint64_t near = 0;
	uint32_t n = 0;

	for (uint32_t i = from; i < to; i++) {
		if (i + PEAK_BINS >= bin && i <= bin + PEAK_BINS)
			continue;
		near += v->bins[i];
		n++;
	}
	return n ? (double)near / n : 0;
}

/*
 * What a bin gets by accident: the mean of all, or of those near it where that is more. Bursts of
 * both, unrelated, make a hill of votes as wide as they are: the nearest bins show it.
 */
static double expected(const struct votes *v, uint32_t nbins, uint32_t bin, uint64_t votes)
{
	double mean = (double)(votes - v->bins[bin]) / nbins;

	for (uint32_t reach = NEAR_BINS; reach >= NEAREST_BINS; reach /= 4)
		mean = fmax(mean, mean_near(v, nbins, bin, reach));
	return mean;
}

static uint32_t best_bin(const struct votes *v, uint32_t nbins)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i < nbins; i++)
		best = v->bins[i] > v->bins[best] ? i : best;
	return best;
}

static uint32_t best_away(const struct votes *v, uint32_t nbins, uint32_t bin)
{
	uint32_t best = 0;

	for (uint32_t i = 0; i < nbins; i++) {
		if ((i + PEAK_BINS < bin || i > bin + PEAK_BINS) && v->bins[i] > best)
			best = v->bins[i];
	}
	return best;
}

struct votes_peak votes_count(struct votes *v, const struct votes_how *how)
{
	struct votes_peak best = { 0 };

	/* Twice, so that no peak is cut in two by the edge of a bin. */
	for (int64_t phase_ns = 0; phase_ns < how->bin_ns; phase_ns += how->bin_ns / 2) {
		uint32_t nbins = (uint32_t)((2 * v->search_ns - phase_ns) / how->bin_ns);
		uint64_t votes;
		uint32_t at;

		if (!nbins || nbins > v->room)
			continue;
		votes = fill(v, how, phase_ns, nbins);
		at = best_bin(v, nbins);
		if (v->bins[at] <= best.count)
			continue;
		best = (struct votes_peak){
			.count = v->bins[at],
			.lag_ns = -v->search_ns + phase_ns + at * how->bin_ns + how->bin_ns / 2,
			.expected = expected(v, nbins, at, votes),
			.runner_up = best_away(v, nbins, at),
			.bins = nbins,
		};
	}
	return best;
}

void votes_met(const struct votes *v, const struct votes_how *how, int64_t lag_ns,
	       int64_t within_ns, void (*met)(void *self, int64_t spike_ns, int64_t left_ns),
	       void *self)
{
	for (uint32_t i = 0; i < v->nspikes; i++) {
		int64_t at_ns = moved(v, how, &v->spikes[i]) + lag_ns;
		int64_t nearest_ns = within_ns + 1;

		for (uint32_t k = first_at(v, at_ns - within_ns);
		     k < v->nstalls && v->stalls[k].at_ns <= at_ns + within_ns; k++) {
			int64_t left_ns = v->stalls[k].at_ns - at_ns;

			if (could(&v->spikes[i], &v->stalls[k]) &&
			    llabs(left_ns) < llabs(nearest_ns))
				nearest_ns = left_ns;
		}
		if (llabs(nearest_ns) <= within_ns)
			met(self, v->spikes[i].at_ns, nearest_ns);
	}
}

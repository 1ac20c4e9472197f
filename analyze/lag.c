#include "lag.h"

#include "lagfit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_SEARCH_NS INT64_C(10000000000)
#define SAME_END_NS	  500000 /* stalls that end so close together are one (a stopped machine) */
#define MIN_MET		  5U
#define MIN_FOR_DRIFT	  8U
#define MIN_FOR_INTERVAL  8U
#define MAX_STEPS	  2000
#define ACCIDENT	  0.001 /* how often unrelated data may look as good, at its best lag */
#define MOVES		  128
#define NR_BINS		  3

static const int64_t bins_ns[NR_BINS] = { 2000000, 8000000, 32000000 };

struct search {
	const struct lag_cfg *cfg;
	int64_t search_ns;
	struct votes_end *spikes, *stalls;
	uint32_t nspikes, nstalls;
	int64_t origin_ns; /* capture clock */
	struct votes *votes;
	bool interval;	/* stamps were made of a start and an interval */
	uint32_t tried; /* combinations of bin and drift */
};

/* The best of what was tried. */
struct best {
	struct votes_peak peak;
	struct votes_how how;
	double log_chance; /* of such a peak by accident in one bin */
};

static int by_at(const void *a, const void *b)
{
	const struct votes_end *x = a, *y = b;

	return x->at_ns == y->at_ns ? 0 : x->at_ns < y->at_ns ? -1 : 1;
}

static int by_length(const void *a, const void *b)
{
	const struct votes_end *x = a, *y = b;

	return x->length_ns == y->length_ns ? 0 : x->length_ns > y->length_ns ? -1 : 1;
}

/* Ends of stalls in order; those at one time become one, of the longest's length. */
static void take_stalls(struct search *s, const struct sp_stall *stalls, uint32_t n)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < n; i++)
		s->stalls[i] = (struct votes_end){
			.at_ns = (int64_t)stalls[i].end_ns,
			.length_ns = stalls[i].end_ns - stalls[i].begin_ns,
		};
	if (n)
		qsort(s->stalls, n, sizeof(s->stalls[0]), by_at);
	for (uint32_t i = 0; i < n; i++) {
		struct votes_end *last = kept ? &s->stalls[kept - 1] : NULL;

		if (last && s->stalls[i].at_ns - last->at_ns <= SAME_END_NS) {
			if (s->stalls[i].length_ns > last->length_ns)
				last->length_ns = s->stalls[i].length_ns;
			continue;
		}
		s->stalls[kept++] = s->stalls[i];
	}
	s->nstalls = kept;
}

/* When each late thing ended, on the capture clock; stamps that may be either as told. */
static bool take_spikes(struct search *s, const struct sp_spike *spikes, uint32_t n,
			const struct clock *clock, enum sp_stamp unknown)
{
	uint64_t uncertainty_ns;
	int64_t mono_ns;

	for (uint32_t i = 0; i < n; i++) {
		uint8_t stamp = spikes[i].stamp == SP_STAMP_UNKNOWN ? unknown : spikes[i].stamp;
		uint64_t latency_ns = spikes[i].latency_ns;

		latency_ns = latency_ns == SP_UNKNOWN_NS ? 0 : latency_ns;
		if (!clock_mono(clock, spikes[i].time_ns, &mono_ns, &uncertainty_ns))
			return false;
		if (stamp == SP_STAMP_START)
			mono_ns += (int64_t)latency_ns;
		s->spikes[i] = (struct votes_end){ mono_ns, latency_ns };
	}
	s->nspikes = n;
	return true;
}

/* Keeps the latest spikes, so many that there are LAG_PAIRS pairs at most. */
static int limit_pairs(struct search *s, struct sp_err *err)
{
	int rc;

	for (;;) {
		qsort(s->spikes, s->nspikes, sizeof(s->spikes[0]), by_at);
		votes_free(s->votes);
		s->votes = NULL;
		rc = votes_new(&s->votes, s->spikes, s->nspikes, s->stalls, s->nstalls,
			       s->search_ns, (int64_t)s->cfg->begin_ns, (int64_t)s->cfg->end_ns,
			       err);
		if (rc || s->nspikes < 50 || votes_pairs(s->votes) <= LAG_PAIRS)
			return rc;
		qsort(s->spikes, s->nspikes, sizeof(s->spikes[0]), by_length);
		s->nspikes -= s->nspikes / 4;
	}
}

/* Chernoff's bound on a Poisson count of n or more where mean is expected. */
static double log_tail(uint32_t n, double mean)
{
	mean = mean > 1e-6 ? mean : 1e-6;
	return n > mean ? n * log(mean / n) + n - mean : 0;
}

static void try_one(struct search *s, int64_t bin_ns, double drift_ppm, struct best *best)
{
	struct votes_how how = {
		.bin_ns = bin_ns,
		.drift_ppm = drift_ppm,
		.origin_ns = s->origin_ns,
	};
	struct votes_peak peak = votes_count(s->votes, &how);
	double log_chance = log_tail(peak.count, peak.expected);

	s->tried++;
	if (log_chance < best->log_chance)
		*best = (struct best){ peak, how, log_chance };
}

/* The drift that blurs a bin by a quarter, over half of the spikes' span. */
static double drift_step(const struct search *s, int64_t bin_ns)
{
	double span_s = 0;

	if (s->nspikes)
		span_s = (double)(s->spikes[s->nspikes - 1].at_ns - s->spikes[0].at_ns) / 1e9;
	return span_s > 0 ? (double)bin_ns / 4 / (span_s / 2) / 1e3 : 1e9;
}

static void try_drifts(struct search *s, int64_t bin_ns, double from_ppm, double reach_ppm,
		       struct best *best)
{
	double step_ppm = drift_step(s, bin_ns);

	if (reach_ppm / step_ppm > MAX_STEPS)
		reach_ppm = step_ppm * MAX_STEPS;
	try_one(s, bin_ns, from_ppm, best);
	for (double ppm = step_ppm; ppm <= reach_ppm; ppm += step_ppm) {
		try_one(s, bin_ns, from_ppm + ppm, best);
		try_one(s, bin_ns, from_ppm - ppm, best);
	}
}

/* Every width of bin, and every drift that would blur it. */
static struct best search_clocks(struct search *s)
{
	double reach_ppm = s->nspikes >= MIN_FOR_DRIFT ? LAG_DRIFT_PPM : 0;
	struct best best = { 0 };

	for (int i = 0; i < NR_BINS; i++)
		try_drifts(s, bins_ns[i], 0, reach_ppm, &best);
	return best;
}

/*
 * Stamps that were made of a start and an interval: a prober takes a little longer for each probe
 * than it was told, so they drift by far more than clocks do. From the widest bin to the finest,
 * each around the drift that the one before has found.
 */
static struct best search_interval(struct search *s)
{
	double reach_ppm = s->nspikes >= MIN_FOR_INTERVAL ? LAG_INTERVAL_PPM : 0;
	struct best best = { 0 };

	for (int i = NR_BINS; i--;) {
		try_drifts(s, bins_ns[i], best.how.drift_ppm, reach_ppm, &best);
		reach_ppm = reach_ppm > 0 ? 2 * drift_step(s, bins_ns[i]) : 0;
	}
	return best;
}

/*
 * The most that spikes come to at any lag too far to be related: moved round the recording by step
 * after step of the search's width, so that between them no lag is left out. A period longer than
 * the search shows here. 0 where there is no room to move.
 */
static uint32_t most_unrelated(struct search *s, const struct best *best)
{
	int64_t length_ns = (int64_t)(s->cfg->end_ns - s->cfg->begin_ns),
		step_ns = 2 * s->search_ns;
	int64_t moves = length_ns > 2 * step_ns ? (length_ns - step_ns) / step_ns : 0;
	struct votes_how how = best->how;
	uint32_t most = 0;

	for (int64_t i = 1; i <= moves; i++) {
		struct votes_peak peak;

		/* Of a long recording the nearest to either side are enough. */
		if (moves > MOVES && i == MOVES / 2 + 1)
			i = moves - MOVES / 2 + 1;
		how.shift_ns = i * step_ns;
		peak = votes_count(s->votes, &how);
		most = peak.count > most ? peak.count : most;
	}
	return most;
}

/* Whether such a peak is no accident, and one of its kind. */
static enum lag_refusal believe(struct search *s, const struct best *best)
{
	/* Each bin of each try is a chance to look good; twice for two phases of bins. */
	double tries = 2.0 * best->peak.bins * s->tried;

	if (best->peak.count < MIN_MET)
		return s->nspikes < MIN_MET || s->nstalls < MIN_MET ? LAG_TOO_FEW : LAG_CHANCE;
	if (best->log_chance + log(tries) > log(ACCIDENT))
		return LAG_CHANCE;
	if (best->peak.runner_up * 10 > best->peak.count * 7)
		return LAG_SEVERAL;
	return most_unrelated(s, best) * 10 > best->peak.count * 8 ? LAG_CHANCE : LAG_FOUND;
}

/* So much more is searched that with the drift no end of the recording falls out of it. */
static int64_t margin(const struct search *s)
{
	return (int64_t)(s->cfg->end_ns - s->cfg->begin_ns) / 1000000 * LAG_DRIFT_PPM;
}

static int fit(const struct search *s, const struct best *best, struct lag *ret, struct sp_err *err)
{
	struct lagfit_in in = {
		.votes = s->votes,
		.spikes = s->spikes,
		.nspikes = s->nspikes,
		.begin_ns = (int64_t)s->cfg->begin_ns,
		.end_ns = (int64_t)s->cfg->end_ns,
	};

	return lagfit(ret, &in, best->how, &best->peak, err);
}

/* One way of reading the stamps; better ones replace *ret. */
static int try_stamps(struct search *s, const struct sp_spike *spikes, uint32_t nspikes,
		      const struct clock *clock, enum sp_stamp unknown, struct best *best,
		      struct lag *ret, struct sp_err *err)
{
	struct best mine;
	struct lag lag = { 0 };
	int rc;

	if (!take_spikes(s, spikes, nspikes, clock, unknown))
		return SP_OK;
	rc = limit_pairs(s, err);
	if (rc)
		return rc;
	mine = s->interval ? search_interval(s) : search_clocks(s);
	lag.refusal = believe(s, &mine);
	if (mine.log_chance >= best->log_chance)
		return SP_OK;
	rc = mine.peak.count ? fit(s, &mine, &lag, err) : SP_OK;
	*best = mine;
	*ret = lag;
	return rc;
}

static int find(struct search *s, struct lag *ret, const struct sp_spike *spikes, uint32_t nspikes,
		const struct clock *clock, struct sp_err *err)
{
	int64_t origin_ns = spikes[nspikes / 2].time_ns;
	struct lag lag = { .refusal = LAG_TOO_FEW };
	struct best best = { 0 };
	uint64_t uncertainty_ns;
	bool either = false;
	int rc;

	if (!clock_mono(clock, origin_ns, &s->origin_ns, &uncertainty_ns))
		s->origin_ns = 0;
	for (uint32_t i = 0; i < nspikes; i++) {
		either = either || spikes[i].stamp == SP_STAMP_UNKNOWN;
		s->interval = s->interval || spikes[i].shared_ns;
	}
	rc = try_stamps(s, spikes, nspikes, clock, SP_STAMP_END, &best, &lag, err);
	if (!rc && either)
		rc = try_stamps(s, spikes, nspikes, clock, SP_STAMP_START, &best, &lag, err);
	lag.origin_ns = origin_ns;
	if (!rc)
		*ret = lag;
	return rc;
}

int lag_find(struct lag *ret, const struct sp_spike *spikes, uint32_t nspikes,
	     const struct sp_stall *stalls, uint32_t nstalls, const struct clock *clock,
	     const struct lag_cfg *cfg, struct sp_err *err)
{
	sp_auto_free struct votes_end *spike_ends =
		calloc(nspikes ? nspikes : 1, sizeof(*spike_ends));
	sp_auto_free struct votes_end *stall_ends =
		calloc(nstalls ? nstalls : 1, sizeof(*stall_ends));
	struct search s = {
		.cfg = cfg,
		.search_ns = cfg->search_ns ? (int64_t)cfg->search_ns : DEFAULT_SEARCH_NS,
		.spikes = spike_ends,
		.stalls = stall_ends,
	};
	int rc = SP_OK;

	if (!spike_ends || !stall_ends)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to search the clock offset");
	*ret = (struct lag){ .refusal = LAG_TOO_FEW };
	s.search_ns += margin(&s);
	take_stalls(&s, stalls, nstalls);
	if (nspikes >= MIN_MET && s.nstalls >= MIN_MET)
		rc = find(&s, ret, spikes, nspikes, clock, err);
	votes_free(s.votes);
	return rc;
}

/* analyze/votes and lagfit: the lag at which ends meet, and the fit around it. */
#include "unit.h"

#include "lagfit.h"

#include <math.h>

#define US    INT64_C(1000)
#define MS    (1000 * US)
#define S     (1000 * MS)
#define MANY  40
#define BEGIN (50 * S)
#define END   (250 * S)

static struct votes_end spikes[MANY], stalls[MANY];

/* Ends of stalls at odd places, each 20 ms long; spikes 15 ms late that show so much less. */
static void meet(uint32_t n, int64_t lag_ns, double drift_ppm)
{
	for (uint32_t i = 0; i < n; i++) {
		int64_t at_ns = BEGIN + i * 4 * S + (i * i * 7919 % 1000) * MS;
		double drift_ns = (double)(at_ns - BEGIN) * drift_ppm / 1e6;

		stalls[i] = (struct votes_end){ at_ns, 20 * MS };
		spikes[i] = (struct votes_end){ at_ns - lag_ns - (int64_t)drift_ns, 15 * MS };
	}
}

static struct votes *votes(uint32_t nspikes, uint32_t nstalls)
{
	struct sp_err err = SP_ERR_INIT;
	struct votes *v = NULL;

	assert_int_equal(votes_new(&v, spikes, nspikes, stalls, nstalls, 2 * S, BEGIN, END, &err),
			 0);
	return v;
}

static void the_lag_at_which_all_meet(void **state)
{
	const struct votes_how how = { .bin_ns = 2 * MS };

	(void)state;
	for (int64_t lag_ns = -1900 * MS; lag_ns <= 1900 * MS; lag_ns += 371 * MS) {
		struct votes_peak peak;
		struct votes *v;

		meet(MANY, lag_ns, 0);
		v = votes(MANY, MANY);
		peak = votes_count(v, &how);
		assert_int_equal(peak.count, MANY);
		assert_true(llabs(peak.lag_ns - lag_ns) <= how.bin_ns / 2);
		assert_true(peak.runner_up < MANY / 4);
		assert_true(peak.expected < 1);
		assert_true(peak.bins >= 1999);
		votes_free(v);
	}
}

static void nobody_votes(void **state)
{
	const struct votes_how how = { .bin_ns = 2 * MS };
	struct votes *v = votes(0, 0);

	(void)state;
	assert_int_equal(votes_pairs(v), 0);
	assert_int_equal(votes_count(v, &how).count, 0);
	votes_free(v);
	/* Further apart than is searched. */
	meet(1, 3 * S, 0);
	v = votes(1, 1);
	assert_int_equal(votes_pairs(v), 0);
	assert_int_equal(votes_count(v, &how).count, 0);
	votes_free(v);
}

static void pairs_within_the_search(void **state)
{
	struct votes *v;

	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		stalls[i] = (struct votes_end){ BEGIN + i * 2 * S, 20 * MS };
	spikes[0] = (struct votes_end){ BEGIN + 2 * S, 15 * MS };
	v = votes(1, 4);
	/* Both edges are inside. */
	assert_int_equal(votes_pairs(v), 3);
	votes_free(v);
}

/* A burst of spikes that meets one stall is one accident, and so is a spike among many stalls. */
static void one_vote_a_stall_and_a_spike(void **state)
{
	const struct votes_how how = { .bin_ns = 8 * MS };
	struct votes *v;

	(void)state;
	for (uint32_t i = 0; i < 10; i++) {
		spikes[i] = (struct votes_end){ BEGIN + S + i * US, 15 * MS };
		stalls[i] = (struct votes_end){ BEGIN + S + i * US, 20 * MS };
	}
	v = votes(10, 1);
	assert_int_equal(votes_count(v, &how).count, 1);
	votes_free(v);
	v = votes(1, 10);
	assert_int_equal(votes_count(v, &how).count, 1);
	votes_free(v);
	/* Ten and ten: each has one of its own. */
	v = votes(10, 10);
	assert_true(votes_count(v, &how).count > 1);
	votes_free(v);
}

/* No stall makes a reply late by far more than twice its own length. */
static void a_stall_too_short_for_the_latency(void **state)
{
	const struct votes_how how = { .bin_ns = 2 * MS };
	struct votes *v;

	(void)state;
	stalls[0] = (struct votes_end){ BEGIN + S, 20 * MS };
	spikes[0] = (struct votes_end){ BEGIN + S, 40 * MS };
	v = votes(1, 1);
	assert_int_equal(votes_count(v, &how).count, 1);
	spikes[0].length_ns = 43 * MS;
	assert_int_equal(votes_count(v, &how).count, 1);
	spikes[0].length_ns = 60 * MS;
	assert_int_equal(votes_count(v, &how).count, 0);
	/* Unknown: any could. */
	spikes[0].length_ns = 0;
	assert_int_equal(votes_count(v, &how).count, 1);
	votes_free(v);
}

static void moved_round_the_recording(void **state)
{
	struct votes_how how = { .bin_ns = 2 * MS, .shift_ns = 17 * S };
	struct votes *v;

	(void)state;
	meet(MANY, 0, 0);
	v = votes(MANY, MANY);
	assert_true(votes_count(v, &how).count < MANY / 2);
	/* All the way round is where they were. */
	how.shift_ns = END - BEGIN;
	assert_int_equal(votes_count(v, &how).count, MANY);
	votes_free(v);
}

struct seen {
	uint32_t n;
	int64_t left_ns[MANY];
};

static void met(void *self, int64_t spike_ns, int64_t left_ns)
{
	struct seen *s = self;

	assert_int_equal(spike_ns, spikes[s->n].at_ns);
	s->left_ns[s->n++] = left_ns;
}

static void the_nearest_within(void **state)
{
	const struct votes_how how = { .bin_ns = 2 * MS };
	struct seen s = { 0 };
	struct votes *v;

	(void)state;
	spikes[0] = (struct votes_end){ BEGIN + S, 15 * MS };
	stalls[0] = (struct votes_end){ BEGIN + S - 3 * MS, 20 * MS };
	stalls[1] = (struct votes_end){ BEGIN + S + 2 * MS, 20 * MS };
	stalls[2] = (struct votes_end){ BEGIN + S + 2500 * US, 20 * MS };
	v = votes(1, 3);
	votes_met(v, &how, 0, 2 * MS, met, &s);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.left_ns[0], 2 * MS);
	votes_met(v, &how, 0, 2 * MS - 1, met, &s);
	assert_int_equal(s.n, 1);
	s.n = 0;
	votes_met(v, &how, -3 * MS, 2 * MS, met, &s);
	assert_int_equal(s.left_ns[0], 0);
	votes_free(v);
}

static struct lag fit(uint32_t nspikes, double drift_ppm)
{
	const struct votes_how how = { .bin_ns = 8 * MS,
				       .drift_ppm = drift_ppm,
				       .origin_ns = BEGIN };
	struct sp_err err = SP_ERR_INIT;
	struct votes *v = votes(nspikes, MANY);
	const struct lagfit_in in = { v, spikes, nspikes, BEGIN, END };
	struct votes_peak peak = votes_count(v, &how);
	struct lag lag = { 0 };

	assert_int_equal(lagfit(&lag, &in, how, &peak, &err), 0);
	votes_free(v);
	return lag;
}

static void the_middle_of_what_meets(void **state)
{
	struct lag lag;

	(void)state;
	meet(MANY, 700 * MS + 123456, 0);
	lag = fit(MANY, 0);
	assert_true(llabs(lag.offset_ns - (700 * MS + 123456)) <= 1);
	assert_true(lag.drift_ppm == 0);
	assert_int_equal(lag.met, MANY);
	assert_int_equal(lag.of, MANY);
	assert_true(lag.score == 1);
	assert_true(lag.runner_up < 0.25);
	/* At least what is never known better. */
	assert_int_equal(lag.uncertainty_ns, 100000);
}

static void jitter_shows_in_the_uncertainty(void **state)
{
	struct lag lag;

	(void)state;
	meet(MANY, 0, 0);
	for (uint32_t i = 0; i < MANY; i++)
		spikes[i].at_ns += i % 2 ? MS : -MS;
	lag = fit(MANY, 0);
	assert_true(llabs(lag.offset_ns) <= MS);
	assert_true(lag.uncertainty_ns >= (uint64_t)(2 * MS));
	assert_true(lag.uncertainty_ns <= (uint64_t)(4 * MS));
	assert_int_equal(lag.met, MANY);
}

/* Half of them have nothing to do with it, some lie outside. */
static void spikes_of_other_causes(void **state)
{
	struct lag lag;

	(void)state;
	meet(MANY, 0, 0);
	for (uint32_t i = 0; i < MANY; i += 2)
		spikes[i].at_ns += 300 * MS + i * 7 * MS;
	spikes[MANY - 1].at_ns = END + 10 * S;
	lag = fit(MANY, 0);
	assert_true(llabs(lag.offset_ns) <= 1);
	assert_int_equal(lag.met, MANY / 2 - 1);
	assert_int_equal(lag.of, MANY - 1);
	assert_true(fabs(lag.score - (MANY / 2 - 1.0) / (MANY - 1.0)) < 1e-9);
}

/* The search found it roughly; the slope of what is left gives the rest. */
static void a_drift_is_made_better(void **state)
{
	struct lag lag;

	(void)state;
	meet(MANY, 100 * MS, 52);
	lag = fit(MANY, 40);
	assert_true(fabs(lag.drift_ppm - 52) < 1);
	assert_true(llabs(lag.offset_ns - 100 * MS) < 200 * US);
	assert_int_equal(lag.met, MANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lag_at_which_all_meet),
		cmocka_unit_test(nobody_votes),
		cmocka_unit_test(pairs_within_the_search),
		cmocka_unit_test(one_vote_a_stall_and_a_spike),
		cmocka_unit_test(a_stall_too_short_for_the_latency),
		cmocka_unit_test(moved_round_the_recording),
		cmocka_unit_test(the_nearest_within),
		cmocka_unit_test(the_middle_of_what_meets),
		cmocka_unit_test(jitter_shows_in_the_uncertainty),
		cmocka_unit_test(spikes_of_other_causes),
		cmocka_unit_test(a_drift_is_made_better),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* analyze/lag: finds the lag of related spikes, refuses on unrelated ones and periodic stalls. */
#include "lag.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MS     INT64_C(1000000)
#define S      (1000 * MS)
#define WALL   (INT64_C(1764000000) * S) /* wall time at the capture clock's zero */
#define BEGIN  (50 * S)
#define MAX    4000
#define TRIALS 25

struct data {
	struct sp_stall stalls[MAX];
	struct sp_spike spikes[MAX];
	uint32_t nstalls, nspikes;
	int64_t length_ns;
	uint64_t seed;
};

static uint64_t draw(struct data *d, int64_t below)
{
	d->seed ^= d->seed >> 12;
	d->seed ^= d->seed << 25;
	d->seed ^= d->seed >> 27;
	return (d->seed * UINT64_C(2685821657736338717) >> 20) % (uint64_t)below;
}

static void stall(struct data *d, int64_t at_ns, int64_t length_ns)
{
	d->stalls[d->nstalls++] = (struct sp_stall){
		.cpu = (uint32_t)draw(d, 8),
		.begin_ns = (uint64_t)(BEGIN + at_ns),
		.end_ns = (uint64_t)(BEGIN + at_ns + length_ns),
	};
}

static void random_stalls(struct data *d, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		stall(d, (int64_t)draw(d, d->length_ns - 100 * MS),
		      2 * MS + (int64_t)draw(d, 60 * MS));
}

/* A spike whose late reply came at an instant of the capture clock, as a clock that is `behind`
 * writes it down. */
static void spike(struct data *d, int64_t came_ns, int64_t latency_ns, int64_t behind_ns,
		  uint8_t stamp)
{
	int64_t at_ns = stamp == SP_STAMP_START ? came_ns - latency_ns : came_ns;

	d->spikes[d->nspikes++] = (struct sp_spike){
		.time_ns = WALL + at_ns - behind_ns,
		.latency_ns = (uint64_t)latency_ns,
		.count = 1,
		.cpu = SP_NO_CPU,
		.stamp = stamp,
	};
}

/* A reply that was under way when the stall began, or that was sent in the middle of it. */
static void related(struct data *d, uint32_t stall, int64_t behind_ns, int64_t jitter_ns,
		    uint8_t stamp)
{
	const struct sp_stall *k = &d->stalls[stall];
	int64_t length_ns = (int64_t)(k->end_ns - k->begin_ns);
	int64_t late_ns = length_ns / 2 + (int64_t)draw(d, length_ns / 2);
	int64_t came_ns = (int64_t)k->end_ns + (int64_t)draw(d, jitter_ns);

	spike(d, came_ns, late_ns, behind_ns, stamp);
}

static void unrelated(struct data *d, int64_t behind_ns, uint8_t stamp)
{
	spike(d, BEGIN + (int64_t)draw(d, d->length_ns), 2 * MS + (int64_t)draw(d, 60 * MS),
	      behind_ns, stamp);
}

static struct lag find(const struct data *d)
{
	struct lag_cfg cfg = {
		.begin_ns = (uint64_t)BEGIN,
		.end_ns = (uint64_t)(BEGIN + d->length_ns),
	};
	struct sp_err err = SP_ERR_INIT;
	sp_auto(clock) clock = NULL;
	struct lag lag;

	assert_int_equal(clock_new(&clock, &err), 0);
	for (int64_t s = 0; s <= d->length_ns / S; s += 10)
		assert_int_equal(clock_put(clock, (uint64_t)(BEGIN + s * S), WALL + BEGIN + s * S,
					   200, &err),
				 0);
	assert_int_equal(
		lag_find(&lag, d->spikes, d->nspikes, d->stalls, d->nstalls, clock, &cfg, &err), 0);
	return lag;
}

static struct data *data(uint64_t seed, int64_t length_ns)
{
	static struct data d;

	memset(&d, 0, sizeof(d));
	d.seed = seed * 7919 + 1;
	d.length_ns = length_ns;
	for (int i = 0; i < 5; i++)
		draw(&d, 2);
	return &d;
}

static uint32_t pick(struct data *d)
{
	return (uint32_t)draw(d, d->nstalls);
}

static void ten_related_spikes_are_enough(void **state)
{
	static const struct {
		int64_t length_ns;
		uint32_t stalls, related, other;
		uint8_t stamp;
		uint32_t trials;
	} cases[] = {
		{ 60 * S, 12, 10, 0, SP_STAMP_END, 25 },
		{ 60 * S, 100, 10, 0, SP_STAMP_END, 25 },
		{ 600 * S, 300, 10, 0, SP_STAMP_START, 25 },
		{ 600 * S, 300, 30, 30, SP_STAMP_END, 8 },
		{ 600 * S, 1000, 60, 100, SP_STAMP_UNKNOWN, 8 },
		{ 3600 * S, 2000, 200, 0, SP_STAMP_END, 8 },
	};

	(void)state;
	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		uint32_t right = 0, wrong = 0;

		for (uint64_t t = 0; t < cases[c].trials; t++) {
			struct data *d = data(t + 1000 * c, cases[c].length_ns);
			int64_t behind_ns = (int64_t)draw(d, 19 * S) - 9500 * MS;
			struct lag lag;

			random_stalls(d, cases[c].stalls);
			for (uint32_t i = 0; i < cases[c].related; i++)
				related(d, cases[c].stalls > 2 * cases[c].related ? pick(d) : i,
					behind_ns, MS / 2, cases[c].stamp);
			for (uint32_t i = 0; i < cases[c].other; i++)
				unrelated(d, behind_ns, cases[c].stamp);
			lag = find(d);
			if (lag.refusal)
				continue;
			right += llabs(lag.offset_ns - behind_ns) <= MS;
			wrong += llabs(lag.offset_ns - behind_ns) > MS;
		}
		printf("%u stalls in %lld s, %u related + %u other spikes: %u right, %u wrong of "
		       "%u\n",
		       cases[c].stalls, (long long)(cases[c].length_ns / S), cases[c].related,
		       cases[c].other, right, wrong, cases[c].trials);
		assert_true(right * 100 >= cases[c].trials * 95);
		assert_int_equal(wrong, 0);
	}
}

static void unrelated_spikes_are_refused(void **state)
{
	static const struct {
		int64_t length_ns;
		uint32_t stalls, spikes;
	} cases[] = {
		{ 30 * S, 20, 20 },
		{ 60 * S, 60, 10 },
		{ 60 * S, 400, 200 },
		{ 600 * S, 300, 25 },
	};

	(void)state;
	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		uint32_t refused = 0;

		for (uint64_t t = 0; t < TRIALS; t++) {
			struct data *d = data(t + 5000 * c, cases[c].length_ns);

			random_stalls(d, cases[c].stalls);
			for (uint32_t i = 0; i < cases[c].spikes; i++) {
				unrelated(d, 0, SP_STAMP_END);
				d->spikes[i].shared_ns = t % 2; /* of an interval: more is tried */
			}
			refused += find(d).refusal != LAG_FOUND;
		}
		printf("%u stalls, %u unrelated spikes in %lld s: %u refused of %d\n",
		       cases[c].stalls, cases[c].spikes, (long long)(cases[c].length_ns / S),
		       refused, TRIALS);
		assert_true(refused * 100 >= TRIALS * 99);
	}
}

static void periodic_stalls_are_refused(void **state)
{
	static const int64_t periods_ns[] = { 2 * S, 1 * S, 5 * S, 250 * MS };

	(void)state;
	for (size_t p = 0; p < sizeof(periods_ns) / sizeof(periods_ns[0]); p++) {
		uint32_t refused = 0, several = 0, trials = p ? 10 : TRIALS;

		for (uint64_t t = 0; t < trials; t++) {
			struct data *d = data(t + 9000 * p, t % 2 ? 600 * S : 60 * S);
			int64_t behind_ns = (int64_t)draw(d, 19 * S) - 9500 * MS;
			struct lag lag;

			for (int64_t at = 0; at + periods_ns[p] < d->length_ns; at += periods_ns[p])
				stall(d, at, 20 * MS);
			for (uint32_t i = 0; i < d->nstalls; i++) {
				/* Some replies are lost. */
				if (draw(d, 10))
					related(d, i, behind_ns, MS / 2, SP_STAMP_END);
			}
			lag = find(d);
			refused += lag.refusal != LAG_FOUND;
			several += lag.refusal == LAG_SEVERAL;
		}
		printf("stalls every %lld ms: %u refused of %u, %u as several\n",
		       (long long)(periods_ns[p] / MS), refused, trials, several);
		assert_true(refused * 100 >= trials * 99);
	}
}

static void drift_is_fitted(void **state)
{
	static const double ppms[] = { 100, -100, 37.5, 3 };

	(void)state;
	for (size_t p = 0; p < sizeof(ppms) / sizeof(ppms[0]); p++) {
		uint32_t right = 0;

		for (uint64_t t = 0; t < 5; t++) {
			struct data *d = data(t + 77 * p, 3600 * S);
			int64_t behind_ns = (int64_t)draw(d, 18 * S) - 9000 * MS;
			int64_t worst_ns = 0;
			struct lag lag;

			random_stalls(d, 1000);
			for (uint32_t i = 0; i < 200; i++) {
				const struct sp_stall *k = &d->stalls[i];
				double drift_ns =
					(double)((int64_t)k->end_ns - BEGIN) * ppms[p] / 1e6;

				related(d, i, behind_ns + (int64_t)drift_ns, MS / 2, SP_STAMP_END);
			}
			lag = find(d);
			for (uint32_t i = 0; i < 200 && !lag.refusal; i++) {
				double drift_ns = (double)(d->spikes[i].time_ns - lag.origin_ns) *
						  lag.drift_ppm / 1e6;
				int64_t at_ns = d->spikes[i].time_ns + lag.offset_ns +
						(int64_t)drift_ns - WALL;
				int64_t off_ns = llabs(at_ns - (int64_t)d->stalls[i].end_ns);

				worst_ns = off_ns > worst_ns ? off_ns : worst_ns;
			}
			right += !lag.refusal && worst_ns <= 2 * MS;
		}
		printf("drift of %g ppm over an hour: %u right of 5\n", ppms[p], right);
		assert_true(right == 5);
	}
}

/* hping3 -i u10000 sends every 10.07 ms: stamps of start + number × interval run away. */
static void an_interval_that_is_not_kept(void **state)
{
	static const double ppms[] = { 7000, -300, 12345 };
	uint32_t right = 0;

	(void)state;
	for (uint64_t t = 0; t < 30; t++) {
		struct data *d = data(t, t % 2 ? 12 * S : 120 * S);
		double ppm = ppms[t % 3];
		int64_t behind_ns = (int64_t)draw(d, 8 * S) - 4000 * MS, worst_ns = 0;
		struct lag lag;

		random_stalls(d, t % 2 ? 12 : 60);
		for (uint32_t i = 0; i < d->nstalls; i++) {
			double drift_ns =
				(double)((int64_t)d->stalls[i].end_ns - BEGIN) * ppm / 1e6;

			related(d, i, behind_ns + (int64_t)drift_ns, MS / 2, SP_STAMP_START);
			d->spikes[i].shared_ns = 1000;
		}
		lag = find(d);
		for (uint32_t i = 0; i < d->nspikes && !lag.refusal; i++) {
			const struct sp_spike *k = &d->spikes[i];
			double drift_ns =
				(double)(k->time_ns - lag.origin_ns) * lag.drift_ppm / 1e6;
			int64_t came_ns = k->time_ns + (int64_t)k->latency_ns + lag.offset_ns +
					  (int64_t)drift_ns - WALL;
			int64_t off_ns = llabs(came_ns - (int64_t)d->stalls[i].end_ns);

			worst_ns = off_ns > worst_ns ? off_ns : worst_ns;
		}
		right += !lag.refusal && worst_ns <= 2 * MS;
	}
	printf("an interval that is not kept: %u right of 30\n", right);
	assert_true(right >= 28);
}

static void too_few_is_said(void **state)
{
	struct data *d = data(1, 60 * S);

	(void)state;
	random_stalls(d, 3);
	for (int i = 0; i < 3; i++)
		related(d, (uint32_t)i, S, MS, SP_STAMP_END);
	assert_int_equal(find(d).refusal, LAG_TOO_FEW);
	d = data(1, 60 * S);
	assert_int_equal(find(d).refusal, LAG_TOO_FEW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_related_spikes_are_enough),
		cmocka_unit_test(unrelated_spikes_are_refused),
		cmocka_unit_test(periodic_stalls_are_refused),
		cmocka_unit_test(drift_is_fitted),
		cmocka_unit_test(an_interval_that_is_not_kept),
		cmocka_unit_test(too_few_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

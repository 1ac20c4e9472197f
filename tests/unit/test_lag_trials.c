/*
 * analyze/lag, held to its bars on made worlds: a host with stalls, a prober on another host whose
 * clock is off by up to 10 s and runs up to 100 ppm too fast or slow, replies that are late, jitter
 * or get lost; and worlds in which spikes and stalls have nothing to do with each other.
 *
 * A fixed seed and few trials; LAG_TRIALS=500 in the environment measures (docs/time.md has the
 * figures), LAG_SEED=N takes other worlds.
 */
#include "lag.h"
#include "spikes.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define US	   INT64_C(1000)
#define MS	   (1000 * US)
#define S	   (1000 * MS)
#define WALL	   (INT64_C(1764000000) * S) /* wall time at the capture clock's zero */
#define BEGIN	   (50 * S)
#define MAX_STALLS 20000
#define MAX_OFFSET (10 * S)
#define MIN_LATE   MS /* what --spike-min selects */

enum stamping { STAMP_PING, STAMP_MS_LOG, STAMP_START_MS };

struct world {
	uint64_t seed;
	int64_t length_ns;
	struct sp_stall stalls[MAX_STALLS];
	uint32_t nstalls;
	struct spikes *spikes;
	/* the other host's clock: what it shows is true - behind - drift */
	int64_t behind_ns;
	double drift_ppm;
	enum stamping stamping;
	double lost, foreign; /* shares of replies lost; late for reasons of their own */
	uint32_t related;     /* rows that a stall made late */
};

static struct world w;

static uint64_t draw(int64_t below)
{
	w.seed ^= w.seed >> 12;
	w.seed ^= w.seed << 25;
	w.seed ^= w.seed >> 27;
	return (w.seed * UINT64_C(2685821657736338717) >> 20) % (uint64_t)below;
}

static double uniform(void)
{
	return ((double)draw(INT64_C(1) << 40) + 0.5) / (double)(INT64_C(1) << 40);
}

static int64_t exponential(int64_t mean_ns)
{
	return (int64_t)(-log(uniform()) * (double)mean_ns);
}

static int64_t between(int64_t lo, int64_t hi)
{
	return lo + (int64_t)draw(hi - lo + 1);
}

static void world(uint64_t seed, int64_t length_ns)
{
	struct sp_err err = SP_ERR_INIT;
	const char *other = getenv("LAG_SEED");

	spikes_free(w.spikes);
	memset(&w, 0, sizeof(w));
	w.seed = (seed + (other ? strtoull(other, NULL, 10) * 100000 : 0)) * 7919 + 1;
	for (int i = 0; i < 8; i++)
		draw(2);
	w.length_ns = length_ns;
	w.behind_ns = between(-MAX_OFFSET, MAX_OFFSET);
	w.lost = uniform() * 0.1;
	assert_int_equal(spikes_new(&w.spikes, &err), 0);
}

static void stall(uint32_t cpu, int64_t at_ns, int64_t length_ns)
{
	if (w.nstalls == MAX_STALLS || at_ns < 0 || at_ns + length_ns >= w.length_ns)
		return;
	w.stalls[w.nstalls++] = (struct sp_stall){
		.cpu = cpu,
		.begin_ns = (uint64_t)(BEGIN + at_ns),
		.end_ns = (uint64_t)(BEGIN + at_ns + length_ns),
	};
}

static int64_t stall_length(void)
{
	return (int64_t)(3e6 * pow(20, uniform())); /* 3 to 60 ms */
}

static void random_stalls(uint32_t cpu, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		stall(cpu, between(0, w.length_ns), stall_length());
}

/* A row as the other host writes it. */
static void row(int64_t left_ns, int64_t came_ns)
{
	bool start = w.stamping == STAMP_START_MS;
	int64_t at_ns = start ? left_ns : came_ns;
	int64_t resolution_ns = w.stamping == STAMP_PING ? US : MS;
	double drift_ns = (double)(at_ns - BEGIN) * w.drift_ppm / 1e6;
	struct sp_err err = SP_ERR_INIT;
	struct sp_spike k = {
		.source = "made",
		.count = 1,
		.cpu = SP_NO_CPU,
		.stamp = start			    ? SP_STAMP_START
			 : w.stamping == STAMP_PING ? SP_STAMP_END
						    : SP_STAMP_UNKNOWN,
		.resolution_ns = (uint64_t)resolution_ns,
		.latency_ns = (uint64_t)((came_ns - left_ns) / (100 * US) * 100 * US),
		.time_ns = WALL + at_ns - w.behind_ns - (int64_t)drift_ns,
	};

	k.time_ns -= k.time_ns % resolution_ns;
	assert_int_equal(spikes_add(w.spikes, &k, NULL, 0, &err), 0);
}

/* One probe, sent at an instant: late when a stall of CPU 0 holds it. */
static void probe(int64_t sent_ns, int64_t *queued_ns)
{
	int64_t came_ns = sent_ns + between(50 * US, 300 * US), freed_ns = 0;

	for (uint32_t i = 0; i < w.nstalls; i++) {
		const struct sp_stall *k = &w.stalls[i];

		if (k->cpu == 0 && (int64_t)k->begin_ns <= came_ns && (int64_t)k->end_ns > came_ns)
			freed_ns = (int64_t)k->end_ns;
	}
	if (uniform() < w.lost)
		return;
	if (freed_ns) {
		/* Replies that were held come one behind the other. */
		if (*queued_ns < freed_ns)
			*queued_ns = freed_ns;
		*queued_ns += between(5 * US, 40 * US);
		came_ns = *queued_ns + between(20 * US, 200 * US);
		w.related += came_ns - sent_ns >= MIN_LATE;
	} else if (uniform() < w.foreign) {
		came_ns += MIN_LATE + exponential(15 * MS);
	}
	if (came_ns - sent_ns >= MIN_LATE)
		row(sent_ns, came_ns);
}

/* A prober of a fixed pace sees every stall longer than it; only times near stalls are played. */
static void prober(int64_t interval_ns)
{
	int64_t next_ns = BEGIN + between(0, interval_ns), queued_ns = 0;

	for (; next_ns < BEGIN + w.length_ns; next_ns += interval_ns)
		probe(next_ns + between(0, 60 * US), &queued_ns);
}

/* Requests of an application: of each stall some that it held, n in all, no backlog. */
static void requests(uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct sp_stall *k = &w.stalls[draw(w.nstalls)];
		int64_t length_ns = (int64_t)(k->end_ns - k->begin_ns), queued_ns = 0;

		if (k->cpu == 0)
			probe((int64_t)k->begin_ns + between(0, length_ns / 2), &queued_ns);
	}
}

static void foreign_spikes(uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		int64_t came_ns = BEGIN + between(0, w.length_ns);

		row(came_ns - MIN_LATE - exponential(20 * MS), came_ns);
	}
}

static struct lag find(uint32_t *nspikes)
{
	struct lag_cfg cfg = {
		.begin_ns = (uint64_t)BEGIN,
		.end_ns = (uint64_t)(BEGIN + w.length_ns),
	};
	struct sp_err err = SP_ERR_INIT;
	sp_auto(clock) clock = NULL;
	struct sp_spike *all;
	struct lag lag;

	spikes_join(w.spikes);
	spikes_sort(w.spikes);
	all = spikes_all(w.spikes, nspikes);
	assert_int_equal(clock_new(&clock, &err), 0);
	for (int64_t s = 0; s <= w.length_ns / S; s += 10)
		assert_int_equal(clock_put(clock, (uint64_t)(BEGIN + s * S), WALL + BEGIN + s * S,
					   200, &err),
				 0);
	assert_int_equal(lag_find(&lag, all, *nspikes, w.stalls, w.nstalls, clock, &cfg, &err), 0);
	return lag;
}

/* The furthest that the answer is from the truth, at either end of the recording. */
static int64_t off_by(const struct lag *lag)
{
	int64_t worst_ns = 0;

	for (int end = 0; end <= 1; end++) {
		int64_t at_ns = BEGIN + end * w.length_ns;
		int64_t shown_ns = WALL + at_ns - w.behind_ns -
				   (int64_t)((double)(at_ns - BEGIN) * w.drift_ppm / 1e6);
		double drift_ns = (double)(shown_ns - lag->origin_ns) * lag->drift_ppm / 1e6;
		int64_t off_ns = llabs(shown_ns + lag->offset_ns + (int64_t)llround(drift_ns) -
				       WALL - at_ns);

		worst_ns = off_ns > worst_ns ? off_ns : worst_ns;
	}
	return worst_ns;
}

static uint32_t trials(uint32_t few)
{
	const char *many = getenv("LAG_TRIALS");

	return many ? (uint32_t)strtoul(many, NULL, 10) : few;
}

struct tally {
	uint32_t n, refused[4];
	uint32_t right, wrong; /* of those found: within 1 ms; not */
	int64_t worst_ns;      /* of the right */
};

static void count(struct tally *t)
{
	uint32_t nspikes;
	struct lag lag = find(&nspikes);
	int64_t off_ns = off_by(&lag);

	t->n++;
	t->refused[lag.refusal]++;
	if (lag.refusal)
		return;
	if (off_ns <= MS)
		t->right++;
	else
		t->wrong++;
	if (off_ns <= MS && off_ns > t->worst_ns)
		t->worst_ns = off_ns;
	if (off_ns > MS && getenv("LAG_SHOW"))
		printf("  wrong by %.3f ms: met %u of %u, score %.2f, runner up %.2f, drift %.1f "
		       "for %.1f, truth %.4f\n",
		       (double)off_ns / 1e6, lag.met, lag.of, lag.score, lag.runner_up,
		       lag.drift_ppm, w.drift_ppm, (double)w.behind_ns / 1e9);
}

static void say(const char *what, const struct tally *t)
{
	printf("%-44s %4u: %u found within 1 ms, %u wrong; refused: %u too few, %u chance, %u "
	       "several; worst of the right %.2f ms\n",
	       what, t->n, t->right, t->wrong, t->refused[LAG_TOO_FEW], t->refused[LAG_CHANCE],
	       t->refused[LAG_SEVERAL], (double)t->worst_ns / 1e6);
}

/* --- related: to be found --- */

static const struct related_case {
	const char *what;
	int64_t length_ns;
	uint32_t stalls, others; /* on the prober's CPU, on other CPUs */
	int64_t interval_ns;	 /* of the prober; 0: requests of an application */
	uint32_t requests, foreign;
	double reach_ppm;
	enum stamping stamping;
} related_cases[] = {
	{ "ping each 10 ms (backlogs), 1 min", 60 * S, 16, 0, 10 * MS, 0, 0, 0, STAMP_PING },
	{ "ping each 100 ms, 10 min", 600 * S, 150, 100, 100 * MS, 0, 0, 0, STAMP_PING },
	{ "ping each 5 ms, 30 s, other CPUs busy", 30 * S, 14, 100, 5 * MS, 0, 0, 0, STAMP_PING },
	{ "late requests, several of each stall", 600 * S, 25, 30, 0, 60, 10, 0, STAMP_MS_LOG },
	{ "requests without backlog, 10 min", 600 * S, 300, 300, 0, 13, 0, 0, STAMP_PING },
	{ "requests, stamps of 1 ms, start or end", 600 * S, 200, 0, 0, 30, 10, 0, STAMP_MS_LOG },
	{ "requests, stamp of the start, 1 ms", 300 * S, 60, 60, 0, 20, 0, 0, STAMP_START_MS },
	{ "half of the spikes have other causes", 600 * S, 200, 200, 0, 40, 40, 0, STAMP_PING },
	{ "an hour, up to 100 ppm, requests", 3600 * S, 400, 400, 0, 60, 20, 100, STAMP_PING },
	{ "an hour, up to 100 ppm, few requests", 3600 * S, 400, 0, 0, 14, 0, 100, STAMP_PING },
	{ "an hour, up to 100 ppm, ping each 50 ms", 3600 * S, 300, 0, 50 * MS, 0, 20, 100,
	  STAMP_PING },
};

static void related_spikes_are_found(void **state)
{
	(void)state;
	for (size_t c = 0; c < sizeof(related_cases) / sizeof(related_cases[0]); c++) {
		const struct related_case *k = &related_cases[c];
		uint32_t n = trials(k->length_ns > 1000 * S ? 4 : 20);
		struct tally t = { 0 };

		for (uint64_t seed = 0; t.n < n; seed++) {
			world(seed + 1000 * c, k->length_ns);
			w.stamping = k->stamping;
			w.drift_ppm = (2 * uniform() - 1) * k->reach_ppm;
			random_stalls(0, k->stalls);
			for (uint32_t i = 0; i < k->others; i++)
				random_stalls(1 + (uint32_t)draw(7), 1);
			if (k->interval_ns)
				prober(k->interval_ns);
			else
				requests(k->requests * (k->others / k->stalls + 1) + 3);
			foreign_spikes(k->foreign);
			spikes_join(w.spikes);
			/* The bar is for at least ten. */
			uint32_t joined;
			spikes_all(w.spikes, &joined);
			if (joined < 10 + k->foreign)
				continue;
			count(&t);
		}
		say(k->what, &t);
		assert_true(t.right * 100 >= t.n * 95);
	}
}

/* --- unrelated: to be refused --- */

/* Clusters of n events, each cluster within reach. */
static void bursts(uint32_t clusters, uint32_t each, int64_t reach_ns, bool are_stalls)
{
	for (uint32_t i = 0; i < clusters; i++) {
		int64_t at_ns = between(0, w.length_ns - reach_ns - 100 * MS);

		for (uint32_t j = 0; j < each; j++) {
			int64_t one_ns = at_ns + exponential(reach_ns / 3) % reach_ns;

			if (are_stalls)
				stall(0, one_ns, stall_length());
			else
				row(BEGIN + one_ns - MIN_LATE - exponential(20 * MS),
				    BEGIN + one_ns);
		}
	}
}

static void both_random(void)
{
	random_stalls(0, 20 + (uint32_t)draw(400));
	foreign_spikes(10 + (uint32_t)draw(100));
}

static void stalls_periodic(void)
{
	for (int64_t at = between(0, 2 * S); at < w.length_ns; at += 2 * S)
		stall(0, at, 20 * MS);
	foreign_spikes(10 + (uint32_t)draw(60));
}

static void spikes_periodic(void)
{
	random_stalls(0, 20 + (uint32_t)draw(100));
	for (int64_t at = between(0, S); at < w.length_ns; at += 5 * S)
		row(BEGIN + at - 20 * MS, BEGIN + at + between(0, MS));
}

static void both_in_bursts(void)
{
	bursts((uint32_t)(w.length_ns / (30 * S)) + 1, 15, S, true);
	bursts((uint32_t)(w.length_ns / (30 * S)) + 1, 10, S, false);
}

static void long_and_short_bursts(void)
{
	random_stalls(0, 30);
	bursts(2, 40, 2 * S, true);
	foreign_spikes(10);
	bursts(1, 20, 200 * MS, false);
}

/* Two jobs of one timer table, each once a minute, each with its own little jitter. */
static void both_each_minute(void)
{
	for (int64_t at = 10 * S; at < w.length_ns; at += 60 * S) {
		stall(0, at + between(0, 50 * MS), stall_length());
		row(BEGIN + at + 3 * S - 20 * MS, BEGIN + at + 3 * S + between(0, 50 * MS));
	}
	random_stalls(0, 20);
}

static const struct unrelated_case {
	const char *what;
	void (*make)(void);
	int64_t length_ns;
	double drifts;
} unrelated_cases[] = {
	{ "unrelated, 30 s", both_random, 30 * S, 0 },
	{ "unrelated, 10 min", both_random, 600 * S, 0 },
	{ "unrelated, an hour", both_random, 3600 * S, 0 },
	{ "unrelated, stalls each 2 s", stalls_periodic, 300 * S, 0 },
	{ "unrelated, spikes each 5 s", spikes_periodic, 300 * S, 0 },
	{ "unrelated, both in bursts, 1 min", both_in_bursts, 60 * S, 0 },
	{ "unrelated, both in bursts, 10 min", both_in_bursts, 600 * S, 0 },
	{ "unrelated, one burst among random, 1 min", long_and_short_bursts, 60 * S, 0 },
	{ "unrelated, both once a minute, 20 min", both_each_minute, 1200 * S, 0 },
};

static void unrelated_spikes_are_refused(void **state)
{
	(void)state;
	for (size_t c = 0; c < sizeof(unrelated_cases) / sizeof(unrelated_cases[0]); c++) {
		const struct unrelated_case *k = &unrelated_cases[c];
		uint32_t n = trials(k->length_ns > 1000 * S ? 4 : 20);
		struct tally t = { 0 };

		while (t.n < n) {
			world(t.n + 50000 + 1000 * c, k->length_ns);
			w.stamping = t.n % 2 ? STAMP_MS_LOG : STAMP_PING;
			k->make();
			count(&t);
		}
		say(k->what, &t);
		assert_true((t.right + t.wrong) * 100 <= t.n);
	}
}

/* --- periodic stalls, all of them seen: to be refused --- */

static void periodic_stalls_are_refused(void **state)
{
	static const struct {
		const char *what;
		int64_t period_ns, length_ns, interval_ns;
		uint32_t others;
	} cases[] = {
		{ "stalls each 2 s, ping each 10 ms, 1 min", 2 * S, 60 * S, 10 * MS, 0 },
		{ "stalls each 2 s, ping each 10 ms, 10 min", 2 * S, 600 * S, 10 * MS, 0 },
		{ "stalls each 2 s, requests, 2 min", 2 * S, 120 * S, 0, 0 },
		{ "stalls each 2 s and random ones elsewhere", 2 * S, 300 * S, 10 * MS, 100 },
		{ "stalls each 1 s, requests", S, 120 * S, 0, 0 },
		{ "stalls each 7 s, requests, 5 min", 7 * S, 300 * S, 0, 0 },
	};

	(void)state;
	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		uint32_t n = trials(12);
		struct tally t = { 0 };

		while (t.n < n) {
			int64_t first_ns, length_ns;

			world(t.n + 90000 + 1000 * c, cases[c].length_ns);
			first_ns = between(0, cases[c].period_ns);
			length_ns = between(12 * MS, 50 * MS);
			for (int64_t at = first_ns; at < w.length_ns; at += cases[c].period_ns)
				stall(0, at, length_ns);
			random_stalls(3, cases[c].others);
			if (cases[c].interval_ns)
				prober(cases[c].interval_ns);
			else
				requests(20);
			count(&t);
		}
		say(cases[c].what, &t);
		assert_true((t.right + t.wrong) * 100 <= t.n);
	}
}

/* A period that is not kept by this much: found or refused, both are right; a wrong lag is not. */
static void nearly_periodic_stalls_are_never_wrong(void **state)
{
	static const int64_t jitters_ns[] = { 300 * US, MS, 3 * MS, 10 * MS, 100 * MS };

	(void)state;
	for (size_t c = 0; c < sizeof(jitters_ns) / sizeof(jitters_ns[0]); c++) {
		uint32_t n = trials(8);
		struct tally t = { 0 };
		char what[64];

		while (t.n < n) {
			int64_t first_ns, length_ns;

			world(t.n + 120000 + 1000 * c, 120 * S);
			first_ns = between(0, 2 * S);
			length_ns = between(12 * MS, 50 * MS);
			for (int64_t at = first_ns; at < w.length_ns; at += 2 * S)
				stall(0, at + between(0, jitters_ns[c]), length_ns);
			prober(10 * MS);
			count(&t);
		}
		snprintf(what, sizeof(what), "stalls each 2 s and up to %.1f ms, ping",
			 (double)jitters_ns[c] / 1e6);
		say(what, &t);
		assert_true(t.wrong * 100 <= t.n);
	}
}

static int gone(void **state)
{
	(void)state;
	spikes_free(w.spikes);
	w.spikes = NULL;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(related_spikes_are_found),
		cmocka_unit_test(unrelated_spikes_are_refused),
		cmocka_unit_test(periodic_stalls_are_refused),
		cmocka_unit_test(nearly_periodic_stalls_are_never_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, gone);
}

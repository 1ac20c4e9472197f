#ifndef LAGWORLD_H
#define LAGWORLD_H

/*
 * Made worlds for the lag search: a host with stalls, and another whose clock is off and which
 * writes a log of what was late. One world at a time.
 */
#include "lag.h"
#include "spikes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

#endif

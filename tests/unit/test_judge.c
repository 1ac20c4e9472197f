/* analyze/judge: each kind of verdict, its reason, and that chance names nobody. */
#include "judge.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define MS	   UINT64_C(1000000)
#define S	   (1000 * MS)
#define MAX_STALLS 8000
#define MAX_SPIKES 10000

/* A recording of ncpus from 100 s on, with what happened in it. */
struct scene {
	struct coverage *coverage;
	struct sides *sides;
	struct sp_stall stalls[MAX_STALLS];
	struct sp_spike spikes[MAX_SPIKES];
	uint32_t nstalls, nspikes;
	struct judge *judge;
	const struct sp_verdict *v;
};

#define BEGIN (100 * S)

static uint64_t draw(uint64_t *seed, uint64_t below)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return (*seed * UINT64_C(2685821657736338717) >> 20) % below;
}

static struct scene *scene(uint32_t ncpus, uint64_t length_ns)
{
	static struct scene s;
	struct sp_err err = SP_ERR_INIT;

	memset(&s, 0, sizeof(s));
	assert_int_equal(coverage_new(&s.coverage, &err), 0);
	for (uint32_t cpu = 0; cpu < ncpus; cpu++)
		assert_int_equal(coverage_cpu(s.coverage, cpu, BEGIN, BEGIN + length_ns, &err), 0);
	assert_int_equal(sides_new(&s.sides, &err), 0);
	return &s;
}

static void clear(struct scene *s)
{
	judge_free(s->judge);
	coverage_free(s->coverage);
	sides_free(s->sides);
}

static struct sp_stall *stall(struct scene *s, uint32_t cpu, uint64_t begin_ns, uint64_t length_ns)
{
	struct sp_stall *k = &s->stalls[s->nstalls++];

	*k = (struct sp_stall){
		.cpu = cpu,
		.begin_ns = BEGIN + begin_ns,
		.end_ns = BEGIN + begin_ns + length_ns,
		.mechanism = SP_MECH_IRQS_OFF,
		.confidence = 0.98,
		.tid = (int32_t)cpu + 1000,
		.comm = cpu + 1,
	};
	return k;
}

/* A spike whose window is [at - latency, at], or a second around at without one. */
static struct sp_spike *spike(struct scene *s, uint64_t at_ns, uint64_t latency_ns)
{
	struct sp_spike *k = &s->spikes[s->nspikes++];
	uint64_t length_ns = latency_ns == SP_UNKNOWN_NS ? S : latency_ns;

	*k = (struct sp_spike){
		.id = s->nspikes,
		.source = "test",
		.cpu = SP_NO_CPU,
		.count = 1,
		.latency_ns = latency_ns,
		.stamp = SP_STAMP_END,
		.begin_ns = BEGIN + at_ns - length_ns,
		.end_ns = BEGIN + at_ns,
	};
	return k;
}

static int by_begin(const void *a, const void *b)
{
	const struct sp_stall *x = a, *y = b;

	return x->begin_ns == y->begin_ns ? 0 : x->begin_ns < y->begin_ns ? -1 : 1;
}

static const char *str_of(void *self, sp_str s)
{
	(void)self;
	return s == 7 ? "SOCKET_PFMEMALLOC" : "?";
}

static const char *comm_of(void *self, int32_t tid, uint64_t at_ns)
{
	(void)self;
	(void)at_ns;
	return tid == 55 ? "java" : "?";
}

/* Judges, and checks what holds of every verdict. */
static const struct sp_verdict *judge(struct scene *s)
{
	struct judge_cfg cfg = { .min_stall_ns = MS, .str = str_of, .comm = comm_of };
	struct sp_err err = SP_ERR_INIT;
	struct judge_input in = {
		.spikes = s->spikes,
		.nspikes = s->nspikes,
		.stalls = s->stalls,
		.coverage = s->coverage,
		.sides = s->sides,
	};

	qsort(s->stalls, s->nstalls, sizeof(s->stalls[0]), by_begin);
	for (uint32_t i = 0; i < s->nstalls; i++)
		s->stalls[i].id = i + 1;
	in.nstalls = s->nstalls;
	assert_int_equal(judge_new(&s->judge, &cfg, &in, &err), 0);
	s->v = judge_verdicts(s->judge);
	for (uint32_t i = 0; i < s->nspikes; i++) {
		const struct sp_verdict *v = &s->v[i];
		bool explains = v->kind == SP_VERDICT_STALL || v->kind == SP_VERDICT_DROP ||
				v->kind == SP_VERDICT_TASK_DELAY;

		assert_int_equal(v->explained, explains);
		if (explains)
			assert_true(v->chance <= JUDGE_CHANCE && v->confidence > 0 &&
				    v->confidence <= 1);
		if (v->why == SP_WHY_CHANCE)
			assert_true(v->chance > JUDGE_CHANCE);
		if (s->spikes[i].latency_ns != SP_UNKNOWN_NS)
			assert_true(v->explained_ns <= s->spikes[i].latency_ns);
	}
	return s->v;
}

static void one_stall_under_one_spike(void **state)
{
	struct scene *s = scene(2, 60 * S);
	const struct sp_verdict *v;

	(void)state;
	stall(s, 1, 10 * S, 50 * MS);
	stall(s, 1, 20 * S, 12 * MS);
	spike(s, 10 * S + 51 * MS, 50 * MS);
	spike(s, 20 * S + 30 * MS, 30 * MS); /* 12 of 30 ms */
	spike(s, 30 * S, 30 * MS);
	spike(s, 10 * S + 700 * MS, SP_UNKNOWN_NS);
	v = judge(s);
	assert_int_equal(v[0].kind, SP_VERDICT_STALL);
	assert_int_equal(v[0].explained_ns, 49 * MS);
	assert_int_equal(v[0].nstalls, 1);
	assert_int_equal(v[0].stalls[0].stall, 1);
	assert_int_equal(v[0].stalls[0].overlap_ns, 49 * MS);
	assert_true(v[0].confidence > 0.9);
	assert_true(fabs(v[0].chance - 0.00083) < 0.0001); /* 50 + 50 - 2 × 25 ms of 60 s */
	assert_int_equal(v[1].kind, SP_VERDICT_NONE);
	assert_int_equal(v[1].why, SP_WHY_TOO_SHORT);
	assert_int_equal(v[1].explained_ns, 12 * MS);
	assert_int_equal(v[1].nstalls, 1);
	assert_int_equal(v[2].kind, SP_VERDICT_NONE);
	assert_int_equal(v[2].why, SP_WHY_HEALTHY);
	assert_true(isnan(v[2].chance));
	assert_int_equal(v[3].kind, SP_VERDICT_STALL);
	assert_int_equal(v[3].explained_ns, 50 * MS);
	clear(s);
}

static void several_stalls_add_up_on_one_cpu_only(void **state)
{
	struct scene *s = scene(4, 100 * S);
	const struct sp_verdict *v;

	(void)state;
	/* 3 × 12 of 60 ms on CPU 2; the same in three pieces on three CPUs is no explanation. */
	for (uint32_t i = 0; i < 3; i++) {
		stall(s, 2, 10 * S + i * 20 * MS, 12 * MS);
		stall(s, i, 50 * S + i * 20 * MS, 12 * MS);
	}
	/* Overlapping stalls of one CPU count once. */
	stall(s, 3, 70 * S, 20 * MS);
	stall(s, 3, 70 * S + 1 * MS, 18 * MS);
	spike(s, 10 * S + 60 * MS, 60 * MS);
	spike(s, 50 * S + 60 * MS, 60 * MS);
	spike(s, 70 * S + 60 * MS, 60 * MS);
	v = judge(s);
	assert_int_equal(v[0].kind, SP_VERDICT_STALL);
	assert_int_equal(v[0].explained_ns, 36 * MS);
	assert_int_equal(v[0].nstalls, 3);
	assert_int_equal(v[1].kind, SP_VERDICT_NONE);
	assert_int_equal(v[1].explained_ns, 12 * MS);
	assert_int_equal(v[2].kind, SP_VERDICT_NONE);
	assert_int_equal(v[2].explained_ns, 20 * MS);
	clear(s);
}

static void the_culprits_cpu_comes_first(void **state)
{
	struct scene *s = scene(4, 100 * S);
	const struct sp_verdict *v;

	(void)state;
	/* CPU 1: 30 + 30; CPU 2: one of 40, the longest single one. */
	stall(s, 1, 10 * S, 30 * MS);
	stall(s, 1, 10 * S + 35 * MS, 30 * MS);
	stall(s, 2, 10 * S, 40 * MS);
	spike(s, 10 * S + 70 * MS, 70 * MS);
	v = judge(s);
	assert_int_equal(v[0].kind, SP_VERDICT_STALL);
	assert_int_equal(v[0].explained_ns, 60 * MS);
	assert_int_equal(v[0].nstalls, 3);
	assert_int_equal(s->stalls[v[0].stalls[0].stall - 1].cpu, 1);
	assert_int_equal(s->stalls[v[0].stalls[2].stall - 1].cpu, 2);
	clear(s);
}

static void rivals_name_nobody_unless_they_are_one(void **state)
{
	struct scene *s = scene(4, 100 * S);
	const struct sp_verdict *v;

	(void)state;
	stall(s, 1, 10 * S, 30 * MS);
	stall(s, 2, 10 * S, 29 * MS); /* another culprit at the same time */
	stall(s, 1, 20 * S, 30 * MS);
	stall(s, 2, 20 * S, 29 * MS)->comm = 2; /* the same: comm of CPU 1 is 2 */
	stall(s, 1, 30 * S, 30 * MS)->mechanism = SP_MECH_STOPPED;
	stall(s, 2, 30 * S, 30 * MS)->mechanism = SP_MECH_STEAL;
	spike(s, 10 * S + 31 * MS, 30 * MS);
	spike(s, 20 * S + 31 * MS, 30 * MS);
	spike(s, 30 * S + 31 * MS, 30 * MS);
	spike(s, 10 * S + 31 * MS, 30 * MS)->cpu = 2;
	spike(s, 10 * S + 31 * MS, 30 * MS)->cpu = 3;
	v = judge(s);
	assert_int_equal(v[0].kind, SP_VERDICT_AMBIGUOUS);
	assert_int_equal(v[0].why, SP_WHY_RIVALS);
	assert_int_equal(v[0].nstalls, 2);
	assert_int_equal(v[1].kind, SP_VERDICT_STALL);
	assert_int_equal(v[2].kind, SP_VERDICT_STALL);
	/* A spike with a CPU is that CPU's. */
	assert_int_equal(v[3].kind, SP_VERDICT_STALL);
	assert_int_equal(s->stalls[v[3].stalls[0].stall - 1].cpu, 2);
	assert_int_equal(v[4].kind, SP_VERDICT_NONE);
	assert_int_equal(v[4].nstalls, 0);
	clear(s);
}

static void not_seen_is_not_healthy(void **state)
{
	struct scene *s = scene(2, 60 * S);
	struct sp_err err = SP_ERR_INIT;
	const struct sp_verdict *v;
	struct judge_seen seen;

	(void)state;
	assert_int_equal(coverage_gap(s->coverage, 1, COVERAGE_NOT_OBSERVED, BEGIN + 10 * S,
				      BEGIN + 11 * S, &err),
			 0);
	assert_int_equal(
		coverage_gap(s->coverage, 0, COVERAGE_LOST, BEGIN + 20 * S, BEGIN + 21 * S, &err),
		0);
	assert_int_equal(coverage_gap(s->coverage, 0, COVERAGE_LOST, BEGIN + 30 * S,
				      BEGIN + 30 * S + MS / 2, &err),
			 0);
	assert_int_equal(coverage_delay(s->coverage, 0, BEGIN + 40 * S, 200000, &err), 0);
	spike(s, 10 * S + 20 * MS, 30 * MS);	      /* partly in the gap of CPU 1 */
	spike(s, 10 * S + 20 * MS, 30 * MS)->cpu = 0; /* not its CPU */
	spike(s, 20 * S + 500 * MS, 30 * MS);
	spike(s, 30 * S + 20 * MS, 30 * MS); /* too short a gap to hide a stall */
	spike(s, 40 * S + 5 * MS, 30 * MS);
	spike(s, 60 * S + 20 * MS, 30 * MS); /* ends after the recording */
	spike(s, 70 * S, 30 * MS);
	spike(s, 30 * S, 30 * MS)->cpu = 9;
	spike(s, 10 * S + 20 * MS, MS / 2); /* shorter than any stall, and not seen */
	v = judge(s);
	assert_int_equal(v[0].kind, SP_VERDICT_NO_DATA);
	assert_int_equal(v[0].why, SP_WHY_NOT_OBSERVED);
	assert_int_equal(v[0].unobserved_ns, 20 * MS);
	assert_int_equal(v[1].kind, SP_VERDICT_NONE);
	assert_int_equal(v[2].kind, SP_VERDICT_NO_DATA);
	assert_int_equal(v[2].why, SP_WHY_LOST);
	assert_int_equal(v[3].kind, SP_VERDICT_NONE);
	assert_int_equal(v[4].kind, SP_VERDICT_NONE);
	assert_in_range(v[4].worst_delay_ns, 200000, 202000); /* kept in us */
	assert_int_equal(v[5].kind, SP_VERDICT_NO_DATA);
	assert_int_equal(v[5].why, SP_WHY_NOT_OBSERVED);
	assert_int_equal(v[6].kind, SP_VERDICT_NO_DATA);
	assert_int_equal(v[6].why, SP_WHY_OUTSIDE);
	assert_int_equal(v[7].kind, SP_VERDICT_NO_DATA);
	assert_int_equal(v[7].why, SP_WHY_CPU_NOT_RECORDED);
	assert_int_equal(v[8].kind, SP_VERDICT_NO_DATA);
	seen = judge_seen(s->judge);
	assert_int_equal(seen.outside, 1);
	assert_int_equal(seen.not_recorded, 1);
	clear(s);
}

static void a_drop_explains_a_retransmission(void **state)
{
	struct scene *s = scene(2, 200 * S);
	struct sp_event e = { .type = SP_EV_DROP, .cpu = 1, .drop.reason_name = 7 };
	struct sp_event reclaim = { .type = SP_EV_RECLAIM_END, .tid = 55 };
	struct sp_event stat = { .type = SP_EV_NETSTAT }, again = { .type = SP_EV_RETRANS };
	struct sp_err err = SP_ERR_INIT;
	const struct sp_verdict *v;

	(void)state;
	e.time_ns = BEGIN + 10 * S + 4 * MS;
	assert_int_equal(sides_put(s->sides, &e, 0, &err), 0);
	again.time_ns = BEGIN + 10 * S + 205 * MS;
	assert_int_equal(sides_put(s->sides, &again, 0, &err), 0);
	reclaim.time_ns = BEGIN + 30 * S + 80 * MS;
	assert_int_equal(sides_put(s->sides, &reclaim, BEGIN + 30 * S, &err), 0);
	/* The counter moved once, between 50 and 51 s. */
	for (uint64_t i = 0; i < 100; i++) {
		stat.time_ns = BEGIN + i * S;
		stat.netstat.pfmemalloc = 1000 + (i > 50);
		stat.netstat.retrans = 7 + (i > 50 ? 3 : 0);
		assert_int_equal(sides_put(s->sides, &stat, 0, &err), 0);
	}
	stall(s, 1, 10 * S, 5 * MS);
	spike(s, 10 * S + 206 * MS, 206 * MS); /* 5 ms of stall, a drop, 200 ms of waiting */
	spike(s, 10 * S + 100 * MS, 100 * MS); /* no retransmission takes 100 ms */
	spike(s, 10 * S + 200 * MS, 600 * MS); /* 600 ms, but the drop came too late for that */
	spike(s, 30 * S + 100 * MS, 100 * MS);
	spike(s, 30 * S + 300 * MS, 300 * MS); /* 80 of 300 ms */
	spike(s, 51 * S, 205 * MS);
	v = judge(s);
	assert_int_equal(v[0].kind, SP_VERDICT_DROP);
	assert_int_equal(v[0].rto_ns, 200 * MS);
	assert_int_equal(v[0].explained_ns, 205 * MS);
	assert_int_equal(v[0].stalled_ns, 5 * MS);
	assert_int_equal(v[0].resent_ns, 201 * MS);
	assert_true(v[0].confidence > v[5].confidence);
	assert_int_equal(v[5].resent, 3);
	assert_int_equal(v[5].resent_ns, 0);
	assert_int_equal(v[0].drops, 1);
	assert_string_equal(v[0].drop_reason, "SOCKET_PFMEMALLOC");
	assert_int_equal(v[0].nstalls, 1);
	assert_int_equal(v[1].kind, SP_VERDICT_NONE);
	assert_int_equal(v[2].kind, SP_VERDICT_NONE);
	assert_int_equal(v[3].kind, SP_VERDICT_TASK_DELAY);
	assert_string_equal(v[3].task_comm, "java");
	assert_int_equal(v[3].reclaim_ns, 80 * MS);
	assert_int_equal(v[4].kind, SP_VERDICT_NONE);
	assert_int_equal(v[5].kind, SP_VERDICT_DROP);
	assert_null(v[5].drop_reason);
	clear(s);
}

/* 144 CPUs with one harmless 2 ms stall each every 20 s: 78 % of windows of 200 ms hold one. */
static void harmless_stalls_on_many_cpus_are_ambiguous(void **state)
{
	struct scene *s = scene(144, 60 * S);
	const struct sp_verdict *v;
	uint64_t seed = 3;
	uint32_t held = 0;

	(void)state;
	for (uint32_t cpu = 0; cpu < 144; cpu++) {
		for (uint32_t i = 0; i < 3; i++)
			stall(s, cpu, i * 20 * S + draw(&seed, 20 * S - 2 * MS), 2 * MS);
	}
	for (uint32_t i = 0; i < 500; i++) {
		struct sp_spike *k = spike(s, S + draw(&seed, 59 * S), SP_UNKNOWN_NS);

		k->begin_ns = k->end_ns - 200 * MS;
	}
	v = judge(s);
	for (uint32_t i = 0; i < s->nspikes; i++) {
		assert_true(v[i].kind == SP_VERDICT_AMBIGUOUS || v[i].kind == SP_VERDICT_NONE);
		held += v[i].kind == SP_VERDICT_AMBIGUOUS;
		if (v[i].kind == SP_VERDICT_AMBIGUOUS)
			assert_true(v[i].chance > 0.6 && v[i].chance < 0.95);
	}
	assert_true(held > 330 && held < 450);
	clear(s);
}

/* Random stalls, random spikes, and spikes that each have a stall as their cause. */
static void trial(uint32_t ncpus, uint64_t seed, bool known, uint32_t *innocent, uint32_t *right,
		  uint32_t *wrong)
{
	struct scene *s = scene(ncpus, 600 * S);
	uint32_t truth[100];
	const struct sp_verdict *v;

	/* Of 1 to 40 ms, harmless as far as these spikes go. */
	for (uint32_t i = 0; i < 300; i++)
		stall(s, (uint32_t)draw(&seed, ncpus), draw(&seed, 599 * S),
		      MS + draw(&seed, 39 * MS));
	for (uint32_t i = 0; i < 100; i++)
		spike(s, 2 * S + draw(&seed, 597 * S),
		      known ? 5 * MS + draw(&seed, 200 * MS) : SP_UNKNOWN_NS);
	for (uint32_t i = 0; i < 100; i++) {
		struct sp_stall *k = stall(s, (uint32_t)draw(&seed, ncpus),
					   2 * S + i * 5 * S + draw(&seed, 2 * S),
					   60 * MS + draw(&seed, 40 * MS));
		uint64_t late_ns = k->end_ns - k->begin_ns - draw(&seed, 10 * MS);

		truth[i] = k->cpu;
		spike(s, k->end_ns - BEGIN + draw(&seed, MS), late_ns);
	}
	v = judge(s);
	for (uint32_t i = 0; i < 100; i++)
		*innocent += v[i].kind == SP_VERDICT_STALL;
	for (uint32_t i = 0; i < 100; i++) {
		const struct sp_verdict *w = &v[100 + i];
		bool named = w->kind == SP_VERDICT_STALL;
		bool is_true = named && s->stalls[w->stalls[0].stall - 1].cpu == truth[i];

		*right += is_true;
		*wrong += named && !is_true;
	}
	clear(s);
}

static void chance_names_nobody_and_causes_are_found(void **state)
{
	static const uint32_t cpus[] = { 1, 8, 144 };

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		for (int known = 0; known < 2; known++) {
			uint32_t innocent = 0, right = 0, wrong = 0;

			for (uint64_t t = 1; t <= 20; t++)
				trial(cpus[i], t * 7919 + i, known, &innocent, &right, &wrong);
			printf("%u cpus, latency %s: of 2000 unrelated %u named; of 2000 related "
			       "%u "
			       "right, %u wrong\n",
			       cpus[i], known ? "known" : "unknown", innocent, right, wrong);
			assert_true(innocent <= 100);
			assert_true(right >= 1960);
			assert_true(wrong <= 10);
		}
	}
}

/* Stalls take a tenth of the time; spikes of unknown ends either lie on them or anywhere. */
static void busy_trial(uint64_t seed, bool related_ones, uint32_t *named, uint32_t *wrong)
{
	struct scene *s = scene(4, 120 * S);
	const struct sp_verdict *v;

	for (uint64_t i = 0; i < 240; i++)
		stall(s, 1, i * S / 2 + draw(&seed, 300 * MS), 40 * MS + draw(&seed, 20 * MS));
	for (uint32_t i = 0; i < 30; i++) {
		const struct sp_stall *at = &s->stalls[draw(&seed, 230) + 5];
		uint64_t late_ns = 35 * MS, end_ns = at->end_ns - BEGIN;
		struct sp_spike *k;

		if (!related_ones)
			end_ns = S + draw(&seed, 118 * S);
		k = spike(s, end_ns, late_ns);
		k->stamp = SP_STAMP_UNKNOWN;
		k->end_ns += late_ns;
	}
	v = judge(s);
	for (uint32_t i = 0; i < 30; i++) {
		*named += v[i].kind == SP_VERDICT_STALL;
		*wrong += v[i].kind != SP_VERDICT_STALL && v[i].kind != SP_VERDICT_AMBIGUOUS &&
			  related_ones;
	}
	clear(s);
}

static void many_spikes_speak_together(void **state)
{
	uint32_t related = 0, unrelated = 0, wrong = 0;

	(void)state;
	for (uint64_t t = 1; t <= 50; t++) {
		busy_trial(t * 31, true, &related, &wrong);
		busy_trial(t * 37, false, &unrelated, &wrong);
	}
	printf("stalls of a tenth of the time: of 1500 related spikes %u named, of 1500 unrelated "
	       "%u\n",
	       related, unrelated);
	assert_int_equal(wrong, 0);
	assert_true(related >= 750); /* none of them by itself */
	assert_true(unrelated <= 75);
}

/* A stall every second, and each makes one reply as late as it is long. */
static void as_long_and_just_then_is_no_accident(void **state)
{
	struct scene *s = scene(1, 60 * S);
	const struct sp_verdict *v;

	(void)state;
	for (uint64_t i = 0; i < 59; i++) {
		stall(s, 0, i * S, 80 * MS);
		spike(s, i * S + 80 * MS, 78 * MS);
	}
	v = judge(s);
	for (uint32_t i = 0; i < s->nspikes; i++) {
		assert_int_equal(v[i].kind, SP_VERDICT_STALL);
		assert_true(v[i].chance <= 0.01);
	}
	clear(s);
}

static void thousands_are_quick(void **state)
{
	struct scene *s = scene(144, 3600 * S);
	struct timespec a, b;
	uint64_t seed = 11;
	double took_s;

	(void)state;
	for (uint32_t i = 0; i < 5000; i++)
		stall(s, (uint32_t)draw(&seed, 144), draw(&seed, 3599 * S),
		      MS + draw(&seed, 50 * MS));
	for (uint32_t i = 0; i < 10000; i++)
		spike(s, 2 * S + draw(&seed, 3590 * S),
		      i % 2 ? MS + draw(&seed, 500 * MS) : SP_UNKNOWN_NS);
	clock_gettime(CLOCK_MONOTONIC, &a);
	judge(s);
	clock_gettime(CLOCK_MONOTONIC, &b);
	took_s = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
	printf("10,000 spikes, 5,000 stalls, 144 CPUs: %.3f s\n", took_s);
	/* Wide, for sanitizers on a busy machine; n × m would take minutes. */
	assert_true(took_s < 20);
	clear(s);
}

static void nothing_at_all(void **state)
{
	struct scene *s = scene(0, 0);

	(void)state;
	judge(s);
	clear(s);
	s = scene(0, 0);
	spike(s, 5 * S, MS);
	assert_int_equal(judge(s)[0].why, SP_WHY_OUTSIDE);
	clear(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_stall_under_one_spike),
		cmocka_unit_test(several_stalls_add_up_on_one_cpu_only),
		cmocka_unit_test(the_culprits_cpu_comes_first),
		cmocka_unit_test(rivals_name_nobody_unless_they_are_one),
		cmocka_unit_test(not_seen_is_not_healthy),
		cmocka_unit_test(a_drop_explains_a_retransmission),
		cmocka_unit_test(harmless_stalls_on_many_cpus_are_ambiguous),
		cmocka_unit_test(chance_names_nobody_and_causes_are_found),
		cmocka_unit_test(many_spikes_speak_together),
		cmocka_unit_test(as_long_and_just_then_is_no_accident),
		cmocka_unit_test(thousands_are_quick),
		cmocka_unit_test(nothing_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

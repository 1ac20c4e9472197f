/* analyze/judge: chance names nobody, and causes are found nevertheless. */
#include "unit.h"

#include "fakescene.h"

#include <math.h>
#include <time.h>

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
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	judge(s);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	took_s = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
	printf("10,000 spikes, 5,000 stalls, 144 CPUs: %.3f s\n", took_s);
	/* Of its own CPU time, and wide, for sanitizers; n × m would take minutes. */
	assert_true(took_s < 20);
	clear(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(harmless_stalls_on_many_cpus_are_ambiguous),
		cmocka_unit_test(chance_names_nobody_and_causes_are_found),
		cmocka_unit_test(many_spikes_speak_together),
		cmocka_unit_test(as_long_and_just_then_is_no_accident),
		cmocka_unit_test(thousands_are_quick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* analyze/coverage: what was observed adds up, and rounding is never in favour of "observed". */
#include "coverage.h"

#include "unit.h"

#define MS 1000000ULL

static void windows_add_up(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(coverage) c = NULL;
	struct coverage_answer a;

	(void)state;
	assert_int_equal(coverage_new(&c, &err), 0);
	assert_int_equal(coverage_cpu(c, 3, 100 * MS, 1100 * MS, &err), 0);
	assert_int_equal(coverage_gap(c, 3, COVERAGE_NOT_OBSERVED, 200 * MS, 300 * MS, &err), 0);
	assert_int_equal(coverage_gap(c, 3, COVERAGE_LOST, 400 * MS, 410 * MS, &err), 0);
	assert_int_equal(coverage_delay(c, 3, 500 * MS, 70000, &err), 0);
	a = coverage_ask(c, 3, 250 * MS, 450 * MS);
	assert_true(a.recorded);
	assert_int_equal(a.not_observed_ns, 50 * MS);
	assert_int_equal(a.lost_ns, 10 * MS);
	assert_int_equal(a.observed_ns, 140 * MS);
	assert_true(a.worst_delay_ns == SP_UNKNOWN_NS);
	a = coverage_ask(c, 3, 450 * MS, 600 * MS);
	assert_int_equal(a.observed_ns, 150 * MS);
	assert_true(a.worst_delay_ns >= 70000 && a.worst_delay_ns < 80000);
	/* Past the recording nothing is observed. */
	a = coverage_ask(c, 3, 1000 * MS, 1200 * MS);
	assert_int_equal(a.observed_ns, 100 * MS);
	assert_int_equal(a.not_observed_ns, 100 * MS);
	assert_false(coverage_ask(c, 2, 0, MS).recorded);
}

/* Shed events: nothing is healthy meanwhile, whatever else was not observed in that time. */
static void a_long_gap_is_told_behind_those_in_it(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(coverage) c = NULL;
	struct coverage_answer a;

	(void)state;
	assert_int_equal(coverage_new(&c, &err), 0);
	assert_int_equal(coverage_cpu(c, 0, 0, 1000 * MS, &err), 0);
	assert_int_equal(coverage_gap(c, 0, COVERAGE_NOT_OBSERVED, 10 * MS, 20 * MS, &err), 0);
	for (uint64_t ms = 200; ms < 600; ms += 100)
		assert_int_equal(
			coverage_gap(c, 0, COVERAGE_NOT_OBSERVED, ms * MS, (ms + 10) * MS, &err),
			0);
	assert_int_equal(coverage_gap(c, 0, COVERAGE_LOST, 100 * MS, 700 * MS, &err), 0);
	assert_int_equal(coverage_gap(c, 0, COVERAGE_NOT_OBSERVED, 800 * MS, 810 * MS, &err), 0);
	/* In front of the first gap in it, between two, behind the last. */
	for (uint64_t ms = 110; ms < 700; ms += 100) {
		a = coverage_ask(c, 0, ms * MS, (ms + 50) * MS);
		assert_int_equal(a.observed_ns, 0);
		assert_int_equal(a.lost_ns, 50 * MS);
	}
	a = coverage_ask(c, 0, 0, 1000 * MS);
	assert_int_equal(a.lost_ns, 600 * MS);
	assert_int_equal(a.not_observed_ns, 20 * MS);
	assert_int_equal(a.observed_ns, 380 * MS);
}

static void many_gaps_round_to_the_safe_side(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(coverage) c = NULL;
	struct coverage_answer a;
	uint64_t exact = 0;

	(void)state;
	assert_int_equal(coverage_new(&c, &err), 0);
	assert_int_equal(coverage_cpu(c, 0, 0, 400000 * MS, &err), 0);
	for (uint64_t i = 0; i < 200000; i++) {
		exact += MS / 10;
		assert_int_equal(coverage_gap(c, 0, COVERAGE_NOT_OBSERVED, 2 * i * MS,
					      2 * i * MS + MS / 10, &err),
				 0);
	}
	a = coverage_ask(c, 0, 0, 400000 * MS);
	assert_true(a.not_observed_ns >= exact);
	assert_true(a.observed_ns + a.not_observed_ns == 400000 * MS);
}

/* With many CPUs each has less: what is not observed and the worst delay stay on the safe side. */
static void many_cpus_round_to_the_safe_side(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(coverage) c = NULL;

	(void)state;
	assert_int_equal(coverage_new(&c, &err), 0);
	for (uint64_t k = 0; k < 300; k++)
		for (uint32_t cpu = 0; cpu < 1000; cpu++) {
			uint64_t ns = k * 1000 * MS;

			assert_int_equal(coverage_cpu(c, cpu, 0, 300000 * MS, &err), 0);
			assert_int_equal(coverage_gap(c, cpu, COVERAGE_LOST, ns, ns + MS, &err), 0);
			assert_int_equal(coverage_delay(c, cpu, ns, (k + 1) * MS, &err), 0);
		}
	for (uint32_t cpu = 0; cpu < 1000; cpu += 7) {
		struct coverage_answer a = coverage_ask(c, cpu, 0, 300000 * MS);

		assert_true(a.lost_ns >= 300 * MS);
		assert_int_equal(a.observed_ns + a.lost_ns + a.not_observed_ns, 300000 * MS);
		assert_true(a.worst_delay_ns >= 300 * MS && a.worst_delay_ns < 301 * MS);
		a = coverage_ask(c, cpu, 99999 * MS, 100002 * MS);
		assert_true(a.worst_delay_ns >= 101 * MS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_add_up),
		cmocka_unit_test(a_long_gap_is_told_behind_those_in_it),
		cmocka_unit_test(many_gaps_round_to_the_safe_side),
		cmocka_unit_test(many_cpus_round_to_the_safe_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

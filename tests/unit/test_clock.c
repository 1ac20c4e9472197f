/* analyze/clock: the way there and back, through slews, steps and without any pair. */
#include "clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define S  INT64_C(1000000000)
#define MS INT64_C(1000000)
#define T0 (INT64_C(1764000000) * S) /* wall time at mono 0 */

static int64_t apart(int64_t a, int64_t b)
{
	return a > b ? a - b : b - a;
}

static void check(const struct clock *c, int64_t real_ns, int64_t mono_ns, uint64_t at_most_ns)
{
	uint64_t uncertainty_ns;
	int64_t got;

	assert_true(clock_mono(c, real_ns, &got, &uncertainty_ns));
	assert_true(apart(got, mono_ns) <= (int64_t)uncertainty_ns);
	assert_true(uncertainty_ns <= at_most_ns);
}

static void nothing_known(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(clock) c = NULL;
	uint64_t worst, u;
	int64_t m;

	(void)state;
	assert_int_equal(clock_new(&c, &err), 0);
	assert_false(clock_mono(c, T0, &m, &u));
	assert_true(clock_real(c, 5) == INT64_MIN);
	clock_guess(c, 100 * S, T0 + 100 * S, 2 * S);
	assert_true(clock_is_guess(c));
	check(c, T0 + 160 * S, 160 * S, 3 * S);
	assert_true(clock_real(c, 160 * S) == T0 + 160 * S);
	/* A pair is better than a guess. */
	assert_int_equal(clock_put(c, 100 * S, T0 + 101 * S, 200, &err), 0);
	assert_false(clock_is_guess(c));
	check(c, T0 + 102 * S, 101 * S, MS);
	assert_int_equal(clock_steps(c, &worst), 0);
}

/* 300 ppm from second 20 to 40: 6 ms in all. */
static int64_t slewed(int64_t mono_ns)
{
	int64_t in = mono_ns - 20 * S;

	in = in < 0 ? 0 : in > 20 * S ? 20 * S : in;
	return T0 + mono_ns + in * 3 / 10000;
}

static void a_slew_is_followed(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(clock) c = NULL;
	uint64_t worst;

	(void)state;
	assert_int_equal(clock_new(&c, &err), 0);
	for (int64_t s = 0; s <= 60; s++)
		assert_int_equal(clock_put(c, (uint64_t)(s * S), slewed(s * S), 500, &err), 0);
	for (int64_t ms = 0; ms < 60000; ms += 7) {
		check(c, slewed(ms * MS), ms * MS, 400000);
		assert_true(apart(clock_real(c, (uint64_t)(ms * MS)), slewed(ms * MS)) < 200000);
	}
	assert_int_equal(clock_steps(c, &worst), 0);
}

/* The wall clock is set by `step` at 30.4 s. */
static int64_t stepped(int64_t mono_ns, int64_t step)
{
	return T0 + mono_ns + (mono_ns >= 304 * S / 10 ? step : 0);
}

static void a_step_either_way_is_covered(void **state)
{
	static const int64_t steps[] = { 5 * S, -5 * S, 40 * MS, -40 * MS, 3600 * S, -3600 * S };

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct sp_err err = SP_ERR_INIT;
		int64_t step = steps[i], size = step < 0 ? -step : step;
		sp_auto(clock) c = NULL;
		uint64_t worst;

		assert_int_equal(clock_new(&c, &err), 0);
		for (int64_t s = 0; s <= 60; s++)
			assert_int_equal(
				clock_put(c, (uint64_t)(s * S), stepped(s * S, step), 500, &err),
				0);
		assert_int_equal(clock_steps(c, &worst), 1);
		assert_true(apart((int64_t)worst, size) <= MS);
		for (int64_t ms = 0; ms < 60000; ms += 11) {
			int64_t m = ms * MS;
			/* Away from the step and from the time that happened twice it is exact. */
			bool near = m > 30 * S - size - S && m < 31 * S + size + S;

			check(c, stepped(m, step), m, (uint64_t)(near ? size + 2 * S : 2000));
		}
	}
}

static void pairs_in_any_order(void **state)
{
	static const int64_t order[] = { 5, 1, 3, 2, 4, 0, 6, 3 };
	struct sp_err err = SP_ERR_INIT;
	sp_auto(clock) c = NULL;

	(void)state;
	assert_int_equal(clock_new(&c, &err), 0);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		assert_int_equal(clock_put(c, (uint64_t)(order[i] * S),
					   stepped(order[i] * 10 * S, -S) - order[i] * 9 * S, 100,
					   &err),
				 0);
	check(c, T0 + 1500 * MS, 1500 * MS, 2000);
	check(c, T0 + 4700 * MS, 5700 * MS, 2000);
	/* Before the first pair it grows vague, not wrong. */
	assert_int_equal(clock_put(c, 2 * S, INT64_MIN, 0, &err), 0);
	check(c, T0 - 100 * S, -100 * S, 100 * MS);
}

static void many_pairs_are_thinned(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(clock) c = NULL;

	(void)state;
	assert_int_equal(clock_new(&c, &err), 0);
	for (int64_t i = 0; i < CLOCK_MAX_PAIRS + 5; i++)
		assert_int_equal(clock_put(c, (uint64_t)(i * MS), T0 + i * MS, 100, &err), 0);
	check(c, T0 + 100500 * MS / 1000, 100500 * MS / 1000, 1000);
	check(c, T0 + (int64_t)CLOCK_MAX_PAIRS * MS, (int64_t)CLOCK_MAX_PAIRS * MS, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_known),
		cmocka_unit_test(a_slew_is_followed),
		cmocka_unit_test(a_step_either_way_is_covered),
		cmocka_unit_test(pairs_in_any_order),
		cmocka_unit_test(many_pairs_are_thinned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* analyze/lift: do a caller's stalls keep to the windows of spikes? */
#include "lift.h"

#include "unit.h"

#include <math.h>
#include <sirqprof/event.h>

#define MS	1000000ULL
#define SECONDS 100U

static const uint32_t cpu1 = 1;
static struct sp_spike spikes[10];
static struct lift *lift;

/* Ten windows of 100 ms in 100 s, irregularly: a hundredth of the time. */
static int make(void **state)
{
	static const uint64_t at_ms[10] = { 3100,  9700,  21300, 28900, 37700,
					    46100, 58300, 67900, 81700, 95300 };
	struct sp_err err = SP_ERR_INIT;
	const struct lift_in in = { .spikes = spikes,
				    .nspikes = 10,
				    .cpus = &cpu1,
				    .ncpus = 1,
				    .begin_ns = 0,
				    .end_ns = SECONDS * 1000 * MS };

	(void)state;
	for (int i = 0; i < 10; i++)
		spikes[i] = (struct sp_spike){ .cpu = SP_NO_CPU,
					       .begin_ns = at_ms[i] * MS,
					       .end_ns = (at_ms[i] + 100) * MS };
	return lift_new(&lift, &in, &err);
}

static int done(void **state)
{
	(void)state;
	lift_free(lift);
	lift_free(NULL);
	return 0;
}

static void always_inside_is_much_and_no_accident(void **state)
{
	struct lift_stall stalls[10];
	double l, c;

	(void)state;
	for (int i = 0; i < 10; i++)
		stalls[i] = (struct lift_stall){ spikes[i].begin_ns + 20 * MS,
						 spikes[i].begin_ns + 40 * MS, 1 };
	l = lift_of(lift, stalls, 10);
	/* 10.5 in 1 s against 0.5 in 99 s. */
	assert_true(fabs(l - 10.5 / 0.5 * 99) < 1);
	assert_true(isfinite(l));
	c = lift_chance(lift, stalls, 10);
	assert_true(c > 0 && c <= 0.05);
}

static void everywhere_is_one_and_chance(void **state)
{
	struct lift_stall stalls[1000];

	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		stalls[i] = (struct lift_stall){ i * 100 * MS, i * 100 * MS + 5 * MS, 1 };
	assert_true(lift_of(lift, stalls, 1000) > 0.5 && lift_of(lift, stalls, 1000) < 2.5);
	assert_true(lift_chance(lift, stalls, 1000) > 0.5);
}

static void never_inside_is_below_one(void **state)
{
	const struct lift_stall out = { 50000 * MS, 50010 * MS, 1 };

	(void)state;
	/* Half a stall in 1 s against one and a half in 99 s: one stall proves little. */
	assert_true(fabs(lift_of(lift, &out, 1) - 0.5 / 1.5 * 99) < 1);
	assert_true(lift_chance(lift, &out, 1) > 0.5);
}

static void without_windows_nothing_is_said(void **state)
{
	const struct lift_stall one = { 50000 * MS, 50010 * MS, 1 };
	const struct lift_in in = { .cpus = &cpu1, .ncpus = 1, .end_ns = 1000 * MS };
	struct sp_err err = SP_ERR_INIT;
	struct lift *none = NULL;

	(void)state;
	assert_int_equal(lift_new(&none, &in, &err), SP_OK);
	assert_true(isnan(lift_of(none, &one, 1)));
	assert_true(isnan(lift_chance(none, &one, 1)));
	lift_free(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(always_inside_is_much_and_no_accident),
		cmocka_unit_test(everywhere_is_one_and_chance),
		cmocka_unit_test(never_inside_is_below_one),
		cmocka_unit_test(without_windows_nothing_is_said),
	};

	return cmocka_run_group_tests(tests, make, done);
}

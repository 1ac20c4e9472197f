/* analyze/wallguess: the wall clock of a recording that does not tell it, from its file's times. */
#include "wallguess.h"

#include "unit.h"

#define S  INT64_C(1000000000)
#define T0 (INT64_C(1764000000) * S)

static uint64_t away(int64_t a, int64_t b)
{
	return (uint64_t)(a > b ? a - b : b - a);
}

/* Made 0.2 s before the first event, written 1 s after the last, 10 s apart. */
static void of_the_file_itself(void **state)
{
	int64_t last = T0 + 10 * S;
	struct wall_guess g;

	(void)state;
	assert_true(wall_guess(T0 - S / 5, last + S, 100, 100 + 10 * S, &g));
	assert_true(away(g.real_ns, last) <= g.uncertainty_ns);
	assert_true(g.uncertainty_ns < 2 * S && g.uncertainty_ns >= (uint64_t)S / 2);
	assert_true(strstr(g.from, "made and written"));
}

/* cp -p, rsync: made much later than it was written. */
static void of_a_copy_that_kept_its_time(void **state)
{
	int64_t last = T0 + 10 * S;
	struct wall_guess g;

	(void)state;
	assert_true(wall_guess(last + 86400 * S, last + 3 * S, 100, 100 + 10 * S, &g));
	assert_true(away(g.real_ns, last) <= g.uncertainty_ns);
	assert_true(g.uncertainty_ns <= 60 * (uint64_t)S);
	/* A file system that does not know when it was made. */
	assert_true(wall_guess(0, last + 3 * S, 100, 100 + 10 * S, &g));
	assert_true(away(g.real_ns, last) <= g.uncertainty_ns);
}

/* cp: made and written at once, long after. Nothing better than a day. */
static void of_a_copy_that_did_not(void **state)
{
	int64_t last = T0 + 10 * S, copied = last + 7200 * S;
	struct wall_guess g;

	(void)state;
	assert_true(wall_guess(copied, copied + S, 100, 100 + 10 * S, &g));
	assert_true(away(g.real_ns, last) <= g.uncertainty_ns);
	assert_true(g.uncertainty_ns > 3600 * (uint64_t)S);
	assert_true(strstr(g.from, "copy"));
}

static void of_nothing(void **state)
{
	struct wall_guess g;

	(void)state;
	assert_false(wall_guess(0, 0, 1, 2, &g));
	assert_false(wall_guess(T0, INT64_MAX, 1, 2, &g));
	assert_false(wall_guess(T0, T0, 2, 1, &g));
	assert_false(wall_guess(INT64_MIN, T0, 1, UINT64_MAX, &g));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_the_file_itself),
		cmocka_unit_test(of_a_copy_that_kept_its_time),
		cmocka_unit_test(of_a_copy_that_did_not),
		cmocka_unit_test(of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

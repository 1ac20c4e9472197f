/* report/worst: the few worst of many. */
#include "unit.h"

#include "worst.h"

static uint64_t keys[200];

static uint64_t key_of(const struct sp_report *r, uint32_t i)
{
	(void)r;
	return keys[i];
}

/* Each pick is at least as bad as the next, nothing left out is worse than the last, each comes
 * once. */
static void check(uint32_t n, uint32_t limit)
{
	struct sp_err err = SP_ERR_INIT;
	uint32_t *picked = NULL, want = n < limit ? n : limit;
	bool seen[200] = { false };

	assert_int_equal(worst_pick(NULL, n, limit, key_of, &picked, &err), SP_OK);
	assert_non_null(picked);
	for (uint32_t i = 0; i < want; i++) {
		assert_true(picked[i] < n && !seen[picked[i]]);
		seen[picked[i]] = true;
		if (!i)
			continue;
		assert_true(keys[picked[i - 1]] >= keys[picked[i]]);
		if (keys[picked[i - 1]] == keys[picked[i]])
			assert_true(picked[i - 1] < picked[i]);
	}
	for (uint32_t i = 0; want && i < n; i++)
		assert_true(seen[i] || keys[i] <= keys[picked[want - 1]]);
	free(picked);
}

static void largest_first_and_the_first_of_equals(void **state)
{
	uint32_t x = 1;

	(void)state;
	for (uint32_t round = 0; round < 50; round++) {
		for (uint32_t i = 0; i < 200; i++) {
			x = x * 1664525U + 1013904223U;
			keys[i] = x >> 24 & 31;
		}
		check(0, 10);
		check(1, 10);
		check(200, 1);
		check(200, round);
		check(200, 199);
		check(200, 200);
		check(20, 500);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(largest_first_and_the_first_of_equals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

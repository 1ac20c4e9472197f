/* symbolize/once: each number is new once, as long as there is room. */
#include "unit.h"

#include "once.h"

#include <stdlib.h>

static void new_once(void **state)
{
	struct once o = { 0 };

	(void)state;
	assert_true(once_met(&o, 5));
	assert_false(once_met(&o, 5));
	/* Whatever marks an empty slot inside. */
	assert_true(once_met(&o, 0));
	assert_false(once_met(&o, 0));
	once_clear(&o);
	assert_true(once_met(&o, 5));
	once_clear(&o);
	once_clear(&o);
}

static void bounded(void **state)
{
	struct once o = { 0 };
	uint64_t again = 0;

	(void)state;
	for (uint64_t i = 1; i <= 3ULL * ONCE_MOST; i++)
		assert_true(once_met(&o, i * 4096));
	assert_int_equal(o.n, ONCE_MOST);
	assert_true(o.nslots * sizeof(*o.slots) <= 1U << 20);
	for (uint64_t i = 1; i <= 3ULL * ONCE_MOST; i++)
		again += once_met(&o, i * 4096);
	/* The first are known, the others new each time. */
	assert_int_equal(again, 2ULL * ONCE_MOST);
	assert_false(once_met(&o, 4096));
	once_clear(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_once),
		cmocka_unit_test(bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* analyze/runs: any order into that of time, events of one time as they came. */
#include "unit.h"

#include "runs.h"

#define MAX 5000

static struct sp_event at[MAX], before[MAX];

/* .count tells where an event stood. */
static void event(uint32_t i, uint64_t time_ns)
{
	at[i] = (struct sp_event){ .time_ns = time_ns, .type = SP_EV_LOST, .count = i };
}

static void check(uint32_t n)
{
	struct sp_err err = SP_ERR_INIT;
	bool *seen = calloc(n + 1, sizeof(*seen));

	assert_non_null(seen);
	memcpy(before, at, n * sizeof(at[0]));
	assert_int_equal(runs_sort(at, n, &err), 0);
	for (uint32_t i = 0; i < n; i++) {
		assert_true(at[i].count < n && !seen[at[i].count]);
		seen[at[i].count] = true;
		assert_memory_equal(&at[i], &before[at[i].count], sizeof(at[i]));
		if (!i)
			continue;
		assert_true(at[i - 1].time_ns <= at[i].time_ns);
		assert_true(at[i - 1].time_ns < at[i].time_ns || at[i - 1].count < at[i].count);
	}
	free(seen);
}

static void nothing_and_one(void **state)
{
	struct sp_err err = SP_ERR_INIT;

	(void)state;
	assert_int_equal(runs_sort(NULL, 0, &err), 0);
	event(0, 5);
	check(1);
}

static void every_order_of_a_few(void **state)
{
	(void)state;
	/* Times 0..2 of five events: all 243 of them, ties included. */
	for (uint32_t v = 0; v < 243; v++) {
		for (uint32_t i = 0, left = v; i < 5; i++, left /= 3)
			event(i, left % 3);
		check(5);
	}
}

static void in_order_and_backwards(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < MAX; i++)
		event(i, i);
	check(MAX);
	for (uint32_t i = 0; i < MAX; i++)
		event(i, MAX - i);
	check(MAX);
	for (uint32_t i = 0; i < MAX; i++)
		event(i, 7);
	check(MAX);
}

static void rings_one_after_another(void **state)
{
	(void)state;
	for (uint32_t rings = 2; rings <= 9; rings++) {
		for (uint32_t i = 0; i < MAX; i++)
			event(i, i % (MAX / rings) * 10 + i / (MAX / rings) % 3);
		check(MAX);
	}
}

static void no_order(void **state)
{
	uint64_t seed = 12345;

	(void)state;
	for (uint32_t n = 2; n <= MAX; n += n / 3 + 1) {
		for (uint32_t i = 0; i < n; i++) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407ULL;
			event(i, i % 5 ? seed >> 50 : UINT64_MAX - (seed >> 60));
		}
		check(n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_and_one),
		cmocka_unit_test(every_order_of_a_few),
		cmocka_unit_test(in_order_and_backwards),
		cmocka_unit_test(rings_one_after_another),
		cmocka_unit_test(no_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

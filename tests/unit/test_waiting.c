/* analyze/waiting: any order into that of time, events of one time as they came; a pool that gives
 * back what it does not need. */
#include "unit.h"

#include "waiting.h"

#define MAX 5000

static struct sp_event at[MAX], before[MAX];
static struct waiting_pool pool;

/* Puts at[] into a queue from which some events have gone already, and takes it out again. */
static void sort(uint32_t n, uint32_t gone)
{
	struct waiting q = { 0 };
	struct sp_event early = { 0 };
	struct sp_err err = SP_ERR_INIT;

	for (uint32_t i = 0; i < gone; i++)
		assert_int_equal(waiting_put(&pool, &q, &early, &err), 0);
	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(waiting_put(&pool, &q, &at[i], &err), 0);
		if (i < gone)
			waiting_drop(&pool, &q);
	}
	for (uint32_t i = n; i < gone; i++)
		waiting_drop(&pool, &q);
	if (q.unsorted)
		assert_int_equal(waiting_sort(&pool, &q, &err), 0);
	assert_false(q.unsorted);
	assert_int_equal(q.n, n);
	for (uint32_t i = 0; i < n; i++) {
		assert_true(q.n);
		at[i] = *waiting_head(&q);
		waiting_drop(&pool, &q);
	}
	assert_null(q.first);
	assert_null(q.last);
	assert_int_equal(pool.nused, 0);
}

/* .count tells where an event stood. */
static void event(uint32_t i, uint64_t time_ns)
{
	at[i] = (struct sp_event){ .time_ns = time_ns, .type = SP_EV_LOST, .count = i };
}

static void check_behind(uint32_t n, uint32_t gone)
{
	bool *seen = calloc(n + 1, sizeof(*seen));

	assert_non_null(seen);
	memcpy(before, at, n * sizeof(at[0]));
	sort(n, gone);
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

static void check(uint32_t n)
{
	check_behind(n, 0);
}

static void nothing_and_one(void **state)
{
	struct waiting q = { 0 };
	struct sp_err err = SP_ERR_INIT;

	(void)state;
	assert_int_equal(waiting_sort(&pool, &q, &err), 0);
	assert_int_equal(q.n, 0);
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

/* Chunks at both ends that are not full; none of the times of what has gone is met again. */
static void behind_what_has_gone(void **state)
{
	(void)state;
	for (uint32_t gone = 1; gone < 3 * WAITING_CHUNK; gone++) {
		for (uint32_t i = 0; i < 300; i++)
			event(i, 1 + (300 - i) / 3);
		check_behind(300, gone);
	}
}

/* The place of one that is a little late is found, however far back it is looked for. */
static void a_little_late(void **state)
{
	(void)state;
	for (uint32_t back = 1; back < 3 * WAITING_CHUNK; back++) {
		for (uint32_t i = 0; i < 400; i++)
			event(i, i % 100 == 99 ? 10 * (i - back) + 5 : 10 * i);
		check(400);
	}
}

static void a_queue_that_is_cleared(void **state)
{
	struct waiting q = { 0 };
	struct sp_err err = SP_ERR_INIT;

	(void)state;
	for (uint32_t i = 0; i < MAX; i++)
		assert_int_equal(waiting_put(&pool, &q, &before[0], &err), 0);
	assert_in_range(pool.nused, MAX / WAITING_CHUNK, MAX / WAITING_CHUNK + 2);
	waiting_clear(&pool, &q);
	assert_int_equal(pool.nused, 0);
	assert_int_equal(q.n, 0);
	waiting_clear(&pool, &q);
}

/* Many slabs, used one after another: one stays at most. */
static void memory_goes_back(void **state)
{
	static struct waiting queues[4];
	struct sp_event e = { .time_ns = 1 };
	struct sp_err err = SP_ERR_INIT;

	(void)state;
	for (uint32_t i = 0; i < 400000; i++)
		assert_int_equal(waiting_put(&pool, &queues[i % 4], &e, &err), 0);
	for (uint32_t i = 0; i < 4; i++) {
		assert_true(pool.nspare <= 1);
		waiting_clear(&pool, &queues[i]);
	}
	assert_int_equal(pool.nspare, 1);
	waiting_pool_free(&pool);
	assert_null(pool.slabs);
	waiting_pool_free(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_and_one),
		cmocka_unit_test(every_order_of_a_few),
		cmocka_unit_test(in_order_and_backwards),
		cmocka_unit_test(rings_one_after_another),
		cmocka_unit_test(no_order),
		cmocka_unit_test(behind_what_has_gone),
		cmocka_unit_test(a_little_late),
		cmocka_unit_test(a_queue_that_is_cleared),
		cmocka_unit_test(memory_goes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

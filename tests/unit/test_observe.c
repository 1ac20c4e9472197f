/* What /proc says, as facts: clocks, steal, network counters, who a task is. */
#include "collect.h"
#include "observe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct collect got;
static const uint32_t cpus[] = { 0 };

static void open_both(struct observe **o, struct stream **s)
{
	struct sp_err err = SP_ERR_INIT;

	collect_free(&got);
	assert_int_equal(observe_new(o, cpus, 1, &err), 0);
	assert_int_equal(stream_new(s, collect_sink(&got), &err), 0);
}

static const uint8_t *find(uint16_t kind)
{
	for (size_t i = 0; i < got.n; i++)
		if (collect_fact(&got, i, kind))
			return collect_fact(&got, i, kind);
	return NULL;
}

static size_t count(uint16_t kind)
{
	size_t n = 0;

	for (size_t i = 0; i < got.n; i++)
		n += collect_fact(&got, i, kind) != NULL;
	return n;
}

static void all_of_it_is_told_at_the_begin(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	struct observe *o = NULL;
	struct stream *s = NULL;
	struct timespec real, mono;
	const uint8_t *b;
	int64_t offset;

	(void)state;
	open_both(&o, &s);
	assert_int_equal(observe_all(o, s, &err), 0);
	b = find(SP_FACT_CLOCK);
	assert_non_null(b);
	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_MONOTONIC, &mono);
	offset = (real.tv_sec - mono.tv_sec) * 1000000000LL + real.tv_nsec - mono.tv_nsec;
	/* The pair lies within a millisecond of one taken now, and says how wide it was read. */
	assert_true(llabs((int64_t)(sp_u64_at(b + 8) - sp_u64_at(b)) - offset) < 1000000);
	assert_true(sp_u64_at(b + 16) < 1000000);
	b = find(SP_FACT_STEAL);
	assert_non_null(b);
	assert_int_equal(sp_u64_at(b + 8), 1000000000 / sysconf(_SC_CLK_TCK));
	assert_int_equal(sp_u64_at(b) % sp_u64_at(b + 8), 0);
	assert_non_null(find(SP_FACT_SOFTNET));
	assert_non_null(find(SP_FACT_NETSTAT));
	b = find(SP_FACT_SELF);
	assert_non_null(b);
	assert_int_equal(sp_u32_at(b), getpid());
	observe_free(o);
	stream_free(s);
}

static void each_comes_when_it_is_due(void **state)
{
	const uint64_t ms = 1000000, begin = 5000 * ms;
	struct sp_err err = SP_ERR_INIT;
	struct observe *o = NULL;
	struct stream *s = NULL;

	(void)state;
	open_both(&o, &s);
	for (uint64_t at = 0; at < 3000; at += 2)
		assert_int_equal(observe_tick(o, s, begin + at * ms, false, &err), 0);
	assert_int_equal(count(SP_FACT_CLOCK), 3);
	assert_int_equal(count(SP_FACT_SELF), 3);
	assert_int_equal(count(SP_FACT_STEAL), 30);
	/* A silent CPU: steal is read more often, to tell it from irqs-off. */
	collect_free(&got);
	for (uint64_t at = 3000; at < 3100; at++)
		assert_int_equal(observe_tick(o, s, begin + at * ms, true, &err), 0);
	assert_int_equal(count(SP_FACT_STEAL), 20);
	observe_free(o);
	stream_free(s);
}

static void a_task_is_told_once_with_its_parents(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	struct observe *o = NULL;
	struct stream *s = NULL;
	const uint8_t *b;
	size_t n;

	(void)state;
	open_both(&o, &s);
	assert_int_equal(observe_task(o, s, (uint32_t)getpid(), &err), 0);
	b = find(SP_FACT_TASK);
	assert_non_null(b);
	assert_int_equal(sp_u32_at(b), getpid());
	assert_int_equal(sp_u32_at(b + 4), getpid());
	assert_int_equal(sp_u32_at(b + 8), getppid());
	assert_string_equal((const char *)b + 12, "test_observe");
	b = find(SP_FACT_CGROUP);
	assert_non_null(b);
	assert_int_equal(sp_u32_at(b), getpid());
	assert_non_null(strstr((const char *)b + 4, ":/"));
	assert_true(count(SP_FACT_TASK) >= 2);
	n = got.n;
	assert_int_equal(observe_task(o, s, (uint32_t)getpid(), &err), 0);
	assert_int_equal(observe_task(o, s, 0, &err), 0);
	assert_int_equal(observe_task(o, s, 0x7ffffff0, &err), 0);
	assert_int_equal(got.n, n);
	observe_free(o);
	stream_free(s);
	collect_free(&got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it_is_told_at_the_begin),
		cmocka_unit_test(each_comes_when_it_is_due),
		cmocka_unit_test(a_task_is_told_once_with_its_parents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

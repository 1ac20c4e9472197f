/* sampler/pmu: event names become attributes; a name that is none is told. */
#include "pmu.h"

#include "unit.h"

static void the_kernels_own_clocks_are_everywhere(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	struct perf_event_attr attr = { .size = sizeof(attr) };

	(void)state;
	assert_int_equal(pmu_encode("cpu-clock", &attr, &err), SP_OK);
	assert_int_equal(attr.type, PERF_TYPE_SOFTWARE);
	assert_int_equal(attr.config, PERF_COUNT_SW_CPU_CLOCK);
	/* A clock counts nanoseconds. */
	assert_int_equal(pmu_rate(&attr, 0), 1000000000);
	assert_int_equal(pmu_encode("task-clock", &attr, &err), SP_OK);
	assert_int_equal(attr.config, PERF_COUNT_SW_TASK_CLOCK);
}

static void a_name_that_is_none_is_told(void **state)
{
	static const char *const bad[] = { "frobs", "", "cpu-clock-2", "-1", "%s%n" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct sp_err err = SP_ERR_INIT;
		struct perf_event_attr attr = { .size = sizeof(attr) };

		assert_int_equal(pmu_encode(bad[i], &attr, &err), SP_EUSAGE);
		assert_non_null(strstr(err.text, "--event"));
		assert_non_null(strstr(err.text, bad[i]));
		assert_non_null(strstr(err.text, "cpu-clock works everywhere"));
	}
}

/* What the machine says of itself holds for what it encodes. */
static void cycles_where_there_are_any(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	struct perf_event_attr attr = { .size = sizeof(attr) };

	(void)state;
	if (!pmu_has_cycles() || pmu_encode("cycles", &attr, &err))
		skip();
	assert_true(attr.type == PERF_TYPE_HARDWARE || attr.type == PERF_TYPE_RAW ||
		    attr.type > PERF_TYPE_BREAKPOINT);
	assert_true(pmu_rate(&attr, 0) > 100000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernels_own_clocks_are_everywhere),
		cmocka_unit_test(a_name_that_is_none_is_told),
		cmocka_unit_test(cycles_where_there_are_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

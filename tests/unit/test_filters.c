/* Kernel-side filters: which tracepoints have one, and drop reasons by their names. */
#include "filters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char kfree_skb[] =
	"name: kfree_skb\nID: 1\nprint fmt: \"reason: %s\", __print_symbolic(REC->reason, "
	"{ 2, \"NOT_SPECIFIED\" }, { 6, \"SOCKET_RCVBUFF\" }, { 43, \"PFMEMALLOC\" }, "
	"{ 70, \"NOMEM\" }, { 71, \"NOMEM_NOT\" })\n";

static void drops_are_filtered_by_the_kernels_own_numbers(void **state)
{
	char text[384];

	(void)state;
	filters_of("skb:kfree_skb", kfree_skb, text, sizeof(text));
	assert_string_equal(text, "reason == 43 || reason == 70 || reason == 6");
}

/* Before 5.17 there are no reasons: no filter, and then the event is not opened at all. */
static void a_kernel_without_reasons_has_no_filter(void **state)
{
	char text[384] = "x";

	(void)state;
	filters_of("skb:kfree_skb", "name: kfree_skb\nprint fmt: \"skbaddr=%p\"\n", text,
		   sizeof(text));
	assert_string_equal(text, "");
	filters_of("skb:kfree_skb", "\"PFMEMALLOC\"", text, sizeof(text));
	assert_string_equal(text, "");
}

static void switches_are_those_of_idle_and_softirq_threads(void **state)
{
	char text[384];

	(void)state;
	filters_of("sched:sched_switch", "", text, sizeof(text));
	assert_non_null(strstr(text, "prev_pid == 0"));
	assert_non_null(strstr(text, "next_pid == 0"));
	assert_non_null(strstr(text, "ksoftirqd/"));
	assert_non_null(strstr(text, "napi/"));
	filters_of("irq:softirq_entry", "", text, sizeof(text));
	assert_string_equal(text, "");
}

/* The sampler's own clock would be a record or two of each sample. */
static void our_own_clock_is_left_out(void **state)
{
	char text[384];

	(void)state;
	filters_of(FILTERS_SPARING, "", text, sizeof(text));
	assert_string_equal(text, "function.function != perf_swevent_hrtimer");
	filters_of("timer:hrtimer_expire_exit", "", text, sizeof(text));
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drops_are_filtered_by_the_kernels_own_numbers),
		cmocka_unit_test(a_kernel_without_reasons_has_no_filter),
		cmocka_unit_test(our_own_clock_is_left_out),
		cmocka_unit_test(switches_are_those_of_idle_and_softirq_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

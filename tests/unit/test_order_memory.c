/* analyze/order: whatever comes, what waits takes little memory, and nothing is lost when its
 * queues grow and shrink. Its bar: all events that may wait are 14 MB, chunks that are not full 2
 * MB. */
#include "order.h"

#include "unit.h"

#include <sirqprof/huge.h>

#include <stdio.h>

#define BAR_KB (24UL << 10)

static uint64_t came, newest_ns, backwards;

static int put(void *self, const struct sp_event *e, struct sp_err *err)
{
	(void)self;
	(void)err;
	if (e->type == SP_EV_ROUND)
		return 0;
	came++;
	backwards += e->time_ns < newest_ns;
	newest_ns = e->time_ns;
	return 0;
}

static struct order *new_order(void)
{
	struct sp_err err = SP_ERR_INIT;
	struct order *o = NULL;

	came = newest_ns = backwards = 0;
	assert_int_equal(order_new(&o, (struct sp_event_sink){ put, NULL }, &err), 0);
	return o;
}

static void event(struct order *o, uint32_t cpu, uint64_t ns)
{
	struct sp_event e = { .type = SP_EV_RAISE, .cpu = cpu, .time_ns = ns };
	struct sp_err err = SP_ERR_INIT;

	assert_int_equal(order_put(o, &e, &err), 0);
}

static void round_ends(struct order *o)
{
	struct sp_event e = { .type = SP_EV_ROUND, .cpu = SP_NO_CPU };
	struct sp_err err = SP_ERR_INIT;

	assert_int_equal(order_put(o, &e, &err), 0);
}

static void flush(struct order *o, uint64_t all)
{
	struct sp_err err = SP_ERR_INIT;

	assert_int_equal(order_flush(o, &err), 0);
	assert_int_equal(came, all);
}

/* The most that the process has had (Documentation/filesystems/proc.rst). */
static unsigned long most_kb(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	unsigned long kb = 0;
	char line[256];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "VmHWM: %lu", &kb) == 1)
			break;
	fclose(f);
	assert_int_not_equal(kb, 0);
	return kb;
}

static void memory_was_small(void)
{
	if (SP_HUGE_LEAST == SIZE_MAX)
		print_message("not judged: ASan keeps what is freed\n");
	else
		assert_in_range(most_kb(), 1, BAR_KB);
}

/* A sound recording, busy CPUs read one after another. */
static void busy_cpus(uint32_t rounds, uint32_t each)
{
	sp_auto(order) o = new_order();
	uint64_t base = 1;

	for (uint32_t r = 0; r < rounds; r++, base += 8ULL * each) {
		for (uint32_t cpu = 0; cpu < 8; cpu++)
			for (uint32_t i = 0; i < each; i++)
				event(o, cpu, base + 8ULL * i + cpu);
		round_ends(o);
	}
	flush(o, 8ULL * rounds * each);
	memory_was_small();
}

static void busy_cpus_in_rounds(void **state)
{
	(void)state;
	busy_cpus(10, 18000);
	assert_int_equal(backwards, 0);
}

static void more_than_may_wait(void **state)
{
	(void)state;
	busy_cpus(10, 60000);
}

/* Each CPU has its turn, and from then on one event that is not due before the end. */
static void turns(uint32_t cpus, uint32_t each)
{
	sp_auto(order) o = new_order();
	uint64_t ns = 1;

	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		for (uint32_t i = 0; i < each; i++)
			event(o, cpu, ns++);
		event(o, cpu, (1ULL << 62) + cpu);
	}
	flush(o, (uint64_t)cpus * (each + 1));
	assert_int_equal(backwards, 0);
	memory_was_small();
}

static void long_turns(void **state)
{
	(void)state;
	turns(16, 300000);
}

static void many_short_turns(void **state)
{
	(void)state;
	turns(1000, 8000);
}

static void turns_in_rounds(void **state)
{
	sp_auto(order) o = new_order();
	uint64_t ns = 1;

	(void)state;
	for (uint32_t cpu = 0; cpu < 16; cpu++) {
		for (uint32_t i = 0; i < 290000; i++)
			event(o, cpu, ns++);
		round_ends(o);
		round_ends(o);
	}
	flush(o, ns - 1);
	assert_int_equal(backwards, 0);
	memory_was_small();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(busy_cpus_in_rounds), cmocka_unit_test(more_than_may_wait),
		cmocka_unit_test(long_turns),	       cmocka_unit_test(many_short_turns),
		cmocka_unit_test(turns_in_rounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

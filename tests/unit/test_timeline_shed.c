/* analyze/told: a CPU of which, to spare it, only what --light has is recorded. */
#include "fakecpu.h"

static void shed(struct fakecpu *w, uint64_t us, uint64_t level)
{
	struct sp_event e = event(w, us, SP_EV_SHED);

	e.count = level;
	put(w, e);
}

static void nothing_is_healthy_that_is_not_recorded(void **state)
{
	struct fakecpu *w = *state;
	struct coverage_answer a;

	busy(w, START, START + 20000, "u:main");
	vec(w, START + 20000, SP_EV_RAISE, SP_VEC_TIMER);
	vec(w, START + 20001, SP_EV_ENTRY, SP_VEC_TIMER);
	shed(w, START + 20002, 2);
	/* A flood, of which every tick of four meets BH off; no softirq event says that it runs. */
	for (uint64_t us = START + 20500; us < START + 60000; us += STEP)
		tick(w, us, SP_TF_BH_OFF, "u:send;entry_SYSCALL_64;ip_output");
	shed(w, START + 60000, 0);
	vec(w, START + 60001, SP_EV_EXIT, SP_VEC_TIMER);
	busy(w, START + 60500, START + 80000, "u:main");
	flush(w, START + 80000);
	assert_int_equal(w->n, 0);
	a = coverage_ask(w->coverage, w->cpu, (START + 30000) * US, (START + 40000) * US);
	assert_int_equal(a.observed_ns, 0);
	a = coverage_ask(w->coverage, w->cpu, (START + 65000) * US, (START + 75000) * US);
	assert_int_equal(a.observed_ns, 10000 * US);
}

static void gaps_are_still_seen(void **state)
{
	struct fakecpu *w = *state;

	busy(w, START, START + 20000, "u:main");
	shed(w, START + 20000, 2);
	busy(w, START + 20500, START + 30000, "u:main");
	tick(w, START + 40200, 0,
	     "u:read;entry_SYSCALL_64;do_syscall_64;vfs_read;seq_read;s_show;"
	     "_raw_spin_unlock_irqrestore");
	busy(w, START + 40500, START + 50000, "u:main");
	flush(w, START + 50000);
	assert_int_equal(one(w, SP_MECH_IRQS_OFF, 10450, 300)->tid, 100);
}

static void a_part_may_begin_shed(void **state)
{
	struct fakecpu *w = *state;

	shed(w, 0, 2);
	busy(w, START, START + 20000, "u:main");
	flush(w, START + 20000);
	assert_int_equal(
		coverage_ask(w->coverage, w->cpu, START * US, (START + 20000) * US).observed_ns, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fakecpu_setup, fakecpu_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(nothing_is_healthy_that_is_not_recorded),
		T(gaps_are_still_seen),
		T(a_part_may_begin_shed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

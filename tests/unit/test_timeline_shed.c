/* analyze/told: a CPU of which, to spare it, only what --light has is recorded. */
#include "fakethread.h"

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

/* Which task a tick meets says little of what ran between two: no switch to or from it is recorded.
 */
static void thread_at_ticks(struct fakecpu *w)
{
	busy(w, START + 500, START + 2000, "u:main");
	w->tid = 55;
	busy(w, START + 2000, START + 16000, "kthread;napi_threaded_poll;ip_rcv");
	w->tid = 100;
	busy(w, START + 16000, START + 30000, "u:main");
	flush(w, START + 30000);
	assert_int_equal(w->n, 0);
}

static void a_thread_at_ticks_is_no_load(void **state)
{
	struct fakecpu *w = *state;

	named(w, START - 6000, "napi/eth0-1", 55);
	switch_from(w, START - 5500, "other", 101, 120, true, "main", 100);
	busy(w, START - 5000, START, "u:main");
	shed(w, START, 2);
	thread_at_ticks(w);
}

static void nor_is_it_in_a_light_recording(void **state)
{
	struct fakecpu *w = *state;

	w->cfg.has_raise = w->cfg.has_entry = w->cfg.has_exit = false;
	configure(w);
	named(w, START - 6000, "napi/eth0-1", 55);
	switch_from(w, START - 5500, "swapper/1", 0, 120, true, "main", 100);
	busy(w, START - 5000, START + 500, "u:main");
	thread_at_ticks(w);
}

static void a_thread_that_polled_is_told_up_to_there(void **state)
{
	struct fakecpu *w = *state;

	named(w, START - 6000, "napi/eth0-1", 55);
	busy(w, START - 5000, START, "u:main");
	switch_from(w, START, "main", 100, 120, true, "napi/eth0-1", 55);
	busy(w, START, START + 20000, "kthread;napi_threaded_poll;ip_rcv");
	shed(w, START + 20000, 2);
	busy(w, START + 20000, START + 40000, "kthread;napi_threaded_poll;ip_rcv");
	flush(w, START + 40000);
	assert_int_equal(one(w, SP_MECH_LOAD, 19502, 0)->end_hi_ns, (START + 20000) * US);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fakecpu_setup, fakecpu_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(nothing_is_healthy_that_is_not_recorded),
		T(gaps_are_still_seen),
		T(a_part_may_begin_shed),
		T(a_thread_at_ticks_is_no_load),
		T(nor_is_it_in_a_light_recording),
		T(a_thread_that_polled_is_told_up_to_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

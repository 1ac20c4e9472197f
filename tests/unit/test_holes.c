/* analyze/blind: time of which nothing was recorded though the CPU ran. What was proven before it
 * is kept, nothing is concluded across it. */
#include "fakethread.h"

#define HOLE	 (START + 20000) /* the newest record before it, about */
#define HOLE_END (START + 25000)

/* ksoftirqd runs behind the hole: its switch says that it ends there. */
static void end_hole(struct fakecpu *w)
{
	switch_from(w, HOLE_END, "main", w->tid, 120, true, "ksoftirqd/1", 17);
	switch_from(w, HOLE_END + 50, "ksoftirqd/1", 17, 120, false, "main", 100);
	busy(w, HOLE_END + 500, HOLE_END + 5000, "u:main");
	flush(w, HOLE_END + 5000);
}

static uint64_t not_observed(const struct fakecpu *w)
{
	return coverage_ask(w->coverage, w->cpu, START * US, (HOLE_END + 5000) * US)
		.not_observed_ns;
}

static void a_hole_alone_is_no_stall(void **state)
{
	struct fakecpu *w = *state;

	busy(w, START, HOLE + 1, "u:main");
	end_hole(w);
	assert_int_equal(w->n, 0);
	assert_int_equal(timeline_hole_ns(w->timeline, w->cpu), (HOLE_END - HOLE - 2) * US);
	assert_int_equal(timeline_hole_ns(w->timeline, w->cpu + 1), 0);
	assert_in_range(not_observed(w), 4990 * US, 5010 * US);
}

/* Whatever was recorded, it was no hole. */
static void a_hole_begins_behind_the_newest_record(void **state)
{
	struct fakecpu *w = *state;

	busy(w, START, HOLE + 1, "u:main");
	vec(w, HOLE + 2000, SP_EV_RAISE, SP_VEC_RCU);
	end_hole(w);
	assert_int_equal(timeline_hole_ns(w->timeline, w->cpu), (HOLE_END - HOLE - 2000) * US);
}

static void a_wait_ends_at_a_hole(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	busy(w, START, START + 10000, "u:main");
	vec(w, START + 10050, SP_EV_RAISE, SP_VEC_NET_RX);
	wake(w, START + 10060, "ksoftirqd/1", 17);
	busy(w, START + 10500, HOLE + 1, "u:main");
	end_hole(w);
	s = one(w, SP_MECH_KSOFTIRQD, 9941, 1);
	assert_int_equal(s->tid, 100);
	assert_true(s->confidence < 0.9);
	assert_int_equal(s->end_lo_ns, s->end_ns);
	assert_int_equal(s->end_hi_ns, HOLE_END * US);
}

/* Bottom halves are off on both sides: between them they may have been on. */
static void a_run_without_bh_ends_at_a_hole(void **state)
{
	struct fakecpu *w = *state;

	busy(w, START, START + 10000, "u:main");
	for (uint64_t us = START + 10000; us <= HOLE; us += STEP)
		tick(w, us, SP_TF_BH_OFF, "u:main;entry_SYSCALL_64;holds_bh");
	vec(w, HOLE_END, SP_EV_ENTRY, SP_VEC_RCU);
	vec(w, HOLE_END + 10, SP_EV_EXIT, SP_VEC_RCU);
	for (uint64_t us = HOLE_END + 500; us < HOLE_END + 5000; us += STEP)
		tick(w, us, SP_TF_BH_OFF, "u:main;entry_SYSCALL_64;holds_bh");
	flush(w, HOLE_END + 5000);
	check_invariants(w);
	assert_int_equal(w->n, 2);
	assert_int_equal(w->stalls[0].mechanism, SP_MECH_BH_OFF);
	assert_in_range(w->stalls[0].end_ns, HOLE * US, (HOLE + 2) * US);
	assert_int_equal(w->stalls[0].end_hi_ns, HOLE_END * US);
	assert_int_equal(w->stalls[1].mechanism, SP_MECH_BH_OFF);
	assert_true(w->stalls[1].begin_lo_ns >= HOLE_END * US);
}

static void a_late_tick_before_a_hole_is_told(void **state)
{
	struct fakecpu *w = *state;

	busy(w, START, START + 10001, "u:main");
	tick(w, HOLE, 0, NULL);
	end_hole(w);
	one(w, SP_MECH_STOPPED, 9750, 500);
}

static void a_polling_thread_ran_up_to_a_hole(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	busy(w, START - 5000, START, "u:main");
	switch_from(w, START, "main", 100, 120, true, "napi/eth0-8193", 44);
	for (uint64_t us = START + 100; us <= HOLE; us += STEP)
		tick(w, us, 0, "kthread;napi_threaded_poll;ip_rcv");
	switch_from(w, HOLE_END, "napi/eth0-8193", 44, 120, false, "main", 100);
	busy(w, HOLE_END + 100, HOLE_END + 5000, "u:main");
	flush(w, HOLE_END + 5000);
	s = one(w, SP_MECH_LOAD, 19602, 1);
	assert_int_equal(s->end_hi_ns, HOLE_END * US);
}

static void nmi_off(struct fakecpu *w, uint64_t us)
{
	struct sp_event e = event(w, us, SP_EV_SAMPLE);

	e.sample.stack = fake_stack(w->stacks, "u:main;entry_SYSCALL_64;schedule;lock");
	e.sample.mode = SP_MODE_KERNEL;
	e.sample.irqs_on = SP_NO;
	e.sample.is_sampler = 1;
	put(w, e);
}

/* Seen from inside up to `last`; the switch that ends it comes before any interrupt. */
static const struct sp_stall *off_up_to(struct fakecpu *w, uint64_t last)
{
	const struct sp_stall *s;

	busy(w, START, START + 10001, "u:main");
	for (uint64_t us = START + 10200; us <= last; us += STEP)
		nmi_off(w, us);
	end_hole(w);
	s = &w->stalls[0];
	check_invariants(w);
	assert_int_equal(w->n, 1);
	assert_int_equal(s->mechanism, SP_MECH_IRQS_OFF);
	assert_int_equal(s->tid, 100);
	assert_int_equal(s->end_hi_ns, HOLE_END * US);
	return s;
}

static void interrupts_off_end_with_a_switch(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s = off_up_to(w, HOLE_END - 300);

	assert_int_equal(s->end_ns, HOLE_END * US);
	assert_int_equal(timeline_hole_ns(w->timeline, w->cpu), 0);
}

static void interrupts_off_end_at_a_hole(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s = off_up_to(w, HOLE + 200);

	assert_int_equal(s->end_ns, (HOLE + 200) * US);
	assert_int_equal(timeline_hole_ns(w->timeline, w->cpu), (HOLE_END - HOLE - 200) * US);
}

/* One sample may have met a short section of its own. */
static void one_sample_with_interrupts_off_proves_nothing(void **state)
{
	struct fakecpu *w = *state;

	busy(w, START, HOLE + 1, "u:main");
	nmi_off(w, HOLE + 200);
	end_hole(w);
	assert_int_equal(w->n, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fakecpu_setup, fakecpu_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_hole_alone_is_no_stall),
		T(a_hole_begins_behind_the_newest_record),
		T(a_wait_ends_at_a_hole),
		T(a_run_without_bh_ends_at_a_hole),
		T(a_late_tick_before_a_hole_is_told),
		T(a_polling_thread_ran_up_to_a_hole),
		T(interrupts_off_end_with_a_switch),
		T(interrupts_off_end_at_a_hole),
		T(one_sample_with_interrupts_off_proves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

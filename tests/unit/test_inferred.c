/* analyze/bhoff on kernels whose records do not say it (before 5.17), and on PREEMPT_RT. */
#include "fakethread.h"

#define XDP "u:xdp;entry_SYSCALL_64;bpf_test_run;prog"

static int old_kernel(void **state)
{
	struct fakecpu *w;
	int rc = fakecpu_setup(state);

	w = *state;
	w->cfg.has_bh_flag = false;
	w->cfg.has_wake = true;
	configure(w);
	return rc;
}

/* ksoftirqd is known not to be runnable: TIMER is served on an interrupt of the idle task. */
static void served(struct fakecpu *w, uint64_t us)
{
	w->tid = 0;
	vec(w, us, SP_EV_RAISE, SP_VEC_TIMER);
	vec(w, us + 1, SP_EV_ENTRY, SP_VEC_TIMER);
	vec(w, us + 5, SP_EV_EXIT, SP_VEC_TIMER);
	w->tid = 100;
}

/* From 20,050 on a task has bottom halves off, and NET_RX is raised at 22,100; until 30,000. */
static void bh_off(struct fakecpu *w, uint8_t flags)
{
	busy(w, START + 10000, START + 20000, "u:main");
	for (uint64_t us = START + 20000; us < START + 30000; us += STEP) {
		tick(w, us, flags, XDP);
		if (us == START + 22000)
			vec(w, us + 100, SP_EV_RAISE, SP_VEC_NET_RX);
	}
	vec(w, START + 30000, SP_EV_ENTRY, SP_VEC_NET_RX);
	vec(w, START + 30010, SP_EV_EXIT, SP_VEC_NET_RX);
	busy(w, START + 30100, START + 40000, "u:main");
	flush(w, START + 40000);
}

static void a_vector_that_waits_tells_it(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	served(w, START + 9900);
	bh_off(w, 0);
	s = one(w, SP_MECH_BH_OFF, 7900, 0);
	assert_int_equal(s->begin_ns, (START + 22100) * US);
	assert_int_equal(s->end_ns, (START + 30000) * US);
	assert_int_equal(s->tid, 100);
	assert_non_null(evidence(s, SP_EVID_INFERRED));
	assert_null(evidence(s, SP_EVID_BH_FLAG));
	assert_in_range((int)(s->confidence * 100), 70, 89);
}

static void a_runnable_ksoftirqd_explains_it(void **state)
{
	struct fakecpu *w = *state;

	served(w, START + 9900);
	wake(w, START + 20010, "ksoftirqd/1", 17);
	bh_off(w, 0);
	check_invariants(w);
	for (uint32_t i = 0; i < w->n; i++)
		assert_int_equal(w->stalls[i].mechanism, SP_MECH_KSOFTIRQD);
}

/* It may have been runnable since before the recording. */
static void a_ksoftirqd_that_is_not_known_may_be_it(void **state)
{
	bh_off(*state, 0);
	assert_int_equal(((struct fakecpu *)*state)->n, 0);
}

static void without_its_wakeups_nothing_is_inferred(void **state)
{
	struct fakecpu *w = *state;

	w->cfg.has_wake = false;
	configure(w);
	served(w, START + 9900);
	bh_off(w, 0);
	assert_int_equal(w->n, 0);
}

/* A vector may be pending at any tick: it is served when that ends. */
static void what_the_tick_itself_serves_waits_for_nothing(void **state)
{
	struct fakecpu *w = *state;

	served(w, START);
	for (uint64_t k = 0; k < 200; k++) {
		uint64_t us = START + 1000 + k * STEP;

		vec(w, us - 20, SP_EV_RAISE, SP_VEC_NET_RX);
		tick(w, us, 0, XDP);
		vec(w, us + 10, SP_EV_ENTRY, SP_VEC_NET_RX);
		vec(w, us + 100, SP_EV_EXIT, SP_VEC_NET_RX);
	}
	flush(w, START + 102000);
	assert_int_equal(w->n, 0);
}

static int real_time(void **state)
{
	struct fakecpu *w;
	int rc = fakecpu_setup(state);

	w = *state;
	w->cfg.realtime = true;
	configure(w);
	return rc;
}

static void on_realtime_who_waits_must_be_seen(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	bh_off(w, SP_TF_BH_OFF);
	s = one(w, SP_MECH_BH_OFF, 10000, 300);
	assert_true(s->confidence < 0.9);
}

static void on_realtime_flags_alone_say_nothing(void **state)
{
	struct fakecpu *w = *state;

	for (uint64_t us = START; us < START + 30000; us += STEP)
		tick(w, us, SP_TF_BH_OFF, XDP);
	flush(w, START + 30000);
	assert_int_equal(w->n, 0);
}

/* TIMER of ksoftirqd/1, of which a real-time task takes most. */
static void on_realtime_a_softirq_is_preempted(void **state)
{
	struct fakecpu *w = *state;

	w->tid = 17;
	vec(w, START, SP_EV_ENTRY, SP_VEC_TIMER);
	tick(w, START + 100, 0, "kthread;run_timer_softirq");
	w->tid = 300;
	for (uint64_t us = START + STEP; us < START + 20000; us += STEP)
		tick(w, us, 0, "u:fifo");
	w->tid = 17;
	vec(w, START + 20000, SP_EV_EXIT, SP_VEC_TIMER);
	flush(w, START + 30000);
	assert_int_equal(w->n, 0);
}

static void on_realtime_a_softirq_of_its_own_is_one(void **state)
{
	struct fakecpu *w = *state;

	w->tid = 17;
	vec(w, START, SP_EV_ENTRY, SP_VEC_TIMER);
	for (uint64_t us = START + STEP; us < START + 20000; us += STEP)
		tick(w, us, SP_TF_SOFTIRQ, "kthread;run_timer_softirq;slow_timer");
	vec(w, START + 20000, SP_EV_EXIT, SP_VEC_TIMER);
	flush(w, START + 30000);
	assert_true(one(w, SP_MECH_SOFTIRQ, 20000, 0)->confidence < 0.9);
}

#define OLD(f) cmocka_unit_test_setup_teardown(f, old_kernel, fakecpu_teardown)
#define RT(f)  cmocka_unit_test_setup_teardown(f, real_time, fakecpu_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OLD(a_vector_that_waits_tells_it),
		OLD(a_runnable_ksoftirqd_explains_it),
		OLD(a_ksoftirqd_that_is_not_known_may_be_it),
		OLD(without_its_wakeups_nothing_is_inferred),
		OLD(what_the_tick_itself_serves_waits_for_nothing),
		RT(on_realtime_who_waits_must_be_seen),
		RT(on_realtime_flags_alone_say_nothing),
		RT(on_realtime_a_softirq_is_preempted),
		RT(on_realtime_a_softirq_of_its_own_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* analyze/waits and load: threads that serve softirqs, waiting or never done. */
#include "fakethread.h"

static void fifo_keeps_ksoftirqd_waiting(struct fakecpu *w, uint64_t served_every)
{
	busy(w, START, START + 20000, "u:main");
	w->tid = 300;
	vec(w, START + 19600, SP_EV_RAISE, SP_VEC_NET_RX);
	wake(w, START + 19700, "ksoftirqd/1", 17);
	for (uint64_t us = START + 20000; us < START + 32000; us += STEP) {
		tick(w, us, 0, "u:fifo");
		if (!served_every || (us - START) % served_every)
			continue;
		vec(w, us + 10, SP_EV_ENTRY, SP_VEC_NET_RX);
		vec(w, us + 60, SP_EV_EXIT, SP_VEC_NET_RX);
		vec(w, us + 100, SP_EV_RAISE, SP_VEC_NET_RX);
	}
	switch_from(w, START + 32000, "fifo", 300, 49, false, "ksoftirqd/1", 17);
	vec(w, START + 32010, SP_EV_ENTRY, SP_VEC_NET_RX);
	vec(w, START + 32020, SP_EV_EXIT, SP_VEC_NET_RX);
	busy(w, START + 32500, START + 33000, "u:main");
	flush(w, START + 33000);
}

static void ksoftirqd_waits_for_a_real_time_task(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;
	const struct sp_evidence *class;

	fifo_keeps_ksoftirqd_waiting(w, 0);
	s = one(w, SP_MECH_KSOFTIRQD, 12300, 0);
	assert_int_equal(s->tid, 300);
	assert_true(s->vectors >> SP_VEC_NET_RX & 1);
	class = evidence(s, SP_EVID_HOG_CLASS);
	assert_non_null(class);
	assert_int_equal(class->n[0], 49);
	assert_true(s->confidence >= 0.9);
}

/* 6.5 and later: every interrupt serves what ksoftirqd was woken for. */
static void a_ksoftirqd_that_is_not_needed_starves_nobody(void **state)
{
	struct fakecpu *w = *state;

	fifo_keeps_ksoftirqd_waiting(w, STEP);
	assert_int_equal(w->n, 0);
}

/* Served once at 26,000: before and after it they waited. */
static void what_is_served_meanwhile_ends_a_wait(void **state)
{
	struct fakecpu *w = *state;

	fifo_keeps_ksoftirqd_waiting(w, 6500);
	check_invariants(w);
	assert_int_equal(w->n, 2);
	assert_int_equal(w->stalls[0].end_ns, (START + 26010) * US);
	assert_int_equal(w->stalls[1].begin_ns, (START + 26100) * US);
	assert_int_equal(w->stalls[1].end_ns, (START + 32000) * US);
}

/* Nothing was raised: it had nothing to serve. */
static void a_ksoftirqd_without_work_waits_for_nothing(void **state)
{
	struct fakecpu *w = *state;

	wake(w, START, "ksoftirqd/1", 17);
	busy(w, START, START + 20000, "u:main");
	switch_from(w, START + 20000, "main", 100, 120, true, "ksoftirqd/1", 17);
	flush(w, START + 21000);
	assert_int_equal(w->n, 0);
}

static void woken_before_it_has_left_it_does_not_wait(void **state)
{
	struct fakecpu *w = *state;

	w->tid = 17;
	busy(w, START, START + 2000, "kernel_fn");
	vec(w, START + 2100, SP_EV_RAISE, SP_VEC_NET_RX);
	wake(w, START + 2200, "ksoftirqd/1", 17);
	busy(w, START + 2500, START + 9000, "kernel_fn");
	switch_from(w, START + 9000, "ksoftirqd/1", 17, 120, false, "main", 100);
	busy(w, START + 9500, START + 10000, "u:main");
	flush(w, START + 10000);
	assert_int_equal(w->n, 0);
}

static void a_preempted_ksoftirqd_waits_too(void **state)
{
	struct fakecpu *w = *state;

	w->tid = 17;
	busy(w, START, START + 2000, "kernel_fn");
	vec(w, START + 2100, SP_EV_RAISE, SP_VEC_NET_RX);
	switch_from(w, START + 2200, "ksoftirqd/1", 17, 120, true, "fifo", 300);
	busy(w, START + 2500, START + 9000, "u:fifo");
	switch_from(w, START + 9000, "fifo", 300, 10, false, "ksoftirqd/1", 17);
	flush(w, START + 10000);
	assert_int_equal(one(w, SP_MECH_KSOFTIRQD, 6800, 0)->tid, 300);
}

static void it_may_wait_to_the_end_of_the_recording(void **state)
{
	struct fakecpu *w = *state;

	vec(w, START, SP_EV_RAISE, SP_VEC_TIMER);
	wake(w, START + 10, "ksoftirqd/1", 17);
	w->tid = 300;
	busy(w, START + 100, START + 20000, "u:fifo");
	flush(w, START + 20000);
	assert_int_equal(one(w, SP_MECH_KSOFTIRQD, 19500, 200)->tid, 300);
}

/* Without a sample the ticks' own records tell, if they agree. */
static void waits_without_samples(struct fakecpu *w, int32_t second)
{
	vec(w, START, SP_EV_RAISE, SP_VEC_TIMER);
	wake(w, START + 10, "ksoftirqd/1", 17);
	w->tid = 300;
	busy(w, START + 100, START + 5000, NULL);
	w->tid = second;
	busy(w, START + 5100, START + 10000, NULL);
	switch_from(w, START + 10000, "fifo", second, 10, false, "ksoftirqd/1", 17);
	flush(w, START + 11000);
}

static void ticks_name_the_one_that_ran(void **state)
{
	const struct sp_stall *s;

	waits_without_samples(*state, 300);
	s = one(*state, SP_MECH_KSOFTIRQD, 9990, 0);
	assert_int_equal(s->tid, 300);
	assert_true(s->confidence < 0.9);
}

static void ticks_that_differ_name_nobody(void **state)
{
	const struct sp_stall *s;

	waits_without_samples(*state, 400);
	s = one(*state, SP_MECH_KSOFTIRQD, 9990, 0);
	assert_int_equal(s->tid, SP_NO_TASK);
	assert_true(s->confidence <= 0.7);
}

/* Interrupts off inside the wait keep their time; what was before and after is the wait's. */
static void an_inner_stall_keeps_its_time(void **state)
{
	struct fakecpu *w = *state;

	vec(w, START, SP_EV_RAISE, SP_VEC_TIMER);
	wake(w, START + 10, "ksoftirqd/1", 17);
	w->tid = 300;
	busy(w, START + 100, START + 10000, "u:fifo");
	tick(w, START + 20200, 0, "u:fifo;entry_SYSCALL_64;s_show;_raw_spin_unlock_irqrestore");
	busy(w, START + 20600, START + 30000, "u:fifo");
	switch_from(w, START + 30000, "fifo", 300, 10, false, "ksoftirqd/1", 17);
	flush(w, START + 31000);
	check_invariants(w);
	assert_int_equal(w->n, 3);
	assert_int_equal(w->stalls[0].mechanism, SP_MECH_KSOFTIRQD);
	assert_int_equal(w->stalls[1].mechanism, SP_MECH_IRQS_OFF);
	assert_int_equal(w->stalls[2].mechanism, SP_MECH_KSOFTIRQD);
	assert_int_equal(w->stalls[0].end_ns, w->stalls[1].begin_ns);
	assert_int_equal(w->stalls[1].end_ns, w->stalls[2].begin_ns);
}

static void a_napi_thread_waits_whatever_softirqs_do(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	wake(w, START, "napi/eth0-8193", 44);
	w->tid = 300;
	for (uint64_t us = START + 100; us < START + 10000; us += STEP) {
		tick(w, us, 0, "u:fifo");
		vec(w, us + 10, SP_EV_RAISE, SP_VEC_TIMER);
		vec(w, us + 20, SP_EV_ENTRY, SP_VEC_TIMER);
		vec(w, us + 30, SP_EV_EXIT, SP_VEC_TIMER);
	}
	switch_from(w, START + 10000, "fifo", 300, 10, false, "napi/eth0-8193", 44);
	flush(w, START + 11000);
	s = one(w, SP_MECH_KSOFTIRQD, 10000, 0);
	assert_int_equal(s->tid, 300);
	assert_int_equal(s->vectors, 1U << SP_VEC_NET_RX);
	/* It may have run on a CPU that is not recorded. */
	assert_true(s->confidence < 0.9);
}

static void a_napi_thread_that_ran_elsewhere_did_not_wait(void **state)
{
	struct fakecpu *w = *state;

	wake(w, START, "napi/eth0-8193", 44);
	w->tid = 300;
	busy(w, START + 100, START + 10000, "u:fifo");
	w->cpu = 2;
	switch_from(w, START + 10000, "swapper/2", 0, 120, true, "napi/eth0-8193", 44);
	switch_from(w, START + 10100, "napi/eth0-8193", 44, 120, true, "swapper/2", 0);
	w->cpu = 1;
	w->tid = 300;
	busy(w, START + 10600, START + 20000, "u:fifo");
	switch_from(w, START + 20000, "fifo", 300, 10, false, "napi/eth0-8193", 44);
	flush(w, START + 21000);
	assert_int_equal(w->n, 0);
}

/* NET_RX runs of so many us with pauses of so many, from START on. */
static void net_rx_runs(struct fakecpu *w, uint64_t from, uint32_t n, uint64_t run, uint64_t pause)
{
	uint64_t tick_at = from;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t at = from + i * (run + pause);

		vec(w, at, SP_EV_RAISE, SP_VEC_NET_RX);
		vec(w, at, SP_EV_ENTRY, SP_VEC_NET_RX);
		for (; tick_at < at + run; tick_at += STEP)
			tick(w, tick_at < at ? at : tick_at, SP_TF_SOFTIRQ,
			     "u:a;handle_softirqs;net_rx_action;ip_rcv");
		vec(w, at + run, SP_EV_EXIT, SP_VEC_NET_RX);
	}
}

static void net_rx_without_end_is_load(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	net_rx_runs(w, START, 40, 480, 20);
	busy(w, START + 20500, START + 30000, "u:main");
	flush(w, START + 30000);
	s = one(w, SP_MECH_LOAD, 19980, 0);
	assert_int_equal(s->tid, SP_NO_TASK);
	assert_true(s->nshares > 0);
	assert_int_equal(evidence(s, SP_EVID_LOAD)->n[1], 40);
}

/* At HZ=250 a budget lasts 8 ms: each run is a long softirq by itself, together they are load. */
static void long_runs_in_a_row_are_load(void **state)
{
	net_rx_runs(*state, START, 30, 6000, 20);
	busy(*state, START + 181000, START + 190000, "u:main");
	flush(*state, START + 190000);
	one(*state, SP_MECH_LOAD, 180580, 0);
}

static void one_slow_handler_is_a_softirq(void **state)
{
	struct fakecpu *w = *state;

	net_rx_runs(w, START, 1, 20000, 0);
	net_rx_runs(w, START + 20050, 5, 100, 10);
	busy(w, START + 21000, START + 30000, "u:main");
	flush(w, START + 30000);
	assert_int_equal(one(w, SP_MECH_SOFTIRQ, 20000, 0)->vec, SP_VEC_NET_RX);
}

static void two_long_runs_apart_are_two_softirqs(void **state)
{
	struct fakecpu *w = *state;

	net_rx_runs(w, START, 2, 3000, 200);
	busy(w, START + 6500, START + 30000, "u:main");
	flush(w, START + 30000);
	check_invariants(w);
	assert_int_equal(w->n, 2);
	assert_int_equal(w->stalls[0].mechanism, SP_MECH_SOFTIRQ);
	assert_int_equal(w->stalls[1].mechanism, SP_MECH_SOFTIRQ);
}

/* A flood that is served: 70 % of the time. */
static void served_packets_are_no_load(void **state)
{
	struct fakecpu *w = *state;

	net_rx_runs(w, START, 400, 350, 150);
	flush(w, START + 210000);
	assert_int_equal(w->n, 0);
}

static void a_thread_that_polls_without_end_is_load(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	switch_from(w, START, "main", 100, 120, true, "napi/eth0-8193", 44);
	for (uint64_t us = START + 100; us < START + 30000; us += STEP)
		tick(w, us, SP_TF_BH_OFF, "kthread;napi_threaded_poll;ip_rcv");
	switch_from(w, START + 30000, "napi/eth0-8193", 44, 120, false, "main", 100);
	busy(w, START + 30100, START + 40000, "u:main");
	flush(w, START + 40000);
	s = one(w, SP_MECH_LOAD, 30000, 0);
	assert_string_equal(strings_get(w->strings, s->dev), "eth0");
	assert_int_equal(s->tid, SP_NO_TASK);
}

/* One poll that keeps TIMER waiting is the device's, not bh-off by a task. */
static void a_thread_with_bottom_halves_off_is_no_bh_off(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	switch_from(w, START, "main", 100, 120, true, "napi/eth0-8193", 44);
	vec(w, START + 50, SP_EV_RAISE, SP_VEC_TIMER);
	for (uint64_t us = START + 100; us < START + 6000; us += STEP)
		tick(w, us, SP_TF_BH_OFF, "kthread;napi_threaded_poll;slow_handler");
	vec(w, START + 6000, SP_EV_ENTRY, SP_VEC_TIMER);
	vec(w, START + 6010, SP_EV_EXIT, SP_VEC_TIMER);
	switch_from(w, START + 6020, "napi/eth0-8193", 44, 120, false, "main", 100);
	busy(w, START + 6100, START + 10000, "u:main");
	flush(w, START + 10000);
	s = one(w, SP_MECH_LOAD, 5950, 60);
	assert_string_equal(strings_get(w->strings, s->dev), "eth0");
	assert_int_equal(s->tid, SP_NO_TASK);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fakecpu_setup, fakecpu_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(ksoftirqd_waits_for_a_real_time_task),
		T(a_ksoftirqd_that_is_not_needed_starves_nobody),
		T(what_is_served_meanwhile_ends_a_wait),
		T(a_ksoftirqd_without_work_waits_for_nothing),
		T(woken_before_it_has_left_it_does_not_wait),
		T(a_preempted_ksoftirqd_waits_too),
		T(it_may_wait_to_the_end_of_the_recording),
		T(ticks_name_the_one_that_ran),
		T(ticks_that_differ_name_nobody),
		T(an_inner_stall_keeps_its_time),
		T(a_napi_thread_waits_whatever_softirqs_do),
		T(a_napi_thread_that_ran_elsewhere_did_not_wait),
		T(net_rx_without_end_is_load),
		T(long_runs_in_a_row_are_load),
		T(one_slow_handler_is_a_softirq),
		T(two_long_runs_apart_are_two_softirqs),
		T(served_packets_are_no_load),
		T(a_thread_that_polls_without_end_is_load),
		T(a_thread_with_bottom_halves_off_is_no_bh_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

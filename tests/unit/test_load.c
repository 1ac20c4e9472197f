/* analyze/load: NET_RX, or a thread that polls a device, without end. */
#include "fakepackets.h"

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

/* Long polls of a thread that never pauses, each of which keeps TIMER waiting: one load. */
static void long_polls_of_a_run_are_the_run(void **state)
{
	struct fakecpu *w = *state;

	switch_from(w, START, "main", 100, 120, true, "napi/eth0-8193", 44);
	for (uint64_t us = START; us < START + 30000; us += 3000) {
		vec(w, us + 50, SP_EV_RAISE, SP_VEC_TIMER);
		for (uint64_t k = 100; k < 2500; k += STEP)
			tick(w, us + k, SP_TF_BH_OFF, "kthread;napi_threaded_poll;slow_handler");
		vec(w, us + 2600, SP_EV_ENTRY, SP_VEC_TIMER);
		vec(w, us + 2610, SP_EV_EXIT, SP_VEC_TIMER);
	}
	switch_from(w, START + 30000, "napi/eth0-8193", 44, 120, false, "main", 100);
	busy(w, START + 30100, START + 40000, "u:main");
	flush(w, START + 40000);
	one(w, SP_MECH_LOAD, 30000, 0);
}

/* ksoftirqd waits behind it meanwhile: that is the thread's doing, and does not cut its run. */
static void a_wait_behind_a_thread_is_the_threads(void **state)
{
	struct fakecpu *w = *state;

	switch_from(w, START, "main", 100, 120, true, "napi/eth0-8193", 44);
	for (uint64_t us = START + 100; us < START + 6000; us += STEP)
		tick(w, us, SP_TF_BH_OFF, "kthread;napi_threaded_poll;slow_handler");
	vec(w, START + 6000, SP_EV_RAISE, SP_VEC_TIMER);
	wake(w, START + 6000, "ksoftirqd/1", 17);
	for (uint64_t us = START + 6100; us < START + 8000; us += STEP)
		tick(w, us, SP_TF_BH_OFF, "kthread;napi_threaded_poll;slow_handler");
	vec(w, START + 8000, SP_EV_ENTRY, SP_VEC_TIMER);
	vec(w, START + 8010, SP_EV_EXIT, SP_VEC_TIMER);
	for (uint64_t us = START + 8100; us < START + 20000; us += STEP)
		tick(w, us, 0, "kthread;napi_threaded_poll;ip_rcv");
	switch_from(w, START + 20000, "napi/eth0-8193", 44, 120, false, "main", 100);
	busy(w, START + 20100, START + 30000, "u:main");
	flush(w, START + 30000);
	one(w, SP_MECH_LOAD, 20000, 0);
}

/* It waited for its first third behind another task: still the thread's, for the most part. */
static void a_wait_from_before_a_thread_does_not_cut_its_run(void **state)
{
	struct fakecpu *w = *state;

	busy(w, START - 5000, START - 700, "u:main");
	vec(w, START - 600, SP_EV_RAISE, SP_VEC_RCU);
	wake(w, START - 600, "ksoftirqd/1", 17);
	switch_from(w, START, "main", 100, 120, true, "napi/eth0-8193", 44);
	for (uint64_t us = START + 100; us < START + 1200; us += STEP)
		tick(w, us, SP_TF_BH_OFF, "kthread;napi_threaded_poll;slow_handler");
	vec(w, START + 1300, SP_EV_ENTRY, SP_VEC_RCU);
	vec(w, START + 1310, SP_EV_EXIT, SP_VEC_RCU);
	for (uint64_t us = START + 1600; us < START + 20000; us += STEP)
		tick(w, us, 0, "kthread;napi_threaded_poll;ip_rcv");
	switch_from(w, START + 20000, "napi/eth0-8193", 44, 120, false, "main", 100);
	busy(w, START + 20100, START + 30000, "u:main");
	flush(w, START + 30000);
	one(w, SP_MECH_LOAD, 20000, 0);
}

/* The switch to it was not recorded, nor that away from it: it ran where records show it, and the
 * bounds reach to those of others. */
static void a_thread_whose_switches_are_missing_is_load(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	named(w, START - 6000, "napi/eth0-8193", 44);
	switch_from(w, START - 5500, "other", 101, 120, true, "main", 100);
	busy(w, START - 5000, START, "u:main");
	w->tid = 44;
	for (uint64_t us = START; us < START + 15000; us += STEP)
		tick(w, us, 0, "kthread;napi_threaded_poll;ip_rcv");
	w->tid = 100;
	busy(w, START + 15000, START + 30000, "u:main");
	flush(w, START + 30000);
	s = one(w, SP_MECH_LOAD, 14502, 0);
	assert_int_equal(s->begin_ns, START * US);
	assert_int_equal(s->begin_lo_ns, (START - 498) * US);
	assert_int_equal(s->end_hi_ns, (START + 15000) * US);
	assert_string_equal(strings_get(w->strings, s->dev), "eth0");
}

/* NET_RX from at to at + run; the CPU stands still for pause us from at + 600 on. */
static void paused_net_rx(struct fakecpu *w, uint64_t at, uint64_t run, uint64_t pause)
{
	vec(w, at, SP_EV_RAISE, SP_VEC_NET_RX);
	vec(w, at, SP_EV_ENTRY, SP_VEC_NET_RX);
	tick(w, at + 100, SP_TF_SOFTIRQ, "handle_softirqs;net_rx_action;ip_rcv");
	tick(w, at + 600, SP_TF_SOFTIRQ, "handle_softirqs;net_rx_action;ip_rcv");
	tick(w, at + 700 + pause, SP_TF_SOFTIRQ, "handle_softirqs;net_rx_action;ip_rcv");
	vec(w, at + run, SP_EV_EXIT, SP_VEC_NET_RX);
}

static void a_pause_of_the_host_does_not_cut_it(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	busy(w, START - 5000, START, "u:main");
	net_rx_runs(w, START, 12, 480, 20);
	paused_net_rx(w, START + 6000, 5000, 4000);
	net_rx_runs(w, START + 11020, 12, 480, 20);
	busy(w, START + 17500, START + 24000, "u:main");
	flush(w, START + 24000);
	s = one(w, SP_MECH_LOAD, 17000, 0);
	assert_non_null(evidence(s, SP_EVID_TICK_LATE));
	assert_in_range(evidence(s, SP_EVID_STOOD)->n[0], 3500 * US, 4500 * US);
	assert_true(s->confidence < 0.85 && s->confidence > 0.75);
}

/* Of a run that is too short a pause stays what it is. */
static void a_pause_in_a_short_run_is_a_pause(void **state)
{
	struct fakecpu *w = *state;

	busy(w, START - 5000, START, "u:main");
	net_rx_runs(w, START, 2, 480, 20);
	paused_net_rx(w, START + 1000, 5000, 4000);
	net_rx_runs(w, START + 6020, 2, 480, 20);
	busy(w, START + 7500, START + 20000, "u:main");
	flush(w, START + 20000);
	one(w, SP_MECH_STOPPED, 4000, 600);
}

/* 10 ms with the pause, less without: packets alone are no load, and the pause is the host's. */
static void a_pause_does_not_make_a_load(void **state)
{
	struct fakecpu *w = *state;

	busy(w, START - 5000, START, "u:main");
	steal(w, START - 100, 0);
	net_rx_runs(w, START, 7, 480, 20);
	paused_net_rx(w, START + 3500, 7000, 6000);
	net_rx_runs(w, START + 10520, 8, 480, 20);
	busy(w, START + 14500, START + 20000, "u:main");
	steal(w, START + 20000, 10000);
	flush(w, START + 20000);
	one(w, SP_MECH_STEAL, 6000, 600);
}

/* It follows a load, and is no part of it: 12 ms of packets, then one NET_RX that hardly ran. */
static void a_pause_behind_a_load_is_a_pause(void **state)
{
	struct fakecpu *w = *state;

	busy(w, START - 5000, START, "u:main");
	net_rx_runs(w, START, 24, 480, 20);
	paused_net_rx(w, START + 12000, 17000, 15000);
	busy(w, START + 29500, START + 35000, "u:main");
	flush(w, START + 35000);
	check_invariants(w);
	assert_int_equal(w->n, 2);
	assert_int_equal(w->stalls[0].mechanism, SP_MECH_LOAD);
	assert_int_equal(w->stalls[0].end_ns, (START + 11980) * US);
	assert_int_equal(w->stalls[1].mechanism, SP_MECH_STOPPED);
	assert_int_equal(w->stalls[1].end_ns, (START + 27700) * US);
}

/* n pauses of so many us in a thread that polls, with so many of polling before each. */
static void paused_thread(struct fakecpu *w, uint32_t n, uint64_t run, uint64_t pause)
{
	uint64_t at = START;

	busy(w, START - 5000, START, "u:main");
	switch_from(w, START, "main", 100, 120, true, "napi/eth0-8193", 44);
	for (uint32_t i = 0; i < n; i++, at += pause)
		for (uint64_t end = at + run; at < end; at += STEP)
			tick(w, at + 300, 0, "kthread;napi_threaded_poll;ip_rcv");
	at -= pause;
	switch_from(w, at, "napi/eth0-8193", 44, 120, false, "main", 100);
	busy(w, at + 100, at + 5000, "u:main");
	flush(w, at + 5000);
	check_invariants(w);
}

/* More pauses than are held at once: none is lost. */
static void many_pauses_in_a_thread_are_pauses(void **state)
{
	struct fakecpu *w = *state;

	paused_thread(w, 41, 1000, 5000);
	assert_int_equal(w->n, 40);
	for (uint32_t i = 0; i < w->n; i++)
		assert_int_equal(w->stalls[i].mechanism, SP_MECH_STOPPED);
}

/* Nor is the load that they lie in: it is told in parts. */
static void a_load_with_many_pauses_is_load(void **state)
{
	struct fakecpu *w = *state;
	uint64_t ns = 0;

	paused_thread(w, 41, 6000, 3000);
	for (uint32_t i = 0; i < w->n; i++) {
		assert_int_equal(w->stalls[i].mechanism, SP_MECH_LOAD);
		ns += w->stalls[i].end_ns - w->stalls[i].begin_ns;
	}
	assert_true(ns > 41 * 8500ULL * US);
}

/* A NET_RX whose exit was not recorded, and a pause in it: it is judged by the reading of steal
 * that came right behind it, not by a much later one. */
static void a_pause_is_judged_in_time(void **state)
{
	struct fakecpu *w = *state;

	busy(w, START - 5000, START, "u:main");
	steal(w, START - 100, 0);
	vec(w, START, SP_EV_ENTRY, SP_VEC_NET_RX);
	tick(w, START + 300, SP_TF_SOFTIRQ, "handle_softirqs;net_rx_action;ip_rcv");
	tick(w, START + 5500, SP_TF_SOFTIRQ, "handle_softirqs;net_rx_action;ip_rcv");
	steal(w, START + 5600, 0);
	busy(w, START + 6000, START + 300000, "u:main");
	steal(w, START + 300000, 10000);
	busy(w, START + 300000, START + 310000, "u:main");
	flush(w, START + 310000);
	one(w, SP_MECH_STOPPED, 5000, 600);
}

static void a_thread_that_pauses_with_the_host_is_load(void **state)
{
	struct fakecpu *w = *state;

	busy(w, START - 5000, START, "u:main");
	switch_from(w, START, "main", 100, 120, true, "napi/eth0-8193", 44);
	for (uint64_t us = START + 100; us < START + 5000; us += STEP)
		tick(w, us, 0, "kthread;napi_threaded_poll;ip_rcv");
	for (uint64_t us = START + 9300; us < START + 18000; us += STEP)
		tick(w, us, 0, "kthread;napi_threaded_poll;ip_rcv");
	switch_from(w, START + 18000, "napi/eth0-8193", 44, 120, false, "main", 100);
	busy(w, START + 18100, START + 20000, "u:main");
	flush(w, START + 20000);
	one(w, SP_MECH_LOAD, 18000, 0);
}

/* What comes by softirq on top of the thread is its time too. */
static void softirqs_do_not_end_a_threads_run(void **state)
{
	struct fakecpu *w = *state;

	switch_from(w, START, "main", 100, 120, true, "napi/eth0-8193", 44);
	for (uint64_t us = START + 100; us < START + 14000; us += STEP) {
		tick(w, us, 0, "kthread;napi_threaded_poll;ip_rcv");
		vec(w, us + 10, SP_EV_ENTRY, SP_VEC_NET_RX);
		vec(w, us + 20, SP_EV_EXIT, SP_VEC_NET_RX);
	}
	switch_from(w, START + 14000, "napi/eth0-8193", 44, 120, false, "main", 100);
	busy(w, START + 14100, START + 20000, "u:main");
	flush(w, START + 20000);
	one(w, SP_MECH_LOAD, 14000, 0);
}

/* Interrupts off in the middle of it keep their time; what was before and behind is load still. */
static void a_stall_inside_a_run_splits_it(void **state)
{
	struct fakecpu *w = *state;

	switch_from(w, START, "main", 100, 120, true, "napi/eth0-8193", 44);
	for (uint64_t us = START + 100; us < START + 15000; us += STEP)
		tick(w, us, 0, "kthread;napi_threaded_poll;ip_rcv");
	tick(w, START + 25000, 0, "kthread;napi_threaded_poll;_raw_spin_unlock_irqrestore");
	for (uint64_t us = START + 25500; us < START + 40000; us += STEP)
		tick(w, us, 0, "kthread;napi_threaded_poll;ip_rcv");
	switch_from(w, START + 40000, "napi/eth0-8193", 44, 120, false, "main", 100);
	busy(w, START + 40100, START + 50000, "u:main");
	flush(w, START + 50000);
	check_invariants(w);
	assert_int_equal(w->n, 3);
	assert_int_equal(w->stalls[0].mechanism, SP_MECH_LOAD);
	assert_int_equal(w->stalls[1].mechanism, SP_MECH_IRQS_OFF);
	assert_int_equal(w->stalls[2].mechanism, SP_MECH_LOAD);
	assert_int_equal(w->stalls[2].end_ns, (START + 40000) * US);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fakecpu_setup, fakecpu_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(net_rx_without_end_is_load),
		T(long_runs_in_a_row_are_load),
		T(one_slow_handler_is_a_softirq),
		T(two_long_runs_apart_are_two_softirqs),
		T(served_packets_are_no_load),
		T(a_thread_that_polls_without_end_is_load),
		T(a_thread_with_bottom_halves_off_is_no_bh_off),
		T(long_polls_of_a_run_are_the_run),
		T(a_wait_behind_a_thread_is_the_threads),
		T(a_wait_from_before_a_thread_does_not_cut_its_run),
		T(a_thread_whose_switches_are_missing_is_load),
		T(a_stall_inside_a_run_splits_it),
		T(a_pause_of_the_host_does_not_cut_it),
		T(a_pause_in_a_short_run_is_a_pause),
		T(a_pause_does_not_make_a_load),
		T(a_pause_behind_a_load_is_a_pause),
		T(many_pauses_in_a_thread_are_pauses),
		T(a_load_with_many_pauses_is_load),
		T(a_pause_is_judged_in_time),
		T(a_thread_that_pauses_with_the_host_is_load),
		T(softirqs_do_not_end_a_threads_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

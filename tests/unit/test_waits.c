/* analyze/waits: threads that serve softirqs and do not get the CPU. */
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

/* Bottom halves may have been off: no tick says. */
static void without_ticks_it_is_less_sure(void **state)
{
	struct fakecpu *w = *state;

	w->cfg.has_tick = false;
	configure(w);
	fifo_keeps_ksoftirqd_waiting(w, 0);
	assert_int_equal(w->n, 1);
	assert_int_equal(w->stalls[0].mechanism, SP_MECH_KSOFTIRQD);
	assert_true(w->stalls[0].confidence <= 0.85);
}

/* It may have run meanwhile. */
static void without_switches_it_is_less_sure(void **state)
{
	struct fakecpu *w = *state;

	busy(w, START, START + 20000, "u:main");
	w->tid = 300;
	vec(w, START + 19600, SP_EV_RAISE, SP_VEC_NET_RX);
	wake(w, START + 19700, "ksoftirqd/1", 17);
	busy(w, START + 20000, START + 32000, "u:fifo");
	vec(w, START + 32000, SP_EV_ENTRY, SP_VEC_NET_RX);
	vec(w, START + 32010, SP_EV_EXIT, SP_VEC_NET_RX);
	flush(w, START + 32500);
	assert_true(one(w, SP_MECH_KSOFTIRQD, 12300, 0)->confidence <= 0.80);
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

/* Its switch to the CPU was not recorded; that it leaves it again says that it has run. */
static void one_that_was_seen_to_leave_has_run(void **state)
{
	struct fakecpu *w = *state;

	w->tid = 300;
	vec(w, START, SP_EV_RAISE, SP_VEC_RCU);
	wake(w, START + 10, "ksoftirqd/1", 17);
	w->tid = 17;
	switch_from(w, START + 100, "ksoftirqd/1", 17, 120, false, "main", 300);
	busy(w, START + 500, START + 9000, "u:main");
	flush(w, START + 10000);
	assert_int_equal(w->n, 0);
}

/* A record of its own says the same; it waited as long as records met another task. own: which. */
static void its_switch_is_lost(struct fakecpu *w, uint32_t own)
{
	const struct sp_stall *s;

	w->tid = 300;
	vec(w, START, SP_EV_RAISE, SP_VEC_RCU);
	wake(w, START + 10, "ksoftirqd/1", 17);
	busy(w, START + 500, START + 10000, "u:main");
	w->tid = 17;
	if (own == SP_EV_SWITCH)
		switch_from(w, START + 10300, "ksoftirqd/1", 17, 120, false, "main", 300);
	else if (own == SP_EV_SAMPLE)
		tick(w, START + 10300, 0, "kthread;run_ksoftirqd");
	else
		vec(w, START + 10300, own, SP_VEC_RCU);
	flush(w, START + 10400);
	s = one(w, SP_MECH_KSOFTIRQD, 9490, 20);
	assert_int_equal(s->tid, 300);
	assert_true(s->confidence < 0.9);
	assert_int_equal(s->end_lo_ns, s->end_ns);
	assert_in_range(s->end_hi_ns, (START + 10300) * US, (START + 10301) * US);
}

static void a_wait_whose_end_was_not_recorded_is_kept(void **state)
{
	its_switch_is_lost(*state, SP_EV_SWITCH);
}

static void nor_is_one_that_ends_with_its_softirq_lost(void **state)
{
	its_switch_is_lost(*state, SP_EV_ENTRY);
}

static void nor_one_that_ends_with_its_tick(void **state)
{
	its_switch_is_lost(*state, SP_EV_SAMPLE);
}

/* Nothing at all was recorded of the time it waited for: who ran is not known, nor that it waited.
 */
static void a_wait_that_nobody_saw_is_none(void **state)
{
	struct fakecpu *w = *state;

	busy(w, START - 5000, START, "u:main");
	vec(w, START - 100, SP_EV_RAISE, SP_VEC_NET_RX);
	wake(w, START - 90, "ksoftirqd/1", 17);
	switch_from(w, START + 6000, "other", 301, 120, true, "ksoftirqd/1", 17);
	vec(w, START + 6010, SP_EV_ENTRY, SP_VEC_NET_RX);
	vec(w, START + 6020, SP_EV_EXIT, SP_VEC_NET_RX);
	flush(w, START + 7000);
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

static uint64_t draw(uint64_t *seed, uint64_t below)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed / 1000 % below;
}

/* One thing that may happen on a CPU, sensible or not. */
static void anything(struct fakecpu *w, uint64_t us, uint64_t *seed)
{
	static const char *const comms[] = { "main", "ksoftirqd/1", "napi/eth0-8193", "swapper/1" };
	static const int32_t tids[] = { 100, 17, 44, 0 };
	uint64_t a = draw(seed, 4), b = draw(seed, 4), v = draw(seed, 11);

	switch (draw(seed, 8)) {
	case 0:
		wake(w, us, comms[a], tids[a]);
		break;
	case 1:
		switch_from(w, us, comms[a], tids[a], (int32_t)draw(seed, 140), draw(seed, 2),
			    comms[b], tids[b]);
		break;
	case 2:
		vec(w, us, SP_EV_RAISE, (uint32_t)v);
		break;
	case 3:
		vec(w, us, SP_EV_ENTRY, (uint32_t)v);
		break;
	case 4:
		vec(w, us, SP_EV_EXIT, (uint32_t)v);
		break;
	case 5:
		put(w, event(w, us, draw(seed, 30) ? SP_EV_NAPI_POLL : SP_EV_LOST));
		break;
	default:
		tick(w, us, (uint8_t)draw(seed, 256),
		     draw(seed, 5) ? "kthread;napi_threaded_poll;_raw_spin_unlock_irq" : NULL);
	}
}

/* Whatever comes, on whatever kernel: no stall contradicts itself or another. */
static void noise_keeps_the_invariants(void **state)
{
	struct fakecpu *w = *state;
	uint64_t us = START, seed = 88172645463325252ULL;

	for (uint32_t i = 0; i < 40000 && w->n < 150; i++) {
		if (i % 5000 == 0) {
			w->cfg.has_bh_flag = i / 5000 % 2;
			w->cfg.has_wake = true;
			w->cfg.realtime = i / 5000 % 3 == 2;
			configure(w);
		}
		us += draw(&seed, 50) ? draw(&seed, 600) : draw(&seed, 20000);
		w->cpu = 1 + (uint32_t)draw(&seed, 2);
		anything(w, us, &seed);
	}
	flush(w, us + 1000);
	assert_true(w->n > 20);
	check_invariants(w);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fakecpu_setup, fakecpu_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(ksoftirqd_waits_for_a_real_time_task),
		T(without_ticks_it_is_less_sure),
		T(without_switches_it_is_less_sure),
		T(a_ksoftirqd_that_is_not_needed_starves_nobody),
		T(what_is_served_meanwhile_ends_a_wait),
		T(a_ksoftirqd_without_work_waits_for_nothing),
		T(woken_before_it_has_left_it_does_not_wait),
		T(a_preempted_ksoftirqd_waits_too),
		T(one_that_was_seen_to_leave_has_run),
		T(a_wait_whose_end_was_not_recorded_is_kept),
		T(nor_is_one_that_ends_with_its_softirq_lost),
		T(nor_one_that_ends_with_its_tick),
		T(a_wait_that_nobody_saw_is_none),
		T(it_may_wait_to_the_end_of_the_recording),
		T(ticks_name_the_one_that_ran),
		T(ticks_that_differ_name_nobody),
		T(an_inner_stall_keeps_its_time),
		T(a_napi_thread_waits_whatever_softirqs_do),
		T(a_napi_thread_that_ran_elsewhere_did_not_wait),
		T(noise_keeps_the_invariants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

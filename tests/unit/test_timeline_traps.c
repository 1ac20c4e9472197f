/* analyze/timeline: what looks like a stall and is another, or none; with evidence taken away. */
#include "fakecpu.h"

#define READ_SLAB "u:read;entry_SYSCALL_64;do_syscall_64;vfs_read;seq_read;s_show;"

static void irqs_off_is_named_by_its_release(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	switch_to(w, START - 100, 100);
	busy(w, START, START + 20000, "u:main");
	/* From 20,100 on interrupts are off; they come on at 30,200, off the grid. */
	tick(w, START + 30200, 0, READ_SLAB "_raw_spin_unlock_irqrestore");
	busy(w, START + 30500, START + 40000, "u:main");
	flush(w, START + 40000);
	s = one(w, SP_MECH_IRQS_OFF, 10450, 300);
	assert_int_equal(s->end_ns, (START + 30200) * US);
	assert_int_equal(s->tid, 100);
	assert_true(s->confidence >= 0.9);
	assert_true(has_evidence(s, SP_EVID_TICK_LATE));
	assert_true(has_evidence(s, SP_EVID_RELEASE_POINT));
	assert_int_equal(s->nshares, 1);
}

static void a_late_sample_in_user_code_is_the_host(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	busy(w, START, START + 20000, "u:main");
	tick(w, START + 30200, 0, "u:main");
	busy(w, START + 30500, START + 40000, "u:main");
	flush(w, START + 40000);
	s = one(w, SP_MECH_STOPPED, 10450, 300);
	assert_int_equal(s->tid, SP_NO_TASK);
	assert_true(s->confidence < 0.9);
}

static void steal_over_the_readings_is_steal(void **state)
{
	struct fakecpu *w = *state;

	steal(w, START - 100, 50000);
	busy(w, START, START + 20000, "u:main");
	tick(w, START + 40200, 0, "u:main");
	steal(w, START + 40300, 70000);
	busy(w, START + 40500, START + 50000, "u:main");
	flush(w, START + 50000);
	assert_int_equal(one(w, SP_MECH_STEAL, 20450, 300)->tid, SP_NO_TASK);
}

static void a_lost_late_sample_blames_nobody(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	busy(w, START, START + 20000, "u:main");
	tick(w, START + 30200, 0, NULL);
	/* An innocent, who happens to stand where interrupts come on. */
	w->tid = 200;
	tick(w, START + 30500, 0, READ_SLAB "_raw_spin_unlock_irqrestore");
	busy(w, START + 31000, START + 40000, "u:main");
	flush(w, START + 40000);
	s = one(w, SP_MECH_STOPPED, 10450, 300);
	assert_int_equal(s->tid, SP_NO_TASK);
	assert_int_equal(s->nshares, 0);
	assert_true(s->confidence < 0.9);
}

static void lost_samples_alone_are_no_stall(void **state)
{
	struct fakecpu *w = *state;

	busy(w, START, START + 20000, "u:main");
	busy(w, START + 20000, START + 30000, NULL);
	busy(w, START + 30000, START + 40000, "u:main");
	flush(w, START + 40000);
	assert_int_equal(w->n, 0);
}

static void nmi_samples_with_interrupts_off_name_the_inside(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	busy(w, START, START + 20000, "u:main");
	for (uint64_t us = START + 20000; us < START + 30000; us += STEP) {
		struct sp_event e = event(w, us, SP_EV_SAMPLE);

		e.sample.stack = fake_stack(w->stacks, READ_SLAB "count_partial");
		e.sample.mode = SP_MODE_KERNEL;
		e.sample.irqs_on = SP_NO;
		e.sample.is_sampler = 1;
		put(w, e);
	}
	tick(w, START + 30200, 0, NULL);
	tick(w, START + 30500, 0, NULL);
	flush(w, START + 31000);
	s = one(w, SP_MECH_IRQS_OFF, 10450, 300);
	assert_true(has_evidence(s, SP_EVID_IF_CLEAR));
	assert_int_equal(s->nshares, 1);
	assert_int_equal(s->shares[0].samples, 20);
	assert_int_equal(timeline_nmi(w->timeline), SP_YES);
}

static void idle_without_ticks_is_no_stall(void **state)
{
	struct fakecpu *w = *state;
	struct coverage_answer a;

	for (uint64_t k = 0; k < 10; k++) {
		uint64_t at = START + k * 40000;

		w->tid = 100;
		busy(w, at, at + 10000, "u:main");
		switch_to(w, at + 10100, 0);
	}
	flush(w, START + 400000);
	assert_int_equal(w->n, 0);
	/* It never said anything while idle: not observed, to the end. */
	a = coverage_ask(w->coverage, 1, START * US, (START + 400000) * US);
	assert_int_equal(a.observed_ns + a.not_observed_ns + a.lost_ns, 400000 * US);
	assert_in_range(a.not_observed_ns, 295000 * US, 305000 * US);
}

static void a_cpu_that_fell_silent_was_not_observed(void **state)
{
	struct fakecpu *w = *state;
	struct coverage_answer a;

	busy(w, START, START + 100000, "u:main");
	flush(w, START + 200000);
	a = coverage_ask(w->coverage, 1, (START + 100000) * US, (START + 200000) * US);
	assert_int_equal(a.observed_ns, 0);
}

static void bh_off_by_flags_and_no_progress(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	busy(w, START, START + 20000, "u:main");
	for (uint64_t us = START + 20000; us < START + 30000; us += STEP) {
		tick(w, us, SP_TF_BH_OFF, "u:xdp;entry_SYSCALL_64;bpf_test_run;prog");
		if (us == START + 25000)
			vec(w, us + 10, SP_EV_RAISE, SP_VEC_NET_RX);
	}
	vec(w, START + 29700, SP_EV_ENTRY, SP_VEC_NET_RX);
	vec(w, START + 29710, SP_EV_EXIT, SP_VEC_NET_RX);
	busy(w, START + 30000, START + 40000, "u:main");
	flush(w, START + 40000);
	s = one(w, SP_MECH_BH_OFF, 9950, 300);
	assert_int_equal(s->tid, 100);
	assert_true(s->vectors >> SP_VEC_NET_RX & 1);
	assert_true(s->confidence >= 0.9);
}

static void bh_off_ticks_of_two_tasks_are_not_one_stall(void **state)
{
	struct fakecpu *w = *state;

	for (uint64_t k = 0; k < 40; k++) {
		w->tid = k % 2 ? 100 : 200;
		tick(w, START + k * STEP, SP_TF_BH_OFF, "u:a;udp_sendmsg");
	}
	flush(w, START + 20000);
	assert_int_equal(w->n, 0);
}

static void bh_off_ticks_with_softirqs_between_are_a_flood(void **state)
{
	struct fakecpu *w = *state;

	for (uint64_t k = 0; k < 100; k++) {
		tick(w, START + k * STEP, SP_TF_BH_OFF, "u:a;udp_sendmsg");
		vec(w, START + k * STEP + 100, SP_EV_RAISE, SP_VEC_NET_RX);
		vec(w, START + k * STEP + 110, SP_EV_ENTRY, SP_VEC_NET_RX);
		vec(w, START + k * STEP + 150, SP_EV_EXIT, SP_VEC_NET_RX);
	}
	flush(w, START + 50000);
	assert_int_equal(w->n, 0);
}

/* The same stall without the records that prove it: believed less. */
static void bh_off_is_believed_less_of_thinned_records(void **state)
{
	struct fakecpu *w = *state;

	w->cfg.thinned = true;
	configure(w);
	busy(w, START, START + 20000, "u:main");
	for (uint64_t us = START + 20000; us < START + 30000; us += STEP)
		tick(w, us, SP_TF_BH_OFF, "u:xdp;entry_SYSCALL_64;bpf_test_run;prog");
	busy(w, START + 30000, START + 40000, "u:main");
	flush(w, START + 40000);
	assert_true(one(w, SP_MECH_BH_OFF, 10000, 600)->confidence < 0.9);
}

static void long_timer_softirq(struct fakecpu *w)
{
	struct sp_event e;

	busy(w, START, START + 20000, "u:main");
	vec(w, START + 19600, SP_EV_RAISE, SP_VEC_TIMER);
	vec(w, START + 19700, SP_EV_ENTRY, SP_VEC_TIMER);
	e = event(w, START + 19701, SP_EV_FUNC_ENTRY);
	e.func.addr = fake_func("estimation_timer");
	e.func.kind = SP_FUNC_TIMER;
	put(w, e);
	for (uint64_t us = START + 20000; us < START + 30000; us += STEP) {
		tick(w, us, SP_TF_SOFTIRQ, "u:main;handle_softirqs;estimation_timer");
		if (us == START + 22000)
			vec(w, us + 3, SP_EV_RAISE, SP_VEC_NET_RX);
	}
	e = event(w, START + 29800, SP_EV_FUNC_EXIT);
	e.func.kind = SP_FUNC_TIMER;
	put(w, e);
	vec(w, START + 29801, SP_EV_EXIT, SP_VEC_TIMER);
	vec(w, START + 29802, SP_EV_ENTRY, SP_VEC_NET_RX);
	vec(w, START + 29812, SP_EV_EXIT, SP_VEC_NET_RX);
	busy(w, START + 30000, START + 40000, "u:main");
	flush(w, START + 40000);
}

static void a_long_softirq_is_named_by_its_function(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	long_timer_softirq(w);
	s = one(w, SP_MECH_SOFTIRQ, 10101, 0);
	assert_int_equal(s->vec, SP_VEC_TIMER);
	assert_int_equal(s->func_addr, fake_func("estimation_timer"));
	assert_int_equal(s->vectors, 1U << SP_VEC_NET_RX);
	assert_int_equal(s->tid, SP_NO_TASK);
}

static void thinned_entries_make_no_long_softirq(void **state)
{
	struct fakecpu *w = *state;

	w->cfg.has_entry = false;
	configure(w);
	long_timer_softirq(w);
	assert_int_equal(w->n, 0);
}

static void interrupts_off_inside_a_softirq_are_the_softirq(void **state)
{
	struct fakecpu *w = *state;

	busy(w, START, START + 20000, "u:main");
	vec(w, START + 19700, SP_EV_ENTRY, SP_VEC_TIMER);
	tick(w, START + 29790, SP_TF_SOFTIRQ,
	     "u:main;handle_softirqs;mod_timer_fn;_raw_spin_unlock_irqrestore");
	vec(w, START + 29801, SP_EV_EXIT, SP_VEC_TIMER);
	busy(w, START + 30000, START + 40000, "u:main");
	flush(w, START + 40000);
	assert_int_equal(one(w, SP_MECH_SOFTIRQ, 10101, 0)->tid, SP_NO_TASK);
}

static void a_long_interrupt_is_exact(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	busy(w, START, START + 20000, "u:main");
	irq(w, START + 20100, SP_EV_IRQ_ENTRY, SP_IRQ_DEVICE, 31, 0);
	irq(w, START + 27100, SP_EV_IRQ_EXIT, SP_IRQ_DEVICE, 31, 0);
	tick(w, START + 27101, 0, "u:main");
	busy(w, START + 27500, START + 40000, "u:main");
	flush(w, START + 40000);
	s = one(w, SP_MECH_HARDIRQ, 7000, 0);
	assert_int_equal(s->irq.id, 31);
	assert_int_equal(s->tid, SP_NO_TASK);
}

static void lost_and_throttled_time_is_not_observed(void **state)
{
	struct fakecpu *w = *state;
	struct coverage_answer a;
	struct sp_event e;

	busy(w, START, START + 20000, "u:main");
	e = event(w, START + 30200, SP_EV_LOST);
	e.count = 5;
	put(w, e);
	tick(w, START + 30200, 0, READ_SLAB "_raw_spin_unlock_irqrestore");
	busy(w, START + 30500, START + 40000, "u:main");
	put(w, event(w, START + 40000, SP_EV_THROTTLE));
	/* Throttled, the sampler's clock stands: only the kernel's own tick comes, each 4 ms. */
	for (uint64_t us = START + 44000; us < START + 60000; us += 4000)
		tick(w, us, 0, NULL);
	put(w, event(w, START + 60000, SP_EV_UNTHROTTLE));
	busy(w, START + 60000, START + 70000, "u:main");
	flush(w, START + 70000);
	assert_int_equal(w->n, 0);
	a = coverage_ask(w->coverage, 1, START * US, (START + 70000) * US);
	assert_int_equal(a.not_observed_ns, 20000 * US);
	assert_in_range(a.lost_ns, 10000 * US, 11000 * US);
	assert_int_equal(a.observed_ns + a.not_observed_ns + a.lost_ns, 70000 * US);
}

/* A CPU goes offline from its idle task, and its events with it, also when it is back. */
static void offline_is_not_idle(void **state)
{
	struct fakecpu *w = *state;
	struct coverage_answer a;
	struct sp_event e;

	for (uint64_t us = START; us < START + 20000; us += 5000) {
		busy(w, us, us + 2000, "u:main");
		switch_to(w, us + 2000, 0);
		tick(w, us + 2500, 0, "cpuidle_enter");
		if (us < START + 15000)
			switch_to(w, us + 4900, 100);
	}
	for (uint32_t back = 0; back < 2; back++) {
		e = event(w, START + 100000 + back * 100000, SP_EV_ONLINE);
		e.count = back;
		put(w, e);
	}
	w->cpu = 2;
	busy(w, START, START + 400000, "u:main");
	flush(w, START + 400000);
	a = coverage_ask(w->coverage, 1, (START + 20000) * US, (START + 400000) * US);
	assert_int_equal(a.observed_ns, 0);
	assert_int_equal(a.not_observed_ns, 380000 * US);
	assert_in_range(timeline_gone_ns(w->timeline, 1), 380000 * US, 383000 * US);
	assert_int_equal(timeline_gone_ns(w->timeline, 2), 0);
}

/* Both CPUs stand still from 20,000 to 30,000; how CPU 1 and CPU 2 come back is given. */
static void both_pause(struct fakecpu *w, const char *one_back, const char *two_back)
{
	for (uint64_t us = START; us < START + 40000; us += STEP) {
		bool back = us == START + 30000, gone = us >= START + 20000 && us < START + 30000;

		for (uint32_t cpu = 1; cpu < 3 && !gone; cpu++) {
			w->cpu = cpu;
			w->tid = (int32_t)cpu * 100;
			tick(w, us + cpu, 0, !back ? "u:main" : cpu == 1 ? one_back : two_back);
		}
	}
	flush(w, START + 40000);
}

static void a_pause_of_two_cpus_is_the_machine(void **state)
{
	struct fakecpu *w = *state;

	both_pause(w, "u:main", "u:main");
	check_invariants(w);
	assert_int_equal(w->n, 2);
	assert_int_equal(w->stalls[0].mechanism, SP_MECH_STOPPED);
	assert_int_equal(w->stalls[1].mechanism, SP_MECH_STOPPED);
}

/* Two CPUs that wait for one lock with interrupts off are both irqs-off. */
static void two_released_together_are_no_stopped_machine(void **state)
{
	struct fakecpu *w = *state;

	both_pause(w, READ_SLAB "_raw_spin_unlock_irqrestore", READ_SLAB "_raw_spin_unlock_irq");
	check_invariants(w);
	assert_int_equal(w->n, 2);
	assert_int_equal(w->stalls[0].mechanism, SP_MECH_IRQS_OFF);
	assert_int_equal(w->stalls[1].mechanism, SP_MECH_IRQS_OFF);
}

static void ksoftirqd_waits_for_the_task_that_runs(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;
	struct sp_err err = SP_ERR_INIT;
	struct sp_event e;
	sp_str name;

	assert_int_equal(strings_add(w->strings, "ksoftirqd/1", 11, &name, &err), 0);
	busy(w, START, START + 20000, "u:main");
	vec(w, START + 19600, SP_EV_RAISE, SP_VEC_NET_RX);
	e = event(w, START + 19700, SP_EV_WAKE);
	e.sched.next_tid = 17;
	e.sched.next_comm = name;
	e.sched.target_cpu = 1;
	put(w, e);
	w->tid = 300;
	busy(w, START + 20000, START + 32000, "u:fifo");
	e = event(w, START + 32000, SP_EV_SWITCH);
	e.sched.next_tid = 17;
	e.sched.next_comm = name;
	put(w, e);
	w->tid = 17;
	vec(w, START + 32010, SP_EV_ENTRY, SP_VEC_NET_RX);
	vec(w, START + 32020, SP_EV_EXIT, SP_VEC_NET_RX);
	flush(w, START + 32500);
	s = one(w, SP_MECH_KSOFTIRQD, 12300, 0);
	assert_int_equal(s->tid, 300);
	assert_true(s->vectors >> SP_VEC_NET_RX & 1);
}

/* Events as no kernel sends them, and out of order: nothing that is said may contradict itself. */
static void noise_keeps_the_invariants(void **state)
{
	static const char *const stacks[] = {
		"u:main",
		READ_SLAB "_raw_spin_unlock_irqrestore",
		READ_SLAB "count_partial",
		"u:main;handle_softirqs;net_rx_action",
		"u:main;clear_page_erms",
	};
	struct fakecpu *w = *state;
	uint64_t us = START, seed = 88172645463325252ULL;

	for (uint32_t i = 0; i < 60000 && w->n < 200; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		us += seed % 1000 == 0 ? seed / 1000 % 20000 : seed / 1000 % 300;
		w->cpu = 1 + seed / 7 % 2;
		w->tid = (int32_t)(seed / 11 % 4) * 100;
		switch (seed / 13 % 9) {
		case 0:
		case 1:
			tick(w, us - seed / 17 % 50, (uint8_t)(seed / 19), stacks[seed / 23 % 5]);
			break;
		case 2:
			vec(w, us, SP_EV_RAISE, (uint32_t)(seed / 17 % 12));
			break;
		case 3:
			vec(w, us, SP_EV_ENTRY, (uint32_t)(seed / 17 % 12));
			break;
		case 4:
			vec(w, us - seed / 17 % 400, SP_EV_EXIT, (uint32_t)(seed / 19 % 12));
			break;
		case 5:
			irq(w, us, SP_EV_IRQ_ENTRY, SP_IRQ_DEVICE, (uint32_t)(seed / 17 % 3), 0);
			break;
		case 6:
			irq(w, us, SP_EV_IRQ_EXIT, SP_IRQ_DEVICE, (uint32_t)(seed / 17 % 3), 0);
			break;
		case 7:
			if (seed / 17 % 8 == 0)
				switch_to(w, us, (int32_t)(seed / 29 % 3) * 100);
			break;
		default:
			if (seed / 17 % 64 == 0)
				put(w, event(w, us, SP_EV_LOST));
			else
				sample(w, us, stacks[seed / 23 % 5]);
		}
	}
	flush(w, us + 1000);
	assert_true(w->n > 10);
	check_invariants(w);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fakecpu_setup, fakecpu_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(irqs_off_is_named_by_its_release),
		T(a_late_sample_in_user_code_is_the_host),
		T(steal_over_the_readings_is_steal),
		T(a_lost_late_sample_blames_nobody),
		T(lost_samples_alone_are_no_stall),
		T(nmi_samples_with_interrupts_off_name_the_inside),
		T(idle_without_ticks_is_no_stall),
		T(a_cpu_that_fell_silent_was_not_observed),
		T(bh_off_by_flags_and_no_progress),
		T(bh_off_ticks_of_two_tasks_are_not_one_stall),
		T(bh_off_ticks_with_softirqs_between_are_a_flood),
		T(bh_off_is_believed_less_of_thinned_records),
		T(a_long_softirq_is_named_by_its_function),
		T(thinned_entries_make_no_long_softirq),
		T(interrupts_off_inside_a_softirq_are_the_softirq),
		T(a_long_interrupt_is_exact),
		T(offline_is_not_idle),
		T(lost_and_throttled_time_is_not_observed),
		T(a_pause_of_two_cpus_is_the_machine),
		T(two_released_together_are_no_stopped_machine),
		T(ksoftirqd_waits_for_the_task_that_runs),
		T(noise_keeps_the_invariants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

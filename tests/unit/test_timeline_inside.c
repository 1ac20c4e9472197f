/* analyze/timeline: what happens inside a softirq or an interrupt that is itself long. */
#include "fakecpu.h"

#define IN_TIMER \
	"u:main;asm_sysvec_apic_timer_interrupt;irq_exit;handle_softirqs;run_timer_softirq;"

/* An irqsafe timer runs with interrupts off. When they come on, another interrupt is first; the
 * tick's sample behind it still stands in the softirq. */
static void an_irqsafe_timer_is_the_softirq(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	busy(w, START, START + 20000, "u:main");
	vec(w, START + 19700, SP_EV_ENTRY, SP_VEC_TIMER);
	irq(w, START + 29780, SP_EV_IRQ_ENTRY, SP_IRQ_VECTOR, 253, SP_TF_SOFTIRQ);
	irq(w, START + 29781, SP_EV_IRQ_EXIT, SP_IRQ_VECTOR, 253, SP_TF_SOFTIRQ);
	tick(w, START + 29790, SP_TF_SOFTIRQ, IN_TIMER "_raw_spin_unlock_irq");
	vec(w, START + 29801, SP_EV_EXIT, SP_VEC_TIMER);
	busy(w, START + 30000, START + 40000, "u:main");
	flush(w, START + 40000);
	s = one(w, SP_MECH_SOFTIRQ, 10101, 0);
	assert_int_equal(s->tid, SP_NO_TASK);
	assert_true(s->confidence >= 0.9);
}

/* The same, but the sample stands where nothing switches interrupts on: the host. */
static void a_pause_inside_a_softirq_is_the_host(void **state)
{
	struct fakecpu *w = *state;

	busy(w, START, START + 20000, "u:main");
	vec(w, START + 19700, SP_EV_ENTRY, SP_VEC_TIMER);
	irq(w, START + 29780, SP_EV_IRQ_ENTRY, SP_IRQ_VECTOR, 253, SP_TF_SOFTIRQ);
	irq(w, START + 29781, SP_EV_IRQ_EXIT, SP_IRQ_VECTOR, 253, SP_TF_SOFTIRQ);
	tick(w, START + 29790, SP_TF_SOFTIRQ, IN_TIMER "walk_services");
	vec(w, START + 29801, SP_EV_EXIT, SP_VEC_TIMER);
	busy(w, START + 30000, START + 40000, "u:main");
	flush(w, START + 40000);
	assert_true(one(w, SP_MECH_STOPPED, 10000, 300)->confidence < 0.9);
}

/* A short pause of the host does not cut a long softirq in two. */
static void a_short_pause_is_part_of_a_long_softirq(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	busy(w, START, START + 20000, "u:main");
	vec(w, START + 19700, SP_EV_ENTRY, SP_VEC_TIMER);
	for (uint64_t us = START + 20000; us < START + 30000; us += STEP)
		tick(w, us, SP_TF_SOFTIRQ, IN_TIMER "walk_services");
	tick(w, START + 36200, SP_TF_SOFTIRQ, IN_TIMER "walk_services");
	/* The reading that would let the pause go on its own. */
	steal(w, START + 36300, 0);
	for (uint64_t us = START + 36500; us < START + 50000; us += STEP)
		tick(w, us, SP_TF_SOFTIRQ, IN_TIMER "walk_services");
	vec(w, START + 50100, SP_EV_EXIT, SP_VEC_TIMER);
	busy(w, START + 50500, START + 60000, "u:main");
	flush(w, START + 60000);
	s = one(w, SP_MECH_SOFTIRQ, 30400, 0);
	assert_true(has_evidence(s, SP_EVID_TICK_LATE));
}

static void bh_ticks(struct fakecpu *w, uint64_t from, uint64_t to)
{
	for (uint64_t us = from; us < to; us += STEP)
		tick(w, us, SP_TF_BH_OFF, "u:main;entry_SYSCALL_64;bpf_test_run;spin");
}

static void a_short_pause_is_part_of_a_long_bh_off(void **state)
{
	struct fakecpu *w = *state;

	busy(w, START, START + 20000, "u:main");
	bh_ticks(w, START + 20000, START + 30000);
	tick(w, START + 36200, SP_TF_BH_OFF, "u:main;entry_SYSCALL_64;bpf_test_run;spin");
	steal(w, START + 36300, 0);
	bh_ticks(w, START + 36500, START + 50000);
	busy(w, START + 50000, START + 60000, "u:main");
	flush(w, START + 60000);
	assert_int_equal(one(w, SP_MECH_BH_OFF, 30000, 600)->tid, 100);
}

/* The host paused in the clock interrupt: it looks long, and the run without BH goes on behind it.
 */
static void a_long_interrupt_does_not_cut_a_long_bh_off(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	busy(w, START, START + 20000, "u:main");
	bh_ticks(w, START + 20000, START + 30000);
	irq(w, START + 30000, SP_EV_IRQ_ENTRY, SP_IRQ_TICK, 236, SP_TF_BH_OFF);
	irq(w, START + 33000, SP_EV_IRQ_EXIT, SP_IRQ_TICK, 236, 0);
	steal(w, START + 33100, 0);
	bh_ticks(w, START + 33500, START + 50000);
	busy(w, START + 50000, START + 60000, "u:main");
	flush(w, START + 60000);
	s = one(w, SP_MECH_BH_OFF, 30000, 600);
	assert_int_equal(s->tid, 100);
	assert_true(has_evidence(s, SP_EVID_ENTRY_EXIT));
}

/* Without softirq_entry the stack alone says that interrupts were off inside a softirq. */
static void a_softirq_in_the_stack_blames_no_task(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	w->cfg.has_entry = false;
	configure(w);
	busy(w, START, START + 20000, "u:main");
	tick(w, START + 29790, SP_TF_SOFTIRQ, IN_TIMER "_raw_spin_unlock_irq");
	busy(w, START + 30000, START + 40000, "u:main");
	flush(w, START + 40000);
	s = one(w, SP_MECH_SOFTIRQ, 10000, 300);
	assert_int_equal(s->tid, SP_NO_TASK);
	assert_int_equal(s->vec, SP_VEC_TIMER);
	assert_true(s->confidence < 0.9);
}

/* Exits that are missing, and no event that says so. */
static void a_missing_exit_does_not_hide_the_next_stall(void **state)
{
	struct fakecpu *w = *state;

	busy(w, START, START + 20000, "u:main");
	vec(w, START + 19700, SP_EV_ENTRY, SP_VEC_TIMER);
	busy(w, START + 20000, START + 25000, "u:main");
	tick(w, START + 35200, 0,
	     "u:read;entry_SYSCALL_64;vfs_read;seq_read;s_show;_raw_spin_unlock_irqrestore");
	busy(w, START + 35500, START + 40000, "u:main");
	flush(w, START + 40000);
	assert_int_equal(one(w, SP_MECH_IRQS_OFF, 10450, 300)->tid, 100);
}

/* The tick's records are missing, and no event says so: the samples are the ticks. */
static void missing_ticks_leave_the_samples(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	for (uint64_t us = START; us < START + 20000; us += STEP)
		sample(w, us, "u:main");
	sample(w, START + 30200,
	       "u:read;entry_SYSCALL_64;vfs_read;seq_read;s_show;_raw_spin_unlock_irqrestore");
	for (uint64_t us = START + 30500; us < START + 40000; us += STEP)
		sample(w, us, "u:main");
	flush(w, START + 40000);
	s = one(w, SP_MECH_IRQS_OFF, 10450, 300);
	assert_true(s->confidence < 0.9);
}

/* A task that wakes every 20 ms for a moment, on a CPU that is idle else; nobody records switches.
 */
static void idle_that_nobody_tells_is_no_gap(void **state)
{
	struct fakecpu *w = *state;

	for (uint64_t us = START; us < START + 400000; us += 20000) {
		tick(w, us, 0, "u:main;worker_thread;_raw_spin_unlock_irqrestore");
		tick(w, us + 500, 0, "u:main;worker_thread;work");
	}
	flush(w, START + 400000);
	assert_int_equal(w->n, 0);
}

/* CPU 0 pauses from `from` on, CPU 1 has no tick until interrupts come on in this stack; softirq:
 * all of it in TIMER. */
static const struct sp_stall *beside_a_pause(struct fakecpu *w, uint64_t from, bool softirq,
					     const char *stack)
{
	w->cfg.witness = 0;
	configure(w);
	w->cpu = 0;
	busy(w, START, START + from, "u:main");
	tick(w, START + 30300, 0, "u:main");
	busy(w, START + 30500, START + 40000, "u:main");
	w->cpu = 1;
	busy(w, START, START + 20000, "u:main");
	if (softirq)
		vec(w, START + 20010, SP_EV_ENTRY, SP_VEC_TIMER);
	tick(w, START + 30200, softirq ? SP_TF_SOFTIRQ : 0, stack);
	if (softirq)
		vec(w, START + 30210, SP_EV_EXIT, SP_VEC_TIMER);
	busy(w, START + 30500, START + 40000, "u:main");
	flush(w, START + 40000);
	check_invariants(w);
	assert_int_equal(w->n, 1);
	return &w->stalls[0];
}

static const struct sp_stall *released_beside_a_pause(struct fakecpu *w, uint64_t from)
{
	return beside_a_pause(w, from, false,
			      "u:read;entry_SYSCALL_64;vfs_read;seq_read;s_show;"
			      "_raw_spin_unlock_irqrestore");
}

static const struct sp_stall *still_beside_a_pause(struct fakecpu *w, uint64_t from)
{
	return beside_a_pause(w, from, true,
			      "u:main;handle_softirqs;process_timeout;_raw_spin_unlock_irqrestore");
}

static void a_pause_of_another_cpu_alone_is_no_excuse(void **state)
{
	const struct sp_stall *s = released_beside_a_pause(*state, 22500);

	assert_int_equal(s->mechanism, SP_MECH_IRQS_OFF);
	assert_int_equal(s->tid, 100);
	assert_true(s->confidence < 0.9);
}

static void a_pause_of_the_whole_machine_is(void **state)
{
	const struct sp_stall *s = released_beside_a_pause(*state, 20000);

	assert_int_equal(s->mechanism, SP_MECH_STOPPED);
	assert_int_equal(s->tid, SP_NO_TASK);
	assert_true(s->confidence < 0.9);
}

static void a_softirq_of_a_paused_machine_did_not_run(void **state)
{
	const struct sp_stall *s = still_beside_a_pause(*state, 20000);

	assert_int_equal(s->mechanism, SP_MECH_STOPPED);
	assert_true(has_evidence(s, SP_EVID_WITNESS_GAP));
	assert_true(s->confidence < 0.9);
}

static void a_softirq_with_interrupts_off_tells_so(void **state)
{
	const struct sp_stall *s = still_beside_a_pause(*state, 29500);

	assert_int_equal(s->mechanism, SP_MECH_SOFTIRQ);
	assert_true(has_evidence(s, SP_EVID_TICK_LATE));
	assert_true(s->confidence > 0.9);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fakecpu_setup, fakecpu_teardown)
	const struct CMUnitTest tests[] = {
		T(an_irqsafe_timer_is_the_softirq),
		T(a_pause_inside_a_softirq_is_the_host),
		T(a_short_pause_is_part_of_a_long_softirq),
		T(a_short_pause_is_part_of_a_long_bh_off),
		T(a_long_interrupt_does_not_cut_a_long_bh_off),
		T(a_softirq_in_the_stack_blames_no_task),
		T(a_missing_exit_does_not_hide_the_next_stall),
		T(missing_ticks_leave_the_samples),
		T(idle_that_nobody_tells_is_no_gap),
		T(a_pause_of_another_cpu_alone_is_no_excuse),
		T(a_pause_of_the_whole_machine_is),
		T(a_softirq_of_a_paused_machine_did_not_run),
		T(a_softirq_with_interrupts_off_tells_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

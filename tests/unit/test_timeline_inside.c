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

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fakecpu_setup, fakecpu_teardown)
	const struct CMUnitTest tests[] = {
		T(an_irqsafe_timer_is_the_softirq),
		T(a_pause_inside_a_softirq_is_the_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

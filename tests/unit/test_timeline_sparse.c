/* analyze/sparse: NET_RX of which only one entry in 16 is recorded, and what is claimed then. */
#include "fakecpu.h"

#include <sirqprof/facts.h>

#define NET_RX_US 110 /* between two thinned entries: 145,000 NET_RX a second */

static const char handler[] =
	"u:send;entry_SYSCALL_64;handle_softirqs;net_rx_action;process_backlog;icmp_rcv";

static void thin(struct fakecpu *w, uint64_t us, uint64_t every)
{
	struct sp_event e = event(w, us, SP_EV_THIN);

	e.count = every;
	put(w, e);
}

/* A flood that is served: thinned entries, and ticks of which `in` of 10 find a softirq. */
static void flood(struct fakecpu *w, uint64_t from, uint64_t to, uint32_t in)
{
	uint64_t entry = from + 7, n = 0;

	for (uint64_t us = from; us < to; us += STEP, n++) {
		tick(w, us, n % 10 < in ? SP_TF_SOFTIRQ | SP_TF_BH_OFF : 0,
		     n % 10 < in ? handler : "u:main");
		for (; entry < us + STEP; entry += NET_RX_US)
			vec(w, entry, SP_EV_ENTRY, SP_VEC_NET_RX);
	}
}

/* Ticks inside one handler, from first to before last. */
static void inside(struct fakecpu *w, uint64_t first, uint64_t last)
{
	for (uint64_t us = first; us < last; us += STEP)
		tick(w, us, SP_TF_SOFTIRQ, handler);
}

static void begin(struct fakecpu *w)
{
	busy(w, START, START + 5000, "u:main");
	thin(w, START + 5000, SP_SPARSE_EVERY);
	flood(w, START + 5000, START + 50000, 7);
}

static void a_served_flood_is_healthy(void **state)
{
	struct fakecpu *w = *state;

	begin(w);
	flood(w, START + 50000, START + 2000000, 7);
	thin(w, START + 2000000, 1);
	busy(w, START + 2000000, START + 2010000, "u:main");
	flush(w, START + 2010000);
	assert_int_equal(w->n, 0);
	assert_int_equal(timeline_thinned_ns(w->timeline, w->cpu), (2000000 - 5000) * US);
}

static void a_long_handler_is_softirq_with_bounds(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	begin(w);
	/* A handler from 50,100 to 62,300; a vector raised meanwhile runs the moment it ends. */
	inside(w, START + 50500, START + 52500);
	vec(w, START + 52400, SP_EV_RAISE, SP_VEC_RCU);
	inside(w, START + 52500, START + 62300);
	vec(w, START + 62300, SP_EV_ENTRY, SP_VEC_RCU);
	vec(w, START + 62310, SP_EV_EXIT, SP_VEC_RCU);
	flood(w, START + 62500, START + 80000, 7);
	flush(w, START + 80000);
	s = one(w, SP_MECH_SOFTIRQ, 12200, 600);
	assert_int_equal(s->vec, SP_VEC_NET_RX);
	assert_int_equal(s->end_ns, (START + 62300) * US);
	assert_int_equal(s->end_lo_ns, s->end_hi_ns);
	assert_true(s->begin_lo_ns <= (START + 50100) * US);
	assert_true(s->begin_hi_ns >= (START + 50100) * US);
	assert_true(s->vectors == 1U << SP_VEC_RCU);
	assert_true(s->confidence > 0.8 && s->confidence < 0.95);
	assert_true(has_evidence(s, SP_EVID_SERVING) && has_evidence(s, SP_EVID_NO_PROGRESS));
	assert_int_equal(s->tid, SP_NO_TASK);
	assert_true(s->nshares >= 1);
}

static void without_a_witness_it_is_less_sure_and_less_exact(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	begin(w);
	inside(w, START + 50500, START + 62300);
	flood(w, START + 62500, START + 80000, 0);
	flush(w, START + 80000);
	s = one(w, SP_MECH_SOFTIRQ, 12200, 600);
	assert_true(s->end_lo_ns < s->end_hi_ns);
	assert_true(s->confidence <= 0.7);
}

static void what_thinned_entries_cannot_prove_is_not_said(void **state)
{
	struct fakecpu *w = *state;

	/* 2,500 NET_RX a second: one recorded entry in 6.4 ms. Three ticks find one being served.
	 */
	busy(w, START, START + 5000, "u:main");
	thin(w, START + 5000, SP_SPARSE_EVERY);
	for (uint64_t i = 0; i < 10; i++) {
		vec(w, START + 5100 + i * 6500, SP_EV_ENTRY, SP_VEC_NET_RX);
		busy(w, START + 5500 + i * 6500, START + 11500 + i * 6500, "u:main");
	}
	busy(w, START + 70000, START + 71500, "u:main");
	inside(w, START + 71500, START + 73000);
	busy(w, START + 73000, START + 90000, "u:main");
	flush(w, START + 90000);
	assert_int_equal(w->n, 0);
}

static void load_is_seen_by_ticks_with_progress(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	begin(w);
	flood(w, START + 50000, START + 150000, 10);
	flood(w, START + 150000, START + 200000, 6);
	flush(w, START + 200000);
	s = one(w, SP_MECH_LOAD, 100000, 8000);
	assert_true(s->confidence <= 0.8);
	assert_true(s->vectors == 1U << SP_VEC_NET_RX);
}

static void bh_off_beneath_a_flood_is_still_seen(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	begin(w);
	for (uint64_t us = START + 50000; us < START + 60000; us += STEP)
		tick(w, us, SP_TF_BH_OFF, "u:write;entry_SYSCALL_64;ksys_write;ip_set_list");
	vec(w, START + 60100, SP_EV_ENTRY, SP_VEC_NET_RX);
	flood(w, START + 60500, START + 80000, 7);
	flush(w, START + 80000);
	s = one(w, SP_MECH_BH_OFF, 10000, 600);
	assert_int_equal(s->tid, 100);
	assert_true(s->confidence >= 0.9);
}

static void interrupts_off_inside_the_handler_blame_no_task(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	begin(w);
	inside(w, START + 50500, START + 51000);
	/* From 51,100 to 61,200 the handler itself has interrupts off. */
	tick(w, START + 61200, SP_TF_SOFTIRQ,
	     "u:send;entry_SYSCALL_64;handle_softirqs;net_rx_action;poll;_raw_spin_unlock_"
	     "irqrestore");
	flood(w, START + 61500, START + 80000, 0);
	flush(w, START + 80000);
	s = one(w, SP_MECH_SOFTIRQ, 10900, 600);
	assert_int_equal(s->tid, SP_NO_TASK);
}

/* Interrupts off in the task; another interrupt came first, and its softirq is what the tick meets.
 */
static void interrupts_off_before_the_handler_are_the_tasks(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	begin(w);
	irq(w, START + 51700, SP_EV_IRQ_ENTRY, SP_IRQ_VECTOR, 251, SP_TF_IRQS_OFF);
	irq(w, START + 51703, SP_EV_IRQ_EXIT, SP_IRQ_VECTOR, 251, SP_TF_IRQS_OFF);
	tick(w, START + 51710, SP_TF_SOFTIRQ,
	     "u:send;entry_SYSCALL_64;task_fn;_raw_spin_unlock_irqrestore;"
	     "asm_sysvec_call_function_single;irq_exit;handle_softirqs;net_rx_action");
	flood(w, START + 52000, START + 80000, 7);
	flush(w, START + 80000);
	s = one(w, SP_MECH_IRQS_OFF, 1700, 300);
	assert_int_equal(s->tid, 100);
}

static void delays_of_net_rx_are_not_claimed(void **state)
{
	struct fakecpu *w = *state;
	struct coverage_answer a;

	busy(w, START, START + 5000, "u:main");
	vec(w, START + 5000, SP_EV_RAISE, SP_VEC_NET_RX);
	thin(w, START + 5001, SP_SPARSE_EVERY);
	/* Raised before, served unseen; this entry is another's. */
	flood(w, START + 5500, START + 50000, 7);
	vec(w, START + 50001, SP_EV_RAISE, SP_VEC_TIMER);
	vec(w, START + 50004, SP_EV_ENTRY, SP_VEC_TIMER);
	vec(w, START + 50005, SP_EV_EXIT, SP_VEC_TIMER);
	flush(w, START + 51000);
	/* That TIMER waited 3 us is known, but not what the worst was. */
	a = coverage_ask(w->coverage, w->cpu, START * US, (START + 51000) * US);
	assert_true(a.delay_unknown);
	assert_true(a.worst_delay_ns == SP_UNKNOWN_NS);
	assert_int_equal(w->n, 0);
}

static void the_change_itself_makes_no_stall(void **state)
{
	struct fakecpu *w = *state;

	busy(w, START, START + 5000, "u:main");
	for (uint64_t k = 0; k < 20; k++) {
		uint64_t us = START + 5000 + k * 5000;

		vec(w, us + 1, SP_EV_RAISE, SP_VEC_NET_RX);
		vec(w, us + 2, SP_EV_ENTRY, SP_VEC_NET_RX);
		/* In the middle of a handler; both sets are on for a moment. */
		thin(w, us + 3, k % 2 ? 1 : SP_SPARSE_EVERY);
		vec(w, us + 4, SP_EV_EXIT, SP_VEC_NET_RX);
		vec(w, us + 5, SP_EV_ENTRY, SP_VEC_NET_RX);
		vec(w, us + 5, SP_EV_ENTRY, SP_VEC_NET_RX);
		vec(w, us + 6, SP_EV_EXIT, SP_VEC_NET_RX);
		busy(w, us + 500, us + 5000, "u:main");
	}
	flush(w, START + 106000);
	assert_int_equal(w->n, 0);
}

static void a_handler_that_outlasts_thinning_ends_at_its_exit(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	begin(w);
	inside(w, START + 50500, START + 55000);
	thin(w, START + 55000, 1);
	inside(w, START + 55500, START + 60500);
	vec(w, START + 60200, SP_EV_EXIT, SP_VEC_NET_RX);
	busy(w, START + 60500, START + 70000, "u:main");
	flush(w, START + 70000);
	s = one(w, SP_MECH_SOFTIRQ, 9950, 600);
	assert_int_equal(s->end_ns, (START + 60200) * US);
}

static void a_part_that_begins_thinned_knows_it(void **state)
{
	struct fakecpu *w = *state;
	struct sp_event e = event(w, 0, SP_EV_THIN);

	e.count = SP_SPARSE_EVERY;
	put(w, e);
	flood(w, START, START + 50000, 7);
	flush(w, START + 50000);
	assert_int_equal(w->n, 0);
	/* Each entry would else open a span that the next exit closes. */
	assert_true(timeline_thinned_ns(w->timeline, w->cpu) > 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fakecpu_setup, fakecpu_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_served_flood_is_healthy),
		T(a_long_handler_is_softirq_with_bounds),
		T(without_a_witness_it_is_less_sure_and_less_exact),
		T(what_thinned_entries_cannot_prove_is_not_said),
		T(load_is_seen_by_ticks_with_progress),
		T(bh_off_beneath_a_flood_is_still_seen),
		T(interrupts_off_inside_the_handler_blame_no_task),
		T(interrupts_off_before_the_handler_are_the_tasks),
		T(delays_of_net_rx_are_not_claimed),
		T(the_change_itself_makes_no_stall),
		T(a_handler_that_outlasts_thinning_ends_at_its_exit),
		T(a_part_that_begins_thinned_knows_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

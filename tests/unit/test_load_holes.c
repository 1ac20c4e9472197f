/* analyze/loadholes: a run of NET_RX with holes in it, or beside it. */
#include "fakepackets.h"

/* Runs of NET_RX follow each other this closely. */
#define RUN   480
#define PAUSE 20

static void net_rx(struct fakecpu *w, uint64_t from, uint32_t n)
{
	net_rx_runs(w, from, n, RUN, PAUSE);
}

/* The same, of which nothing was recorded right before: not the raise of the first. */
static void net_rx_behind_hole(struct fakecpu *w, uint64_t from, uint32_t n)
{
	vec(w, from, SP_EV_ENTRY, SP_VEC_NET_RX);
	vec(w, from + RUN, SP_EV_EXIT, SP_VEC_NET_RX);
	if (n > 1)
		net_rx(w, from + RUN + PAUSE, n - 1);
}

/* Nothing is recorded for 4 ms, then a softirq begins: the clock was not late, it is missing. The
 * run may have gone on meanwhile, and is less than sure. */
static void a_hole_in_the_recording_is_no_pause(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	busy(w, START - 5000, START, "u:main");
	net_rx(w, START, 9);
	net_rx_behind_hole(w, START + 8000, 10);
	busy(w, START + 13000, START + 20000, "u:main");
	flush(w, START + 20000);
	s = one(w, SP_MECH_LOAD, 12980, 0);
	assert_true(s->confidence < 0.8);
	assert_int_equal(s->begin_hi_ns, (START + 8000) * US);
	assert_int_equal(s->end_lo_ns, (START + 4480) * US);
}

/* Two bursts of 6 ms, and between them no clock for 4 ms: by the tick that ends it a pause or a
 * hole. Packets came on both sides, and either way the CPU served nothing else. */
static void a_gap_between_two_runs_is_part_of_them(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	busy(w, START - 5000, START, "u:main");
	net_rx(w, START, 12);
	tick(w, START + 10000, 0, "u:main");
	net_rx(w, START + 10010, 12);
	busy(w, START + 16500, START + 20000, "u:main");
	flush(w, START + 21000);
	s = one(w, SP_MECH_LOAD, 15990, 0);
	assert_in_range(evidence(s, SP_EVID_STOOD)->n[0], 4000 * US, 4100 * US);
	assert_non_null(evidence(s, SP_EVID_TICK_LATE));
	assert_int_equal(s->begin_hi_ns, (START + 10010) * US);
	assert_int_equal(s->end_lo_ns, (START + 5980) * US);
	assert_true(s->confidence <= 0.6);
}

static void a_gap_between_short_runs_is_a_pause(void **state)
{
	struct fakecpu *w = *state;

	busy(w, START - 5000, START, "u:main");
	net_rx(w, START, 6);
	tick(w, START + 8000, 0, "u:main");
	net_rx(w, START + 8010, 5);
	busy(w, START + 10500, START + 20000, "u:main");
	flush(w, START + 21000);
	one(w, SP_MECH_STOPPED, 5000, 600);
}

/* Interrupts were off between them: that is somebody's, and its own stall. It may turn out to be a
 * pause, and then the load may have gone on in it. */
static void a_gap_that_somebody_made_ends_the_run(void **state)
{
	struct fakecpu *w = *state;

	busy(w, START - 5000, START, "u:main");
	net_rx(w, START, 24);
	tick(w, START + 16000, 0, "entry_SYSCALL_64;holds;_raw_spin_unlock_irqrestore");
	net_rx(w, START + 16010, 24);
	busy(w, START + 28500, START + 30000, "u:main");
	flush(w, START + 31000);
	check_invariants(w);
	assert_int_equal(w->n, 3);
	assert_int_equal(w->stalls[0].mechanism, SP_MECH_LOAD);
	assert_int_equal(w->stalls[0].end_hi_ns, (START + 16000) * US);
	assert_int_equal(w->stalls[1].mechanism, SP_MECH_IRQS_OFF);
	assert_int_equal(w->stalls[2].mechanism, SP_MECH_LOAD);
	assert_int_equal(w->stalls[2].begin_lo_ns, w->stalls[2].begin_ns);
}

/* Each is a load by itself: they were, whatever came to pass in between, and the ends are known. */
static void two_loads_beside_a_hole_are_one(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	busy(w, START - 5000, START, "u:main");
	net_rx(w, START, 24);
	net_rx_behind_hole(w, START + 16000, 24);
	busy(w, START + 28500, START + 30000, "u:main");
	flush(w, START + 31000);
	s = one(w, SP_MECH_LOAD, 27980, 0);
	assert_int_equal(s->begin_hi_ns, s->begin_ns);
	assert_int_equal(s->end_lo_ns, s->end_ns);
	assert_non_null(evidence(s, SP_EVID_STOOD));
	assert_in_range(s->confidence * 100, 80, 89);
}

/* Of three parts the middle one is a load: it began by that part's begin, and ended behind it. */
static void bounds_reach_over_holes_up_to_a_load(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	busy(w, START - 5000, START, "u:main");
	net_rx(w, START, 8);
	net_rx_behind_hole(w, START + 8000, 24);
	net_rx_behind_hole(w, START + 24000, 8);
	busy(w, START + 28500, START + 30000, "u:main");
	flush(w, START + 31000);
	s = one(w, SP_MECH_LOAD, 27980, 0);
	assert_int_equal(s->begin_hi_ns, (START + 8000) * US);
	assert_int_equal(s->end_lo_ns, (START + 19980) * US);
}

/* One NET_RX before a hole does not say that packets were served all through it. */
static void a_crumb_before_a_hole_is_in_the_bounds(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	busy(w, START - 5000, START, "u:main");
	net_rx(w, START, 1);
	net_rx_behind_hole(w, START + 5000, 24);
	busy(w, START + 17500, START + 20000, "u:main");
	flush(w, START + 21000);
	s = one(w, SP_MECH_LOAD, 11980, 0);
	assert_int_equal(s->begin_lo_ns, START * US);
	assert_int_equal(s->begin_hi_ns, s->begin_ns);
	assert_true(s->confidence >= 0.9);
}

static void a_crumb_behind_a_hole_is_in_the_bounds(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	busy(w, START - 5000, START, "u:main");
	net_rx(w, START, 24);
	net_rx_behind_hole(w, START + 16000, 1);
	busy(w, START + 16700, START + 20000, "u:main");
	flush(w, START + 21000);
	s = one(w, SP_MECH_LOAD, 11980, 0);
	assert_int_equal(s->end_lo_ns, s->end_ns);
	assert_int_equal(s->end_hi_ns, (START + 16480) * US);
	assert_true(s->confidence >= 0.9);
}

/* So long a hole says nothing: what is behind it is told without. */
static void a_load_behind_a_long_hole_begins_there(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	busy(w, START - 5000, START, "u:main");
	net_rx(w, START, 4);
	net_rx_behind_hole(w, START + 32000, 24);
	busy(w, START + 44500, START + 50000, "u:main");
	flush(w, START + 51000);
	s = one(w, SP_MECH_LOAD, 11980, 0);
	assert_int_equal(s->begin_ns, (START + 32000) * US);
	assert_int_equal(s->begin_lo_ns, (START + 1980) * US);
	assert_true(s->confidence >= 0.9);
}

/* The pause stays, and the load may have gone on in it. */
static void a_load_may_end_in_the_gap_behind_it(void **state)
{
	struct fakecpu *w = *state;

	busy(w, START - 5000, START, "u:main");
	net_rx(w, START, 24);
	busy(w, START + 16000, START + 20000, "u:main");
	flush(w, START + 21000);
	check_invariants(w);
	assert_int_equal(w->n, 2);
	assert_int_equal(w->stalls[0].mechanism, SP_MECH_LOAD);
	assert_int_equal(w->stalls[0].end_ns, (START + 11980) * US);
	assert_int_equal(w->stalls[0].end_hi_ns, (START + 16000) * US);
	assert_int_equal(w->stalls[1].mechanism, SP_MECH_STOPPED);
}

static void a_load_may_begin_in_the_gap_before_it(void **state)
{
	struct fakecpu *w = *state;

	busy(w, START - 5000, START, "u:main");
	tick(w, START + 4000, 0, "u:main");
	net_rx(w, START + 4010, 24);
	busy(w, START + 16500, START + 20000, "u:main");
	flush(w, START + 21000);
	check_invariants(w);
	assert_int_equal(w->n, 2);
	assert_int_equal(w->stalls[0].mechanism, SP_MECH_STOPPED);
	assert_int_equal(w->stalls[1].mechanism, SP_MECH_LOAD);
	assert_int_equal(w->stalls[1].begin_ns, (START + 4010) * US);
	assert_in_range(w->stalls[1].begin_lo_ns, (START - 500) * US, START * US);
}

/* The same; that it was late is told by a sample inside the first NET_RX, which is none the less.
 */
static void a_gap_told_inside_the_first_net_rx_is_before_it(void **state)
{
	struct fakecpu *w = *state;

	busy(w, START - 5000, START, "u:main");
	tick(w, START + 4000, 0, NULL);
	net_rx(w, START + 4010, 24);
	busy(w, START + 16500, START + 20000, "u:main");
	flush(w, START + 21000);
	check_invariants(w);
	assert_int_equal(w->n, 2);
	assert_int_equal(w->stalls[0].mechanism, SP_MECH_STOPPED);
	assert_int_equal(w->stalls[1].mechanism, SP_MECH_LOAD);
	assert_int_equal(w->stalls[1].begin_ns, (START + 4010) * US);
}

/* 9 ms are a load if they went on for one more in the hole behind them, and none by themselves. */
static void nine_ms_beside_a_hole_may_be_load(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	busy(w, START - 5000, START, "u:main");
	net_rx(w, START, 18);
	busy(w, START + 9500, START + 20000, "u:main");
	net_rx(w, START + 20000, 18);
	vec(w, START + 33000, SP_EV_ENTRY, SP_VEC_TIMER);
	vec(w, START + 33010, SP_EV_EXIT, SP_VEC_TIMER);
	busy(w, START + 33500, START + 40000, "u:main");
	flush(w, START + 41000);
	s = one(w, SP_MECH_LOAD, 8980, 0);
	assert_int_equal(s->begin_ns, (START + 20000) * US);
	assert_int_equal(s->end_hi_ns, (START + 33000) * US);
	assert_true(s->confidence <= 0.6);
}

/* Two ticks are missing, and a softirq begins: a hole, be it short. */
static void a_short_hole_does_not_cut_a_run(void **state)
{
	struct fakecpu *w = *state;

	busy(w, START - 5000, START, "u:main");
	net_rx(w, START, 12);
	net_rx_behind_hole(w, START + 7230, 12);
	busy(w, START + 13500, START + 20000, "u:main");
	flush(w, START + 21000);
	one(w, SP_MECH_LOAD, 13210, 0);
}

/* ksoftirqd did not wait because of anybody, and the run goes on. */
static void wait_in_gap(struct fakecpu *w, const char *sampled)
{
	busy(w, START - 5000, START, "u:main");
	net_rx(w, START, 24);
	wake(w, START + 11980, "ksoftirqd/1", 17);
	vec(w, START + 11985, SP_EV_RAISE, SP_VEC_NET_RX);
	tick(w, START + 16400, 0, sampled);
	net_rx(w, START + 16410, 24);
	busy(w, START + 28500, START + 30000, "u:main");
	flush(w, START + 31000);
	one(w, SP_MECH_LOAD, 28390, 0);
}

static void nobody_waits_in_a_gap(void **state)
{
	wait_in_gap(*state, "u:main");
}

/* A late interrupt of which no sample came yet, and a softirq at its end. */
static void nobody_waits_in_a_gap_that_is_not_told_yet(void **state)
{
	wait_in_gap(*state, NULL);
}

/* As a_gap_that_somebody_made_ends_the_run, but another task runs behind it, and no switch was
 * recorded: records are missing, and the task is innocent. */
static void a_gap_with_an_unseen_switch_is_a_hole(void **state)
{
	struct fakecpu *w = *state;

	switch_from(w, START - 5500, "other", 101, 120, true, "main", 100);
	busy(w, START - 5000, START, "u:main");
	net_rx(w, START, 24);
	w->tid = 101;
	tick(w, START + 16000, 0, "ret_from_fork;finish_task_switch;_raw_spin_unlock_irq");
	net_rx(w, START + 16010, 24);
	busy(w, START + 28500, START + 30000, "u:main");
	flush(w, START + 31000);
	one(w, SP_MECH_LOAD, 27990, 0);
}

static void a_run_before_a_hole_ends_there(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	busy(w, START - 5000, START, "u:main");
	net_rx(w, START, 25);
	vec(w, START + 18000, SP_EV_ENTRY, SP_VEC_TIMER);
	vec(w, START + 18010, SP_EV_EXIT, SP_VEC_TIMER);
	busy(w, START + 18500, START + 25000, "u:main");
	flush(w, START + 25000);
	s = one(w, SP_MECH_LOAD, 12480, 0);
	assert_int_equal(s->end_hi_ns, (START + 18000) * US);
	assert_true(s->confidence >= 0.9);
}

/* Packets are not served inside another softirq, nor in front of the NET_RX that stood still
 * itself: no 8 ms beside that are a load. */
static void nobody_served_packets_in_a_timer_that_paused(void **state)
{
	struct fakecpu *w = *state;

	busy(w, START - 5000, START, "u:main");
	vec(w, START + 10, SP_EV_ENTRY, SP_VEC_TIMER);
	tick(w, START + 4000, SP_TF_SOFTIRQ, "u:a;handle_softirqs;run_timer_softirq;work");
	vec(w, START + 4100, SP_EV_EXIT, SP_VEC_TIMER);
	net_rx(w, START + 4120, 17);
	busy(w, START + 13000, START + 20000, "u:main");
	flush(w, START + 21000);
	one(w, SP_MECH_STOPPED, 3745, 0);
}

static void a_load_behind_a_net_rx_that_paused_begins_behind_it(void **state)
{
	struct fakecpu *w = *state;

	busy(w, START - 5000, START, "u:main");
	vec(w, START + 10, SP_EV_ENTRY, SP_VEC_NET_RX);
	for (uint64_t us = START + 500; us < START + 12000; us += STEP)
		tick(w, us, SP_TF_SOFTIRQ, "u:a;handle_softirqs;net_rx_action;ip_rcv");
	tick(w, START + 15000, SP_TF_SOFTIRQ, "u:a;handle_softirqs;net_rx_action;ip_rcv");
	vec(w, START + 15100, SP_EV_EXIT, SP_VEC_NET_RX);
	net_rx(w, START + 15120, 24);
	busy(w, START + 27500, START + 30000, "u:main");
	flush(w, START + 31000);
	check_invariants(w);
	assert_int_equal(w->n, 2);
	assert_int_equal(w->stalls[0].mechanism, SP_MECH_SOFTIRQ);
	assert_int_equal(w->stalls[1].mechanism, SP_MECH_LOAD);
	assert_int_equal(w->stalls[1].begin_lo_ns, (START + 15120) * US);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fakecpu_setup, fakecpu_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_hole_in_the_recording_is_no_pause),
		T(a_run_before_a_hole_ends_there),
		T(a_gap_between_two_runs_is_part_of_them),
		T(a_gap_between_short_runs_is_a_pause),
		T(a_gap_that_somebody_made_ends_the_run),
		T(two_loads_beside_a_hole_are_one),
		T(bounds_reach_over_holes_up_to_a_load),
		T(a_crumb_before_a_hole_is_in_the_bounds),
		T(a_crumb_behind_a_hole_is_in_the_bounds),
		T(a_load_behind_a_long_hole_begins_there),
		T(a_load_may_end_in_the_gap_behind_it),
		T(a_load_may_begin_in_the_gap_before_it),
		T(a_gap_told_inside_the_first_net_rx_is_before_it),
		T(nine_ms_beside_a_hole_may_be_load),
		T(a_short_hole_does_not_cut_a_run),
		T(nobody_waits_in_a_gap),
		T(nobody_waits_in_a_gap_that_is_not_told_yet),
		T(a_gap_with_an_unseen_switch_is_a_hole),
		T(nobody_served_packets_in_a_timer_that_paused),
		T(a_load_behind_a_net_rx_that_paused_begins_behind_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

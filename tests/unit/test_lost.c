/* analyze/blind: what was proven before records were lost, or the sampler was throttled, is told.
 */
#include "fakepackets.h"

static void lost(struct fakecpu *w, uint64_t us)
{
	struct sp_event e = event(w, us, SP_EV_LOST);

	e.count = 3;
	put(w, e);
}

/* Of 115 ms of packets three records are missing. */
static void a_load_goes_on_behind_lost_records(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	busy(w, START - 5000, START, "u:main");
	net_rx_runs(w, START, 150, 96, 4);
	lost(w, START + 15050);
	net_rx_runs(w, START + 15100, 1000, 96, 4);
	busy(w, START + 115500, START + 120000, "u:main");
	flush(w, START + 121000);
	s = one(w, SP_MECH_LOAD, 115096, 0);
	assert_true(s->confidence >= 0.9);
}

/* One of them is the exit of a NET_RX, or the entry of the next. */
static void a_load_goes_on_behind_records_lost_inside_a_net_rx(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	busy(w, START - 5000, START, "u:main");
	net_rx_runs(w, START, 30, 480, 20);
	vec(w, START + 15000, SP_EV_ENTRY, SP_VEC_NET_RX);
	lost(w, START + 15250);
	vec(w, START + 15480, SP_EV_EXIT, SP_VEC_NET_RX);
	net_rx_runs(w, START + 15500, 30, 480, 20);
	busy(w, START + 31000, START + 40000, "u:main");
	flush(w, START + 41000);
	s = one(w, SP_MECH_LOAD, 30480, 0);
	assert_int_equal(evidence(s, SP_EVID_STOOD)->n[0], 520 * US);
}

/* Behind them nothing says that it went on. */
static void a_load_before_lost_records_ends_there(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	busy(w, START - 5000, START, "u:main");
	net_rx_runs(w, START, 30, 480, 20);
	vec(w, START + 15000, SP_EV_ENTRY, SP_VEC_NET_RX);
	lost(w, START + 21000);
	busy(w, START + 21500, START + 30000, "u:main");
	flush(w, START + 31000);
	s = one(w, SP_MECH_LOAD, 14980, 0);
	assert_int_equal(s->end_lo_ns, s->end_ns);
	assert_int_equal(s->end_hi_ns, (START + 21000) * US);
}

/* So many are missing that most of it is not known: no load. */
static void mostly_lost_is_no_load(void **state)
{
	struct fakecpu *w = *state;

	busy(w, START - 5000, START, "u:main");
	net_rx_runs(w, START, 12, 480, 20);
	lost(w, START + 22000);
	net_rx_runs(w, START + 22000, 12, 480, 20);
	busy(w, START + 28500, START + 30000, "u:main");
	flush(w, START + 31000);
	assert_int_equal(w->n, 0);
}

static void a_thread_that_polls_did_so_until_records_were_lost(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	busy(w, START - 5000, START, "u:main");
	switch_from(w, START, "main", 100, 120, true, "napi/eth0-1", 55);
	busy(w, START, START + 20000, "kthread;napi_threaded_poll;ip_rcv");
	lost(w, START + 20200);
	busy(w, START + 20500, START + 30000, "kthread;napi_threaded_poll;ip_rcv");
	flush(w, START + 30000);
	s = one(w, SP_MECH_LOAD, 19502, 0);
	assert_int_equal(s->end_hi_ns, (START + 20200) * US);
}

/* And goes on: nothing says that it has left the CPU. */
static void a_thread_that_polls_goes_on_behind_lost_records(void **state)
{
	struct fakecpu *w = *state;

	named(w, START - 6000, "napi/eth0-1", 55);
	busy(w, START - 5000, START, "u:main");
	switch_from(w, START, "main", 100, 120, true, "napi/eth0-1", 55);
	busy(w, START, START + 20000, "kthread;napi_threaded_poll;ip_rcv");
	lost(w, START + 20200);
	busy(w, START + 20500, START + 40000, "kthread;napi_threaded_poll;ip_rcv");
	switch_from(w, START + 40000, "napi/eth0-1", 55, 120, false, "main", 100);
	busy(w, START + 40500, START + 50000, "u:main");
	flush(w, START + 50000);
	check_invariants(w);
	assert_int_equal(w->n, 2);
	assert_int_equal(w->stalls[1].mechanism, SP_MECH_LOAD);
	assert_int_equal(w->stalls[1].begin_lo_ns, (START + 20200) * US);
	assert_int_equal(w->stalls[1].begin_ns, (START + 20500) * US);
	assert_int_equal(w->stalls[1].end_ns, (START + 40000) * US);
}

static void bottom_halves_were_off_until_records_were_lost(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	busy(w, START - 5000, START, "u:main");
	vec(w, START + 100, SP_EV_RAISE, SP_VEC_TIMER);
	for (uint64_t us = START; us < START + 20000; us += STEP)
		tick(w, us, SP_TF_BH_OFF, "entry_SYSCALL_64;holds");
	lost(w, START + 20200);
	busy(w, START + 20500, START + 30000, "u:main");
	flush(w, START + 30000);
	s = one(w, SP_MECH_BH_OFF, 19500, 500);
	assert_int_equal(s->end_hi_ns, (START + 20200) * US);
}

/* Its tracepoints went on meanwhile. */
static void a_load_goes_on_while_the_sampler_is_throttled(void **state)
{
	struct fakecpu *w = *state;

	busy(w, START - 5000, START, "u:main");
	net_rx_runs(w, START, 150, 96, 4);
	put(w, event(w, START + 15010, SP_EV_THROTTLE));
	net_rx_runs(w, START + 15020, 10, 96, 4);
	put(w, event(w, START + 16020, SP_EV_UNTHROTTLE));
	net_rx_runs(w, START + 16100, 1000, 96, 4);
	busy(w, START + 116500, START + 120000, "u:main");
	flush(w, START + 121000);
	one(w, SP_MECH_LOAD, 116096, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fakecpu_setup, fakecpu_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_load_goes_on_behind_lost_records),
		T(a_load_goes_on_behind_records_lost_inside_a_net_rx),
		T(a_load_before_lost_records_ends_there),
		T(mostly_lost_is_no_load),
		T(a_thread_that_polls_did_so_until_records_were_lost),
		T(a_thread_that_polls_goes_on_behind_lost_records),
		T(bottom_halves_were_off_until_records_were_lost),
		T(a_load_goes_on_while_the_sampler_is_throttled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

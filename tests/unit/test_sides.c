/* analyze/sides: drops by event and by counter, what was sent again after them, and reclaim. */
#include "unit.h"

#include "sides.h"

#define US	 UINT64_C(1000)
#define MS	 (1000 * US)
#define CPU_MANY 8191U

static struct sides *sides(void)
{
	struct sp_err err = SP_ERR_INIT;
	struct sides *s = NULL;

	assert_int_equal(sides_new(&s, &err), 0);
	return s;
}

static void put(struct sides *s, struct sp_event e, uint64_t begin_ns)
{
	struct sp_err err = SP_ERR_INIT;

	assert_int_equal(sides_put(s, &e, begin_ns, &err), 0);
}

static void drop(struct sides *s, uint64_t ns, sp_str reason)
{
	put(s, (struct sp_event){ .type = SP_EV_DROP, .time_ns = ns, .drop.reason_name = reason },
	    0);
}

static void resent(struct sides *s, uint64_t ns)
{
	put(s, (struct sp_event){ .type = SP_EV_RETRANS, .time_ns = ns }, 0);
}

static void netstat(struct sides *s, uint64_t ns, uint64_t pfmemalloc, uint64_t retrans)
{
	put(s,
	    (struct sp_event){
		    .type = SP_EV_NETSTAT, .time_ns = ns, .netstat = { pfmemalloc, retrans } },
	    0);
}

static void softnet(struct sides *s, uint32_t cpu, uint64_t ns, uint64_t dropped)
{
	put(s,
	    (struct sp_event){
		    .type = SP_EV_SOFTNET, .cpu = cpu, .time_ns = ns, .softnet.dropped = dropped },
	    0);
}

static void reclaim(struct sides *s, int32_t tid, uint64_t begin_ns, uint64_t end_ns)
{
	put(s, (struct sp_event){ .type = SP_EV_RECLAIM_END, .tid = tid, .time_ns = end_ns },
	    begin_ns);
}

static void seal(struct sides *s)
{
	struct sp_err err = SP_ERR_INIT;

	assert_int_equal(sides_seal(s, 0, 1000 * MS, &err), 0);
}

static void nothing(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(sides) s = sides();
	double chance = 77;

	(void)state;
	/* What is none of them is passed over. */
	put(s, (struct sp_event){ .type = SP_EV_SAMPLE, .time_ns = 5 }, 0);
	reclaim(s, 7, 5 * MS, 5 * MS);
	reclaim(s, 7, 6 * MS, 5 * MS);
	softnet(s, SP_NO_CPU, 5 * MS, 10);
	seal(s);
	assert_int_equal(sides_dropped(s, 0, 1000 * MS).count, 0);
	assert_int_equal(sides_reclaimed(s, 0, 1000 * MS).tid, SP_NO_TASK);
	assert_int_equal(sides_drop_chance(s, 10 * MS, &chance, &err), 0);
	assert_true(chance == 0);
	assert_int_equal(sides_dropped_rows(s), 0);
}

static void drops_in_a_window(void **state)
{
	sp_auto(sides) s = sides();
	struct sides_drops d;

	(void)state;
	drop(s, 100 * MS, 5);
	drop(s, 102 * MS, 6);
	drop(s, 900 * MS, 7);
	seal(s);
	d = sides_dropped(s, 100 * MS, 200 * MS);
	assert_int_equal(d.count, 2);
	assert_int_equal(d.first_ns, 100 * MS);
	assert_int_equal(d.reason, 5);
	assert_int_equal(d.resent_ns, 0);
	assert_int_equal(sides_dropped(s, 103 * MS, 899 * MS).count, 0);
}

static void what_tcp_sent_again(void **state)
{
	sp_auto(sides) s = sides();
	struct sides_drops d;

	(void)state;
	resent(s, 90 * MS);
	drop(s, 100 * MS, 5);
	resent(s, 300 * MS);
	resent(s, 305 * MS);
	resent(s, 800 * MS);
	seal(s);
	/* First after the drop, and no later than the window. */
	d = sides_dropped(s, 50 * MS, 400 * MS);
	assert_int_equal(d.resent_ns, 300 * MS);
	assert_int_equal(d.resent, 2);
	d = sides_dropped(s, 50 * MS, 200 * MS);
	assert_int_equal(d.resent_ns, 0);
	assert_int_equal(d.resent, 0);
}

/* Counters tell that it was between two reads; the first read tells nothing, nor does a reset. */
static void by_counters(void **state)
{
	sp_auto(sides) s = sides();
	struct sides_drops d;

	(void)state;
	netstat(s, 100 * MS, 1000, 50);
	netstat(s, 200 * MS, 1000, 50);
	netstat(s, 300 * MS, 1003, 50);
	netstat(s, 500 * MS, 1003, 54);
	netstat(s, 600 * MS, 2, 1);
	seal(s);
	d = sides_dropped(s, 0, 150 * MS);
	assert_int_equal(d.count, 0);
	d = sides_dropped(s, 210 * MS, 220 * MS);
	assert_int_equal(d.count, 3);
	assert_int_equal(d.reason, 0);
	assert_int_equal(d.first_ns, 300 * MS);
	d = sides_dropped(s, 250 * MS, 450 * MS);
	assert_int_equal(d.resent, 4);
	/* An interval has no instant. */
	assert_int_equal(d.resent_ns, 0);
	assert_int_equal(sides_dropped(s, 501 * MS, 700 * MS).count, 0);
}

static void backlogs_by_cpu(void **state)
{
	sp_auto(sides) s = sides();

	(void)state;
	softnet(s, 0, 100 * MS, 10);
	softnet(s, CPU_MANY, 110 * MS, 500);
	softnet(s, 0, 200 * MS, 12);
	softnet(s, CPU_MANY, 210 * MS, 500);
	seal(s);
	assert_int_equal(sides_dropped(s, 0, 1000 * MS).count, 2);
	assert_int_equal(sides_dropped(s, 0, 1000 * MS).first_ns, 200 * MS);
}

static void the_task_that_reclaimed_most(void **state)
{
	sp_auto(sides) s = sides();
	struct sides_reclaim r;

	(void)state;
	reclaim(s, 7, 100 * MS, 130 * MS);
	reclaim(s, 8, 120 * MS, 190 * MS);
	reclaim(s, 7, 150 * MS, 160 * MS);
	seal(s);
	r = sides_reclaimed(s, 0, 1000 * MS);
	assert_int_equal(r.tid, 8);
	assert_int_equal(r.held_ns, 70 * MS);
	assert_true(r.at_ns > 120 * MS && r.at_ns <= 190 * MS);
	/* Of the window only. */
	r = sides_reclaimed(s, 100 * MS, 130 * MS);
	assert_int_equal(r.tid, 7);
	assert_int_equal(r.held_ns, 30 * MS);
	assert_int_equal(sides_reclaimed(s, 200 * MS, 300 * MS).held_ns, 0);
}

/* Thousands of short ones of one task are one, as long as all of them together. */
static void short_reclaims_are_joined(void **state)
{
	sp_auto(sides) s = sides();

	(void)state;
	for (uint32_t i = 0; i < 2 * SIDES_MAX; i++)
		reclaim(s, 7, 100 * MS + i * US, 100 * MS + i * US + US / 2);
	seal(s);
	assert_int_equal(sides_dropped_rows(s), 0);
	assert_in_range(sides_reclaimed(s, 0, 1000 * MS).held_ns, 99 * MS, 101 * MS);
	/* The pauses between them do not count. */
	assert_in_range(sides_reclaimed(s, 150 * MS, 160 * MS).held_ns, 4 * MS, 6 * MS);
}

static void no_more_than_is_kept(void **state)
{
	sp_auto(sides) s = sides();

	(void)state;
	for (uint32_t i = 0; i < SIDES_MAX + 5; i++)
		drop(s, 100 * MS + i, 1);
	for (uint32_t i = 0; i < SIDES_MAX + 3; i++)
		resent(s, 200 * MS + i);
	seal(s);
	assert_int_equal(sides_dropped_rows(s), 8);
	assert_int_equal(sides_dropped(s, 0, 1000 * MS).count, SIDES_MAX);
}

static void how_likely_by_accident(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(sides) s = sides();
	double chance;

	(void)state;
	/* One drop in a second: a window of 100 ms holds it at a tenth of all places. */
	drop(s, 500 * MS, 1);
	reclaim(s, 7, 500 * MS, 600 * MS);
	seal(s);
	assert_int_equal(sides_drop_chance(s, 100 * MS, &chance, &err), 0);
	assert_true(chance > 0.099 && chance < 0.105);
	/* All of 100 ms of reclaim: at few places; some of it: at many. */
	assert_int_equal(sides_reclaim_chance(s, 100 * MS, 100 * MS, &chance, &err), 0);
	assert_true(chance < 0.01);
	assert_int_equal(sides_reclaim_chance(s, 100 * MS, 50 * MS, &chance, &err), 0);
	assert_true(chance > 0.09 && chance < 0.12);
	assert_int_equal(sides_reclaim_chance(s, 100 * MS, 1, &chance, &err), 0);
	assert_true(chance > 0.19 && chance < 0.22);
}

static void the_waits_of_tcp(void **state)
{
	static const uint32_t waits_ms[] = { 200, 600, 1000, 1400, 3000, 6200, 7000, 12600, 15000 };
	static const uint32_t none_ms[] = {
		0, 1, 100, 195, 270, 500, 2000, 2900, 5000, 10000, 60000
	};

	(void)state;
	for (size_t i = 0; i < sizeof(waits_ms) / sizeof(waits_ms[0]); i++) {
		assert_int_equal(sides_rto(waits_ms[i] * MS), waits_ms[i] * MS);
		assert_int_equal(sides_rto((waits_ms[i] + 30) * MS), waits_ms[i] * MS);
		/* A jiffy early, no more. */
		assert_int_equal(sides_rto(waits_ms[i] * MS - SIDES_RTO_EARLY_NS),
				 waits_ms[i] * MS);
	}
	for (size_t i = 0; i < sizeof(none_ms) / sizeof(none_ms[0]); i++)
		assert_int_equal(sides_rto(none_ms[i] * MS), 0);
	assert_int_equal(sides_rto(200 * MS - SIDES_RTO_EARLY_NS - 1), 0);
	assert_int_equal(sides_rto(SP_UNKNOWN_NS - 1), 0);
	assert_int_equal(sides_rto(SP_UNKNOWN_NS), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing),
		cmocka_unit_test(drops_in_a_window),
		cmocka_unit_test(what_tcp_sent_again),
		cmocka_unit_test(by_counters),
		cmocka_unit_test(backlogs_by_cpu),
		cmocka_unit_test(the_task_that_reclaimed_most),
		cmocka_unit_test(short_reclaims_are_joined),
		cmocka_unit_test(no_more_than_is_kept),
		cmocka_unit_test(how_likely_by_accident),
		cmocka_unit_test(the_waits_of_tcp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

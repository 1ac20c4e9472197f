/* analyze/judge: each kind of verdict and its reason. */
#include "unit.h"

#include "fakescene.h"
#include "judge_run.h"

#include <math.h>

static void one_stall_under_one_spike(void **state)
{
	struct scene *s = scene(2, 60 * S);
	const struct sp_verdict *v;

	(void)state;
	stall(s, 1, 10 * S, 50 * MS);
	stall(s, 1, 20 * S, 12 * MS);
	spike(s, 10 * S + 51 * MS, 50 * MS);
	spike(s, 20 * S + 30 * MS, 30 * MS); /* 12 of 30 ms */
	spike(s, 30 * S, 30 * MS);
	spike(s, 10 * S + 700 * MS, SP_UNKNOWN_NS);
	v = judge(s);
	assert_int_equal(v[0].kind, SP_VERDICT_STALL);
	assert_int_equal(v[0].explained_ns, 49 * MS);
	assert_int_equal(v[0].nstalls, 1);
	assert_int_equal(v[0].stalls[0].stall, 1);
	assert_int_equal(v[0].stalls[0].overlap_ns, 49 * MS);
	assert_true(v[0].confidence > 0.9);
	assert_true(fabs(v[0].chance - 0.00083) < 0.0001); /* 50 + 50 - 2 × 25 ms of 60 s */
	assert_int_equal(v[1].kind, SP_VERDICT_NONE);
	assert_int_equal(v[1].why, SP_WHY_TOO_SHORT);
	assert_int_equal(v[1].explained_ns, 12 * MS);
	assert_int_equal(v[1].nstalls, 1);
	assert_int_equal(v[2].kind, SP_VERDICT_NONE);
	assert_int_equal(v[2].why, SP_WHY_HEALTHY);
	assert_true(isnan(v[2].chance));
	assert_int_equal(v[3].kind, SP_VERDICT_STALL);
	assert_int_equal(v[3].explained_ns, 50 * MS);
	clear(s);
}

static void several_stalls_add_up_on_one_cpu_only(void **state)
{
	struct scene *s = scene(4, 100 * S);
	const struct sp_verdict *v;

	(void)state;
	/* 3 × 12 of 60 ms on CPU 2; the same in three pieces on three CPUs is no explanation. */
	for (uint32_t i = 0; i < 3; i++) {
		stall(s, 2, 10 * S + i * 20 * MS, 12 * MS);
		stall(s, i, 50 * S + i * 20 * MS, 12 * MS);
	}
	/* Overlapping stalls of one CPU count once. */
	stall(s, 3, 70 * S, 20 * MS);
	stall(s, 3, 70 * S + 1 * MS, 18 * MS);
	spike(s, 10 * S + 60 * MS, 60 * MS);
	spike(s, 50 * S + 60 * MS, 60 * MS);
	spike(s, 70 * S + 60 * MS, 60 * MS);
	v = judge(s);
	assert_int_equal(v[0].kind, SP_VERDICT_STALL);
	assert_int_equal(v[0].explained_ns, 36 * MS);
	assert_int_equal(v[0].nstalls, 3);
	assert_int_equal(v[1].kind, SP_VERDICT_NONE);
	assert_int_equal(v[1].explained_ns, 12 * MS);
	assert_int_equal(v[2].kind, SP_VERDICT_NONE);
	assert_int_equal(v[2].explained_ns, 20 * MS);
	clear(s);
}

static void the_culprits_cpu_comes_first(void **state)
{
	struct scene *s = scene(4, 100 * S);
	const struct sp_verdict *v;

	(void)state;
	/* CPU 1: 30 + 30; CPU 2: one of 40, the longest single one. */
	stall(s, 1, 10 * S, 30 * MS);
	stall(s, 1, 10 * S + 35 * MS, 30 * MS);
	stall(s, 2, 10 * S, 40 * MS);
	spike(s, 10 * S + 70 * MS, 70 * MS);
	v = judge(s);
	assert_int_equal(v[0].kind, SP_VERDICT_STALL);
	assert_int_equal(v[0].explained_ns, 60 * MS);
	assert_int_equal(v[0].nstalls, 3);
	assert_int_equal(s->stalls[v[0].stalls[0].stall - 1].cpu, 1);
	assert_int_equal(s->stalls[v[0].stalls[2].stall - 1].cpu, 2);
	clear(s);
}

static void rivals_name_nobody_unless_they_are_one(void **state)
{
	struct scene *s = scene(4, 100 * S);
	const struct sp_verdict *v;

	(void)state;
	stall(s, 1, 10 * S, 30 * MS);
	stall(s, 2, 10 * S, 29 * MS); /* another culprit at the same time */
	stall(s, 1, 20 * S, 30 * MS);
	stall(s, 2, 20 * S, 29 * MS)->comm = 2; /* the same: comm of CPU 1 is 2 */
	stall(s, 1, 30 * S, 30 * MS)->mechanism = SP_MECH_STOPPED;
	stall(s, 2, 30 * S, 30 * MS)->mechanism = SP_MECH_STEAL;
	spike(s, 10 * S + 31 * MS, 30 * MS);
	spike(s, 20 * S + 31 * MS, 30 * MS);
	spike(s, 30 * S + 31 * MS, 30 * MS);
	spike(s, 10 * S + 31 * MS, 30 * MS)->cpu = 2;
	spike(s, 10 * S + 31 * MS, 30 * MS)->cpu = 3;
	v = judge(s);
	assert_int_equal(v[0].kind, SP_VERDICT_AMBIGUOUS);
	assert_int_equal(v[0].why, SP_WHY_RIVALS);
	assert_int_equal(v[0].nstalls, 2);
	assert_int_equal(v[1].kind, SP_VERDICT_STALL);
	assert_int_equal(v[2].kind, SP_VERDICT_STALL);
	/* A spike with a CPU is that CPU's. */
	assert_int_equal(v[3].kind, SP_VERDICT_STALL);
	assert_int_equal(s->stalls[v[3].stalls[0].stall - 1].cpu, 2);
	assert_int_equal(v[4].kind, SP_VERDICT_NONE);
	assert_int_equal(v[4].nstalls, 0);
	clear(s);
}

static void not_seen_is_not_healthy(void **state)
{
	struct scene *s = scene(2, 60 * S);
	struct sp_err err = SP_ERR_INIT;
	const struct sp_verdict *v;

	(void)state;
	assert_int_equal(coverage_gap(s->coverage, 1, COVERAGE_NOT_OBSERVED, BEGIN + 10 * S,
				      BEGIN + 11 * S, &err),
			 0);
	assert_int_equal(
		coverage_gap(s->coverage, 0, COVERAGE_LOST, BEGIN + 20 * S, BEGIN + 21 * S, &err),
		0);
	assert_int_equal(coverage_gap(s->coverage, 0, COVERAGE_LOST, BEGIN + 30 * S,
				      BEGIN + 30 * S + MS / 2, &err),
			 0);
	assert_int_equal(coverage_delay(s->coverage, 0, BEGIN + 40 * S, 200000, &err), 0);
	spike(s, 10 * S + 20 * MS, 30 * MS);	      /* partly in the gap of CPU 1 */
	spike(s, 10 * S + 20 * MS, 30 * MS)->cpu = 0; /* not its CPU */
	spike(s, 20 * S + 500 * MS, 30 * MS);
	spike(s, 30 * S + 20 * MS, 30 * MS); /* too short a gap to hide a stall */
	spike(s, 40 * S + 5 * MS, 30 * MS);
	spike(s, 60 * S + 20 * MS, 30 * MS); /* ends after the recording */
	spike(s, 70 * S, 30 * MS);
	spike(s, 30 * S, 30 * MS)->cpu = 9;
	spike(s, 10 * S + 20 * MS, MS / 2); /* shorter than any stall, and not seen */
	v = judge(s);
	assert_int_equal(v[0].kind, SP_VERDICT_NO_DATA);
	assert_int_equal(v[0].why, SP_WHY_NOT_OBSERVED);
	assert_int_equal(v[0].unobserved_ns, 20 * MS);
	assert_int_equal(v[1].kind, SP_VERDICT_NONE);
	assert_int_equal(v[2].kind, SP_VERDICT_NO_DATA);
	assert_int_equal(v[2].why, SP_WHY_LOST);
	assert_int_equal(v[3].kind, SP_VERDICT_NONE);
	assert_int_equal(v[4].kind, SP_VERDICT_NONE);
	assert_in_range(v[4].worst_delay_ns, 200000, 202000); /* kept in us */
	assert_int_equal(v[5].kind, SP_VERDICT_NO_DATA);
	assert_int_equal(v[5].why, SP_WHY_NOT_OBSERVED);
	assert_int_equal(v[6].kind, SP_VERDICT_NO_DATA);
	assert_int_equal(v[6].why, SP_WHY_OUTSIDE);
	assert_int_equal(v[7].kind, SP_VERDICT_NO_DATA);
	assert_int_equal(v[7].why, SP_WHY_CPU_NOT_RECORDED);
	assert_int_equal(v[8].kind, SP_VERDICT_NO_DATA);
	assert_int_equal(judge_not_recorded(s->judge), 1);
	clear(s);
}

static void a_drop_explains_a_retransmission(void **state)
{
	struct scene *s = scene(2, 200 * S);
	struct sp_event e = { .type = SP_EV_DROP, .cpu = 1, .drop.reason_name = 7 };
	struct sp_event reclaim = { .type = SP_EV_RECLAIM_END, .tid = 55 };
	struct sp_event stat = { .type = SP_EV_NETSTAT }, again = { .type = SP_EV_RETRANS };
	struct sp_err err = SP_ERR_INIT;
	const struct sp_verdict *v;

	(void)state;
	e.time_ns = BEGIN + 10 * S + 4 * MS;
	assert_int_equal(sides_put(s->sides, &e, 0, &err), 0);
	again.time_ns = BEGIN + 10 * S + 205 * MS;
	assert_int_equal(sides_put(s->sides, &again, 0, &err), 0);
	reclaim.time_ns = BEGIN + 30 * S + 80 * MS;
	assert_int_equal(sides_put(s->sides, &reclaim, BEGIN + 30 * S, &err), 0);
	/* The counter moved once, between 50 and 51 s. */
	for (uint64_t i = 0; i < 100; i++) {
		stat.time_ns = BEGIN + i * S;
		stat.netstat.pfmemalloc = 1000 + (i > 50);
		stat.netstat.retrans = 7 + (i > 50 ? 3 : 0);
		assert_int_equal(sides_put(s->sides, &stat, 0, &err), 0);
	}
	stall(s, 1, 10 * S, 5 * MS);
	spike(s, 10 * S + 206 * MS, 206 * MS); /* 5 ms of stall, a drop, 200 ms of waiting */
	spike(s, 10 * S + 100 * MS, 100 * MS); /* no retransmission takes 100 ms */
	spike(s, 10 * S + 200 * MS, 600 * MS); /* 600 ms, but the drop came too late for that */
	spike(s, 30 * S + 100 * MS, 100 * MS);
	spike(s, 30 * S + 300 * MS, 300 * MS); /* 80 of 300 ms */
	spike(s, 51 * S, 205 * MS);
	v = judge(s);
	assert_int_equal(v[0].kind, SP_VERDICT_DROP);
	assert_int_equal(v[0].rto_ns, 200 * MS);
	assert_int_equal(v[0].explained_ns, 205 * MS);
	assert_int_equal(v[0].stalled_ns, 5 * MS);
	assert_int_equal(v[0].resent_ns, 201 * MS);
	assert_true(v[0].confidence > v[5].confidence);
	assert_int_equal(v[5].resent, 3);
	assert_int_equal(v[5].resent_ns, 0);
	assert_int_equal(v[0].drops, 1);
	assert_string_equal(v[0].drop_reason, "SOCKET_PFMEMALLOC");
	assert_int_equal(v[0].nstalls, 1);
	assert_int_equal(v[1].kind, SP_VERDICT_NONE);
	assert_int_equal(v[2].kind, SP_VERDICT_NONE);
	assert_int_equal(v[3].kind, SP_VERDICT_TASK_DELAY);
	assert_string_equal(v[3].task_comm, "java");
	assert_int_equal(v[3].reclaim_ns, 80 * MS);
	assert_int_equal(v[4].kind, SP_VERDICT_NONE);
	assert_int_equal(v[5].kind, SP_VERDICT_DROP);
	assert_null(v[5].drop_reason);
	clear(s);
}

static void nothing_at_all(void **state)
{
	struct scene *s = scene(0, 0);

	(void)state;
	judge(s);
	clear(s);
	s = scene(0, 0);
	spike(s, 5 * S, MS);
	assert_int_equal(judge(s)[0].why, SP_WHY_OUTSIDE);
	clear(s);
}

/* Half the latency, an odd ns more; of an unknown one half of what is there. */
static void how_much_is_needed(void **state)
{
	struct sp_spike k = { .latency_ns = 11, .begin_ns = 100, .end_ns = 130 };

	(void)state;
	assert_true(judge_has_latency(&k));
	assert_int_equal(judge_needed(&k, 1000), 6);
	assert_int_equal(judge_length(&k), 30);
	k.latency_ns = SP_UNKNOWN_NS;
	assert_false(judge_has_latency(&k));
	assert_int_equal(judge_needed(&k, 1000), 500);
	assert_int_equal(judge_needed(&k, 0), 0);
	k.latency_ns = SP_UNKNOWN_NS - 1;
	assert_true(judge_needed(&k, 0) == UINT64_MAX / 2);
	/* A window that ends before it begins is none. */
	k.end_ns = 99;
	assert_int_equal(judge_length(&k), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_stall_under_one_spike),
		cmocka_unit_test(several_stalls_add_up_on_one_cpu_only),
		cmocka_unit_test(the_culprits_cpu_comes_first),
		cmocka_unit_test(rivals_name_nobody_unless_they_are_one),
		cmocka_unit_test(not_seen_is_not_healthy),
		cmocka_unit_test(a_drop_explains_a_retransmission),
		cmocka_unit_test(nothing_at_all),
		cmocka_unit_test(how_much_is_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* analyze/rank, lift, winset: who did how much harm. */
#include "lift.h"
#include "rank.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MS 1000000ULL
#define S  1000000000ULL
#define N  40

static struct sp_stall stalls[N];
static struct sp_stall_names names[N];
static struct sp_spike spikes[8];
static struct sp_overlap overlaps[8][4];
static struct sp_verdict verdicts[8];
static uint32_t nstalls, nspikes;
static const uint32_t cpus[] = { 0, 1 };
static struct arena *arena;
static struct sp_err err;

static int setup(void **state)
{
	(void)state;
	memset(stalls, 0, sizeof(stalls));
	memset(names, 0, sizeof(names));
	memset(verdicts, 0, sizeof(verdicts));
	nstalls = nspikes = 0;
	err = (struct sp_err)SP_ERR_INIT;
	return arena_new(&arena, &err);
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static uint32_t stall(uint64_t begin_ns, uint64_t len_ns, const char *entry, const char *caller,
		      const char *comm, int32_t pid)
{
	stalls[nstalls] = (struct sp_stall){
		.id = nstalls + 1,
		.begin_ns = begin_ns,
		.end_ns = begin_ns + len_ns,
		.mechanism = SP_MECH_IRQS_OFF,
	};
	names[nstalls] = (struct sp_stall_names){
		.entry = entry, .caller = caller, .comm = comm, .pid = pid
	};
	return ++nstalls;
}

static void spike(uint64_t begin_ns, uint64_t end_ns, uint64_t explained_ns, uint32_t by)
{
	overlaps[nspikes][0] = (struct sp_overlap){ by, by ? 10 * MS : 0 };
	spikes[nspikes] = (struct sp_spike){
		.id = nspikes + 1, .begin_ns = begin_ns, .end_ns = end_ns, .cpu = SP_NO_CPU
	};
	verdicts[nspikes] = (struct sp_verdict){
		.explained = by > 0,
		.explained_ns = explained_ns,
		.stalls = overlaps[nspikes],
		.nstalls = by > 0,
	};
	nspikes++;
}

static const struct sp_caller *ranked(uint32_t *n, enum rank_by by, const char *const *groups,
				      uint32_t ngroups)
{
	const struct sp_caller *ret = NULL;
	struct rank_in in = {
		.stalls = stalls,
		.names = names,
		.nstalls = nstalls,
		.spikes = spikes,
		.verdicts = verdicts,
		.nspikes = nspikes,
		.cpus = cpus,
		.ncpus = 2,
		.begin_ns = 0,
		.end_ns = 100 * S,
		.by = by,
		.groups = groups,
		.ngroups = ngroups,
	};

	assert_int_equal(rank(&in, arena, &ret, n, &err), 0);
	return ret;
}

static void explained_time_counts_before_starved(void **state)
{
	const struct sp_caller *c;
	uint32_t n, id;

	(void)state;
	id = stall(10 * S, 10 * MS, "proc_reg_read", "s_show", "ss", 5);
	stall(20 * S, 50 * MS, "seq_read", "other", "cat", 6);
	stall(30 * S, 5 * MS, "proc_reg_read", "s_show", "ss", 7);
	spike(10 * S - MS, 10 * S + 12 * MS, 10 * MS, id);
	c = ranked(&n, RANK_CALLER, NULL, 0);
	assert_int_equal(n, 2);
	assert_int_equal(c[0].rank, 1);
	assert_string_equal(c[0].caller, "s_show");
	assert_int_equal(c[0].explained_ns, 10 * MS);
	assert_int_equal(c[0].starved_ns, 15 * MS);
	assert_int_equal(c[0].stalls, 2);
	assert_int_equal(c[0].spikes, 1);
	assert_int_equal(c[0].mechanisms, 1 << SP_MECH_IRQS_OFF);
	assert_true(fabs(c[0].share - 15.0 / 65.0) < 1e-9);
	/* Two runs of one program are one task without pid. */
	assert_int_equal(c[0].ntasks, 1);
	assert_string_equal(c[0].tasks[0].comm, "ss");
	assert_int_equal(c[0].tasks[0].pid, SP_NO_TASK);
	assert_int_equal(c[0].tasks[0].starved_ns, 15 * MS);
	assert_int_equal(c[1].explained_ns, 0);
	assert_int_equal(c[1].spikes, 0);
	assert_int_equal(c[1].tasks[0].pid, 6);
}

static void explained_time_is_shared(void **state)
{
	const struct sp_caller *c;
	uint32_t n, a, b;

	(void)state;
	a = stall(10 * S, 10 * MS, "e", "a", "x", 1);
	b = stall(10 * S + 20 * MS, 30 * MS, "e", "b", "x", 1);
	spike(10 * S, 11 * S, 20 * MS, a);
	overlaps[0][1] = (struct sp_overlap){ b, 30 * MS };
	verdicts[0].nstalls = 2;
	c = ranked(&n, RANK_CALLER, NULL, 0);
	assert_string_equal(c[0].caller, "b");
	assert_int_equal(c[0].explained_ns, 15 * MS);
	assert_int_equal(c[1].explained_ns, 5 * MS);
	assert_int_equal(c[0].spikes, 1);
	assert_int_equal(c[1].spikes, 1);
}

static void lift_is_never_infinite(void **state)
{
	const struct sp_caller *c;
	uint32_t n;

	(void)state;
	for (uint32_t i = 0; i < 6; i++) {
		uint32_t id = stall((10 + 10 * i) * S, 5 * MS, "e", "guilty", "x", 1);

		spike((10 + 10 * i) * S, (10 + 10 * i) * S + 20 * MS, 5 * MS, id);
	}
	for (uint32_t i = 0; i < 30; i++)
		stall((1 + 3 * i) * S + 500 * MS, 5 * MS, "e", "innocent", "y", 2);
	c = ranked(&n, RANK_CALLER, NULL, 0);
	assert_int_equal(n, 2);
	assert_string_equal(c[0].caller, "guilty");
	assert_true(isfinite(c[0].lift) && c[0].lift > 1000);
	assert_true(c[0].chance <= 0.05);
	assert_true(c[1].lift < c[0].lift);
	/* No spike was touched: every shift does as well. */
	assert_true(c[1].chance > 0.9);
}

static void without_spikes(void **state)
{
	const struct sp_caller *c;
	uint32_t n;

	(void)state;
	stall(1 * S, 5 * MS, "e", "small", "x", 1);
	stall(2 * S, 9 * MS, "e", "big", "x", 1);
	stall(3 * S, 7 * MS, NULL, NULL, NULL, SP_NO_TASK);
	stalls[2].mechanism = SP_MECH_STEAL;
	stall(4 * S, 1 * MS, NULL, NULL, NULL, SP_NO_TASK);
	stalls[3].mechanism = SP_MECH_STOPPED;
	c = ranked(&n, RANK_CALLER, NULL, 0);
	assert_int_equal(n, 4);
	assert_string_equal(c[0].caller, "big");
	assert_null(c[1].caller);
	assert_int_equal(c[1].mechanisms, 1 << SP_MECH_STEAL);
	assert_int_equal(c[1].ntasks, 0);
	assert_true(isnan(c[0].lift));
	assert_true(isnan(c[0].chance));
	c = ranked(&n, RANK_ENTRY, NULL, 0);
	assert_int_equal(n, 3);
	assert_string_equal(c[0].entry, "e");
	assert_null(c[0].caller);
	assert_int_equal(c[0].starved_ns, 14 * MS);
}

static void nothing(void **state)
{
	uint32_t n = 9;

	(void)state;
	ranked(&n, RANK_CALLER, NULL, 0);
	assert_int_equal(n, 0);
}

static void groups_join_rows(void **state)
{
	static const char *const groups[] = { "mem_cgroup_*" };
	static const char *const builtin[] = { "families" };
	const struct sp_caller *c;
	uint32_t n;

	(void)state;
	stall(1 * S, 5 * MS, "memcg_stat_show", "mem_cgroup_nr_lru_pages", "x", 1);
	stall(2 * S, 9 * MS, "memcg_stat_show", "mem_cgroup_node_nr_lru_pages", "x", 1);
	stall(3 * S, 1 * MS, "memcg_numa_stat_show", "memcg_page_state", "x", 1);
	c = ranked(&n, RANK_CALLER, NULL, 0);
	assert_int_equal(n, 3);
	assert_string_equal(c[0].family, "mem_cgroup_*");
	c = ranked(&n, RANK_CALLER, groups, 1);
	assert_int_equal(n, 2);
	assert_string_equal(c[0].family, "mem_cgroup_*");
	assert_string_equal(c[0].caller, "mem_cgroup_node_nr_lru_pages");
	assert_int_equal(c[0].stalls, 2);
	c = ranked(&n, RANK_CALLER, builtin, 1);
	assert_int_equal(n, 1);
}

static void chain_and_self(void **state)
{
	static const char *const chain[] = { "a", "b", "_raw_spin_unlock_irq" };
	const struct sp_caller *c;
	uint32_t n;

	(void)state;
	stall(1 * S, 5 * MS, "a", "b", "x", 1);
	names[0].chain = chain;
	names[0].nchain = 3;
	c = ranked(&n, RANK_SELF, NULL, 0);
	assert_string_equal(c[0].caller, "_raw_spin_unlock_irq");
	c = ranked(&n, RANK_CHAIN, NULL, 0);
	assert_string_equal(c[0].caller, "a;b;_raw_spin_unlock_irq");
}

static void windows_of_other_cpus(void **state)
{
	struct sp_spike w[] = {
		{ .begin_ns = 10, .end_ns = 100, .cpu = 1 },
		{ .begin_ns = 20, .end_ns = 30, .cpu = SP_NO_CPU },
		{ .begin_ns = 90, .end_ns = 120, .cpu = 1 },
	};
	sp_auto(winset) set = NULL;

	(void)state;
	assert_int_equal(winset_new(&set, w, NULL, 3, &err), 0);
	assert_false(winset_touches(set, 0, 50, 60));
	assert_true(winset_touches(set, 1, 50, 60));
	assert_true(winset_touches(set, 0, 25, 26));
	assert_false(winset_touches(set, 1, 120, 130));
	assert_false(winset_touches(set, 1, 0, 10));
	assert_int_equal(winset_inside(set, 1, 0, 1000), 110);
	assert_int_equal(winset_inside(set, 0, 0, 1000), 10);
	assert_int_equal(winset_inside(set, 1, 95, 105), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(explained_time_counts_before_starved, setup,
						teardown),
		cmocka_unit_test_setup_teardown(explained_time_is_shared, setup, teardown),
		cmocka_unit_test_setup_teardown(lift_is_never_infinite, setup, teardown),
		cmocka_unit_test_setup_teardown(without_spikes, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(groups_join_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(chain_and_self, setup, teardown),
		cmocka_unit_test_setup_teardown(windows_of_other_cpus, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* analyze/ranktasks: the tasks behind one row of the ranking. */
#include "unit.h"

#include "ranktasks.h"

#define MS UINT64_C(1000000)
#define N  64

static struct sp_stall stalls[N];
static struct sp_stall_names names[N];
static uint32_t which[N], n;
static struct arena *arena;

static int setup(void **state)
{
	struct sp_err err = SP_ERR_INIT;

	(void)state;
	n = 0;
	return arena_new(&arena, &err);
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static struct sp_stall_names *stall(uint64_t ms, const char *comm, int32_t pid)
{
	stalls[n] = (struct sp_stall){ .begin_ns = 1000 * MS, .end_ns = (1000 + ms) * MS };
	names[n] = (struct sp_stall_names){ .comm = comm, .pid = pid };
	which[n] = n;
	return &names[n++];
}

static const struct sp_caller_task *tasks(uint32_t of, uint32_t *nret)
{
	const struct rank_in in = { .stalls = stalls, .names = names, .nstalls = n };
	const struct sp_caller_task *ret = NULL;
	struct sp_err err = SP_ERR_INIT;

	assert_int_equal(rank_tasks(&in, which, of, arena, &ret, nret, &err), 0);
	assert_non_null(ret);
	return ret;
}

static void is(const struct sp_caller_task *t, const char *comm, int32_t pid, uint64_t ms)
{
	assert_string_equal(t->comm, comm);
	assert_int_equal(t->pid, pid);
	assert_int_equal(t->starved_ns, ms * MS);
}

static void by_starved_time(void **state)
{
	const struct sp_caller_task *t;
	uint32_t nt = 77;

	(void)state;
	stall(5, "cat", 10);
	stall(20, "ss", 11);
	stall(7, "cat", 10);
	stall(9, NULL, SP_NO_TASK);
	t = tasks(n, &nt);
	assert_int_equal(nt, 2);
	is(&t[0], "ss", 11, 20);
	is(&t[1], "cat", 10, 12);
	/* Of the row's stalls only. */
	which[0] = 2;
	t = tasks(1, &nt);
	assert_int_equal(nt, 1);
	is(&t[0], "cat", 10, 7);
	tasks(0, &nt);
	assert_int_equal(nt, 0);
}

/* cron's ss, every minute another pid: one program. */
static void runs_of_one_program_have_no_pid(void **state)
{
	const struct sp_caller_task *t;
	uint32_t nt;

	(void)state;
	stall(5, "ss", 10)->file = "/proc/10/task/11/stat";
	stall(6, "ss", 20)->file = "/proc/20/task/21/stat";
	stall(7, "ss", 10)->file = "/proc/10/task/10/stat";
	t = tasks(n, &nt);
	assert_int_equal(nt, 1);
	is(&t[0], "ss", SP_NO_TASK, 18);
	assert_string_equal(t[0].file, "/proc/*/task/*/stat");
}

static void what_tells_tasks_apart(void **state)
{
	const struct sp_caller_task *t;
	uint32_t nt;

	(void)state;
	stall(1, "cat", 10);
	stall(2, "cat", 10)->container = "web";
	stall(3, "cat", 10)->syscall = "read";
	stall(4, "cat", 10)->file = "/proc/slabinfo";
	stall(5, "cat", 10)->file = "/proc/vmstat";
	t = tasks(n, &nt);
	assert_int_equal(nt, 5);
	assert_string_equal(t[0].file, "/proc/vmstat");
	assert_string_equal(t[2].syscall, "read");
	assert_string_equal(t[3].container, "web");
	assert_null(t[4].file);
}

static void no_more_than_are_kept(void **state)
{
	static char comms[N][8];
	const struct sp_caller_task *t;
	uint32_t nt;

	(void)state;
	for (uint32_t i = 0; i < N; i++) {
		snprintf(comms[i], sizeof(comms[i]), "c%02u", i);
		stall(i + 1, comms[i], (int32_t)i + 1);
	}
	t = tasks(n, &nt);
	assert_int_equal(nt, RANK_MAX_TASKS);
	/* The greatest are. */
	is(&t[0], "c63", 64, 64);
	is(&t[RANK_MAX_TASKS - 1], "c48", 49, 49);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(by_starved_time, setup, teardown),
		cmocka_unit_test_setup_teardown(runs_of_one_program_have_no_pid, setup, teardown),
		cmocka_unit_test_setup_teardown(what_tells_tasks_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(no_more_than_are_kept, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

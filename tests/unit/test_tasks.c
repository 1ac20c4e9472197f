/* analyze/tasks: who a thread was at a time, and which files it had open then. */
#include "tasks.h"

#include "unit.h"

#include <time.h>
#include <uthash.h>

static struct strings *strings;
static struct tasks *tasks;

static sp_str str(const char *text)
{
	struct sp_err err = SP_ERR_INIT;
	sp_str id = 0;

	assert_int_equal(strings_add(strings, text, strlen(text), &id, &err), 0);
	return id;
}

static void put(struct sp_event e)
{
	struct sp_err err = SP_ERR_INIT;

	assert_int_equal(tasks_put(tasks, &e, &err), 0);
}

static int setup(void **state)
{
	struct sp_err err = SP_ERR_INIT;

	(void)state;
	return strings_new(&strings, &err) || tasks_new(&tasks, strings, &err);
}

static int teardown(void **state)
{
	(void)state;
	tasks_free(tasks);
	strings_free(strings);
	return 0;
}

static void exec_renames_from_then_on(void **state)
{
	struct task_info who;

	(void)state;
	put((struct sp_event){
		.type = SP_EV_FORK, .time_ns = 100, .pid = 7, .tid = 7, .task = { .ppid = 3 } });
	put((struct sp_event){ .type = SP_EV_COMM,
			       .time_ns = 100,
			       .pid = 7,
			       .tid = 7,
			       .task = { .comm = str("sh") } });
	put((struct sp_event){ .type = SP_EV_COMM,
			       .time_ns = 500,
			       .pid = 7,
			       .tid = 7,
			       .task = { .comm = str("cat"), .exec = 1 } });
	assert_true(tasks_at(tasks, 7, 300, &who));
	assert_string_equal(strings_get(strings, who.comm), "sh");
	assert_int_equal(who.ppid, 3);
	assert_true(tasks_at(tasks, 7, 900, &who));
	assert_string_equal(strings_get(strings, who.comm), "cat");
	assert_int_equal(who.pid, 7);
	assert_false(tasks_at(tasks, 8, 900, &who));
	assert_int_equal(who.tid, 8);
	assert_int_equal(who.comm, 0);
}

static void files_count_only_inside_the_stall(void **state)
{
	struct task_file f;

	(void)state;
	put((struct sp_event){
		.type = SP_EV_FD, .time_ns = 1000, .tid = 7, .fd = { 3, str("/proc/slabinfo") } });
	put((struct sp_event){
		.type = SP_EV_FD, .time_ns = 5000, .tid = 7, .fd = { 3, str("/etc/passwd") } });
	assert_true(tasks_file(tasks, 7, 3, 900, 2000, &f));
	assert_string_equal(strings_get(strings, f.path), "/proc/slabinfo");
	assert_true(tasks_file(tasks, 7, 3, 4000, 6000, &f));
	assert_string_equal(strings_get(strings, f.path), "/etc/passwd");
	assert_false(tasks_file(tasks, 7, 3, 2000, 4000, &f));
	assert_false(tasks_file(tasks, 7, 4, 900, 6000, &f));
}

/* A host where processes come and go: those that were there from the beginning stay known. */
static void the_gone_are_forgotten_first(void **state)
{
	struct task_info who;

	(void)state;
	put((struct sp_event){
		.type = SP_EV_COMM, .tid = 7, .pid = 7, .task = { .comm = str("old") } });
	for (int32_t tid = 100; tid < 300000; tid++) {
		put((struct sp_event){ .type = SP_EV_FORK,
				       .time_ns = 1000ULL + (uint32_t)tid,
				       .pid = tid,
				       .tid = tid,
				       .task = { .ppid = 7 } });
		if (tid % 1000)
			put((struct sp_event){ .type = SP_EV_TASK_EXIT,
					       .time_ns = 1000ULL + (uint32_t)tid,
					       .pid = tid,
					       .tid = tid });
	}
	assert_true(tasks_at(tasks, 7, 5000, &who));
	assert_string_equal(strings_get(strings, who.comm), "old");
	assert_true(tasks_at(tasks, 1000, 400000, &who));
	assert_false(tasks_at(tasks, 1001, 400000, &who));
	assert_true(tasks_at(tasks, 299999, 400000, &who));
}

/* Of files read there is a bound over all tasks; the newest are known. */
static void files_of_all_tasks_are_bounded(void **state)
{
	struct task_file f;

	(void)state;
	for (int32_t i = 0; i < 250000; i++)
		put((struct sp_event){ .type = SP_EV_FD,
				       .time_ns = 1000ULL + (uint32_t)i,
				       .tid = 1 + i / 10,
				       .fd = { 3, str("/a") } });
	assert_true(tasks_file(tasks, 25000, 3, 0, UINT64_MAX, &f));
	assert_false(tasks_file(tasks, 1, 3, 0, UINT64_MAX, &f));
}

/* CPU seconds for 20,000 tasks, by uthash's own function of any slot or all of one in a thousand.
 */
static double seconds_of(unsigned int slots)
{
	const sp_str comm = str("comm");
	unsigned int hash, n = 0;
	clock_t spent = 0;

	for (int32_t tid = 1; n < 20000; tid++) {
		clock_t begin;

		HASH_JEN(&tid, sizeof(tid), hash);
		if (hash % slots)
			continue;
		n++;
		begin = clock();
		put((struct sp_event){
			.type = SP_EV_COMM, .time_ns = 1, .tid = tid, .task = { .comm = comm } });
		spent += clock() - begin;
	}
	return (double)spent / CLOCKS_PER_SEC;
}

/* Numbers made to meet in one slot of a table would be searched one after the other. */
static void no_number_is_like_another(void **state)
{
	double any;

	(void)state;
	any = seconds_of(1);
	teardown(NULL);
	assert_int_equal(setup(NULL), 0);
	assert_true(seconds_of(1024) < 0.2 + 5 * any);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(exec_renames_from_then_on, setup, teardown),
		cmocka_unit_test_setup_teardown(files_count_only_inside_the_stall, setup, teardown),
		cmocka_unit_test_setup_teardown(the_gone_are_forgotten_first, setup, teardown),
		cmocka_unit_test_setup_teardown(files_of_all_tasks_are_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(no_number_is_like_another, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

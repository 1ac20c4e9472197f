/* analyze/tasks: who a thread was at a time, and which files it had open then. */
#include "tasks.h"

#include "unit.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(exec_renames_from_then_on, setup, teardown),
		cmocka_unit_test_setup_teardown(files_count_only_inside_the_stall, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

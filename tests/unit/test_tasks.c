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
static void born(int32_t tid, int32_t pid, int32_t ppid, uint64_t at_ns)
{
	put((struct sp_event){ .type = SP_EV_FORK,
			       .time_ns = at_ns,
			       .pid = pid,
			       .tid = tid,
			       .task = { .ppid = ppid } });
	put((struct sp_event){ .type = SP_EV_COMM,
			       .time_ns = at_ns + 1,
			       .pid = pid,
			       .tid = tid,
			       .task = { .comm = str("sh") } });
}

static void ended(int32_t tid, int32_t pid, uint64_t at_ns)
{
	put((struct sp_event){ .type = SP_EV_TASK_EXIT, .time_ns = at_ns, .pid = pid, .tid = tid });
}

static bool known(int32_t tid)
{
	struct task_info who;

	return tasks_at(tasks, tid, 1000, &who);
}

/* Who ended is forgotten unless it was kept: it alone, or with its process and all their parents.
 */
static void who_is_kept_stays(void **state)
{
	(void)state;
	born(1, 1, 0, 10);
	born(2, 2, 1, 11);   /* the parent of the parent */
	born(3, 3, 2, 12);   /* the parent */
	born(4, 4, 3, 13);   /* the process */
	born(5, 4, 4, 14);   /* the thread that is asked for, without a parent of its own */
	born(6, 6, 3, 15);   /* asked for by name */
	born(7, 7, 3, 16);   /* by nobody */
	born(8, 8, 3, 17);   /* ended a moment ago */
	born(9, 9, 3, 18);   /* lives */
	born(10, 10, 3, 19); /* its first thread has become another program's */
	for (int32_t tid = 2; tid <= 7; tid++)
		ended(tid, tid == 5 ? 4 : tid, 50);
	ended(8, 8, 90);
	ended(10, 10, 50);
	put((struct sp_event){ .type = SP_EV_COMM,
			       .time_ns = 51,
			       .pid = 10,
			       .tid = 10,
			       .task = { .comm = str("new"), .exec = 1 } });
	assert_int_equal(tasks_ended(tasks), 7);
	tasks_keep_parents(tasks, 5, SP_NO_TASK, 100);
	tasks_keep(tasks, 6);
	tasks_keep(tasks, 4711);
	tasks_forget(tasks, 80);
	for (int32_t tid = 1; tid <= 10; tid++)
		assert_int_equal(known(tid), tid != 7);
	assert_int_equal(tasks_ended(tasks), 6);
	/* Once is not for ever. */
	tasks_keep(tasks, 6);
	tasks_forget(tasks, 80);
	for (int32_t tid = 1; tid <= 10; tid++)
		assert_int_equal(known(tid), tid == 1 || tid == 6 || tid >= 8);
	tasks_forget(tasks, 91);
	assert_false(known(8));
	assert_int_equal(tasks_ended(tasks), 0);
}

/* Another process of the same number has nothing of the one before: not its parent, not its group,
 * nor was it there then. */
static void lives_of_a_number(void **state)
{
	struct task_info who;

	(void)state;
	born(1, 1, 0, 5);
	born(7, 7, 1, 10);
	put((struct sp_event){
		.type = SP_EV_CGROUP, .time_ns = 15, .tid = 7, .str = str("first") });
	ended(7, 7, 20);
	born(7, 7, 2, 30);
	assert_true(tasks_at(tasks, 7, 18, &who));
	assert_int_equal(who.ppid, 1);
	assert_int_equal(who.cgroup, str("first"));
	assert_true(tasks_at(tasks, 7, 35, &who));
	assert_int_equal(who.ppid, 2);
	assert_int_equal(who.cgroup, 0);
	put((struct sp_event){
		.type = SP_EV_CGROUP, .time_ns = 36, .tid = 7, .str = str("second") });
	assert_true(tasks_at(tasks, 7, 31, &who));
	assert_int_equal(who.cgroup, str("second"));
	assert_true(tasks_at(tasks, 7, 18, &who));
	assert_int_equal(who.cgroup, str("first"));
	/* Before it was born there was nobody. */
	assert_false(tasks_at(tasks, 7, 9, &who));
	/* Its child is in its group. */
	born(8, 8, 7, 40);
	assert_true(tasks_at(tasks, 8, 41, &who));
	assert_int_equal(who.cgroup, str("second"));
	/* What is told again is no other life. */
	put((struct sp_event){
		.type = SP_EV_FORK, .time_ns = 50, .pid = 8, .tid = 8, .task = { .ppid = 7 } });
	assert_true(tasks_at(tasks, 8, 41, &who));
	assert_int_equal(who.cgroup, str("second"));
	assert_true(tasks_at(tasks, 8, 60, &who));
	assert_int_equal(who.cgroup, str("second"));
}

static void named(int32_t tid, uint64_t at_ns, const char *comm)
{
	put((struct sp_event){ .type = SP_EV_COMM,
			       .time_ns = at_ns,
			       .pid = tid,
			       .tid = tid,
			       .task = { .comm = str(comm) } });
}

/* However often it is renamed: no life takes over what was another's. */
static void names_of_many(void **state)
{
	struct task_info who;
	char text[16];

	(void)state;
	born(7, 7, 1, 10);
	ended(7, 7, 20);
	born(7, 7, 2, 30);
	for (uint32_t i = 0; i < 20; i++) {
		snprintf(text, sizeof(text), "name%u", i);
		named(7, 40 + i, text);
	}
	/* The older life is known, or nothing is. */
	if (tasks_at(tasks, 7, 15, &who))
		assert_int_equal(who.ppid, 1);
	assert_true(tasks_at(tasks, 7, 31, &who));
	assert_int_equal(who.ppid, 2);
	assert_true(tasks_at(tasks, 7, 100, &who));
	assert_int_equal(who.comm, str("name19"));
	for (int32_t life = 3; life < 20; life++) {
		ended(7, 7, 100 * (uint64_t)life);
		born(7, 7, life, 100 * (uint64_t)life + 10);
	}
	for (int32_t life = 3; life < 20; life++)
		if (tasks_at(tasks, 7, 100 * (uint64_t)life + 20, &who))
			assert_int_equal(who.ppid, life);
	assert_true(tasks_at(tasks, 7, 1920, &who));
}

/* Buffers of two CPUs: the child executes before its fork is told. */
static void a_fork_told_late(void **state)
{
	struct task_info who;

	(void)state;
	born(3, 3, 1, 5);
	named(8, 50, "cc1");
	put((struct sp_event){
		.type = SP_EV_FORK, .time_ns = 40, .pid = 8, .tid = 8, .task = { .ppid = 3 } });
	assert_true(tasks_at(tasks, 8, 60, &who));
	assert_int_equal(who.comm, str("cc1"));
	assert_int_equal(who.ppid, 3);
	assert_false(tasks_at(tasks, 8, 39, &who));
	/* The same where their times were taken away. */
	named(9, 0, "cc1");
	put((struct sp_event){ .type = SP_EV_FORK, .pid = 9, .tid = 9, .task = { .ppid = 3 } });
	assert_true(tasks_at(tasks, 9, 60, &who));
	assert_int_equal(who.comm, str("cc1"));
	assert_int_equal(who.ppid, 3);
}

/* Its end was told, another's begin was not. */
static void another_goes_on(void **state)
{
	struct task_info who;
	struct sp_event e = { .type = SP_EV_SWITCH, .time_ns = 50, .tid = 0 };

	(void)state;
	born(7, 7, 3, 10);
	ended(7, 7, 20);
	e.sched.next_tid = 7;
	e.sched.next_comm = str("other");
	put(e);
	assert_true(tasks_at(tasks, 7, 60, &who));
	assert_int_equal(who.comm, str("other"));
	assert_true(who.ppid <= 0);
	assert_true(tasks_at(tasks, 7, 15, &who));
	assert_int_equal(who.ppid, 3);
	tasks_forget(tasks, 1000);
	assert_true(tasks_at(tasks, 7, 60, &who));
}

/* Full of those that may be asked for and of others: the others go. */
static void who_is_wanted_goes_last(void **state)
{
	int32_t tid = 10;

	(void)state;
	for (; tid < 10000; tid++) {
		born(tid, tid, 1, 10);
		ended(tid, tid, 11);
		tasks_keep(tasks, tid);
	}
	tasks_forget(tasks, 100);
	assert_int_equal(tasks_ended(tasks), 9990);
	for (; tid < 10000 + 3 * (int32_t)TASKS_MOST; tid++) {
		born(tid, tid, 1, 200);
		ended(tid, tid, 201);
	}
	for (int32_t i = 10; i < 10000; i++)
		assert_true(known(i));
	assert_false(known(10000));
	assert_true(known(tid - 1));
}

/* Pids are reused: parents may go round. */
static void parents_in_a_circle(void **state)
{
	(void)state;
	born(2, 2, 3, 10);
	born(3, 3, 2, 11);
	ended(2, 2, 20);
	ended(3, 3, 20);
	tasks_keep_parents(tasks, 2, 2, 100);
	tasks_forget(tasks, 80);
	assert_true(known(2) && known(3));
}

static void count_alive(void *self, const struct task_asked *who)
{
	assert_int_equal(who->pid, 4);
	assert_true(who->parents);
	*(uint32_t *)self += (uint32_t)who->tid;
}

static void who_lives_is_told(void **state)
{
	uint32_t sum = 0;

	(void)state;
	born(4, 4, 0, 13);
	born(5, 4, 4, 14);
	born(6, 4, 4, 14);
	ended(6, 4, 20);
	tasks_each_alive(tasks, count_alive, &sum);
	assert_int_equal(sum, 9);
}

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
		cmocka_unit_test_setup_teardown(who_is_kept_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(lives_of_a_number, setup, teardown),
		cmocka_unit_test_setup_teardown(names_of_many, setup, teardown),
		cmocka_unit_test_setup_teardown(a_fork_told_late, setup, teardown),
		cmocka_unit_test_setup_teardown(another_goes_on, setup, teardown),
		cmocka_unit_test_setup_teardown(who_is_wanted_goes_last, setup, teardown),
		cmocka_unit_test_setup_teardown(parents_in_a_circle, setup, teardown),
		cmocka_unit_test_setup_teardown(who_lives_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(files_of_all_tasks_are_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(no_number_is_like_another, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

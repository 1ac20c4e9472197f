/* sampler/probe, probe_rows, allowed. CPU lists: what is taken, and one clear line for what is not.
 */
#include "probe.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void all_are_the_online_ones(void **state)
{
	static const char *const lists[] = { NULL, "all" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sp_err err = SP_ERR_INIT;
		uint32_t *cpus = NULL, n = 0;

		assert_int_equal(probe_cpus(lists[i], &cpus, &n, &err), 0);
		assert_int_equal(n, sysconf(_SC_NPROCESSORS_ONLN));
		for (uint32_t k = 1; k < n; k++)
			assert_true(cpus[k - 1] < cpus[k]);
		free(cpus);
	}
}

static void a_list_is_sorted_and_each_cpu_comes_once(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	uint32_t *cpus = NULL, n = 0;

	(void)state;
	assert_int_equal(probe_cpus("0,0-0,0", &cpus, &n, &err), 0);
	assert_int_equal(n, 1);
	assert_int_equal(cpus[0], 0);
	free(cpus);
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		return;
	assert_int_equal(probe_cpus("1,0", &cpus, &n, &err), 0);
	assert_int_equal(n, 2);
	assert_int_equal(cpus[0], 0);
	assert_int_equal(cpus[1], 1);
	free(cpus);
}

static void what_is_no_list_is_refused(void **state)
{
	static const char *const lists[] = { "",   "x",	   "1-", "-1",	  "3-1", "0,",
					     ",0", "0,,1", "0 ", "0-1-2", "0x1", "+1" };

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct sp_err err = SP_ERR_INIT;
		uint32_t *cpus = NULL, n = 77;

		assert_int_equal(probe_cpus(lists[i], &cpus, &n, &err), SP_EUSAGE);
		assert_non_null(strstr(err.text, "--cpu takes a list"));
		assert_null(cpus);
		assert_int_equal(n, 77);
	}
}

static void a_cpu_that_is_not_there_is_named(void **state)
{
	static const char *const lists[] = { "8191",
					     "0,8191",
					     "99999",
					     "0-99999999999999999999",
					     "99999999999999999999",
					     "4294967295",
					     "0,4294967294-4294967295" };

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct sp_err err = SP_ERR_INIT;
		uint32_t *cpus = NULL, n;

		assert_int_equal(probe_cpus(lists[i], &cpus, &n, &err), SP_EUSAGE);
		assert_non_null(strstr(err.text, "does not exist: this machine has 0"));
		assert_null(cpus);
	}
}

/* Says of the row so named what it says. */
static enum probe_state state_of(const char *what, const char *words)
{
	struct probe_row rows[32];
	uint32_t n = probe_all(rows, 32);

	for (uint32_t i = 0; i < n; i++)
		if (strcmp(rows[i].what, what) == 0) {
			if (words && !strstr(rows[i].text, words))
				fail_msg("no \"%s\" in: %s", words, rows[i].text);
			return rows[i].state;
		}
	fail_msg("no row %s", what);
	return PROBE_BAD;
}

static void the_one_cpu_it_may_run_on_is_told(void **state)
{
	const struct sched_param lowest = { .sched_priority = 1 }, other = { 0 };
	cpu_set_t before, one;

	(void)state;
	assert_int_equal(state_of("CPUs", " online"), PROBE_GOOD);
	/* Real-time it may be only where that is permitted at all. */
	if (sched_setscheduler(0, SCHED_FIFO, &lowest))
		skip();
	assert_int_equal(sched_setscheduler(0, SCHED_OTHER, &other), 0);
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	CPU_ZERO(&one);
	for (int cpu = 0; !CPU_COUNT(&one); cpu++)
		if (CPU_ISSET(cpu, &before))
			CPU_SET(cpu, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	assert_int_equal(state_of("stuck watch", "one CPU only"), PROBE_WEAK);
	assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
	if (CPU_COUNT(&before) > 1)
		assert_int_equal(state_of("stuck watch", "real-time"), PROBE_GOOD);
	assert_int_equal(sched_getscheduler(0), SCHED_OTHER);
}

/* A new namespace is the children's: the row is seen by one. */
static void hidden_processes_are_told(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	pid = fork();
	if (pid == 0) {
		pid_t inner = unshare(CLONE_NEWPID) ? -1 : fork();

		if (inner < 0)
			_exit(77);
		if (inner == 0)
			_exit(state_of("processes", "only this container's own") == PROBE_WEAK ? 0
											       : 1);
		_exit(waitpid(inner, &status, 0) == inner && WIFEXITED(status) ? WEXITSTATUS(status)
									       : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void the_machine_is_described(void **state)
{
	struct probe_row rows[32];
	uint32_t n = probe_all(rows, 32);

	(void)state;
	assert_true(n >= 5);
	for (uint32_t i = 0; i < n; i++) {
		assert_true(rows[i].what[0] && rows[i].text[0]);
		/* What is not good says what to do. */
		assert_true(rows[i].state == PROBE_GOOD || rows[i].remedy[0]);
	}
	/* Fewer rows than there is to say: the rest is left out. */
	assert_int_equal(probe_all(rows, 2), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_are_the_online_ones),
		cmocka_unit_test(a_list_is_sorted_and_each_cpu_comes_once),
		cmocka_unit_test(what_is_no_list_is_refused),
		cmocka_unit_test(a_cpu_that_is_not_there_is_named),
		cmocka_unit_test(the_one_cpu_it_may_run_on_is_told),
		cmocka_unit_test(hidden_processes_are_told),
		cmocka_unit_test(the_machine_is_described),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

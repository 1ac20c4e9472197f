/* The stuck watch: when a CPU counts as stuck, and that the task's open files are told then. */
#include "collect.h"
#include "stuck.h"

#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SILENT 2000000ULL

static struct collect got;

static struct stuck *open_watch(void)
{
	struct sp_err err = SP_ERR_INIT;
	struct stuck *w = NULL;

	collect_free(&got);
	assert_int_equal(stuck_new(&w, 2, SILENT, &err), 0);
	return w;
}

static void only_a_busy_silent_cpu_is_stuck(void **state)
{
	struct stuck *w = open_watch();

	(void)state;
	stuck_moved(w, 0, 1000);
	assert_false(stuck_is(w, 0, 1000 + 100 * SILENT)); /* never seen: may be idle */
	stuck_see(w, 0, 42, false);
	assert_false(stuck_is(w, 0, 1000 + SILENT - 1));
	assert_true(stuck_is(w, 0, 1000 + SILENT));
	assert_false(stuck_is(w, 1, 1000 + SILENT));
	stuck_moved(w, 0, 5000);
	assert_false(stuck_is(w, 0, 5000 + SILENT - 1));
	stuck_see(w, 0, 0, true);
	assert_false(stuck_is(w, 0, 5000 + 100 * SILENT));
	stuck_free(w);
}

/* Whether the facts have a path of this task that ends in name. */
static bool told_file(uint32_t tid, const char *name)
{
	for (size_t i = 0; i < got.n; i++) {
		const uint8_t *b = collect_fact(&got, i, SP_FACT_FDS);
		uint32_t n;

		if (!b || sp_u32_at(b) != tid)
			continue;
		n = sp_u32_at(b + 4);
		b += 8;
		for (uint32_t k = 0; k < n; k++) {
			size_t len = strlen((const char *)b + 4);

			if (len >= strlen(name) &&
			    strcmp((const char *)b + 4 + len - strlen(name), name) == 0)
				return true;
			b += 4 + len + 1;
		}
	}
	return false;
}

static size_t fds_told(void)
{
	size_t n = 0;

	for (size_t i = 0; i < got.n; i++)
		n += collect_fact(&got, i, SP_FACT_FDS) != NULL;
	return n;
}

struct parts {
	struct stuck *watch;
	struct observe *observe;
	struct stream *stream;
};

static struct parts open_parts(void)
{
	static const uint32_t cpus[] = { 0, 1 };
	struct parts p = { .watch = open_watch() };
	struct sp_err err = SP_ERR_INIT;

	assert_int_equal(observe_new(&p.observe, cpus, 2, &err), 0);
	assert_int_equal(stream_new(&p.stream, collect_sink(&got), &err), 0);
	return p;
}

static void close_parts(struct parts *p)
{
	stuck_free(p->watch);
	observe_free(p->observe);
	stream_free(p->stream);
	collect_free(&got);
}

static void look(struct parts *p, uint32_t cpu, uint64_t now, unsigned part)
{
	struct sp_err err = SP_ERR_INIT;

	assert_int_equal(stuck_look(p->watch, 0, cpu, now, part, p->observe, p->stream, &err), 0);
}

static void the_last_tasks_files_are_told_once_a_silence(void **state)
{
	struct parts p = open_parts();
	char name[] = "/tmp/sirqprof-stuck-XXXXXX";
	int fd = mkstemp(name);

	(void)state;
	assert_true(fd >= 0);
	stuck_see(p.watch, 0, (uint32_t)getpid(), false);
	stuck_moved(p.watch, 0, 1000);
	look(&p, UINT32_MAX, 1000 + SILENT - 1, STUCK_LIKELY);
	assert_int_equal(got.n, 0);
	look(&p, UINT32_MAX, 1000 + SILENT, STUCK_LIKELY);
	assert_true(told_file((uint32_t)getpid(), name));
	assert_int_equal(fds_told(), 1);
	look(&p, UINT32_MAX, 1000 + 2 * SILENT, STUCK_LIKELY);
	assert_int_equal(fds_told(), 1);
	stuck_moved(p.watch, 0, 1000 + 3 * SILENT);
	look(&p, UINT32_MAX, 1000 + 4 * SILENT, STUCK_LIKELY);
	assert_int_equal(fds_told(), 2);
	close(fd);
	unlink(name);
	close_parts(&p);
}

/* A process that no record told of, running on the CPU: found by looking through /proc. younger:
 * processes that have started after it. */
static bool is_found(unsigned part, int younger)
{
	struct parts p = open_parts();
	struct timespec soon = { .tv_nsec = 20000000 };
	uint32_t cpu = (uint32_t)sched_getcpu();
	bool found = false;
	cpu_set_t set;
	pid_t pid = fork();

	if (pid == 0) {
		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		sched_setaffinity(0, sizeof(set), &set);
		for (;;)
			;
	}
	for (int i = 0; i < younger; i++) {
		pid_t other = fork();

		if (other == 0)
			_exit(0);
		waitpid(other, NULL, 0);
	}
	stuck_see(p.watch, 0, 0x7ffffff0, false); /* a tid that has gone */
	for (int i = 1; i < 100 && !found; i++) {
		nanosleep(&soon, NULL);
		stuck_moved(p.watch, 0, (uint64_t)i * 1000 * SILENT);
		look(&p, cpu, (uint64_t)i * 1000 * SILENT + SILENT, part);
		for (size_t k = 0; k < got.n && !found; k++) {
			const uint8_t *b = collect_fact(&got, k, SP_FACT_FDS);

			found = b && sp_u32_at(b) == (uint32_t)pid;
		}
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close_parts(&p);
	return found;
}

static void a_running_task_nobody_told_of_is_found(void **state)
{
	(void)state;
	assert_true(is_found(STUCK_LIKELY, 0));
	assert_true(is_found(STUCK_OTHERS, 100));
}

static void a_task_that_has_ended_is_no_error(void **state)
{
	struct parts p = open_parts();

	(void)state;
	stuck_see(p.watch, 0, 0x7ffffff0, false);
	look(&p, UINT32_MAX, 10 * SILENT, STUCK_LIKELY);
	assert_int_equal(fds_told(), 0);
	close_parts(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_a_busy_silent_cpu_is_stuck),
		cmocka_unit_test(the_last_tasks_files_are_told_once_a_silence),
		cmocka_unit_test(a_running_task_nobody_told_of_is_found),
		cmocka_unit_test(a_task_that_has_ended_is_no_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* cli/stop: when a recording ends, and the command it watches. */
#include "unit.h"

#include "stop.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static int wait_for(struct child *c)
{
	int status = -1;

	for (int i = 0; i < 2000 && !child_ended(c, &status); i++)
		usleep(5000);
	return status;
}

static void a_command_runs_from_its_start_on(void **state)
{
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)"exit 7", NULL };
	struct sp_err err = SP_ERR_INIT;
	struct child *c = NULL;
	int status = -1;

	(void)state;
	assert_int_equal(child_new(&c, argv, &err), SP_OK);
	usleep(50000);
	/* Held until it may go. */
	assert_false(child_ended(c, &status));
	assert_int_equal(status, -1);
	assert_int_equal(child_start(c, &err), SP_OK);
	assert_int_equal(wait_for(c), 7);
	/* The answer stands. */
	assert_true(child_ended(c, &status));
	assert_int_equal(status, 7);
	child_free(c);
}

static void a_command_that_is_not_there_is_told(void **state)
{
	char *argv[] = { (char *)"/nonexistent/command", NULL };
	struct sp_err err = SP_ERR_INIT;
	struct child *c = NULL;

	(void)state;
	assert_int_equal(child_new(&c, argv, &err), SP_OK);
	assert_int_equal(child_start(c, &err), SP_ESYS);
	assert_int_equal(err.sys, ENOENT);
	assert_non_null(strstr(err.text, "cannot run '/nonexistent/command'"));
	child_free(c);
}

static void a_killed_command_tells_the_signal(void **state)
{
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)"kill -9 $$", NULL };
	struct sp_err err = SP_ERR_INIT;
	struct child *c = NULL;

	(void)state;
	assert_int_equal(child_new(&c, argv, &err), SP_OK);
	assert_int_equal(child_start(c, &err), SP_OK);
	assert_int_equal(wait_for(c), CHILD_KILLED + SIGKILL);
	child_free(c);
}

/* Neither a command that was never let go nor one that ends on SIGTERM outlives its watcher. */
static void no_command_is_left_behind(void **state)
{
	char *argv[] = { (char *)"sleep", (char *)"1000", NULL };
	struct sp_err err = SP_ERR_INIT;
	struct child *c = NULL;

	(void)state;
	assert_int_equal(child_new(&c, argv, &err), SP_OK);
	child_free(c);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);

	c = NULL;
	assert_int_equal(child_new(&c, argv, &err), SP_OK);
	assert_int_equal(child_start(c, &err), SP_OK);
	child_free(c);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	child_free(NULL);
}

/* The report does not wait for a command that will not end. */
static void a_stubborn_command_is_not_waited_for(void **state)
{
	char *argv[] = { (char *)"sh", (char *)"-c",
			 (char *)"trap '' TERM; echo $$ >&9; while :; do sleep 0.05; done", NULL };
	struct sp_err err = SP_ERR_INIT;
	struct child *c = NULL;
	char pid[16] = "";
	int told[2];

	(void)state;
	assert_int_equal(pipe(told), 0);
	assert_int_equal(dup2(told[1], 9), 9);
	assert_int_equal(child_new(&c, argv, &err), SP_OK);
	assert_int_equal(child_start(c, &err), SP_OK);
	assert_true(read(told[0], pid, sizeof(pid) - 1) > 0);
	child_free(c);
	/* Still there: nobody has reaped it. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), 0);
	assert_int_equal(kill((pid_t)strtol(pid, NULL, 10), SIGKILL), 0);
	assert_int_equal(waitpid(-1, NULL, 0), strtol(pid, NULL, 10));
}

static void nohup_is_kept_and_signals_ask_to_stop(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	struct sigaction now;

	(void)state;
	signal(SIGHUP, SIG_IGN);
	assert_int_equal(stop_install(&err), SP_OK);
	assert_false(stop_asked());
	raise(SIGHUP);
	raise(SIGCHLD);
	assert_false(stop_asked());
	raise(SIGTERM);
	assert_true(stop_asked());
	/* The second one is the kernel's: nobody is held who insists. */
	assert_int_equal(sigaction(SIGTERM, NULL, &now), 0);
	assert_true(now.sa_handler == SIG_DFL);
	assert_int_equal(sigaction(SIGINT, NULL, &now), 0);
	assert_true(now.sa_handler != SIG_DFL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_runs_from_its_start_on),
		cmocka_unit_test(a_command_that_is_not_there_is_told),
		cmocka_unit_test(a_killed_command_tells_the_signal),
		cmocka_unit_test(no_command_is_left_behind),
		cmocka_unit_test(nohup_is_kept_and_signals_ask_to_stop),
		cmocka_unit_test(a_stubborn_command_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

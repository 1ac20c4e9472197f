/* cli/runnable: says of a command, before it is run, what running it says. */
#include "tempdir.h"
#include "unit.h"

#include "runnable.h"
#include "stop.h"

#include <fcntl.h>
#include <sys/stat.h>

static void make(const char *name, mode_t mode)
{
	int fd = open(in_tempdir(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0700);

	assert_true(fd >= 0);
	assert_int_equal(dprintf(fd, "#!/bin/sh\nexit 0\n"), 17);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

/* Both ways must come to the same words. */
static void same(const char *name, int sys)
{
	struct sp_err asked = SP_ERR_INIT, ran = SP_ERR_INIT;
	char *argv[] = { (char *)name, NULL };
	struct child *c = NULL;
	int rc = runnable_check(name, &asked);

	assert_int_equal(asked.sys, sys);
	assert_int_equal(rc, sys ? SP_ESYS : SP_OK);
	assert_int_equal(child_new(&c, argv, &ran), SP_OK);
	assert_int_equal(child_start(c, &ran), rc);
	assert_string_equal(asked.text, ran.text);
	child_free(c);
}

static void it_says_what_exec_says(void **state)
{
	char both[256], *before = strdup(getenv("PATH"));
	char here[256];

	(void)state;
	assert_int_equal(mkdir(in_tempdir("one"), 0700), 0);
	assert_int_equal(mkdir(in_tempdir("two"), 0700), 0);
	assert_int_equal(mkdir(in_tempdir("one/folder"), 0700), 0);
	make("one/plain", 0600);
	make("one/both", 0600);
	make("two/both", 0700);
	snprintf(both, sizeof(both), "/nonexistent:%s:%s", in_tempdir("one"), in_tempdir("two"));
	setenv("PATH", both, 1);
	same("both", 0);
	same("plain", EACCES);
	same("folder", EACCES);
	same("nosuchcommand", ENOENT);
	same("", ENOENT);
	same(in_tempdir("two/both"), 0);
	same(in_tempdir("one/both"), EACCES);
	same(in_tempdir("one/both/more"), ENOTDIR);
	same(in_tempdir("one"), EACCES);
	same("/nonexistent/command", ENOENT);
	/* An empty folder of PATH is the current one. */
	assert_non_null(getcwd(here, sizeof(here)));
	assert_int_equal(chdir(in_tempdir("two")), 0);
	same("both", 0);
	setenv("PATH", "/nonexistent", 1);
	same("both", ENOENT);
	setenv("PATH", "/nonexistent:", 1);
	same("both", 0);
	setenv("PATH", "", 1);
	same("both", 0);
	unsetenv("PATH");
	same("sh", 0);
	same("both", ENOENT);
	assert_int_equal(chdir(here), 0);
	setenv("PATH", before, 1);
	free(before);
	unlink(in_tempdir("one/plain"));
	unlink(in_tempdir("one/both"));
	unlink(in_tempdir("two/both"));
	rmdir(in_tempdir("one/folder"));
	rmdir(in_tempdir("one"));
	rmdir(in_tempdir("two"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_says_what_exec_says),
	};

	return cmocka_run_group_tests(tests, tempdir_make, tempdir_remove);
}

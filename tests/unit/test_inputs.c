/* cli/inputs: what cannot be read is told before minutes of recording. */
#include "inputs.h"
#include "tempdir.h"
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int check(const struct options *o, bool live, const char *word)
{
	struct sp_err err = SP_ERR_INIT;
	int rc = inputs_check(o, live, &err);

	if (word ? !strstr(err.text, word) : rc != SP_OK)
		fail_msg("no \"%s\" in: %s", word ? word : "error", err.text);
	return rc;
}

static void standard_input_is_read_once(void **state)
{
	const struct options both = { .input = "-", .spikes = { { "-" }, 1 } },
			     twice = { .spikes = { { "-", "/dev/stdin" }, 2 } },
			     once = { .input = "sirq.data", .spikes = { { "-" }, 1 } };

	(void)state;
	assert_int_equal(check(&both, false, "only one --spikes or --input can be -"), SP_EUSAGE);
	assert_int_equal(check(&twice, true, "only one --spikes can be -"), SP_EUSAGE);
	assert_int_equal(check(&once, false, NULL), SP_OK);
}

static void what_is_not_there_is_named(void **state)
{
	const char *none = in_tempdir("none.csv"), *there = in_tempdir("there.csv");
	const char *folder = in_tempdir("folder");
	int fd = open(there, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(mkdir(folder, 0700), 0);
	for (int live = 0; live < 2; live++) {
		struct options o = { .spikes = { { there, none }, 2 } };

		assert_int_equal(check(&o, live, "none.csv"), SP_ESYS);
		o.spikes.at[1] = folder;
		assert_int_equal(check(&o, live, "folder is a directory"), SP_EUSAGE);
		o.spikes.n = 1;
		assert_int_equal(check(&o, live, NULL), SP_OK);
		o.vmlinux = none;
		assert_int_equal(check(&o, live, "--vmlinux"), SP_ESYS);
		o.vmlinux = folder;
		assert_int_equal(check(&o, live, "--vmlinux"), SP_EUSAGE);
		o.vmlinux = there;
		assert_int_equal(check(&o, live, NULL), SP_OK);
	}
	unlink(there);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(standard_input_is_read_once),
		cmocka_unit_test(what_is_not_there_is_named),
	};

	return cmocka_run_group_tests(tests, tempdir_make, tempdir_remove);
}

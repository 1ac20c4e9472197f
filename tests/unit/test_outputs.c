/* cli/outputs: where a report goes, decided before anything is recorded. */
#include "outputs.h"
#include "rendered.h"
#include "tempdir.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

static long size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (long)st.st_size : -1;
}

static void two_into_one_place_are_refused(void **state)
{
	const char *same = in_tempdir("same"), *spelt = in_tempdir("./same");
	const struct options pairs[] = {
		{ .json = "-", .folded = "-" },
		{ .jsonl = "/dev/stdout", .folded_baseline = "-" },
		{ .json = same, .jsonl = same },
		{ .json = same, .jsonl = spelt },
		/* Also by --force, a recording is not written over what is read at its end. */
		{ .output = same, .force = true, .spikes = { .at = { spelt }, .n = 1 } },
		{ .output = same, .vmlinux = spelt },
		{ .output = same, .json = spelt },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct sp_err err = SP_ERR_INIT;
		struct outputs out;

		assert_int_equal(outputs_open(&out, &pairs[i], &err), SP_EUSAGE);
		assert_true(err.text[0]);
		assert_int_equal(out.n, 0);
		outputs_close(&out);
	}
	assert_int_equal(size_of(same), -1);
}

static void text_gives_way_to_a_file_on_standard_output(void **state)
{
	const struct options text = { 0 }, json = { .json = "-" }, quiet = { .quiet = true },
			     both = { .json = in_tempdir("x.json") };
	struct sp_err err = SP_ERR_INIT;
	struct outputs out;

	(void)state;
	assert_int_equal(outputs_open(&out, &text, &err), SP_OK);
	assert_true(out.text && !out.n);
	assert_int_equal(outputs_open(&out, &json, &err), SP_OK);
	assert_true(!out.text && out.n == 1);
	outputs_close(&out);
	assert_int_equal(outputs_open(&out, &quiet, &err), SP_OK);
	assert_false(out.text);
	assert_int_equal(outputs_open(&out, &both, &err), SP_OK);
	assert_true(out.text && out.n == 1);
	/* Given up: nothing is left of it. */
	outputs_close(&out);
	assert_int_equal(size_of(in_tempdir("x.json")), -1);
}

/* A full disk under one file costs none of the others, and is told. */
static void one_that_fails_costs_no_other(void **state)
{
	const struct options o = { .json = "/dev/full",
				   .jsonl = in_tempdir("out.jsonl"),
				   .folded = in_tempdir("out.folded"),
				   .folded_baseline = in_tempdir("base.folded"),
				   .quiet = true,
				   .top = 10 };
	struct sp_report r = fake_report();
	struct sp_err err = SP_ERR_INIT;
	struct outputs out;

	(void)state;
	if (access("/dev/full", W_OK) != 0)
		skip();
	fake_verdicts(&r);
	assert_int_equal(outputs_open(&out, &o, &err), SP_OK);
	assert_int_equal(size_of(o.jsonl), -1);
	assert_int_equal(outputs_write(&out, &o, &r, &err), SP_ESYS);
	outputs_close(&out);
	assert_non_null(strstr(err.text, "/dev/full: No space left"));
	assert_true(size_of(o.jsonl) > 100);
	assert_true(size_of(o.folded) > 0);
	assert_true(size_of(o.folded_baseline) >= 0);
	unlink(o.jsonl);
	unlink(o.folded);
	unlink(o.folded_baseline);
}

/* A pager that was left early does not cost the JSON. */
static void a_reader_that_went_away_costs_no_file(void **state)
{
	const struct options o = { .json = in_tempdir("late.json"), .top = 10 };
	struct sp_report r = fake_report();
	struct sp_err err = SP_ERR_INIT;
	int was = dup(STDOUT_FILENO), ends[2], rc;
	struct outputs out;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	fake_verdicts(&r);
	fflush(stdout);
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	dup2(ends[1], STDOUT_FILENO);
	close(ends[1]);
	rc = outputs_open(&out, &o, &err);
	rc = rc ? rc : outputs_write(&out, &o, &r, &err);
	outputs_close(&out);
	dup2(was, STDOUT_FILENO);
	close(was);
	clearerr(stdout);
	assert_int_equal(rc, SP_ESYS);
	assert_int_equal(err.sys, EPIPE);
	assert_true(size_of(o.json) > 100);
	unlink(o.json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_into_one_place_are_refused),
		cmocka_unit_test(text_gives_way_to_a_file_on_standard_output),
		cmocka_unit_test(one_that_fails_costs_no_other),
		cmocka_unit_test(a_reader_that_went_away_costs_no_file),
	};

	return cmocka_run_group_tests(tests, tempdir_make, tempdir_remove);
}

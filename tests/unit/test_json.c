/* report/json, jsonl: valid whatever is in it, every key always there. */
#include "rendered.h"

#include <sys/wait.h>
#include <unistd.h>

/* Holds a document to docs/report.schema.json; whether that could be done. */
static bool holds_to_schema(const char *json)
{
	char path[] = "/tmp/test_json.XXXXXX", command[1024];
	int fd = mkstemp(path), status;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, json, strlen(json)), (ssize_t)strlen(json));
	close(fd);
	snprintf(command, sizeof(command),
		 "/usr/bin/python3 %s/tests/tool/validate.py %s/docs/%s %s", SP_SOURCE_DIR,
		 SP_SOURCE_DIR, "report.schema.json", path);
	status = system(command);
	unlink(path);
	if (WIFEXITED(status) && (WEXITSTATUS(status) == 77 || WEXITSTATUS(status) == 127))
		return false;
	assert_int_equal(status, 0);
	return true;
}

static void a_document_holds_to_the_schema(void **state)
{
	struct sp_report full = fake_report(), empty = fake_healthy();
	char *text;
	bool checked;

	(void)state;
	fake_verdicts(&full);
	text = rendered(json_render, &full, 1, true);
	checked = holds_to_schema(text);
	free(text);
	/* A clock that is not known leaves nulls, not lies. */
	full.capture.begin_real_ns = full.capture.end_real_ns = INT64_MIN;
	empty.capture.ncpus = 0;
	text = rendered(json_render, &empty, 1, true);
	checked = checked && holds_to_schema(text);
	free(text);
	if (!checked)
		skip();
}

static void no_nan_and_no_control_bytes(void **state)
{
	struct sp_report r = fake_report();
	char *text;

	(void)state;
	fake_verdicts(&r);
	text = rendered(json_render, &r, 10, true);
	assert_not_in(text, "nan");
	assert_not_in(text, "NaN");
	assert_not_in(text, "inf,");
	assert_not_in(text, "\x1b");
	assert_not_in(text, "\xff");
	assert_in(text, "\"comm\":\"ca\\u001B[31mt\xef\xbf\xbd\"");
	assert_in(text, "\"runner_up\":null");
	assert_in(text, "\"confidence\":0.94,");
	assert_in(text, "\"begin_mono\":\"5000000000\"");
	assert_in(text, "\"begin_ns\":100000000,\"end_ns\":120000000,\"duration_ns\":20000000");
	free(text);
}

/* Who is not known to have done it is not named. */
static void only_a_stall_names_a_culprit(void **state)
{
	struct sp_report r = fake_report();
	char *text;

	(void)state;
	fake_undecided(&r);
	text = rendered(json_render, &r, 10, true);
	assert_in(text, "\"mechanism\":null,\"entry\":null,\"caller\":null,\"comm\":null");
	assert_in(text, "\"stalls\":[{\"id\":2,\"overlap_ns\":3000000},{\"id\":3");
	free(text);
}

static void lines_are_whole_and_flat(void **state)
{
	struct sp_report r = fake_report();
	uint32_t lines = 0;
	char *text;

	(void)state;
	fake_verdicts(&r);
	text = rendered(jsonl_render, &r, 1, true);
	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1, lines++) {
		*end = 0;
		assert_int_equal(strncmp(line, "{\"type\":\"", 9), 0);
		assert_int_equal(end[-1], '}');
		assert_null(strchr(line + 1, '{'));
		assert_in(line, "\"host\":");
		assert_in(line, "\"capture_id\":");
		assert_in(line, "\"time\":\"2025-11-24T16:00:0");
	}
	assert_int_equal(lines, 1 + r.nspikes + r.nstalls + r.ncallers + r.nquality);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_holds_to_the_schema),
		cmocka_unit_test(no_nan_and_no_control_bytes),
		cmocka_unit_test(only_a_stall_names_a_culprit),
		cmocka_unit_test(lines_are_whole_and_flat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

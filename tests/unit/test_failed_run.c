/* cli/cmd_run: a recording that ends by a failure is reported as far as it went, then the failure
 * is told. */
#include "cmd.h"
#include "sampler.h"
#include "tempdir.h"

#include <linux/perf_event.h>
#include <sys/stat.h>

/* In the place of the sampler: a poll that fails once something was seen. */
struct sampler {
	struct sp_record_sink sink;
	uint32_t polls;
};

int sampler_new(struct sampler **ret, const struct sampler_cfg *cfg, struct sp_err *err)
{
	(void)cfg;
	*ret = calloc(1, sizeof(**ret));
	return *ret ? SP_OK : sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory");
}

void sampler_free(struct sampler *s)
{
	free(s);
}

uint64_t sampler_begin(const struct sampler *s)
{
	return s->polls;
}

int sampler_start(struct sampler *s, struct sp_record_sink out, struct sp_err *err)
{
	(void)err;
	s->sink = out;
	return SP_OK;
}

int sampler_poll(struct sampler *s, int timeout_ms, struct sp_err *err)
{
	struct perf_event_header header = { .type = PERF_RECORD_LOST, .size = sizeof(header) };
	struct sp_record r = { .type = header.type,
			       .data = (uint8_t *)&header,
			       .size = header.size };

	(void)timeout_ms;
	if (++s->polls == 4)
		return sp_fail(err, SP_ESYS, SP_NOWHERE, "the poll");
	return s->sink.put(s->sink.self, &r, err);
}

int sampler_stop(struct sampler *s, struct sp_err *err)
{
	(void)s;
	(void)err;
	return SP_OK;
}

static void the_report_comes_before_the_failure(void **state)
{
	struct options o = {
		.json = in_tempdir("out.json"), .quiet = true, .top = 10, .min_stall_ns = 1000000
	};
	struct sp_err err = SP_ERR_INIT;
	char text[4096] = "";
	FILE *f;
	int rc = cmd_run(&o, &err);

	(void)state;
	if (rc != SP_ESYS || strcmp(err.text, "the poll") != 0) {
		if (strstr(err.text, "may not profile") || strstr(err.text, "trace"))
			skip();
		fail_msg("%d: %s", rc, err.text);
	}
	f = fopen(o.json, "re");
	assert_non_null(f);
	assert_true(fread(text, 1, sizeof(text) - 1, f) > 100);
	fclose(f);
	unlink(o.json);
	assert_non_null(strstr(text, "the recording ended by a failure: the poll"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_report_comes_before_the_failure),
	};

	return cmocka_run_group_tests(tests, tempdir_make, tempdir_remove);
}

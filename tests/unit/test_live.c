/* cli/live: what was recorded until a failure reaches whoever takes it, and the failure is told. */
#include "live.h"

#include "sampler.h"
#include "unit.h"

#include <linux/perf_event.h>

/* In the place of the sampler: rings in which one record waits, and a poll that fails. */
struct sampler {
	struct sp_record_sink sink;
	uint32_t polls, fail_at, stops;
};

static int give(struct sampler *s, struct sp_err *err)
{
	struct perf_event_header header = { .type = PERF_RECORD_LOST, .size = sizeof(header) };
	struct sp_record r = { .type = header.type,
			       .data = (uint8_t *)&header,
			       .size = header.size };

	return s->sink.put(s->sink.self, &r, err);
}

int sampler_new(struct sampler **ret, const struct sampler_cfg *cfg, struct sp_err *err)
{
	(void)cfg;
	(void)err;
	*ret = NULL;
	return SP_EUNSUP;
}

void sampler_free(struct sampler *s)
{
	(void)s;
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
	(void)timeout_ms;
	if (++s->polls == s->fail_at)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "the poll");
	return give(s, err);
}

int sampler_stop(struct sampler *s, struct sp_err *err)
{
	s->stops++;
	return give(s, err);
}

struct takes {
	uint32_t n, fail_at, after;
};

static int take(void *self, const struct sp_record *r, struct sp_err *err)
{
	struct takes *t = self;

	(void)r;
	if (t->fail_at && t->n >= t->fail_at)
		t->after++;
	t->n++;
	return t->n == t->fail_at ? sp_fail(err, SP_ESYS, SP_NOWHERE, "the sink") : SP_OK;
}

static void a_failed_poll_drains_and_is_told(void **state)
{
	struct sampler s = { .fail_at = 4 };
	struct takes t = { 0 };
	struct options o = { 0 };
	struct sp_err err = SP_ERR_INIT;
	struct live_end end;

	(void)state;
	assert_int_equal(live_run(&s, &o, (struct sp_record_sink){ take, &t },
				  (struct live_beside){ 0 }, &end, &err),
			 SP_ENOMEM);
	assert_string_equal(err.text, "the poll");
	assert_int_equal(s.stops, 1);
	assert_int_equal(t.n, 4); /* three polls, and what was in the rings */
	assert_true(end.kept);
}

static void a_failed_sink_is_left_alone(void **state)
{
	struct sampler s = { 0 };
	struct takes t = { .fail_at = 3 };
	struct options o = { 0 };
	struct sp_err err = SP_ERR_INIT;
	struct live_end end;

	(void)state;
	assert_int_equal(live_run(&s, &o, (struct sp_record_sink){ take, &t },
				  (struct live_beside){ 0 }, &end, &err),
			 SP_ESYS);
	assert_string_equal(err.text, "the sink");
	assert_int_equal(s.stops, 1);
	assert_int_equal(t.after, 0);
	assert_false(end.kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failed_poll_drains_and_is_told),
		cmocka_unit_test(a_failed_sink_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

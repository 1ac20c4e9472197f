/* report/object: the report's parts as JSON values. test_json.c holds whole documents to the
 * schema. */
#include "rendered.h"

#include "object.h"

/* The value as it is written; the caller frees. */
static char *written(json_t *v)
{
	struct sp_err err = SP_ERR_INIT;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_int_equal(object_write(out, v, &err), SP_OK);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void is(json_t *v, const char *want)
{
	char *got = written(v);

	assert_string_equal(got, want);
	free(got);
}

static void has(json_t *v, const char *part)
{
	char *got = written(v);

	assert_in(got, part);
	free(got);
}

static void no_value_is_an_error(void **state)
{
	struct sp_err err = SP_ERR_INIT;

	(void)state;
	assert_int_equal(object_write(stdout, NULL, &err), SP_ENOMEM);
	assert_int_equal(err.code, SP_ENOMEM);
}

static void the_capture(void **state)
{
	struct sp_report r = fake_healthy();

	(void)state;
	is(object_capture(&r),
	   "{\"id\":null,\"version\":\"0.1\",\"host\":null,\"kernel\":null,\"boot_id\":null,"
	   "\"begin\":\"2025-11-24T16:00:00.000000000Z\",\"end\":\"2025-11-24T16:00:01."
	   "000000000Z\","
	   "\"begin_mono\":\"5000000000\",\"duration_ns\":1000000000,\"min_stall_ns\":1000000,"
	   "\"cpus\":[{\"cpu\":1,\"lost\":0,\"throttled\":0,\"covered_ns\":900000000}],"
	   "\"sampler\":{\"event\":null,\"period_ns\":null,\"nmi\":\"unknown\"},"
	   "\"self_cpu_pct\":null}");
	r.capture.begin_real_ns = r.capture.end_real_ns = INT64_MIN;
	r.capture.nmi = SP_YES;
	r.capture.self_cpu_pct = 1.5;
	r.capture.period_ns = 1000000;
	/* More than a double holds exactly travels as text. */
	r.capture.begin_mono_ns = UINT64_MAX - 5;
	r.capture.end_mono_ns = UINT64_MAX;
	has(object_capture(&r), "\"begin\":null,\"end\":null");
	has(object_capture(&r), "\"begin_mono\":\"18446744073709551610\",\"duration_ns\":5");
	has(object_capture(&r), "\"period_ns\":1000000,\"nmi\":\"yes\"},\"self_cpu_pct\":1.5");
}

static void the_summary_counts(void **state)
{
	struct sp_report r = fake_report();

	(void)state;
	fake_verdicts(&r);
	is(object_summary(&r),
	   "{\"spikes\":6,\"explained\":2,\"by_kind\":{\"stall\":1,\"drop\":1,\"task-delay\":1,"
	   "\"none\":1,\"no-data\":1,\"ambiguous\":1},\"by_mechanism\":{\"irqs-off\":1,"
	   "\"bh-off\":0,\"softirq\":0,\"hardirq\":1,\"ksoftirqd\":0,\"load\":0,\"steal\":0,"
	   "\"stopped\":1},\"stalls\":3,\"worst_stall_ns\":40000000}");
	r = fake_healthy();
	has(object_summary(&r), "\"stalls\":0,\"worst_stall_ns\":null");
}

static void the_clock(void **state)
{
	struct sp_report r = fake_healthy();

	(void)state;
	/* JSON has no NAN and no infinity. */
	is(object_clock(&r), "{\"spike_offset_ns\":0,\"method\":\"none\",\"score\":null,"
			     "\"runner_up\":null,\"drift_ppm\":null}");
	r.clock = (struct sp_clock_report){ -5, SP_OFFSET_AUTO, 0.5, 0.25, -1.5 };
	is(object_clock(&r), "{\"spike_offset_ns\":-5,\"method\":\"auto\",\"score\":0.5,"
			     "\"runner_up\":0.25,\"drift_ppm\":-1.5}");
}

static void a_spike(void **state)
{
	struct sp_report r = fake_report();

	(void)state;
	fake_verdicts(&r);
	has(object_spike(&r, 0), "{\"id\":1,\"source\":\"spikes.csv\",\"line\":2,"
				 "\"time\":\"2025-11-24T16:00:00.120000000Z\","
				 "\"latency_ns\":30000000,\"count\":1,\"cpu\":null,");
	has(object_spike(&r, 0), "\"window\":{\"begin_ns\":90000000,\"end_ns\":120000000,"
				 "\"uncertainty_ns\":1000000}");
	has(object_spike(&r, 0), "\"kind\":\"stall\",\"explained\":true,\"explained_ns\":12000000,"
				 "\"chance\":0.01,\"confidence\":0.94,"
				 "\"stalls\":[{\"id\":1,\"overlap_ns\":12000000}],"
				 "\"mechanism\":\"irqs-off\",\"entry\":\"proc_reg_read\"");
	/* Only a stall names a culprit. */
	has(object_spike(&r, SP_VERDICT_AMBIGUOUS), "\"mechanism\":null,\"entry\":null");
}

static void what_is_unknown_is_null(void **state)
{
	struct sp_report r = fake_report();
	struct sp_spike k;

	(void)state;
	fake_verdicts(&r);
	k = r.spikes[0];
	k.latency_ns = SP_UNKNOWN_NS;
	k.label = NULL;
	k.cpu = 0;
	r.spikes = &k;
	has(object_spike(&r, 0), "\"latency_ns\":null,\"count\":1,\"cpu\":0,\"label\":null");
}

/* Bytes that are no UTF-8 become U+FFFD, control bytes are escaped. */
static void text_of_others(void **state)
{
	struct sp_report r = fake_report();

	(void)state;
	fake_verdicts(&r);
	has(object_spike(&r, 0), "\"label\":\"GET /\\u0007\xc3\xa9\"");
	has(object_stall(&r, 0), "[31mt\xef\xbf\xbd\",\"pid\":4711");
}

static void a_stall(void **state)
{
	struct sp_report r = fake_report();

	(void)state;
	has(object_stall(&r, 0), "{\"id\":1,\"cpu\":1,\"begin\":\"2025-11-24T16:00:00.100000000Z\","
				 "\"begin_ns\":100000000,\"end_ns\":120000000,"
				 "\"duration_ns\":20000000,"
				 "\"begin_bounds_ns\":[99000000,100000000],"
				 "\"end_bounds_ns\":[120000000,120000000],"
				 "\"mechanism\":\"irqs-off\",\"confidence\":0.94,"
				 "\"vectors\":[\"NET_RX\"]");
	has(object_stall(&r, 0), "\"chain\":[\"vfs_read\",\"proc_reg_read\",\"s_show\"]");
	has(object_stall(&r, 0), "\"parents\":[\"sh\",\"cron\"],\"cgroup\":null");
	has(object_stall(&r, 0), "\"evidence\":[{\"kind\":\"tick-late\",\"text\":");
	has(object_stall(&r, 0), "\"at_ns\":120000000}");
	/* Nobody can be named. */
	has(object_stall(&r, 2), "\"chain\":[],\"task\":null,\"syscall\":null,\"file\":null");
}

static void a_caller_and_its_tasks(void **state)
{
	struct sp_report r = fake_report();

	(void)state;
	has(object_caller(&r, 0), "{\"rank\":1,\"entry\":\"proc_reg_read\",\"caller\":\"s_show\","
				  "\"mechanisms\":[\"irqs-off\"],\"explained_ns\":12000000,"
				  "\"starved_ns\":20000000,\"share\":0.32,\"spikes\":1,"
				  "\"lift\":150.8,\"chance\":null,\"tasks\":[{\"comm\":");
	has(object_caller(&r, 1), "\"entry\":null,\"caller\":null,\"mechanisms\":[\"stopped\"]");
	has(object_caller(&r, 1), "\"lift\":null,\"chance\":null,\"tasks\":[]}");
}

static void lines_for_themselves(void **state)
{
	struct sp_report r = fake_report();

	(void)state;
	fake_verdicts(&r);
	r.capture.host = "web1";
	r.capture.id = "c1";
	has(object_flat_spike(&r, 0), "{\"type\":\"spike\",\"host\":\"web1\",\"capture_id\":\"c1\","
				      "\"time\":\"2025-11-24T16:00:00.120000000Z\"");
	has(object_flat_spike(&r, 0), "\"stall\":1}");
	has(object_flat_spike(&r, SP_VERDICT_NONE), "\"stall\":null}");
	has(object_flat_stall(&r, 1), "{\"type\":\"stall\",\"host\":\"web1\"");
	has(object_flat_stall(&r, 1), "\"pid\":null");
	has(object_flat_caller(&r, 0), "{\"type\":\"caller\",\"host\":\"web1\"");
	has(object_flat_caller(&r, 1), "\"comm\":null}");
	has(object_flat_quality(&r, 0), "{\"type\":\"quality\",\"host\":\"web1\"");
	has(object_flat_quality(&r, 0), "\"code\":\"lost\",\"severity\":\"warning\"");
	has(object_flat_capture(&r), "{\"type\":\"capture\",\"host\":\"web1\"");
	has(object_flat_capture(&r), "\"cpus\":1,\"spikes\":6,\"stalls\":3,\"event\":null");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_value_is_an_error),
		cmocka_unit_test(the_capture),
		cmocka_unit_test(the_summary_counts),
		cmocka_unit_test(the_clock),
		cmocka_unit_test(a_spike),
		cmocka_unit_test(what_is_unknown_is_null),
		cmocka_unit_test(text_of_others),
		cmocka_unit_test(a_stall),
		cmocka_unit_test(a_caller_and_its_tasks),
		cmocka_unit_test(lines_for_themselves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

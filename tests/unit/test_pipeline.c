/*
 * cli/pipeline with stages, assemble and nameless behind it, and live_command: the road from
 * records to a report, fed with facts alone. Recordings whole: golden.*, lab.*.
 */
#include "unit.h"

#include "fakebytes.h"
#include "live.h"
#include "nameless.h"
#include "pipeline.h"
#include "stop.h"
#include "tempdir.h"

#include <sirqprof/facts.h>
#include <sirqprof/perfdata.h>

#include <linux/perf_event.h>
#include <time.h>

#define FACT_ID	 4711U
#define BEGIN_NS 5000000000ULL
#define REAL_NS	 1764000000000000000LL /* 2025-11-24T16:00:00Z */

static struct options options;
static struct pipeline *pipeline;
static struct sp_err err;

static void begin(void)
{
	err = (struct sp_err)SP_ERR_INIT;
	assert_int_equal(pipeline_new(&pipeline, &options, NULL, &err), 0);
}

static int setup(void **state)
{
	(void)state;
	options = (struct options){ .min_stall_ns = 1000000, .spike_min_ns = OPTIONS_NOT_GIVEN };
	begin();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pipeline_free(pipeline);
	return 0;
}

static void send(const struct bytes *b, uint32_t type)
{
	const struct sp_record r = { .type = type, .data = b->at, .size = b->len };
	struct sp_record_sink sink = pipeline_sink(pipeline);

	assert_int_equal(sink.put(sink.self, &r, &err), 0);
}

/* The event that carries facts. */
static void header(void)
{
	struct bytes b = { .swap = false };

	bytes_zero(&b, 8);
	bytes_u32(&b, PERF_TYPE_SOFTWARE);
	bytes_u32(&b, PERF_ATTR_SIZE_VER6);
	bytes_u64(&b, PERF_COUNT_SW_BPF_OUTPUT);
	bytes_u64(&b, 1);
	bytes_u64(&b,
		  PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU | PERF_SAMPLE_RAW);
	bytes_u64(&b, 0);
	bytes_u8(&b, 0);
	bytes_u8(&b, 0);
	bytes_u8(&b, 0x04); /* sample_id_all */
	bytes_u8(&b, 0x02); /* use_clockid */
	bytes_zero(&b, 4 + 16 + 8 + 8 + 8 + 4);
	bytes_u32(&b, CLOCK_MONOTONIC);
	bytes_zero(&b, PERF_ATTR_SIZE_VER6 - PERF_ATTR_SIZE_VER3);
	bytes_u64(&b, FACT_ID);
	send(&b, SP_REC_HEADER_ATTR);
	b.len = 8;
	bytes_u64(&b, SP_UPDATE_NAME);
	bytes_u64(&b, FACT_ID);
	bytes_text(&b, SP_FACT_EVENT);
	send(&b, SP_REC_EVENT_UPDATE);
}

static struct bytes fact(uint16_t kind, uint64_t at_ns)
{
	struct bytes b = { .swap = false };

	bytes_zero(&b, 8);
	bytes_u64(&b, FACT_ID);
	bytes_u64(&b, at_ns);
	bytes_u32(&b, 1);
	bytes_u32(&b, 0);
	bytes_u32(&b, 0);
	bytes_u32(&b, SP_FACT_MAGIC);
	bytes_u16(&b, kind);
	bytes_u16(&b, 1);
	return b;
}

static void send_fact(struct bytes *b)
{
	uint32_t raw = (uint32_t)(b->len - 36);

	memcpy(b->at + 32, &raw, sizeof(raw));
	send(b, PERF_RECORD_SAMPLE);
}

static void meta(const char *key, const char *value)
{
	struct bytes b = fact(SP_FACT_META, BEGIN_NS);

	bytes_text(&b, key);
	bytes_text(&b, value);
	send_fact(&b);
}

/* Two seconds, with a clock pair at either end. */
static void capture(void)
{
	header();
	meta("version", "0.1");
	meta("host", "web1");
	meta("kernel", "6.1.0");
	meta("kernel_build_id", "abcdef");
	meta("boot_id", "boot");
	for (uint64_t s = 0; s <= 2; s += 2) {
		struct bytes b = fact(SP_FACT_CLOCK, BEGIN_NS + s * 1000000000);

		bytes_u64(&b, BEGIN_NS + s * 1000000000);
		bytes_u64(&b, (uint64_t)REAL_NS + s * 1000000000);
		bytes_u64(&b, 100);
		send_fact(&b);
	}
	send(&(struct bytes){ .len = 8 }, SP_REC_FINISHED_ROUND);
}

static struct sp_report finish(void)
{
	struct sp_report r;

	memset(&r, 0x5a, sizeof(r));
	assert_int_equal(pipeline_finish(pipeline, &r, &err), 0);
	return r;
}

static const struct sp_quality_row *row(const struct sp_report *r, enum sp_quality_code code)
{
	for (uint32_t i = 0; i < r->nquality; i++)
		if (r->quality[i].code == code)
			return &r->quality[i];
	return NULL;
}

static void nothing_recorded_nothing_found(void **state)
{
	struct sp_report r = finish();

	(void)state;
	assert_int_equal(r.nstalls, 0);
	assert_int_equal(r.nspikes, 0);
	assert_int_equal(r.ncallers, 0);
	assert_false(r.spikes_given);
	assert_int_equal(r.capture.ncpus, 0);
	assert_null(r.capture.host);
	assert_int_equal(r.capture.begin_real_ns, INT64_MIN);
	assert_string_equal(r.str(&r, 0), "");
	assert_string_equal(pipeline_boot_id(pipeline), "");
	assert_int_equal(pipeline_spikes_error(pipeline)->code, SP_OK);
}

static void what_the_stream_says_of_itself(void **state)
{
	const char *build_id, *release;
	struct sp_report r;

	(void)state;
	capture();
	assert_string_equal(pipeline_boot_id(pipeline), "boot");
	pipeline_kernel(pipeline, &build_id, &release);
	assert_string_equal(build_id, "abcdef");
	assert_string_equal(release, "6.1.0");
	assert_true(pipeline_is_kernel(pipeline, "web1", "6.1.0"));
	assert_false(pipeline_is_kernel(pipeline, "web2", "6.1.0"));
	assert_false(pipeline_is_kernel(pipeline, "web1", "6.1.1"));
	r = finish();
	assert_string_equal(r.capture.host, "web1");
	assert_string_equal(r.capture.kernel, "6.1.0");
	assert_string_equal(r.capture.boot_id, "boot");
	assert_string_equal(r.capture.version, "0.1");
	assert_int_equal(r.capture.begin_mono_ns, BEGIN_NS);
	assert_int_equal(r.capture.end_mono_ns, BEGIN_NS + 2000000000);
	assert_int_equal(r.capture.begin_real_ns, REAL_NS);
	assert_int_equal(r.capture.end_real_ns, REAL_NS + 2000000000);
	assert_int_equal(r.wall(&r, BEGIN_NS + 1000000000), REAL_NS + 1000000000);
	assert_int_equal(r.capture.min_stall_ns, 1000000);
}

/* Told to the recorder, found by a command: all in one table. */
static void what_is_noticed_is_told(void **state)
{
	struct sp_report r;
	struct bytes b;

	(void)state;
	capture();
	b = fact(SP_FACT_QUALITY, BEGIN_NS);
	bytes_u32(&b, SP_Q_NO_TRACEPOINT);
	bytes_u32(&b, UINT32_MAX);
	bytes_u64(&b, 1);
	bytes_text(&b, "napi:napi_poll");
	send_fact(&b);
	assert_int_equal(pipeline_quality(pipeline, SP_Q_TRUNCATED, SP_NO_CPU, 77, "", &err), 0);
	r = finish();
	assert_non_null(row(&r, SP_Q_NO_TRACEPOINT));
	assert_string_equal(row(&r, SP_Q_NO_TRACEPOINT)->detail, "napi:napi_poll");
	assert_int_equal(row(&r, SP_Q_TRUNCATED)->count, 77);
	assert_null(row(&r, SP_Q_LOST));
}

/* Of the fact event: on the CPU, at so many ms. */
static void side(struct bytes *b, uint32_t cpu, uint64_t at_ms)
{
	bytes_u64(b, BEGIN_NS + at_ms * 1000000);
	bytes_u32(b, cpu);
	bytes_u32(b, 0);
	bytes_u64(b, FACT_ID);
}

static void throttle(uint32_t type, uint32_t cpu, uint64_t at_ms)
{
	struct bytes b = { .len = 8 };

	bytes_u64(&b, BEGIN_NS + at_ms * 1000000);
	bytes_u64(&b, FACT_ID);
	bytes_u64(&b, FACT_ID);
	side(&b, cpu, at_ms);
	send(&b, type);
}

static void throttled_from_to(uint32_t cpu, uint64_t from_ms, uint64_t to_ms)
{
	throttle(PERF_RECORD_THROTTLE, cpu, from_ms);
	if (to_ms)
		throttle(PERF_RECORD_UNTHROTTLE, cpu, to_ms);
}

/* Not the idle CPU's doing, with its own remedy. */
static void throttled_time_is_told_as_that(void **state)
{
	struct sp_report r;

	(void)state;
	capture();
	throttled_from_to(1, 0, 200);
	throttled_from_to(1, 500, 600);
	throttle(PERF_RECORD_THROTTLE, 1, 1900); /* to the end */
	throttled_from_to(UINT32_MAX, 0, 1000);
	r = finish();
	assert_int_equal(r.capture.ncpus, 1);
	assert_int_equal(r.capture.cpus[0].throttled_ns, 400000000);
	assert_non_null(row(&r, SP_Q_THROTTLED));
	assert_int_equal(row(&r, SP_Q_THROTTLED)->cpu, 1);
	assert_int_equal(row(&r, SP_Q_THROTTLED)->count, 400000000);
	assert_null(row(&r, SP_Q_NOT_OBSERVED));
}

/* What was lost on a CPU that is not known is not CPU 0's. */
static void lost_without_a_cpu(void **state)
{
	struct sp_report r;
	struct bytes b;

	(void)state;
	capture();
	for (uint32_t cpu = 0; cpu <= 1; cpu++) {
		b = (struct bytes){ .len = 8 };
		bytes_u64(&b, FACT_ID);
		bytes_u64(&b, 100 + cpu);
		side(&b, cpu ? UINT32_MAX : 0, 1000);
		send(&b, PERF_RECORD_LOST);
	}
	r = finish();
	assert_int_equal(r.capture.cpus[0].cpu, 0);
	assert_int_equal(r.capture.cpus[0].lost, 100);
	assert_non_null(row(&r, SP_Q_LOST));
}

static uint32_t named;

static int on_named(void *self, struct pipeline *p, struct sp_err *e)
{
	assert_ptr_equal(p, pipeline);
	named++;
	return pipeline_quality(p, SP_Q_KPTR, SP_NO_CPU, 1, self, e);
}

static void names_are_asked_for_once(void **state)
{
	static char detail[] = "kernel";
	struct sp_report r;

	(void)state;
	named = 0;
	capture();
	pipeline_on_named(pipeline, on_named, detail);
	r = finish();
	assert_int_equal(named, 1);
	assert_non_null(row(&r, SP_Q_KPTR));
}

/* A file that no program mapped: the symbols' troubles become rows. */
static void what_has_no_name_is_told(void **state)
{
	struct symbols *s = NULL;
	const struct sp_resolver *res;
	struct sp_report r;
	struct sp_frame f;

	(void)state;
	assert_int_equal(symbols_new(&s, &(struct symbols_cfg){ .user = true }, &err), 0);
	res = symbols_resolver(s);
	capture();
	nameless_watch(pipeline, s);
	assert_int_equal(res->mapped(res->self,
				     &(struct sp_mapping){ .pid = 10,
							   .start = 0x1000,
							   .len = 0x1000,
							   .path = "/no/such/file",
							   .build_id = "" },
				     &err),
			 0);
	res->user(res->self, 10, 5, 0x1800, &f, 1);
	r = finish();
	assert_non_null(row(&r, SP_Q_NO_SYMBOLS));
	assert_string_equal(row(&r, SP_Q_NO_SYMBOLS)->detail, "/no/such/file");
	symbols_free(s);
}

static void spikes_and_their_verdicts(void **state)
{
	const char *path = in_tempdir("spikes.csv");
	struct sp_report r;
	FILE *f = fopen(path, "we");

	(void)state;
	assert_non_null(f);
	/* One inside, one an hour before. */
	fputs("time,latency_ms\n1764000001,50\n1763996400,60\n1764000001.5,0.5\n", f);
	fclose(f);
	options.spikes.at[options.spikes.n++] = path;
	assert_int_equal(pipeline_check(pipeline, &err), 0);
	capture();
	r = finish();
	assert_true(r.spikes_given);
	/* What is shorter than any stall is no spike. */
	assert_int_equal(r.nspikes, 2);
	assert_int_equal(r.verdicts[0].why, SP_WHY_OUTSIDE);
	assert_int_equal(r.spikes[1].time_ns, REAL_NS + 1000000000);
	assert_string_equal(r.spikes[1].source, path);
	/* No CPU was recorded: nobody is called healthy. */
	assert_int_equal(r.verdicts[1].kind, SP_VERDICT_NO_DATA);
	assert_int_equal(row(&r, SP_Q_SPIKES_OUTSIDE)->count, 1);
	unlink(path);
}

/* A capture cannot be repeated: it is not lost with a bad file, where that is asked for. */
static void a_spike_file_that_is_not_there(void **state)
{
	struct sp_report r;

	(void)state;
	options.spikes.at[options.spikes.n++] = "/no/such/spikes.csv";
	capture();
	assert_true(pipeline_finish(pipeline, &r, &err) < 0);
	assert_non_null(strstr(err.text, "/no/such/spikes.csv"));
	pipeline_free(pipeline);
	begin();
	pipeline_keep_capture(pipeline);
	capture();
	r = finish();
	assert_false(r.spikes_given);
	assert_string_equal(r.capture.host, "web1");
	assert_non_null(strstr(pipeline_spikes_error(pipeline)->text, "/no/such/spikes.csv"));
	assert_int_equal(err.code, SP_OK);
}

static void options_that_cannot_be(void **state)
{
	(void)state;
	assert_int_equal(pipeline_check(pipeline, &err), 0);
	options.spikes_format = "morse";
	options.spikes.at[options.spikes.n++] = "spikes.csv";
	assert_int_equal(pipeline_check(pipeline, &err), SP_EUSAGE);
	err = (struct sp_err)SP_ERR_INIT;
	options.spikes_format = NULL;
	options.tz = "Mars/Olympus";
	assert_int_equal(pipeline_check(pipeline, &err), SP_EUSAGE);
}

/* A recording of which nobody knows when it was: its file's times tell it roughly. */
static void the_files_times(void **state)
{
	struct sp_report r;
	struct bytes b;

	(void)state;
	header();
	for (uint64_t s = 0; s <= 2; s += 2) {
		b = fact(SP_FACT_SELF, BEGIN_NS + s * 1000000000);
		bytes_u32(&b, 99);
		bytes_u64(&b, s * 10000000);
		send_fact(&b);
	}
	pipeline_file_times(pipeline, REAL_NS, REAL_NS + 2000000000);
	r = finish();
	assert_true(r.capture.begin_real_ns != INT64_MIN);
	assert_in_range(r.capture.begin_real_ns, REAL_NS - 2000000000, REAL_NS + 2000000000);
	/* 20 ms of 2 s. */
	assert_true(r.capture.self_cpu_pct > 0.99 && r.capture.self_cpu_pct < 1.01);
}

static void how_a_command_ended(void **state)
{
	char word[] = "false", *command[] = { word, NULL };

	(void)state;
	options.command = command;
	assert_int_equal(live_command(&options, 0, &err), SP_OK);
	assert_int_equal(err.code, SP_OK);
	assert_true(live_command(&options, 3, &err) < 0);
	assert_non_null(strstr(err.text, "'false' ended with exit status 3"));
	err = (struct sp_err)SP_ERR_INIT;
	assert_true(live_command(&options, CHILD_KILLED + 9, &err) < 0);
	assert_non_null(strstr(err.text, "killed by signal 9"));
	/* What ssh, or a shell about a command of its own, ends with. */
	err = (struct sp_err)SP_ERR_INIT;
	assert_true(live_command(&options, 255, &err) < 0);
	assert_non_null(strstr(err.text, "'false' ended with exit status 255"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(nothing_recorded_nothing_found),
		CASE(what_the_stream_says_of_itself),
		CASE(what_is_noticed_is_told),
		CASE(throttled_time_is_told_as_that),
		CASE(lost_without_a_cpu),
		CASE(names_are_asked_for_once),
		CASE(what_has_no_name_is_told),
		CASE(spikes_and_their_verdicts),
		CASE(a_spike_file_that_is_not_there),
		CASE(options_that_cannot_be),
		CASE(the_files_times),
		CASE(how_a_command_ended),
	};

	return cmocka_run_group_tests(tests, tempdir_make, tempdir_remove);
}

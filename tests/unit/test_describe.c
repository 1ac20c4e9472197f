/* analyze/describe and describe_head: records as lines, text of others made harmless, damage said
 * in the line. */
#include "unit.h"

#include "describe.h"
#include "fakebytes.h"

#include <sirqprof/facts.h>
#include <sirqprof/perfdata.h>

#include <linux/perf_event.h>

static struct describe *describe;
static char text[DESCRIBE_LEN];

static int setup(void **state)
{
	struct sp_err err = SP_ERR_INIT;

	(void)state;
	return describe_new(&describe, &err);
}

static int teardown(void **state)
{
	(void)state;
	describe_free(describe);
	return 0;
}

/* A record: its header's room, to be filled behind it. */
static struct bytes record(bool swap)
{
	struct bytes b = { .swap = swap };

	bytes_zero(&b, 8);
	return b;
}

static int put(const struct bytes *b, size_t len, uint32_t type)
{
	struct sp_err err = SP_ERR_INIT;
	uint8_t *at = bytes_cut(b, len);
	const struct sp_record r = { .type = type, .data = at, .size = len, .swap = b->swap };
	int rc;

	memset(text, 'x', sizeof(text));
	rc = describe_record(describe, &r, text, &err);
	free(at);
	return rc;
}

static void says(const struct bytes *b, uint32_t type, const char *line)
{
	assert_int_equal(put(b, b->len, type), 0);
	assert_string_equal(text, line);
}

/* An event of VER0 with time, cpu and raw bytes; id 7, sample_id_all. */
static void attr(uint32_t type, uint64_t config, uint64_t id, const char *name, bool swap)
{
	struct bytes b = record(swap);

	bytes_u32(&b, type);
	bytes_u32(&b, PERF_ATTR_SIZE_VER0);
	bytes_u64(&b, config);
	bytes_u64(&b, 1);
	bytes_u64(&b,
		  PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU | PERF_SAMPLE_RAW);
	bytes_u64(&b, 0);
	bytes_u8(&b, 0);
	bytes_u8(&b, 0);
	bytes_u8(&b, swap ? 0x20 : 0x04);
	bytes_zero(&b, 5 + 16);
	bytes_u64(&b, id);
	assert_int_equal(put(&b, b.len, SP_REC_HEADER_ATTR), 0);
	b = record(swap);
	bytes_u64(&b, SP_UPDATE_NAME);
	bytes_u64(&b, id);
	bytes_text(&b, name);
	assert_int_equal(put(&b, b.len, SP_REC_EVENT_UPDATE), 0);
}

static struct bytes sample(uint64_t id, const void *raw, uint32_t size, bool swap)
{
	struct bytes b = record(swap);

	bytes_u64(&b, id);
	bytes_u64(&b, 3000000007);
	bytes_u32(&b, 2);
	bytes_u32(&b, 0);
	bytes_u32(&b, size);
	bytes_put(&b, raw, size);
	return b;
}

static void types_by_their_names(void **state)
{
	(void)state;
	assert_string_equal(describe_type(PERF_RECORD_SAMPLE), "SAMPLE");
	assert_string_equal(describe_type(PERF_RECORD_TEXT_POKE), "TEXT_POKE");
	assert_string_equal(describe_type(SP_REC_HEADER_ATTR), "ATTR");
	assert_string_equal(describe_type(SP_REC_FINISHED_ROUND), "FINISHED_ROUND");
	assert_string_equal(describe_type(SP_REC_COMPRESSED2), "COMPRESSED2");
	assert_string_equal(describe_type(SP_REC_BPF_METADATA), "BPF_METADATA");
	/* Number 0 and the gaps. */
	assert_string_equal(describe_type(0), "UNKNOWN");
	assert_string_equal(describe_type(40), "UNKNOWN");
	assert_string_equal(describe_type(SP_REC_BPF_METADATA + 1), "UNKNOWN");
	assert_string_equal(describe_type(UINT32_MAX), "UNKNOWN");
}

static void an_event_and_its_ids(void **state)
{
	struct bytes b = record(false);

	(void)state;
	bytes_u32(&b, 1);
	bytes_u32(&b, PERF_ATTR_SIZE_VER0);
	bytes_u64(&b, 0x1f);
	bytes_u64(&b, 4000);
	bytes_u64(&b, PERF_SAMPLE_IP | PERF_SAMPLE_RAW);
	bytes_u64(&b, 4);
	bytes_u8(&b, 0);
	bytes_u8(&b, 0x04); /* freq */
	bytes_zero(&b, 6 + 16);
	bytes_u64(&b, 1);
	bytes_u64(&b, 2);
	says(&b, SP_REC_HEADER_ATTR,
	     "type=1 size=64 config=0x1f freq=4000 sample_type=IP|RAW read_format=0x4 "
	     "sample_id_all=0 ids=2");
	/* Size 0 is that of the first version. */
	memset(b.at + 12, 0, 4);
	assert_int_equal(put(&b, b.len, SP_REC_HEADER_ATTR), 0);
	assert_non_null(strstr(text, "size=0"));
	assert_non_null(strstr(text, "ids=2"));
	/* One that does not fit. */
	memset(b.at + 12, 0x7f, 4);
	assert_int_equal(put(&b, b.len, SP_REC_HEADER_ATTR), 0);
	assert_int_equal(strncmp(text, "damaged: ", 9), 0);
}

static void features(void **state)
{
	struct bytes b = record(false);

	(void)state;
	bytes_u64(&b, SP_FEAT_HOSTNAME);
	bytes_u32(&b, 8);
	bytes_put(&b, "a\x1b[2Jb\0", 8);
	says(&b, SP_REC_HEADER_FEATURE, "HOSTNAME a?[2Jb");
	b.len -= 1;
	says(&b, SP_REC_HEADER_FEATURE, "HOSTNAME ; damaged: it is cut short");
	b = record(false);
	bytes_u64(&b, SP_FEAT_CMDLINE);
	bytes_u32(&b, 2);
	for (int i = 0; i < 2; i++) {
		bytes_u32(&b, 4);
		bytes_put(&b, i ? "-a\0" : "cmd", 4);
	}
	says(&b, SP_REC_HEADER_FEATURE, "CMDLINE cmd -a");
	b = record(false);
	bytes_u64(&b, SP_FEAT_SAMPLE_TIME);
	bytes_u64(&b, 1000000001);
	bytes_u64(&b, 2000000002);
	says(&b, SP_REC_HEADER_FEATURE, "SAMPLE_TIME first=1.000000001 last=2.000000002");
	b = record(false);
	bytes_u64(&b, 77);
	bytes_zero(&b, 5);
	says(&b, SP_REC_HEADER_FEATURE, "feature 77 5 bytes");
}

/* Without an event they are what they are. */
static void records_of_the_kernel(void **state)
{
	struct bytes b = record(false);

	(void)state;
	bytes_u32(&b, 10);
	bytes_u32(&b, UINT32_MAX);
	bytes_text(&b, "we\nb");
	says(&b, PERF_RECORD_COMM, "pid=10 tid=-1 comm=we?b");
	b = record(false);
	bytes_u64(&b, 7);
	bytes_u64(&b, 123);
	says(&b, PERF_RECORD_LOST, "id=7 lost=123");
	says(&b, 40, "");
	says(&b, SP_REC_FINISHED_ROUND, "");
	b.len = 12;
	says(&b, PERF_RECORD_LOST, "");
}

static const char format[] = "name: softirq_entry\nID: 111\nformat:\n"
			     "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
			     "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
			     "\tfield:unsigned int vec;\toffset:8;\tsize:4;\tsigned:0;\n"
			     "\tfield:char who[16];\toffset:12;\tsize:16;\tsigned:0;\n";

/* A tracing data blob of one format (the file's parts: docs of trace-cmd, version 0.6). */
static void tracing_data(void)
{
	struct bytes b = record(false);

	bytes_u32(&b, 0); /* its size, not looked at here */
	bytes_put(&b, "\027\010\104tracing", 10);
	bytes_text(&b, "0.6");
	bytes_u8(&b, 0);
	bytes_u8(&b, 8);
	bytes_u32(&b, 4096);
	bytes_text(&b, "header_page");
	bytes_u64(&b, 0);
	bytes_text(&b, "header_event");
	bytes_u64(&b, 0);
	bytes_u32(&b, 0); /* ftrace formats */
	bytes_u32(&b, 1);
	bytes_text(&b, "irq");
	bytes_u32(&b, 1);
	bytes_u64(&b, sizeof(format) - 1);
	bytes_put(&b, format, sizeof(format) - 1);
	bytes_u32(&b, 0); /* kallsyms */
	bytes_u32(&b, 0); /* printk */
	bytes_u64(&b, 0); /* saved cmdlines */
	assert_int_equal(put(&b, b.len, SP_REC_HEADER_TRACING_DATA), 0);
	assert_null(strstr(text, "damaged"));
}

static void tracepoints_by_their_format(void **state)
{
	struct bytes raw = { .swap = false }, b;

	(void)state;
	attr(PERF_TYPE_TRACEPOINT, 111, 7, "irq:softirq_entry", false);
	bytes_zero(&raw, 8);
	bytes_u32(&raw, 3);
	bytes_put(&raw, "some\x1b one\0\0\0\0\0\0", 16);
	b = sample(7, raw.at, (uint32_t)raw.len, false);
	/* Its format has not come. */
	says(&b, PERF_RECORD_SAMPLE, "irq:softirq_entry time=3.000000007 cpu=2 raw=28");
	tracing_data();
	says(&b, PERF_RECORD_SAMPLE,
	     "irq:softirq_entry time=3.000000007 cpu=2 vec=3 who=some? one");
	/* Cut anywhere it does not fit, and nothing is read behind it. */
	for (size_t len = 8; len < b.len; len++) {
		assert_int_equal(put(&b, len, PERF_RECORD_SAMPLE), 0);
		assert_string_equal(text, "does not fit its event");
	}
}

static void facts_by_their_kind(void **state)
{
	struct bytes raw = { .swap = false }, b;

	(void)state;
	attr(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_BPF_OUTPUT, 9, "sirqprof", false);
	bytes_u32(&raw, SP_FACT_MAGIC);
	bytes_u16(&raw, SP_FACT_IRQNAME);
	bytes_u16(&raw, 1);
	bytes_u32(&raw, 33);
	bytes_text(&raw, "eth0");
	b = sample(9, raw.at, (uint32_t)raw.len, false);
	says(&b, PERF_RECORD_SAMPLE, "sirqprof time=3.000000007 cpu=2 IRQNAME irq=33 name=eth0");
	raw.at[4] = 200;
	b = sample(9, raw.at, (uint32_t)raw.len, false);
	says(&b, PERF_RECORD_SAMPLE, "sirqprof time=3.000000007 cpu=2 kind=200");
	/* Somebody else's. */
	raw.at[0] ^= 1;
	b = sample(9, raw.at, (uint32_t)raw.len, false);
	says(&b, PERF_RECORD_SAMPLE, "sirqprof time=3.000000007 cpu=2");
}

/* The id at its end tells the event, and with it time and CPU. */
static void trailers(void **state)
{
	struct bytes b = record(false);

	(void)state;
	attr(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_BPF_OUTPUT, 9, "sirqprof", false);
	bytes_u64(&b, 9);
	bytes_u64(&b, 55);
	bytes_u64(&b, 3000000007);
	bytes_u32(&b, 2);
	bytes_u32(&b, 0);
	bytes_u64(&b, 9);
	says(&b, PERF_RECORD_LOST, "id=9 lost=55 time=3.000000007 cpu=2");
}

static void of_the_other_byte_order(void **state)
{
	struct describe *other = describe;
	struct sp_err err = SP_ERR_INIT;
	struct bytes raw = { .swap = true }, b;

	(void)state;
	assert_int_equal(describe_new(&describe, &err), 0);
	attr(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_BPF_OUTPUT, 9, "sirqprof", true);
	bytes_u32(&raw, SP_FACT_MAGIC);
	bytes_u16(&raw, SP_FACT_THIN);
	bytes_u16(&raw, 1);
	bytes_u32(&raw, 16);
	b = sample(9, raw.at, (uint32_t)raw.len, true);
	says(&b, PERF_RECORD_SAMPLE, "sirqprof time=3.000000007 cpu=2 THIN every=16");
	describe_free(describe);
	describe = other;
}

static void long_lines_are_cut(void **state)
{
	struct bytes b = record(false);

	(void)state;
	bytes_u32(&b, 10);
	bytes_u32(&b, 11);
	for (int i = 0; i < 2000; i++)
		bytes_u8(&b, 'y');
	bytes_u8(&b, 0);
	assert_int_equal(put(&b, b.len, PERF_RECORD_COMM), 0);
	assert_int_equal(strlen(text), DESCRIBE_LEN - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_by_their_names),
		cmocka_unit_test_setup_teardown(an_event_and_its_ids, setup, teardown),
		cmocka_unit_test_setup_teardown(features, setup, teardown),
		cmocka_unit_test_setup_teardown(records_of_the_kernel, setup, teardown),
		cmocka_unit_test_setup_teardown(tracepoints_by_their_format, setup, teardown),
		cmocka_unit_test_setup_teardown(facts_by_their_kind, setup, teardown),
		cmocka_unit_test_setup_teardown(trailers, setup, teardown),
		cmocka_unit_test_setup_teardown(of_the_other_byte_order, setup, teardown),
		cmocka_unit_test_setup_teardown(long_lines_are_cut, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* analyze/reader: what is no recording, what is damaged, and what is read up to the damage. */
#include "reader.h"

#include "unit.h"

#include <linux/perf_event.h>
#include <sirqprof/perfdata.h>
#include <zstd.h>

static uint8_t file[4096];
static size_t len;

static void add(const void *data, size_t size)
{
	memcpy(file + len, data, size);
	len += size;
}

static void begin_pipe(void)
{
	const uint64_t head[2] = { SP_PERF_MAGIC2, SP_PIPE_HEADER_SIZE };

	len = 0;
	add(head, sizeof(head));
}

static void add_record(uint32_t type, uint16_t size)
{
	struct perf_event_header h = { .type = type, .size = size };
	uint8_t body[256] = { 0 };

	add(&h, sizeof(h));
	if (size > sizeof(h))
		add(body, size - sizeof(h));
}

/* Reads all; returns the number of records, and the first damage in *code (0: none). */
static int read_all(uint32_t *code)
{
	struct sp_err err = SP_ERR_INIT;
	struct reader_damage rows[8];
	sp_auto(reader) r = NULL;
	struct sp_record rec;
	int n = 0, rc;

	assert_int_equal(reader_open_memory(&r, file, len, &err), 0);
	while ((rc = reader_next(r, &rec, &err)) == 0) {
		assert_true(rec.size >= 8);
		n++;
	}
	assert_int_equal(rc, SP_END);
	*code = reader_damage(r, rows, 8) ? rows[0].code : 0;
	return n;
}

static void what_is_no_recording_is_said(void **state)
{
	const struct {
		const char *bytes;
		size_t size;
		int rc;
		const char *word;
	} bad[] = { { "", 0, SP_EFORMAT, "it is empty" },
		    { "PERF", 4, SP_EFORMAT, "it is text" },
		    { "time,latency_ms\n", 16, SP_EFORMAT, "--spikes" },
		    { "\x1f\x8b\x08\0\0\0\0\0\0\3\0\0\0\0\0\0", 16, SP_EFORMAT, "gunzip" },
		    { "\x28\xb5\x2f\xfd", 4, SP_EFORMAT, "unzstd" },
		    { "GIF89a\0\1sixteen.", 16, SP_EFORMAT, "perf record')" },
		    { "PERFFILE        ", 16, SP_EUNSUP, "version 1" },
		    { "PERFILE2\x68\0\0\0\0\0\0\0", 16, SP_EFORMAT, "header" } };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct sp_err err = SP_ERR_INIT;
		struct reader *r = NULL;

		assert_int_equal(reader_open_memory(&r, bad[i].bytes, bad[i].size, &err),
				 bad[i].rc);
		assert_null(r);
		if (!strstr(err.text, bad[i].word))
			fail_msg("no \"%s\" in: %s", bad[i].word, err.text);
	}
}

static void records_come_one_by_one(void **state)
{
	uint32_t code;

	(void)state;
	begin_pipe();
	add_record(PERF_RECORD_COMM, 40);
	add_record(SP_REC_FINISHED_ROUND, 8);
	add_record(PERF_RECORD_SAMPLE, 64);
	assert_int_equal(read_all(&code), 3);
	assert_int_equal(code, 0);
}

static void damage_ends_it_and_is_told(void **state)
{
	uint32_t code;

	(void)state;
	begin_pipe();
	add_record(PERF_RECORD_COMM, 40);
	add_record(PERF_RECORD_SAMPLE, 0); /* a record of size 0 */
	assert_int_equal(read_all(&code), 1);
	assert_int_equal(code, SP_Q_GARBAGE);
	begin_pipe();
	add_record(PERF_RECORD_COMM, 40);
	add_record(PERF_RECORD_SAMPLE, 7);
	assert_int_equal(read_all(&code), 1);
	assert_int_equal(code, SP_Q_GARBAGE);
	begin_pipe();
	add_record(PERF_RECORD_COMM, 40);
	add_record(PERF_RECORD_SAMPLE, 64);
	len -= 10; /* cut inside the last */
	assert_int_equal(read_all(&code), 1);
	assert_int_equal(code, SP_Q_TRUNCATED);
	begin_pipe();
	add_record(PERF_RECORD_COMM, 40);
	add("abc", 3); /* less than a header */
	assert_int_equal(read_all(&code), 1);
	assert_int_equal(code, SP_Q_TRUNCATED);
}

/* COMPRESSED2 tells how many of its bytes are packed: what pads it to 8 is none of them. */
static void add_compressed2(const uint8_t *packed, size_t n)
{
	size_t padded = (n + 7) / 8 * 8;
	struct perf_event_header h = { .type = SP_REC_COMPRESSED2,
				       .size = (uint16_t)(sizeof(h) + 8 + padded) };
	uint64_t size = n;

	add(&h, sizeof(h));
	add(&size, sizeof(size));
	add(packed, n);
	add("\xee\xee\xee\xee\xee\xee\xee", padded - n);
}

static void compressed2_is_what_it_holds(void **state)
{
	const uint32_t types[] = { PERF_RECORD_COMM, PERF_RECORD_SAMPLE, PERF_RECORD_EXIT,
				   PERF_RECORD_LOST, PERF_RECORD_MMAP };
	uint8_t packed[512];
	struct sp_err err = SP_ERR_INIT;
	struct sp_record rec;
	struct reader *r = NULL;
	size_t n, at;

	(void)state;
	len = 0;
	add_record(PERF_RECORD_SAMPLE, 64);
	add_record(PERF_RECORD_EXIT, 48);
	add_record(PERF_RECORD_LOST, 40);
	n = ZSTD_compress(packed, sizeof(packed), file, len, 1);
	assert_false(ZSTD_isError(n));
	/* Cut anywhere: a packed record may go on in the next. */
	for (at = 1; at < n; at++) {
		begin_pipe();
		add_record(PERF_RECORD_COMM, 40);
		add_compressed2(packed, at);
		add_compressed2(packed + at, n - at);
		add_record(PERF_RECORD_MMAP, 40);
		assert_int_equal(reader_open_memory(&r, file, len, &err), 0);
		for (size_t i = 0; i < 5; i++) {
			assert_int_equal(reader_next(r, &rec, &err), 0);
			assert_int_equal(rec.type, types[i]);
		}
		assert_int_equal(reader_next(r, &rec, &err), SP_END);
		assert_int_equal(reader_damage(r, &(struct reader_damage){ 0 }, 1), 0);
		reader_free(r);
		r = NULL;
	}
}

/* A blob that claims to be larger than the input. */
static void tracing_data_beyond_the_end(void **state)
{
	struct perf_event_header h = { .type = SP_REC_HEADER_TRACING_DATA, .size = 12 };
	uint32_t size = 1 << 20, code;

	(void)state;
	begin_pipe();
	add_record(PERF_RECORD_COMM, 40);
	add(&h, sizeof(h));
	add(&size, sizeof(size));
	assert_int_equal(read_all(&code), 1);
	assert_int_equal(code, SP_Q_TRUNCATED);
}

/* File mode: sections become records; ones that lie outside the file are passed over. */
static void sections_outside_the_file(void **state)
{
	struct sp_file_header h = { .magic = SP_PERF_MAGIC2, .size = SP_FILE_HEADER_SIZE };
	struct perf_event_attr attr = { .size = PERF_ATTR_SIZE_VER0 };
	struct sp_file_section ids = { 1 << 30, 1 << 20 };
	struct sp_err err = SP_ERR_INIT;
	struct reader *r = NULL;
	uint32_t code;

	(void)state;
	len = 0;
	h.attr_size = PERF_ATTR_SIZE_VER0 + sizeof(ids);
	h.attrs = (struct sp_file_section){ SP_FILE_HEADER_SIZE, h.attr_size };
	h.data = (struct sp_file_section){ SP_FILE_HEADER_SIZE + h.attr_size, 40 };
	add(&h, SP_FILE_HEADER_SIZE);
	add(&attr, PERF_ATTR_SIZE_VER0);
	add(&ids, sizeof(ids));
	add_record(PERF_RECORD_COMM, 40);
	assert_int_equal(read_all(&code), 2); /* the attr, and COMM */
	assert_int_equal(code, SP_Q_UNKNOWN_RECORD);
	/* A recorder that was killed leaves data.size 0. */
	h.data.size = 0;
	memcpy(file, &h, SP_FILE_HEADER_SIZE);
	assert_int_equal(read_all(&code), 2);
	assert_int_equal(code, SP_Q_UNCLOSED);
	h.attr_size = 0;
	memcpy(file, &h, SP_FILE_HEADER_SIZE);
	assert_int_equal(reader_open_memory(&r, file, len, &err), SP_EFORMAT);
}

/* A feature section that claims to be larger than the file is passed over; the others are read. */
static void a_feature_larger_than_the_file(void **state)
{
	struct sp_file_header h = { .magic = SP_PERF_MAGIC2, .size = SP_FILE_HEADER_SIZE };
	struct sp_file_section table[2] = { { 0, 1ULL << 60 }, { 0, 8 } };
	struct perf_event_attr attr = { .size = PERF_ATTR_SIZE_VER0 };
	struct sp_file_section ids = { 0, 0 };
	uint32_t code;

	(void)state;
	len = 0;
	h.attr_size = PERF_ATTR_SIZE_VER0 + sizeof(ids);
	h.attrs = (struct sp_file_section){ SP_FILE_HEADER_SIZE, h.attr_size };
	h.data = (struct sp_file_section){ SP_FILE_HEADER_SIZE + h.attr_size, 40 };
	h.features[0] = 1ULL << SP_FEAT_HOSTNAME | 1ULL << SP_FEAT_NRCPUS;
	add(&h, SP_FILE_HEADER_SIZE);
	add(&attr, PERF_ATTR_SIZE_VER0);
	add(&ids, sizeof(ids));
	add_record(PERF_RECORD_COMM, 40);
	table[0].offset = table[1].offset = len + sizeof(table);
	add(table, sizeof(table));
	add("\1\0\0\0\1\0\0\0", 8);
	assert_int_equal(read_all(&code), 3); /* NRCPUS, the attr, COMM */
	assert_int_equal(code, SP_Q_UNKNOWN_RECORD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_recording_is_said),
		cmocka_unit_test(records_come_one_by_one),
		cmocka_unit_test(damage_ends_it_and_is_told),
		cmocka_unit_test(compressed2_is_what_it_holds),
		cmocka_unit_test(tracing_data_beyond_the_end),
		cmocka_unit_test(sections_outside_the_file),
		cmocka_unit_test(a_feature_larger_than_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

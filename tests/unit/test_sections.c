/* analyze/sections: a file's sections as the header records of a pipe; what does not fit the file
 * is counted. */
#include "unit.h"

#include "fakebytes.h"
#include "sections.h"

#include <sirqprof/limits.h>

#include <linux/perf_event.h>

#define ATTR_SIZE (PERF_ATTR_SIZE_VER0 + 16U)

/* A file in memory: attrs, ids, data, feature table and features, in that order. */
struct file {
	struct bytes b;
	struct sp_file_header h;
	struct source source;
	struct sections sections;
};

static void attr(struct bytes *b, uint64_t config, uint32_t size, uint64_t ids, uint64_t ids_size)
{
	bytes_u32(b, PERF_TYPE_TRACEPOINT);
	bytes_u32(b, size);
	bytes_u64(b, config);
	bytes_zero(b, PERF_ATTR_SIZE_VER0 - 16);
	bytes_u64(b, ids);
	bytes_u64(b, ids_size);
}

/* Two events of two ids each behind them, and data of 8 bytes. */
static void make(struct file *f, bool swap)
{
	uint64_t ids = SP_FILE_HEADER_SIZE + 2 * ATTR_SIZE;

	memset(f, 0, sizeof(*f));
	f->b.swap = swap;
	bytes_zero(&f->b, SP_FILE_HEADER_SIZE);
	attr(&f->b, 111, PERF_ATTR_SIZE_VER0, ids, 16);
	attr(&f->b, 222, 0, ids + 16, 16);
	for (uint64_t id = 1; id <= 4; id++)
		bytes_u64(&f->b, id);
	f->h = (struct sp_file_header){
		.magic = SP_PERF_MAGIC2,
		.size = SP_FILE_HEADER_SIZE,
		.attr_size = ATTR_SIZE,
		.attrs = { SP_FILE_HEADER_SIZE, 2 * ATTR_SIZE },
		.data = { f->b.len, 8 },
	};
	bytes_u64(&f->b, 0);
}

static void feature(struct file *f, uint32_t bit, uint64_t off, uint64_t size)
{
	f->h.features[bit / 64] |= 1ULL << bit % 64;
	bytes_u64(&f->b, off);
	bytes_u64(&f->b, size);
}

static int begin(struct file *f)
{
	struct sp_err err = SP_ERR_INIT;

	source_memory(&f->source, f->b.at, f->b.len);
	return sections_begin(&f->sections, &f->source, &f->h, f->b.swap, &err);
}

static int next(struct file *f, struct sp_record *r)
{
	struct sp_err err = SP_ERR_INIT;

	return sections_next(&f->sections, &f->source, r, &err);
}

static uint64_t word(const struct sp_record *r, size_t off, bool swap)
{
	struct sp_span in = sp_span_of(r->data + off, 8, swap);

	assert_true(off + 8 <= r->size);
	return sp_span_u64(&in);
}

static void events_with_their_ids(void **state)
{
	(void)state;
	for (int swap = 0; swap <= 1; swap++) {
		static struct file f;
		struct sp_record r;

		make(&f, swap);
		assert_int_equal(begin(&f), 0);
		for (uint64_t i = 0; i < 2; i++) {
			assert_int_equal(next(&f, &r), 0);
			assert_int_equal(r.type, SP_REC_HEADER_ATTR);
			assert_int_equal(r.swap, swap);
			/* Its own size, not the entry's; two ids. */
			assert_int_equal(r.size, 8 + PERF_ATTR_SIZE_VER0 + 16);
			assert_int_equal(word(&r, 16, swap), i ? 222 : 111);
			assert_int_equal(word(&r, 8 + PERF_ATTR_SIZE_VER0, swap), 2 * i + 1);
			assert_int_equal(word(&r, 16 + PERF_ATTR_SIZE_VER0, swap), 2 * i + 2);
		}
		assert_int_equal(next(&f, &r), SP_END);
		assert_int_equal(next(&f, &r), SP_END);
		assert_int_equal(f.sections.bad, 0);
		sections_end(&f.sections);
	}
}

/* What the names belong to must be known before them: formats and EVENT_DESC come last. */
static void features_around_the_events(void **state)
{
	static struct file f;
	static const uint32_t want[] = { SP_REC_HEADER_FEATURE, SP_REC_HEADER_ATTR,
					 SP_REC_HEADER_ATTR, SP_REC_HEADER_TRACING_DATA,
					 SP_REC_HEADER_FEATURE };
	struct sp_record r;
	uint64_t at;

	(void)state;
	make(&f, false);
	at = f.b.len + 3 * 16;
	feature(&f, SP_FEAT_TRACING_DATA, at, 4);
	feature(&f, SP_FEAT_HOSTNAME, at + 4, 5);
	feature(&f, SP_FEAT_EVENT_DESC, at + 9, 3);
	bytes_put(&f.b, "FMT.hostnDES", 12);
	assert_int_equal(begin(&f), 0);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(next(&f, &r), 0);
		assert_int_equal(r.type, want[i]);
		if (i == 0) {
			assert_int_equal(word(&r, 8, false), SP_FEAT_HOSTNAME);
			assert_int_equal(r.size, 8 + 8 + 5);
			assert_memory_equal(r.data + 16, "hostn", 5);
		} else if (i == 3) {
			assert_int_equal(r.size, 8 + 4 + 4);
			assert_memory_equal(r.data + 12, "FMT.", 4);
		} else if (i == 4) {
			assert_int_equal(word(&r, 8, false), SP_FEAT_EVENT_DESC);
			assert_memory_equal(r.data + 16, "DES", 3);
		}
	}
	assert_int_equal(next(&f, &r), SP_END);
	sections_end(&f.sections);
}

static void what_lies_outside_is_counted(void **state)
{
	static struct file f;
	struct sp_record r;
	uint32_t features = 0, attrs = 0;

	(void)state;
	make(&f, false);
	/* The second event's ids. */
	f.b.len -= 8;
	memset(f.b.at + SP_FILE_HEADER_SIZE + 2 * ATTR_SIZE - 16, 0xff, 8);
	bytes_u64(&f.b, 0);
	feature(&f, SP_FEAT_HOSTNAME, UINT64_MAX - 3, 5);
	feature(&f, SP_FEAT_OSRELEASE, 0, SP_MAX_FEATURE_BYTES + 1ULL);
	feature(&f, SP_FEAT_VERSION, 0, 8);
	/* Its row of the table is not there. */
	f.h.features[0] |= 1ULL << SP_FEAT_ARCH;
	assert_int_equal(begin(&f), 0);
	while (next(&f, &r) == 0) {
		features += r.type == SP_REC_HEADER_FEATURE;
		attrs += r.type == SP_REC_HEADER_ATTR;
	}
	assert_int_equal(features, 1);
	assert_int_equal(attrs, 2);
	assert_true(f.sections.bad >= 4);
	sections_end(&f.sections);
}

/* A recorder that was killed: no feature table, the formats between events and data. */
static void a_recorder_that_was_killed(void **state)
{
	static struct file f;
	struct sp_record r;

	(void)state;
	make(&f, false);
	f.h.data.size = 0;
	f.h.features[0] = 1ULL << SP_FEAT_HOSTNAME;
	f.b.len -= 8 + 32;
	bytes_put(&f.b, "\027\010\104tracing0.6", 14);
	f.h.data.offset = f.b.len;
	bytes_zero(&f.b, 8);
	assert_int_equal(begin(&f), 0);
	assert_int_equal(next(&f, &r), 0);
	assert_int_equal(next(&f, &r), 0);
	assert_int_equal(r.type, SP_REC_HEADER_ATTR);
	assert_int_equal(next(&f, &r), 0);
	assert_int_equal(r.type, SP_REC_HEADER_TRACING_DATA);
	assert_int_equal(r.size, 8 + 4 + 14);
	assert_memory_equal(r.data + 12, "\027\010\104tracing0.6", 14);
	assert_int_equal(next(&f, &r), SP_END);
	sections_end(&f.sections);
	/* Something else stands there: no formats. */
	f.b.at[f.h.data.offset - 14] = 0;
	assert_int_equal(begin(&f), 0);
	assert_int_equal(next(&f, &r), 0);
	assert_int_equal(next(&f, &r), 0);
	assert_int_equal(next(&f, &r), SP_END);
	sections_end(&f.sections);
}

/* No section is longer than allowed, that one neither. */
static void no_formats_of_any_length(void **state)
{
	const uint64_t size = SP_MAX_FEATURE_BYTES + 4096ULL;
	static struct file f;
	struct sp_record r;
	uint8_t *at = calloc(1, size);
	int rc;

	(void)state;
	assert_non_null(at);
	make(&f, false);
	memcpy(at, f.b.at, f.b.len);
	memcpy(at + SP_FILE_HEADER_SIZE + 2 * ATTR_SIZE, "\027\010\104tracing", 10);
	f.h.data.size = 0;
	f.h.data.offset = size - 8;
	assert_int_equal(begin(&f), SP_EFORMAT);
	source_memory(&f.source, at, size);
	assert_int_equal(
		sections_begin(&f.sections, &f.source, &f.h, false, &(struct sp_err)SP_ERR_INIT),
		0);
	do {
		rc = next(&f, &r);
		assert_true(rc || r.size <= SP_MAX_FEATURE_BYTES + 64ULL);
	} while (!rc);
	sections_end(&f.sections);
	free(at);
}

static void headers_that_cannot_be(void **state)
{
	static struct file f;

	(void)state;
	make(&f, false);
	f.h.attr_size = ATTR_SIZE - 1;
	assert_int_equal(begin(&f), SP_EFORMAT);
	f.h.attr_size = UINT64_MAX;
	assert_int_equal(begin(&f), SP_EFORMAT);
	make(&f, false);
	f.h.attrs.size = UINT64_MAX;
	assert_int_equal(begin(&f), SP_EFORMAT);
	make(&f, false);
	f.h.attrs.offset = f.b.len + 1;
	f.h.attrs.size = 0;
	assert_int_equal(begin(&f), SP_EFORMAT);
	make(&f, false);
	f.h.data.offset = f.b.len + 1;
	assert_int_equal(begin(&f), SP_EFORMAT);
	/* Data that goes on past the end is a recording that was cut: no table then. */
	make(&f, false);
	f.h.data.size = UINT64_MAX;
	assert_int_equal(begin(&f), 0);
	assert_int_equal(f.sections.table_at, 0);
	sections_end(&f.sections);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_with_their_ids),
		cmocka_unit_test(features_around_the_events),
		cmocka_unit_test(what_lies_outside_is_counted),
		cmocka_unit_test(a_recorder_that_was_killed),
		cmocka_unit_test(no_formats_of_any_length),
		cmocka_unit_test(headers_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* sirqprof's own facts: the bytes of the record that carries them. */
#include "collect.h"
#include "header.h"
#include "stream.h"

#include <sirqprof/perfdata.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct collect got;

static struct stream *open_stream(void)
{
	struct sp_err err = SP_ERR_INIT;
	struct stream *s = NULL;

	collect_free(&got);
	assert_int_equal(stream_new(&s, collect_sink(&got), &err), 0);
	return s;
}

static void a_fact_is_a_sample_with_raw(void **state)
{
	struct stream *s = open_stream();
	struct sp_err err = SP_ERR_INIT;
	struct perf_event_header header;
	const uint8_t *body;

	(void)state;
	fact_begin(s, SP_FACT_STEAL, 123456789, 17);
	fact_u64(s, 40);
	fact_u64(s, 10);
	assert_int_equal(fact_end(s, &err), 0);
	assert_int_equal(got.n, 1);
	memcpy(&header, got.at[0], sizeof(header));
	assert_int_equal(header.type, PERF_RECORD_SAMPLE);
	assert_int_equal(header.size, got.size[0]);
	assert_int_equal(header.size % 8, 0);
	assert_true(sp_u64_at(got.at[0] + 8) == HEADER_FACT_ID);
	assert_int_equal(sp_u64_at(got.at[0] + 16), 123456789);
	assert_int_equal(sp_u32_at(got.at[0] + 24), 17);
	/* RAW runs to the end of the record, padding counted. */
	assert_int_equal(sp_u32_at(got.at[0] + 32), header.size - 36);
	body = collect_fact(&got, 0, SP_FACT_STEAL);
	assert_non_null(body);
	assert_int_equal(sp_u64_at(body), 40);
	assert_int_equal(sp_u64_at(body + 8), 10);
	stream_free(s);
}

static void strings_of_any_length_keep_records_whole(void **state)
{
	struct stream *s = open_stream();
	struct sp_err err = SP_ERR_INIT;
	char text[6000];

	(void)state;
	for (size_t len = 0; len < sizeof(text); len += 333) {
		const uint8_t *body;

		memset(text, 'a', len);
		text[len] = 0;
		assert_int_equal(fact_meta(s, "key", text, &err), 0);
		body = collect_fact(&got, got.n - 1, SP_FACT_META);
		assert_non_null(body);
		assert_string_equal((const char *)body, "key");
		assert_int_equal(strlen((const char *)body + 4),
				 len < SP_MAX_STRING ? len : SP_MAX_STRING - 1);
		assert_int_equal(got.size[got.n - 1] % 8, 0);
	}
	stream_free(s);
}

static void a_fact_never_outgrows_a_record(void **state)
{
	struct stream *s = open_stream();
	struct sp_err err = SP_ERR_INIT;
	struct perf_event_header header;
	char text[4000];

	(void)state;
	memset(text, 'b', sizeof(text));
	text[sizeof(text) - 1] = 0;
	fact_begin(s, SP_FACT_FDS, 1, UINT32_MAX);
	for (int i = 0; i < 100; i++) {
		fact_u32(s, 3);
		fact_str(s, fact_room(s, sizeof(text) + 8) ? text : "");
	}
	assert_int_equal(fact_end(s, &err), 0);
	memcpy(&header, got.at[0], sizeof(header));
	assert_int_equal(header.size, got.size[0]);
	assert_true(header.size > 50000);
	assert_int_equal(sp_u32_at(got.at[0] + 32), header.size - 36);
	stream_free(s);
}

static void a_round_is_an_empty_record(void **state)
{
	struct stream *s = open_stream();
	struct sp_err err = SP_ERR_INIT;

	(void)state;
	assert_int_equal(stream_round(s, &err), 0);
	assert_int_equal(got.type[0], SP_REC_FINISHED_ROUND);
	assert_int_equal(got.size[0], 8);
	stream_free(s);
	collect_free(&got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fact_is_a_sample_with_raw),
		cmocka_unit_test(strings_of_any_length_keep_records_whole),
		cmocka_unit_test(a_fact_never_outgrows_a_record),
		cmocka_unit_test(a_round_is_an_empty_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* analyze/truesize: records that the kernel wrote too long end where their trailer does. */
#include "truesize.h"

#include "fakebytes.h"
#include "sample.h"

#include <linux/perf_event.h>

#define TRAILER (PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_IDENTIFIER)
#define REST	40U /* what stood in the ring before */

static void add(struct attrs *a, uint64_t sample_type, uint64_t id, bool swap)
{
	struct bytes b = { .swap = swap };
	struct sp_err err = SP_ERR_INIT;

	bytes_u32(&b, PERF_TYPE_SOFTWARE);
	bytes_u32(&b, PERF_ATTR_SIZE_VER0);
	bytes_zero(&b, 16);
	bytes_u64(&b, sample_type);
	bytes_zero(&b, 8);
	bytes_u8(&b, 0);
	bytes_u8(&b, 0);
	bytes_u8(&b, swap ? 0x20 : 0x04); /* sample_id_all */
	bytes_zero(&b, 5);
	bytes_zero(&b, 16);
	if (id)
		bytes_u64(&b, id);
	assert_int_equal(attrs_add(a, bytes_span(&b), &err), 0);
}

static struct attrs *attrs(bool swap)
{
	struct sp_err err = SP_ERR_INIT;
	struct attrs *a = NULL;

	assert_int_equal(attrs_new(&a, &err), 0);
	add(a, TRAILER, 7, swap);
	return a;
}

/* The record's own fields; returns their size, header included. */
static size_t own(struct bytes *b, uint32_t type)
{
	bytes_zero(b, 8);
	switch (type) {
	case PERF_RECORD_KSYMBOL:
		bytes_zero(b, 16);
		bytes_text(b, "bpf_prog_1");
		bytes_zero(b, 5);
		break;
	case PERF_RECORD_BPF_EVENT:
		bytes_zero(b, 16);
		break;
	case PERF_RECORD_TEXT_POKE:
		bytes_u64(b, 0xffffffff81000000);
		bytes_u16(b, 5);
		bytes_u16(b, 2);
		bytes_zero(b, 7);
		bytes_zero(b, 5); /* to eight */
		break;
	}
	return b->len;
}

static void trailer(struct bytes *b, uint64_t sample_type, uint64_t id)
{
	uint32_t n = (uint32_t)__builtin_popcountll(sample_type);

	bytes_zero(b, 8U * (n - 1));
	bytes_u64(b, id);
}

static uint64_t size_of(const struct bytes *b, size_t len, uint32_t type, struct attrs *a,
			bool *has_trailer)
{
	uint8_t *at = bytes_cut(b, len);
	const struct sp_record r = { .type = type, .data = at, .size = len, .swap = b->swap };
	uint64_t size = truesize(&r, a, has_trailer);

	assert_true(size <= len);
	free(at);
	return size;
}

static const uint32_t types[] = { PERF_RECORD_KSYMBOL, PERF_RECORD_BPF_EVENT,
				  PERF_RECORD_TEXT_POKE };

static void each_type_ends_with_its_trailer(void **state)
{
	bool has;

	(void)state;
	for (uint32_t i = 0; i < 6; i++) {
		struct bytes b = { .swap = i >= 3 };
		sp_auto(attrs) a = attrs(b.swap);
		size_t n = own(&b, types[i % 3]);

		trailer(&b, TRAILER, 7);
		assert_int_equal(size_of(&b, b.len, types[i % 3], a, &has), n + 24);
		assert_true(has);
		bytes_zero(&b, REST);
		assert_int_equal(size_of(&b, b.len, types[i % 3], a, &has), n + 24);
		assert_true(has);
		/* Another's record has what it says. */
		assert_int_equal(size_of(&b, b.len, PERF_RECORD_COMM, a, &has), b.len);
		assert_true(has);
	}
}

/* Not too long at least. */
static void cut_anywhere(void **state)
{
	bool has;

	(void)state;
	for (uint32_t i = 0; i < 6; i++) {
		struct bytes b = { .swap = i >= 3 };
		sp_auto(attrs) a = attrs(b.swap);

		own(&b, types[i % 3]);
		trailer(&b, TRAILER, 7);
		for (size_t len = 8; len < b.len; len++) {
			assert_int_equal(size_of(&b, len, types[i % 3], a, &has), len);
			assert_true(has);
		}
	}
}

/* Events of different trailers, as no recorder has them but a file may. */
static void the_trailer_is_of_the_event_whose_id_it_has(void **state)
{
	struct bytes b = { 0 };
	sp_auto(attrs) a = attrs(false);
	size_t n = own(&b, PERF_RECORD_BPF_EVENT);
	bool has;

	(void)state;
	add(a, TRAILER | PERF_SAMPLE_CPU, 8, false);
	add(a, PERF_SAMPLE_TIME, 0, false);
	bytes_zero(&b, 16);
	bytes_u64(&b, 8); /* where an id of TRAILER would stand, and is none of those */
	bytes_u64(&b, 8);
	bytes_zero(&b, REST);
	assert_int_equal(size_of(&b, b.len, PERF_RECORD_BPF_EVENT, a, &has), n + 32);
	assert_true(has);
}

static void without_ids_the_trailer_is_believed(void **state)
{
	struct bytes b = { 0 };
	sp_auto(attrs) a = NULL;
	struct sp_err err = SP_ERR_INIT;
	size_t n = own(&b, PERF_RECORD_BPF_EVENT);
	bool has;

	(void)state;
	assert_int_equal(attrs_new(&a, &err), 0);
	bytes_zero(&b, REST);
	assert_int_equal(size_of(&b, b.len, PERF_RECORD_BPF_EVENT, a, &has), n);
	assert_false(has);
	add(a, PERF_SAMPLE_TID | PERF_SAMPLE_TIME, 0, false);
	assert_int_equal(size_of(&b, b.len, PERF_RECORD_BPF_EVENT, a, &has), n + 16);
	assert_true(has);
}

/* Each record asks: it must not cost a look at each of the events. */
static void many_events_have_few_trailers(void **state)
{
	sp_auto(attrs) a = attrs(false);

	(void)state;
	for (uint64_t id = 8; id < 4000; id++)
		add(a, TRAILER, id, false);
	assert_int_equal(__builtin_popcount(a->trailers), 1);
	/* Of the fields that a trailer may have, however they are told. */
	for (uint32_t bits = 0; bits < 64; bits++)
		add(a,
		    (bits & 15) << 6 | (bits >> 4 & 1) * PERF_SAMPLE_IDENTIFIER | (bits >> 5) << 1,
		    0, false);
	assert_in_range(__builtin_popcount(a->trailers), 2, 24);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_type_ends_with_its_trailer),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(the_trailer_is_of_the_event_whose_id_it_has),
		cmocka_unit_test(without_ids_the_trailer_is_believed),
		cmocka_unit_test(many_events_have_few_trailers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

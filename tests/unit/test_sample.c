/* analyze/sample: the bytes of a sample by the event's sample_type, in both byte orders, plain and
 * field by field, whole and cut anywhere. Order: PERF_RECORD_SAMPLE in
 * include/uapi/linux/perf_event.h. */
#include "unit.h"

#include "fakebytes.h"
#include "sample.h"

#include <linux/perf_event.h>

#define FIXED                                                                           \
	(PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | \
	 PERF_SAMPLE_ADDR | PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID | PERF_SAMPLE_CPU |  \
	 PERF_SAMPLE_PERIOD)
#define PLAIN (FIXED | PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_RAW)
#define FULL                                                                           \
	(PLAIN | PERF_SAMPLE_READ | PERF_SAMPLE_BRANCH_STACK | PERF_SAMPLE_REGS_USER | \
	 PERF_SAMPLE_STACK_USER | PERF_SAMPLE_WEIGHT | PERF_SAMPLE_DATA_SRC |          \
	 PERF_SAMPLE_TRANSACTION | PERF_SAMPLE_REGS_INTR)

static struct attr attr(uint64_t sample_type)
{
	return (struct attr){
		.sample_type = sample_type,
		.sample_regs_user = 0x5,
		.sample_regs_intr = 0x7,
		.sample_id_all = true,
	};
}

static void fixed(struct bytes *b)
{
	bytes_u64(b, 111); /* IDENTIFIER */
	bytes_u64(b, 222); /* IP */
	bytes_u32(b, 33);
	bytes_u32(b, 34);
	bytes_u64(b, 444); /* TIME */
	bytes_u64(b, 555); /* ADDR */
	bytes_u64(b, 111); /* ID: perf gives the same */
	bytes_u64(b, 777); /* STREAM_ID */
	bytes_u32(b, 8);
	bytes_u32(b, 0);
	bytes_u64(b, 999); /* PERIOD */
}

static void chain_and_raw(struct bytes *b)
{
	bytes_u64(b, 2);
	bytes_u64(b, 0xaaaa);
	bytes_u64(b, 0xbbbb);
	bytes_u32(b, 4);
	bytes_u32(b, 0x01020304);
}

static void full(struct bytes *b)
{
	fixed(b);
	bytes_u64(b, 1); /* READ: value */
	chain_and_raw(b);
	bytes_u64(b, 1); /* BRANCH_STACK: one entry of 24 */
	bytes_zero(b, 24);
	bytes_u64(b, PERF_SAMPLE_REGS_ABI_64);
	bytes_u64(b, 0x51);
	bytes_u64(b, 0x52);
	bytes_u64(b, 8); /* STACK_USER: size, bytes, how many are real */
	bytes_zero(b, 8);
	bytes_u64(b, 5);
	bytes_u64(b, 1); /* WEIGHT */
	bytes_u64(b, 1); /* DATA_SRC */
	bytes_u64(b, 1); /* TRANSACTION */
	bytes_u64(b, PERF_SAMPLE_REGS_ABI_64);
	bytes_u64(b, 0x61);
	bytes_u64(b, 0x62);
	bytes_u64(b, 0x63);
}

static uint64_t word(const void *at, bool swap)
{
	uint64_t v;

	memcpy(&v, at, sizeof(v));
	return swap ? bswap_64(v) : v;
}

static void check_fixed(const struct raw_sample *s)
{
	assert_int_equal(s->id, 111);
	assert_int_equal(s->ip, 222);
	assert_true(s->has_tid && s->has_time && s->has_cpu);
	assert_int_equal(s->pid, 33);
	assert_int_equal(s->tid, 34);
	assert_int_equal(s->time_ns, 444);
	assert_int_equal(s->cpu, 8);
	assert_int_equal(s->period, 999);
}

static void check_chain_and_raw(const struct raw_sample *s, bool swap)
{
	assert_int_equal(s->nchain, 2);
	assert_int_equal(word(&s->chain[0], swap), 0xaaaa);
	assert_int_equal(word(&s->chain[1], swap), 0xbbbb);
	assert_int_equal(s->raw_size, 4);
	assert_int_equal(s->raw[0], swap ? 1 : 4);
}

static void a_plain_sample_both_ways(void **state)
{
	struct attr bound = attr(PLAIN), unbound = attr(PLAIN);

	(void)state;
	sample_bind(&bound);
	assert_true(bound.layout.plain);
	for (int swap = 0; swap <= 1; swap++) {
		struct bytes b = { .swap = swap };
		struct raw_sample by_layout, by_field;

		fixed(&b);
		chain_and_raw(&b);
		assert_true(sample_parse(&bound, bytes_span(&b), &by_layout));
		assert_true(sample_parse(&unbound, bytes_span(&b), &by_field));
		check_fixed(&by_layout);
		check_chain_and_raw(&by_layout, swap);
		check_fixed(&by_field);
		check_chain_and_raw(&by_field, swap);
	}
}

static void everything_that_is_read(void **state)
{
	struct attr a = attr(FULL);

	(void)state;
	sample_bind(&a);
	assert_false(a.layout.plain);
	for (int swap = 0; swap <= 1; swap++) {
		struct bytes b = { .swap = swap };
		struct raw_sample s;

		full(&b);
		assert_true(sample_parse(&a, bytes_span(&b), &s));
		check_fixed(&s);
		check_chain_and_raw(&s, swap);
		assert_int_equal(s.user_abi, PERF_SAMPLE_REGS_ABI_64);
		assert_int_equal(word(s.user_regs, swap), 0x51);
		assert_int_equal(word(s.user_regs + 8, swap), 0x52);
		assert_int_equal(s.stack_size, 5);
		assert_int_equal(s.intr_abi, PERF_SAMPLE_REGS_ABI_64);
		assert_int_equal(word(s.intr_regs + 16, swap), 0x63);
	}
}

/* One byte less is no sample; nothing is read past it. */
static void cut_anywhere(void **state)
{
	struct attr whole = attr(FULL), plain = attr(PLAIN);
	struct bytes b = { .swap = false }, p = { .swap = false };

	(void)state;
	full(&b);
	fixed(&p);
	chain_and_raw(&p);
	sample_bind(&plain);
	for (size_t len = 0; len < b.len; len++) {
		uint8_t *at = bytes_cut(&b, len);
		struct raw_sample s;

		assert_false(sample_parse(&whole, sp_span_of(at, len, false), &s));
		free(at);
	}
	for (size_t len = 0; len < p.len; len++) {
		uint8_t *at = bytes_cut(&p, len);
		struct raw_sample s;

		assert_false(sample_parse(&plain, sp_span_of(at, len, false), &s));
		free(at);
	}
}

static void nothing_asked_nothing_there(void **state)
{
	struct attr a = attr(0);
	struct raw_sample s;

	(void)state;
	for (int bound = 0; bound <= 1; bound++) {
		assert_true(sample_parse(&a, sp_span_of(NULL, 0, false), &s));
		assert_false(s.has_tid || s.has_time || s.has_cpu);
		assert_int_equal(s.cpu, SP_NO_CPU);
		assert_null(s.chain);
		assert_null(s.raw);
		sample_bind(&a);
	}
}

static void numbers_that_lead_outside(void **state)
{
	static const uint64_t evil[] = { 3, 1ULL << 32, 1ULL << 61, UINT64_MAX };
	struct attr chain = attr(PERF_SAMPLE_CALLCHAIN), branch = attr(PERF_SAMPLE_BRANCH_STACK),
		    stack = attr(PERF_SAMPLE_STACK_USER), read = attr(PERF_SAMPLE_READ),
		    raw = attr(PERF_SAMPLE_RAW);

	(void)state;
	read.read_format = PERF_FORMAT_GROUP | PERF_FORMAT_ID;
	for (size_t i = 0; i < sizeof(evil) / sizeof(evil[0]); i++) {
		struct bytes b = { .swap = false };
		struct raw_sample s;

		bytes_u64(&b, evil[i]);
		bytes_zero(&b, 16);
		sample_bind(&chain);
		assert_false(sample_parse(&chain, bytes_span(&b), &s));
		chain.layout.plain = false;
		assert_false(sample_parse(&chain, bytes_span(&b), &s));
		assert_false(sample_parse(&branch, bytes_span(&b), &s));
		assert_false(sample_parse(&read, bytes_span(&b), &s));
		if (evil[i] > 8)
			assert_false(sample_parse(&stack, bytes_span(&b), &s));
		memset(b.at, 0xff, 4);
		assert_false(sample_parse(&raw, bytes_span(&b), &s));
	}
}

/* More real bytes than there are: none is believed. */
static void a_stack_that_contradicts_itself(void **state)
{
	struct attr a = attr(PERF_SAMPLE_STACK_USER);
	struct bytes b = { .swap = false };
	struct raw_sample s;

	(void)state;
	bytes_u64(&b, 8);
	bytes_zero(&b, 8);
	bytes_u64(&b, 9);
	assert_true(sample_parse(&a, bytes_span(&b), &s));
	assert_int_equal(s.stack_size, 0);
	/* Size 0 has no third word. */
	b.len = 0;
	bytes_u64(&b, 0);
	assert_true(sample_parse(&a, bytes_span(&b), &s));
	assert_null(s.stack);
}

static void registers_of_a_kernel_thread(void **state)
{
	struct attr a = attr(PERF_SAMPLE_REGS_USER | PERF_SAMPLE_REGS_INTR);
	struct bytes b = { .swap = false };
	struct raw_sample s;

	(void)state;
	bytes_u64(&b, PERF_SAMPLE_REGS_ABI_NONE);
	bytes_u64(&b, PERF_SAMPLE_REGS_ABI_32);
	bytes_zero(&b, 24);
	assert_true(sample_parse(&a, bytes_span(&b), &s));
	assert_null(s.user_regs);
	assert_non_null(s.intr_regs);
}

static void reads_of_every_format(void **state)
{
	static const struct {
		uint64_t format;
		uint32_t words;
	} cases[] = {
		{ 0, 1 },
		{ PERF_FORMAT_ID, 2 },
		{ PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING, 3 },
		{ PERF_FORMAT_ID | (1U << 4), 3 }, /* PERF_FORMAT_LOST */
		{ PERF_FORMAT_GROUP, 3 },	   /* nr = 2, two values */
		{ PERF_FORMAT_GROUP | PERF_FORMAT_ID | PERF_FORMAT_TOTAL_TIME_ENABLED, 6 },
		{ PERF_FORMAT_GROUP | PERF_FORMAT_ID | (1U << 4), 7 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct attr a = attr(PERF_SAMPLE_READ | PERF_SAMPLE_RAW);
		struct bytes b = { .swap = false };
		struct raw_sample s;

		a.read_format = cases[i].format;
		bytes_u64(&b, 2);
		bytes_zero(&b, (cases[i].words - 1) * (size_t)8);
		bytes_u32(&b, 4);
		bytes_u32(&b, 0x0a0b0c0d);
		assert_true(sample_parse(&a, bytes_span(&b), &s));
		assert_int_equal(s.raw_size, 4);
		assert_int_equal(s.raw[0], 0x0d);
	}
}

static void the_id_of_a_record_that_is_no_sample(void **state)
{
	const uint64_t t = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ID |
			   PERF_SAMPLE_STREAM_ID | PERF_SAMPLE_CPU | PERF_SAMPLE_IDENTIFIER;
	struct attr a = attr(t | PERF_SAMPLE_IP | PERF_SAMPLE_CALLCHAIN);

	(void)state;
	for (int swap = 0; swap <= 1; swap++) {
		struct bytes b = { .swap = swap };
		struct sp_span body, again;
		struct raw_sample s;

		bytes_text(&b, "bodybod");
		bytes_u32(&b, 33);
		bytes_u32(&b, 34);
		bytes_u64(&b, 444);
		bytes_u64(&b, 111);
		bytes_u64(&b, 777);
		bytes_u32(&b, 8);
		bytes_u32(&b, 0);
		bytes_u64(&b, 111);
		body = again = bytes_span(&b);
		assert_true(sample_trailer(&a, &body, &s));
		assert_int_equal(sp_span_left(&body), 8);
		assert_int_equal(s.id, 111);
		assert_int_equal(s.tid, 34);
		assert_int_equal(s.time_ns, 444);
		assert_int_equal(s.cpu, 8);
		/* Where there is none, or no room for it, the body stays whole. */
		again.at += 9;
		assert_false(sample_trailer(&a, &again, &s));
		assert_int_equal(sp_span_left(&again), b.len - 9);
		assert_int_equal(s.cpu, SP_NO_CPU);
		a.sample_id_all = false;
		body = bytes_span(&b);
		assert_false(sample_trailer(&a, &body, &s));
		assert_int_equal(sp_span_left(&body), b.len);
		a.sample_id_all = true;
	}
}

static void where_the_id_stands(void **state)
{
	const uint64_t before = PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME |
				PERF_SAMPLE_ADDR;

	(void)state;
	assert_int_equal(sample_id_pos(0), -1);
	assert_int_equal(sample_id_pos(before), -1);
	assert_int_equal(sample_id_pos(PERF_SAMPLE_ID), 0);
	assert_int_equal(sample_id_pos(PERF_SAMPLE_ID | before), 32);
	assert_int_equal(sample_id_pos(PERF_SAMPLE_ID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU), 8);
	assert_int_equal(sample_id_pos(PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_ID | before), 0);
	assert_int_equal(sample_trailer_id_pos(0), -1);
	assert_int_equal(sample_trailer_id_pos(PERF_SAMPLE_CPU), -1);
	assert_int_equal(sample_trailer_id_pos(PERF_SAMPLE_ID), 8);
	assert_int_equal(
		sample_trailer_id_pos(PERF_SAMPLE_ID | PERF_SAMPLE_CPU | PERF_SAMPLE_STREAM_ID),
		24);
	assert_int_equal(sample_trailer_id_pos(PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_CPU), 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_sample_both_ways),
		cmocka_unit_test(everything_that_is_read),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(nothing_asked_nothing_there),
		cmocka_unit_test(numbers_that_lead_outside),
		cmocka_unit_test(a_stack_that_contradicts_itself),
		cmocka_unit_test(registers_of_a_kernel_thread),
		cmocka_unit_test(reads_of_every_format),
		cmocka_unit_test(the_id_of_a_record_that_is_no_sample),
		cmocka_unit_test(where_the_id_stands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

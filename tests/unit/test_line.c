/* analyze/line: pieces in a buffer that is never left, text of others made harmless, fields by
 * name. */
#include "unit.h"

#include "line.h"

#define GUARD 0x5a

/* A line in a buffer of that size, with a guard behind it. */
struct room {
	char bytes[64];
	struct line line;
};

static struct room room(size_t size)
{
	struct room r;

	memset(r.bytes, GUARD, sizeof(r.bytes));
	r.bytes[0] = 0;
	r.line = (struct line){ .size = size };
	return r;
}

static void check(const struct room *r, const char *text)
{
	assert_string_equal(r->bytes, text);
	assert_int_equal(r->line.len, strlen(text));
	assert_int_equal(r->bytes[r->line.size], GUARD);
}

static void pieces_are_cut_at_the_end(void **state)
{
	struct room r = room(8);

	(void)state;
	r.line.at = r.bytes;
	line_put(&r.line, "%s", "abc");
	check(&r, "abc");
	line_put(&r.line, "%d", 1234);
	check(&r, "abc1234");
	line_put(&r.line, "%s", "x");
	check(&r, "abc1234");
	line_put(&r.line, "%s", "");
	check(&r, "abc1234");
	r = room(8);
	r.line.at = r.bytes;
	line_put(&r.line, "%s", "longer than it");
	check(&r, "longer ");
}

static void text_of_others_is_made_harmless(void **state)
{
	static const char evil[] = "a\x1b[2J\nb\tc\x7f";
	struct room r = room(32);

	(void)state;
	r.line.at = r.bytes;
	line_text(&r.line, evil, sizeof(evil) - 1);
	check(&r, "a?[2J?b?c?");
	/* Its own NUL ends it, and so does its length. */
	line_text(&r.line, "d\0hidden", 8);
	line_text(&r.line, "efg", 1);
	check(&r, "a?[2J?b?c?de");
	line_text(&r.line, NULL, 0);
	check(&r, "a?[2J?b?c?de");
	/* C1 as UTF-8 writes it; other characters stay, whole or not. */
	r = room(16);
	r.line.at = r.bytes;
	line_text(&r.line, "\xc2\x9b[J\xc3\x9f\xc2\xa0\xc2", 9);
	check(&r, "?[J\xc3\x9f\xc2\xa0\xc2");
	r = room(4);
	r.line.at = r.bytes;
	line_text(&r.line, "12345", 5);
	check(&r, "123");
}

static struct room fields(const void *bytes, size_t size, bool swap, const char *names,
			  struct sp_span *left)
{
	struct sp_span in = sp_span_of(bytes, size, swap);
	static struct room r;

	r = room(sizeof(r.bytes) - 1);
	r.line.at = r.bytes;
	line_fields(&r.line, &in, names);
	*left = in;
	return r;
}

static void numbers_by_their_names(void **state)
{
	static const uint8_t bytes[] = { 7,    0x34, 0x12, 0xfe, 0xff, 0xff,
					 0xff, 0xfe, 0xff, 0xff, 0xff };
	uint64_t wide[] = { 0xdead, 3000000007, 5 };
	struct sp_span left;
	struct room r;

	(void)state;
	r = fields(bytes, sizeof(bytes), false, "a:1 b:2 c:i d:4", &left);
	check(&r, "a=7 b=4660 c=-2 d=4294967294");
	assert_int_equal(sp_span_left(&left), 0);
	assert_false(left.over);
	r = fields(wide, sizeof(wide), false, "addr:x at:t n:8", &left);
	check(&r, "addr=0xdead at=3.000000007 n=5");
	/* From a machine of the other byte order. */
	r = fields(bytes + 1, 2, true, "b:2", &left);
	check(&r, "b=13330");
}

static void unnamed_fields_are_stepped_over(void **state)
{
	static const uint8_t bytes[] = { 1, 0, 0, 0, 2, 0, 0, 0, 3 };
	struct sp_span left;
	struct room r = fields(bytes, sizeof(bytes), false, ":4 b:4", &left);

	(void)state;
	check(&r, "b=2");
	assert_int_equal(sp_span_left(&left), 1);
	assert_false(left.over);
}

static void fields_stop_where_the_bytes_end(void **state)
{
	static const uint8_t bytes[] = { 1, 0, 0, 0, 2, 0, 0 };
	struct sp_span left;
	struct room r = fields(bytes, sizeof(bytes), false, "a:4 b:4 c:1", &left);

	(void)state;
	check(&r, "a=1");
	assert_true(left.over);
	r = fields(NULL, 0, false, "a:8", &left);
	check(&r, "");
	assert_true(left.over);
}

static void texts_end_at_their_nul_or_with_the_record(void **state)
{
	static const char bytes[] = "one\0two\0pad";
	struct sp_span left;
	struct room r = fields(bytes, sizeof(bytes) - 1, false, "s:s r:r", &left);

	(void)state;
	/* "r" takes what stands before the NUL and leaves nothing. */
	check(&r, "s=one r=two");
	assert_int_equal(sp_span_left(&left), 0);
	/* Not ended: what is there. */
	r = fields("ab", 2, false, "s:s", &left);
	check(&r, "s=ab");
	assert_int_equal(sp_span_left(&left), 0);
	r = fields("", 0, false, "s:s", &left);
	check(&r, "s=");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_cut_at_the_end),
		cmocka_unit_test(text_of_others_is_made_harmless),
		cmocka_unit_test(numbers_by_their_names),
		cmocka_unit_test(unnamed_fields_are_stepped_over),
		cmocka_unit_test(fields_stop_where_the_bytes_end),
		cmocka_unit_test(texts_end_at_their_nul_or_with_the_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* analyze/lines: bytes in as they come, lines out, whatever the pieces were cut into. */
#include "unit.h"

#include "lines.h"

static struct lines *lines(void)
{
	struct sp_err err = SP_ERR_INIT;
	struct lines *l = NULL;

	assert_int_equal(lines_new(&l, "made", &err), 0);
	return l;
}

static void put(struct lines *l, const char *text)
{
	assert_int_equal(lines_put(l, text, strlen(text)), strlen(text));
}

static void next(struct lines *l, const char *text, uint32_t number)
{
	struct sp_err err = SP_ERR_INIT;
	struct line line;

	assert_int_equal(lines_next(l, &line, &err), 0);
	assert_int_equal(line.len, strlen(text));
	assert_memory_equal(line.text, text, line.len);
	assert_int_equal(line.number, number);
	assert_false(line.cut);
}

static void no_more(struct lines *l)
{
	struct sp_err err = SP_ERR_INIT;
	struct line line;

	assert_int_equal(lines_next(l, &line, &err), SP_END);
}

static void endings_of_both_kinds(void **state)
{
	sp_auto(lines) l = lines();

	(void)state;
	put(l, "one\ntwo\r\n\n\r\nlone\rcr\nlast");
	next(l, "one", 1);
	next(l, "two", 2);
	next(l, "", 3);
	next(l, "", 4);
	next(l, "lone\rcr", 5);
	/* It may go on. */
	no_more(l);
	put(l, " part");
	lines_end(l);
	next(l, "last part", 6);
	no_more(l);
}

static void one_byte_at_a_time(void **state)
{
	static const char text[] = "\xef\xbb\xbf"
				   "first\r\nsecond\n";
	sp_auto(lines) l = lines();
	uint32_t seen = 0;

	(void)state;
	for (const char *at = text; *at; at++) {
		struct sp_err err = SP_ERR_INIT;
		struct line line;

		assert_int_equal(lines_put(l, at, 1), 1);
		if (lines_next(l, &line, &err) == SP_END)
			continue;
		assert_int_equal(*at, '\n');
		assert_memory_equal(line.text, seen++ ? "second" : "first", line.len);
	}
	assert_int_equal(seen, 2);
	lines_end(l);
	no_more(l);
}

static void a_mark_is_no_text_but_at_the_begin(void **state)
{
	sp_auto(lines) l = lines();
	sp_auto(lines) shorter = lines();
	sp_auto(lines) nothing = lines();

	(void)state;
	put(l, "\xef\xbb\xbf\n\xef\xbb\xbfx\n");
	next(l, "", 1);
	next(l, "\xef\xbb\xbfx", 2);
	/* What could still become one is no line yet; at the end it is. */
	put(shorter, "\xef\xbb");
	no_more(shorter);
	lines_end(shorter);
	next(shorter, "\xef\xbb", 1);
	put(nothing, "\xef\xbb\xbf");
	lines_end(nothing);
	no_more(nothing);
}

static void empty_input(void **state)
{
	sp_auto(lines) l = lines();
	const char *text;
	size_t len;

	(void)state;
	assert_int_equal(lines_put(l, NULL, 0), 0);
	assert_false(lines_peek(l, &text, &len));
	lines_end(l);
	assert_true(lines_peek(l, &text, &len));
	assert_int_equal(len, 0);
	no_more(l);
}

static void a_look_ahead_takes_nothing(void **state)
{
	sp_auto(lines) l = lines();
	sp_auto_free char *much = malloc(LINES_MAX);
	const char *text;
	size_t len;

	(void)state;
	put(l, "\xef\xbb\xbfone\ntwo");
	assert_false(lines_peek(l, &text, &len));
	assert_int_equal(len, 7);
	assert_memory_equal(text, "one\ntwo", 7);
	next(l, "one", 1);
	assert_false(lines_peek(l, &text, &len));
	assert_int_equal(len, 3);
	/* So much is all that it shows. */
	assert_non_null(much);
	memset(much, 'x', LINES_MAX);
	assert_int_equal(lines_put(l, much, LINES_MAX), LINES_MAX);
	assert_true(lines_peek(l, &text, &len));
	assert_int_equal(len, LINES_MAX);
	assert_memory_equal(text, "twox", 4);
}

/* A line of that many bytes and what ends it. */
static void long_line(struct lines *l, size_t len, const char *ending, bool cut)
{
	sp_auto_free char *text = malloc(len + 2);
	struct sp_err err = SP_ERR_INIT;
	struct line line;
	size_t size = len + strlen(ending);

	assert_non_null(text);
	memset(text, 'x', len);
	memcpy(text + len, ending, strlen(ending));
	assert_int_equal(lines_put(l, text, size), size);
	assert_int_equal(lines_next(l, &line, &err), 0);
	assert_int_equal(line.len, len < LINES_MAX ? len : LINES_MAX);
	assert_int_equal(line.cut, cut);
}

static void lines_of_the_greatest_length_are_whole(void **state)
{
	sp_auto(lines) l = lines();

	(void)state;
	long_line(l, LINES_MAX, "\n", false);
	long_line(l, LINES_MAX, "\r\n", false);
	long_line(l, LINES_MAX + 1, "\n", true);
	long_line(l, LINES_MAX + 1, "\r\n", true);
	put(l, "next\n");
	next(l, "next", 5);
}

/* Of a line that does not fit the buffer the rest is passed over, however much it is. */
static void a_line_without_end(void **state)
{
	sp_auto(lines) l = lines();
	sp_auto_free char *much = malloc(LINES_BUFFER + 1);
	struct sp_err err = SP_ERR_INIT;
	struct line line;

	(void)state;
	assert_non_null(much);
	memset(much, 'x', LINES_BUFFER + 1);
	assert_int_equal(lines_put(l, much, LINES_BUFFER + 1), LINES_BUFFER);
	assert_int_equal(lines_next(l, &line, &err), 0);
	assert_true(line.cut);
	assert_int_equal(line.len, LINES_MAX);
	assert_int_equal(line.number, 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(lines_put(l, much, LINES_BUFFER), LINES_BUFFER);
		no_more(l);
	}
	put(l, "tail\nafter\n");
	next(l, "after", 2);
	no_more(l);
}

static void a_full_buffer_takes_no_more(void **state)
{
	sp_auto(lines) l = lines();
	sp_auto_free char *much = malloc(LINES_BUFFER);

	(void)state;
	assert_non_null(much);
	memset(much, 'x', LINES_BUFFER);
	for (size_t i = 9; i < LINES_BUFFER; i += 10)
		much[i] = '\n';
	assert_int_equal(lines_put(l, much, LINES_BUFFER), LINES_BUFFER);
	assert_int_equal(lines_put(l, "y", 1), 0);
	next(l, "xxxxxxxxx", 1);
	/* What was taken out makes room. */
	assert_int_equal(lines_put(l, "yyyyyyyyyyyyyyy", 15), 10);
	next(l, "xxxxxxxxx", 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(endings_of_both_kinds),
		cmocka_unit_test(one_byte_at_a_time),
		cmocka_unit_test(a_mark_is_no_text_but_at_the_begin),
		cmocka_unit_test(empty_input),
		cmocka_unit_test(a_look_ahead_takes_nothing),
		cmocka_unit_test(lines_of_the_greatest_length_are_whole),
		cmocka_unit_test(a_line_without_end),
		cmocka_unit_test(a_full_buffer_takes_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

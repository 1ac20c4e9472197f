/* report/text: how a paragraph of the text report is set. test_text.c has the whole report. */
#include "text.h"
#include "units.h"

#include "rendered.h"

static struct text world(FILE **out, char **text, size_t *len)
{
	*out = open_memstream(text, len);
	assert_non_null(*out);
	return (struct text){ .out = *out, .arrow = ">", .dots = "..." };
}

/* What stands in front of the column is the caller's. */
static char *para(size_t column, const char *paragraph)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out;
	const struct text t = world(&out, &text, &len);

	text_para(&t, column, paragraph);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void is(size_t column, const char *paragraph, const char *want)
{
	char *got = para(column, paragraph);

	assert_string_equal(got, want);
	free(got);
}

static void short_ones_are_a_line(void **state)
{
	(void)state;
	is(0, "", "\n");
	is(4, "one two", "one two\n");
	/* Blanks between words stay as they are. */
	is(0, "a  b", "a  b\n");
}

static void lines_end_before_the_width(void **state)
{
	char text[400], *got;

	(void)state;
	for (size_t column = 0; column <= 12; column += 4) {
		size_t lines = 0;

		text[0] = 0;
		for (int i = 0; i < 60; i++)
			strcat(text, i % 3 ? "word " : "a ");
		text[strlen(text) - 1] = 0;
		got = para(column, text);
		for (char *line = got; *line; lines++) {
			size_t len = strcspn(line, "\n");
			/* The first line stands behind what is there already. */
			size_t width = lines ? len : len + column;

			assert_true(width <= TEXT_WIDTH);
			assert_int_equal(strspn(line, " "), lines ? column : 0);
			/* Nor was there room for the next word. */
			if (line[len + 1])
				assert_true(width + 5 > TEXT_WIDTH - 4);
			line += len + 1;
		}
		assert_true(lines >= 3);
		free(got);
	}
}

static void a_word_that_is_longer_stays_whole(void **state)
{
	char path[151], text[200], want[200];

	(void)state;
	memset(path, '/', 150);
	path[150] = 0;
	snprintf(text, sizeof(text), "at %s now", path);
	snprintf(want, sizeof(want), "at\n  %s\n  now\n", path);
	is(2, text, want);
	/* In front of nothing it begins at once. */
	snprintf(want, sizeof(want), "%s\n", path);
	is(2, path, want);
}

/* The last column counts. */
static void as_wide_as_allowed(void **state)
{
	char text[200], *got;

	(void)state;
	memset(text, 'x', 96);
	strcpy(text + 96, " abc");
	got = para(0, text);
	assert_int_equal(strcspn(got, "\n"), TEXT_WIDTH);
	free(got);
	strcpy(text + 96, " abcd");
	got = para(0, text);
	assert_int_equal(strcspn(got, "\n"), 96);
	free(got);
}

static void a_number_stays_with_its_unit(void **state)
{
	char text[200], *got;

	(void)state;
	/* "12 ms" would begin at column 97. */
	memset(text, 'x', 96);
	strcpy(text + 96, " 12 ms, and on");
	got = para(0, text);
	assert_in(got, "\n12 ms, and on\n");
	free(got);
	memset(text, 'x', 96);
	strcpy(text + 96, " 12 men went");
	got = para(0, text);
	assert_in(got, "x 12\nmen went\n");
	free(got);
}

static void text_of_others_is_made_harmless(void **state)
{
	(void)state;
	is(0, "a\x1b[2Jb \xff \xc3\xa9", "a\\x1b[2Jb \\xff \xc3\xa9\n");
}

/* A character is a column, however many bytes it has. */
static void width_is_in_characters(void **state)
{
	char text[400] = "", *got;

	(void)state;
	for (int i = 0; i < 20; i++)
		strcat(text, "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9 ");
	text[strlen(text) - 1] = 0;
	got = para(0, text);
	assert_int_equal(strcspn(got, "\n"), strlen(text));
	free(got);
}

static void entry_and_caller(void **state)
{
	const struct text t = { .arrow = ">" };
	char ret[TEXT_PARA_LEN], longer[2 * TEXT_PARA_LEN];

	(void)state;
	assert_string_equal(text_function(&t, "read", "s_show", ret), "read > s_show");
	assert_string_equal(text_function(&t, "read", "read", ret), "read");
	assert_string_equal(text_function(&t, "read", NULL, ret), "read");
	assert_string_equal(text_function(&t, NULL, "s_show", ret), "s_show");
	assert_string_equal(text_function(&t, NULL, NULL, ret), "[unknown]");
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = 0;
	assert_int_equal(strlen(text_function(&t, longer, "y", ret)), TEXT_PARA_LEN - 1);
}

static void pieces_are_cut_at_the_end(void **state)
{
	char room[TEXT_PARA_LEN + 1] = "";

	(void)state;
	room[TEXT_PARA_LEN] = 0x5a;
	text_add(room, "%s %d", "one", 2);
	assert_string_equal(room, "one 2");
	for (int i = 0; i < 1000; i++)
		text_add(room, "%s", " more");
	assert_int_equal(strlen(room), TEXT_PARA_LEN - 1);
	assert_int_equal(room[TEXT_PARA_LEN], 0x5a);
}

static void headings(void **state)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out;
	const struct text t = world(&out, &text, &len);

	(void)state;
	text_heading(&t, "Spikes");
	fclose(out);
	assert_string_equal(text, "\nSpikes\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_ones_are_a_line),
		cmocka_unit_test(lines_end_before_the_width),
		cmocka_unit_test(a_word_that_is_longer_stays_whole),
		cmocka_unit_test(as_wide_as_allowed),
		cmocka_unit_test(a_number_stays_with_its_unit),
		cmocka_unit_test(text_of_others_is_made_harmless),
		cmocka_unit_test(width_is_in_characters),
		cmocka_unit_test(entry_and_caller),
		cmocka_unit_test(pieces_are_cut_at_the_end),
		cmocka_unit_test(headings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

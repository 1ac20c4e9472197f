/* analyze/csv_guess: which texts are tables, what parts their columns, what is no row. */
#include "unit.h"

#include "csv_guess.h"
#include "fakespikes.h"

static char delimiter(const char *text, const char *columns)
{
	struct fakespikes f;
	char d;

	fakespikes_new(&f);
	f.cfg.columns = columns;
	d = csv_guess_delimiter(&f.read, text, strlen(text));
	fakespikes_free(&f);
	return d;
}

static bool fits(const char *text, const char *columns)
{
	struct fakespikes f;
	bool is;

	fakespikes_new(&f);
	f.cfg.columns = columns;
	is = csv_guess_fits(&f.read, text, strlen(text));
	fakespikes_free(&f);
	return is;
}

static void what_parts_the_columns(void **state)
{
	static const struct {
		const char *text;
		char delimiter;
	} cases[] = {
		{ "time,latency\n1795519744,12\n", ',' },
		{ "time;latency\n1795519744;1,5\n", ';' },
		{ "time\tlatency\tinfo, more\n1795519744\t12\tx\n", '\t' },
		{ "1795519744|12\n1795519745|13\n", '|' },
		{ "1795519744 12\n1795519745 13\n", ' ' },
		{ "# time latency\n1795519744 12\n", ' ' },
		/* Quotes hide what is between them. */
		{ "\"time\",\"a;b;c\"\n1795519744,\"x;y;z\"\n", ',' },
		/* No header: stamps, and numbers behind them. */
		{ "2026-11-24T11:29:04Z,12\n2026-11-24T11:29:05Z,13\r\n", ',' },
		/* Comments and what spreadsheets want are no rows. */
		{ "sep=;\ntime;latency\n1795519744;12\n", ';' },
		{ "# a comment, with; much\n1795519744;12\n", ';' },
		/* Nothing of it is known, but it is a table: the message can say more. */
		{ "alpha,beta\n1,2\n3,4\n", ',' },
		{ "", 0 },
		{ "\n\n\n", 0 },
		{ "It was late again today.\nNobody knows why it was.\n", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (delimiter(cases[i].text, NULL) != cases[i].delimiter)
			fail_msg("'%c' in:\n%s", delimiter(cases[i].text, NULL), cases[i].text);
	/* Even of one line, where the user says what its columns are. */
	assert_int_equal(delimiter("alpha,beta\n", NULL), 0);
	assert_int_equal(delimiter("alpha,beta\n", "time=1"), ',');
}

/* "11:29:04,048" has two columns for a stranger only. */
static void the_fraction_of_a_stamp_is_no_column(void **state)
{
	(void)state;
	assert_int_not_equal(delimiter("11:29:04,048\n11:29:05,012\n", NULL), ',');
	assert_int_equal(delimiter("11:29:04,48\n11:29:05,12\n", NULL), ',');
}

static void a_table_or_not(void **state)
{
	(void)state;
	assert_true(fits("time,latency\n1795519744,12\n", NULL));
	assert_true(fits("1795519744;12\n1795519745;\n", NULL));
	assert_true(fits("alpha,beta\n1,2\n", "time=1,latency=2"));
	assert_false(fits("It was late again.\n", NULL));
	assert_false(fits("", NULL));
	/* A log whose lines happen to have one comma each. */
	assert_false(fits("2026-11-24T11:29:04Z web: request took 250 ms, slow\n"
			  "2026-11-24T11:29:05Z web: request took 251 ms, slow\n",
			  NULL));
}

static void comments(void **state)
{
	static const struct {
		const char *line;
		bool first, comment;
	} cases[] = {
		{ "# anything", false, true },
		{ "#", false, true },
		{ "# made by a tool", true, true },
		{ "# time,latency", true, false },
		{ "# time,latency", false, true },
		{ "sep=;", true, true },
		{ "sep=;", false, false },
		{ "sep=", true, false },
		{ "time,latency", true, false },
		{ "1795519744,12", false, false },
		{ "", true, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(csv_guess_comment(cases[i].line, strlen(cases[i].line), ',',
						   cases[i].first),
				 cases[i].comment);
}

static void marks_come_off(void **state)
{
	static const char *const lines[] = { "# time", "#time", "## \ttime", "time" };
	const char *line = "###";
	size_t len = 3;

	(void)state;
	csv_guess_uncomment(&line, &len);
	assert_int_equal(len, 0);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		line = lines[i];
		len = strlen(line);
		csv_guess_uncomment(&line, &len);
		assert_int_equal(len, 4);
		assert_memory_equal(line, "time", 4);
	}
}

static struct columns plain(const char *text)
{
	return csv_guess_plain(text, strlen(text), '\t');
}

static void tshark_without_a_header(void **state)
{
	struct columns c = plain("1795519744.250000000\t0.012000000\t\n"
				 "1795519745.250000000\t\t0.200000000\n");

	(void)state;
	assert_true(c.is_capture);
	assert_int_equal(c.nlatency, 2);
	assert_int_equal(c.latency_unit_ns[0], 1000000000);
	/* Fewer digits, words, or no time at all but the first: a plain table, in ms. */
	assert_false(plain("1795519744.250000000\t0.012\n").is_capture);
	assert_false(plain("1795519744.250\t0.012000000\n").is_capture);
	assert_false(plain("1795519744.250000000\tlate\n").is_capture);
	assert_false(plain("1795519744.250000000\t\n").is_capture);
	assert_false(plain("").is_capture);
	assert_int_equal(plain("").latency[0], 1);
}

/* More fields than columns are looked at: the rest is counted, not kept. */
static void very_many_fields(void **state)
{
	char text[4 * COLUMNS_MAX];

	(void)state;
	memset(text, ',', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	delimiter(text, NULL);
	memcpy(text, "time", 4);
	assert_int_equal(delimiter(text, NULL), ',');
	assert_false(csv_guess_plain(text, strlen(text), ',').is_capture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_parts_the_columns),
		cmocka_unit_test(the_fraction_of_a_stamp_is_no_column),
		cmocka_unit_test(a_table_or_not),
		cmocka_unit_test(comments),
		cmocka_unit_test(marks_come_off),
		cmocka_unit_test(tshark_without_a_header),
		cmocka_unit_test(very_many_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

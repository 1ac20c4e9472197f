/* analyze/spikefile: the selection, what is said of bad input, and the names of formats. */
#include "unit.h"

#include "fakespikes.h"

static void what_is_selected(void **state)
{
	static const char log[] =
		"2026-11-24T11:29:04Z took 12 ms\n2026-11-24T11:29:05Z took 2 ms\n"
		"2026-11-24T11:29:06Z no latency here\n";
	struct got g = reads(log, (struct spikefile_cfg){ .min_latency_ns = 5 * MS });

	(void)state;
	assert_int_equal(g.n, 2);
	assert_int_equal(g.seen.below, 1);
	drop(&g);
	g = reads(log, (struct spikefile_cfg){ .min_latency_ns = 5 * MS, .needs_latency = true });
	assert_int_equal(g.n, 1);
	assert_int_equal(g.seen.below, 2);
	drop(&g);
}

static void resolution_is_the_finest_of_the_file(void **state)
{
	struct got g = reads("time\n1795519744.2\n1795519745.25\n1795519746\n",
			     (struct spikefile_cfg){ 0 });

	(void)state;
	assert_int_equal(g.n, 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(g.at[i].resolution_ns, 10 * MS);
	drop(&g);
	g = reads("1795519744,5\n1795519745,5\n", (struct spikefile_cfg){ 0 });
	assert_int_equal(g.at[0].resolution_ns, 1000 * MS);
	drop(&g);
}

static void bad_input_is_told_where_and_what(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		struct spikefile_cfg cfg;
		int rc;
		const char *says[4];
	} cases[] = {
		{ "", {0}, SP_EFORMAT, { "spikes.log is empty", "CSV" } },
		{ " \n\n\t\n", {0}, SP_EFORMAT, { "spikes.log is empty" } },
		{ "hello world\nfoo\n", {0}, SP_EFORMAT,
		  { "spikes.log:1:1: ", "'hello world'", "--spike-regex" } },
		{ "time,latency_ms\n1795519744,5\n1795519745,5\nyesterday,5\n", {0}, SP_EFORMAT,
		  { "spikes.log:4:1: ", "expected a time", "found 'yesterday'", "--spikes-lenient" } },
		{ "label,time\n\"a, b\",x\n", {0}, SP_EFORMAT, { "spikes.log:2:8: ", "'x'" } },
		{ "time,latency_ms\n1795519744,fast\n", {0}, SP_EFORMAT,
		  { "spikes.log:2:12: ", "a latency", "'fast'" } },
		{ "time,latency_ms\n1795519744,-5\n", {0}, SP_EFORMAT, { ":2:12: ", "'-5'" } },
		{ "time,cpu\n1795519744,x7\n", {0}, SP_EFORMAT, { ":2:12: ", "CPU", "'x7'" } },
		{ "latency_ms,time\n5\n", {0}, SP_EFORMAT, { ":2:2: ", "found nothing" } },
		{ "a,b\nc,d\n", {0}, SP_EFORMAT, { "spikes.log:1:1: ", "expected" } },
		{ "time,latency_ms\n\"1795519744,5\n", {0}, SP_EFORMAT, { ":2:1: ", "quote" } },
		{ "time\n1795519744\n", { .tz = "Mars/Olympus" }, SP_EUSAGE, { "Mars/Olympus" } },
		{ "time\n1795519744\n", { .start = "soon" }, SP_EUSAGE,
		  { "--spikes-start", "'soon'" } },
		{ "x\n", { .regex = "(?<time>" }, SP_EUSAGE, { "--spike-regex", "character 9" } },
		{ "x\n", { .regex = "(x)" }, SP_EUSAGE, { "(?<time>" } },
		{ "x\n", { .regex = "(?<time>y)" }, SP_EFORMAT, { "no line", "spikes.log" } },
		{ "x\n", { .regex = "(?<time>x)" }, SP_EFORMAT, { "spikes.log:1:1: ", "'x'" } },
		{ "1,2\n", { .columns = "when=1" }, SP_EUSAGE, { "--spike-columns", "when=1" } },
		{ "1,2\n", { .columns = "latency=1" }, SP_EUSAGE, { "--spike-columns", "time" } },
		{ "1,2\n", { .columns = "time=1:parsec" }, SP_EUSAGE, { "time=1:parsec" } },
		{ "x\n", { .format = SPIKEFILE_PING }, SP_EFORMAT, { "no reply of ping" } },
		{ "x\n", { .format = SPIKEFILE_HPING }, SP_EFORMAT, { "no reply of hping3" } },
		{ "x\n", { .format = SPIKEFILE_LOG }, SP_EFORMAT, { "time stamp" } },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct got g = read_text(cases[i].text, strlen(cases[i].text), cases[i].cfg);

		if (g.rc != cases[i].rc)
			print_error("'%s': %d %s\n", cases[i].text, g.rc, g.err.text);
		assert_int_equal(g.rc, cases[i].rc);
		for (size_t k = 0; k < 4 && cases[i].says[k]; k++) {
			if (!strstr(g.err.text, cases[i].says[k]))
				print_error("'%s' is not in: %s\n", cases[i].says[k], g.err.text);
			assert_non_null(strstr(g.err.text, cases[i].says[k]));
		}
		assert_null(strchr(g.err.text, '\n'));
		drop(&g);
	}
}

static void what_is_no_text(void **state)
{
	/* clang-format off */
	static const struct {
		const char *bytes;
		size_t len;
		const char *says;
	} cases[] = {
		{ "\x1f\x8b\x08\0abc", 7, "zcat" },
		{ "PERFILE2\x68\0\0\0", 12, "-i" },
		{ "\xff\xfet\0i\0", 6, "UTF-16" },
		{ "\xd4\xc3\xb2\xa1\2\0", 6, "tshark" },
		{ "ab\0cd", 5, "not text" },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct got g = read_text(cases[i].bytes, cases[i].len, (struct spikefile_cfg){ 0 });

		assert_int_equal(g.rc, SP_EFORMAT);
		assert_non_null(strstr(g.err.text, cases[i].says));
		drop(&g);
	}
}

static void few_bad_rows_are_passed_over(void **state)
{
	char text[8192] = "time,latency_ms\n";
	size_t len = strlen(text);
	struct got g;

	(void)state;
	for (int i = 0; i < 100; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					i == 50 ? "oops,1\n" : "179551%04d.5,60\n", i);
	g = reads(text, (struct spikefile_cfg){ 0 });
	assert_int_equal(g.n, 99);
	assert_int_equal(g.seen.bad, 1);
	assert_non_null(strstr(g.seen.first_bad, "spikes.log:52:1: expected a time"));
	drop(&g);
	g = reads("time\nx\ny\n1795519744\n", (struct spikefile_cfg){ .lenient = true });
	assert_int_equal(g.n, 1);
	assert_int_equal(g.seen.bad, 2);
	drop(&g);
	/* All bad is too much even so. */
	g = read_text("time\nx\ny\n", 9, (struct spikefile_cfg){ .lenient = true });
	assert_int_equal(g.rc, SP_EFORMAT);
	drop(&g);
	/* A header and nothing else: nothing was late. */
	g = reads("time,latency_ms\n", (struct spikefile_cfg){ 0 });
	assert_int_equal(g.n, 0);
	drop(&g);
}

static void long_lines_and_many_columns(void **state)
{
	static const char head[] = "time,label,latency_ms\n1795519744,";
	static const char tail[] = "\n1795519745,b,60\n1795519746,c,70\n";
	static char text[3 << 20];
	size_t size = sizeof(text);
	struct got g;

	(void)state;
	/* One line of nearly 3 MB: cut, and the rows after it are read. */
	memset(text, 'x', size);
	memcpy(text, head, strlen(head));
	memcpy(text + size - strlen(tail), tail, strlen(tail));
	g = read_text(text, size, (struct spikefile_cfg){ .lenient = true });
	assert_int_equal(g.rc, 0);
	assert_int_equal(g.at[g.n - 1].latency_ns, 70 * MS);
	assert_int_equal(g.at[g.n - 1].line, 4);
	drop(&g);
	memset(text, ',', size);
	g = read_text(text, size, (struct spikefile_cfg){ 0 });
	assert_int_equal(g.rc, SP_EFORMAT);
	drop(&g);
}

static void formats_by_name(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	enum spikefile_format f = SPIKEFILE_AUTO;

	(void)state;
	assert_int_equal(spikefile_format("hping3", &f, &err), 0);
	assert_int_equal(f, SPIKEFILE_HPING);
	assert_int_equal(spikefile_format("auto", &f, &err), 0);
	assert_int_equal(f, SPIKEFILE_AUTO);
	assert_int_equal(spikefile_format("xml", &f, &err), SP_EUSAGE);
	assert_non_null(strstr(err.text, "'xml'"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_selected),
		cmocka_unit_test(resolution_is_the_finest_of_the_file),
		cmocka_unit_test(bad_input_is_told_where_and_what),
		cmocka_unit_test(what_is_no_text),
		cmocka_unit_test(few_bad_rows_are_passed_over),
		cmocka_unit_test(long_lines_and_many_columns),
		cmocka_unit_test(formats_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

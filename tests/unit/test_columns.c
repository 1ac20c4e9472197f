/* analyze/colnames and columns: what the names of a table's columns tell, and the user's word. */
#include "unit.h"

#include "colnames.h"
#include "columns.h"

#include <sirqprof/spike.h>

#define MAX 8

static struct columns_name name(const char *text)
{
	return (struct columns_name){ .text = text, .len = strlen(text) };
}

/* A header written as "time|rtt (ms)". */
static uint32_t split(const char *text, struct columns_name names[MAX])
{
	uint32_t n = 0;

	for (const char *at = text;; at++) {
		size_t len = strcspn(at, "|");

		assert_true(n < MAX);
		names[n++] = (struct columns_name){ .text = at, .len = len };
		at += len;
		if (!*at)
			return n;
	}
}

static void names_without_case_and_punctuation(void **state)
{
	static const struct {
		const char *name, *tidy;
	} cases[] = {
		{ "Response Time (ms)", "response_time_ms" },
		{ "responseTime", "response_time" },
		{ "RTT", "rtt" },
		{ "@timestamp", "timestamp" },
		{ "tcp.analysis.ack_rtt", "tcp_analysis_ack_rtt" },
		{ "__a---b__", "a_b" },
		{ "Lät", "lät" },
		{ "%()", "" },
		{ "", "" },
	};
	char to[COLNAMES_MAX];
	struct columns_name n;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		n = name(cases[i].name);
		assert_int_equal(colnames_tidy(to, &n), strlen(cases[i].tidy));
		assert_string_equal(to, cases[i].tidy);
	}
}

static void long_names_stay_in_their_buffer(void **state)
{
	char text[4 * COLNAMES_MAX], to[COLNAMES_MAX];
	struct columns_name n = { .text = text, .len = sizeof(text) };

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 2 ? 'A' : 'b';
	assert_true(colnames_tidy(to, &n) < COLNAMES_MAX);
	assert_int_equal(strlen(to), colnames_tidy(to, &n));
	memset(text, 'x', sizeof(text));
	assert_int_equal(colnames_tidy(to, &n), COLNAMES_MAX - 1);
}

static void what_a_name_means(void **state)
{
	static const struct {
		const char *name;
		enum role role;
		uint64_t unit_ns;
	} cases[] = {
		{ "time", ROLE_TIME, 0 },
		{ "Date", ROLE_DATE, 0 },
		{ "rtt_us", ROLE_LATENCY, 1000 },
		{ "Response Time (ms)", ROLE_LATENCY, 1000000 },
		{ "latency", ROLE_LATENCY, 0 },
		{ "request_time", ROLE_LATENCY, 1000000000 },
		{ "tcp.analysis.ack_rtt", ROLE_LATENCY, 1000000000 },
		/* The part behind the last point, when the whole says nothing. */
		{ "http.response.latency_ms", ROLE_LATENCY, 1000000 },
		{ "CPU", ROLE_CPU, 0 },
		{ "host", ROLE_LABEL, 0 },
		{ "retransmission", ROLE_RETRANSMIT, 0 },
	};
	static const char *const unknown[] = { "", ".", "banana", "latency_banana", "latencyms2" };
	uint64_t unit_ns;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct columns_name n = name(cases[i].name);
		const struct colname *k = colnames_find(&n, &unit_ns);

		assert_non_null(k);
		assert_int_equal(k->role, cases[i].role);
		assert_int_equal(unit_ns, cases[i].unit_ns);
		assert_int_equal(columns_is_latency(&n, &unit_ns), k->role == ROLE_LATENCY);
	}
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		struct columns_name n = name(unknown[i]);

		assert_null(colnames_find(&n, &unit_ns));
		assert_false(columns_is_latency(&n, &unit_ns));
	}
}

static bool header(struct columns *ret, const char *text)
{
	struct columns_name names[MAX] = { { 0 } };
	uint32_t n = split(text, names);

	return columns_header(ret, names, n);
}

static void a_header(void **state)
{
	struct columns c;

	(void)state;
	assert_true(header(&c, "id|time|cpu|host|rtt_us|retransmission|latency (s)"));
	assert_int_equal(c.time, 1);
	assert_int_equal(c.cpu, 2);
	assert_int_equal(c.label, 3);
	assert_int_equal(c.retransmit, 5);
	assert_int_equal(c.date, COLUMNS_NONE);
	/* Two of the same rank: the first that is not empty will hold. */
	assert_int_equal(c.nlatency, 2);
	assert_int_equal(c.latency[0], 4);
	assert_int_equal(c.latency_unit_ns[0], 1000);
	assert_int_equal(c.latency[1], 6);
	assert_int_equal(c.latency_unit_ns[1], 1000000000);
	assert_int_equal(c.stamp, SP_STAMP_UNKNOWN);
}

static void of_one_role_the_better_name(void **state)
{
	struct columns c;

	(void)state;
	assert_true(header(&c, "at|timestamp|created_at|wait|rtt|message|label"));
	assert_int_equal(c.time, 1);
	assert_int_equal(c.nlatency, 1);
	assert_int_equal(c.latency[0], 4);
	assert_int_equal(c.label, 6);
	assert_true(header(&c, "sent_at|latency"));
	assert_int_equal(c.stamp, SP_STAMP_START);
	assert_true(header(&c, "received|latency"));
	assert_int_equal(c.stamp, SP_STAMP_END);
}

static void a_date_is_half_a_stamp_or_repeats_it(void **state)
{
	struct columns c;

	(void)state;
	assert_true(header(&c, "date|time|latency"));
	assert_int_equal(c.date, 0);
	assert_int_equal(c.time, 1);
	assert_true(header(&c, "date|timestamp|latency"));
	assert_int_equal(c.date, COLUMNS_NONE);
	assert_int_equal(c.time, 1);
	assert_true(header(&c, "latency|date"));
	assert_int_equal(c.time, 1);
	assert_int_equal(c.date, COLUMNS_NONE);
}

/* "time_ms" beside another time is how long it took. */
static void a_time_that_is_a_latency(void **state)
{
	struct columns c;

	(void)state;
	assert_true(header(&c, "timestamp|time_ms"));
	assert_int_equal(c.time, 0);
	assert_int_equal(c.nlatency, 1);
	assert_int_equal(c.latency[0], 1);
	assert_int_equal(c.latency_unit_ns[0], 1000000);
	assert_true(header(&c, "time_ms|latency"));
	assert_int_equal(c.time, 0);
	assert_int_equal(c.time_unit_ns, 1000000);
}

static void captures_say_that_they_are(void **state)
{
	struct columns c;

	(void)state;
	assert_true(header(&c, "No.|Time|Source|Destination|Protocol|Length|Info"));
	assert_true(c.is_capture);
	assert_true(header(&c, "frame.time_epoch|tcp.analysis.ack_rtt"));
	assert_true(c.is_capture);
	assert_int_equal(c.stamp, SP_STAMP_END);
	assert_true(header(&c, "time|latency"));
	assert_false(c.is_capture);
}

static void no_header_without_a_time(void **state)
{
	struct columns_name names[MAX] = { { 0 } };
	struct columns c = { .time = 77 };

	(void)state;
	assert_false(header(&c, "latency|cpu|host"));
	assert_false(header(&c, "1764000000|12"));
	assert_false(header(&c, ""));
	assert_false(columns_header(&c, names, 0));
	assert_int_equal(c.time, 77);
}

static void columns_past_the_limit_are_passed_over(void **state)
{
	static struct columns_name names[COLUMNS_MAX + 2];
	struct columns c;

	(void)state;
	for (uint32_t i = 0; i < COLUMNS_MAX + 2; i++)
		names[i] = name("x");
	names[COLUMNS_MAX] = name("time");
	assert_false(columns_header(&c, names, COLUMNS_MAX + 2));
	names[COLUMNS_MAX - 1] = name("time");
	assert_true(columns_header(&c, names, COLUMNS_MAX + 2));
	assert_int_equal(c.time, COLUMNS_MAX - 1);
	for (uint32_t i = 0; i < COLUMNS_LATENCIES + 2; i++)
		names[i] = name("rtt");
	assert_true(columns_header(&c, names, COLUMNS_MAX));
	assert_int_equal(c.nlatency, COLUMNS_LATENCIES);
}

static void without_a_header(void **state)
{
	struct columns c = columns_plain();

	(void)state;
	assert_int_equal(c.time, 0);
	assert_int_equal(c.nlatency, 1);
	assert_int_equal(c.latency[0], 1);
	assert_int_equal(c.latency_unit_ns[0], 0);
	assert_int_equal(c.label, COLUMNS_NONE);
	c = columns_tshark(3);
	assert_int_equal(c.time, 0);
	assert_int_equal(c.nlatency, 2);
	assert_int_equal(c.latency_unit_ns[1], 1000000000);
	assert_int_equal(c.stamp, SP_STAMP_END);
	assert_true(c.is_capture);
	assert_int_equal(columns_tshark(100).nlatency, COLUMNS_LATENCIES);
}

static int spec(struct columns *ret, const char *text, const char *header_text, struct sp_err *err)
{
	struct columns_name names[MAX] = { { 0 } };
	uint32_t n = header_text ? split(header_text, names) : 0;

	*err = (struct sp_err)SP_ERR_INIT;
	return columns_spec(ret, text, names, n, err);
}

static void the_users_word(void **state)
{
	struct sp_err err;
	struct columns c;

	(void)state;
	assert_int_equal(spec(&c, "time=3,latency=5:us,label=256", NULL, &err), 0);
	assert_int_equal(c.time, 2);
	assert_int_equal(c.latency[0], 4);
	assert_int_equal(c.latency_unit_ns[0], 1000);
	assert_int_equal(c.label, 255);
	assert_int_equal(c.cpu, COLUMNS_NONE);
	/* A name, its unit taken from itself; and one with a colon in it. */
	assert_int_equal(spec(&c, "time=when it was,latency=rtt_us", "rtt_us|when it was", &err),
			 0);
	assert_int_equal(c.time, 1);
	assert_int_equal(c.latency[0], 0);
	assert_int_equal(c.latency_unit_ns[0], 1000);
	assert_int_equal(spec(&c, "time=a:b,latency=x:s", "x|a:b", &err), 0);
	assert_int_equal(c.time, 1);
	assert_int_equal(c.latency_unit_ns[0], 1000000000);
	/* A trailing comma is no harm. */
	assert_int_equal(spec(&c, "time=1,", NULL, &err), 0);
}

static void what_is_not_understood(void **state)
{
	static const char *const wrong[] = { "",
					     "latency=1",
					     "time=0",
					     "time=257",
					     "time=99999999999999999999",
					     "time=-1",
					     "time=1x",
					     "time=",
					     "time",
					     "=1",
					     "Time=1",
					     "time=1,latency=2:parsec",
					     "time=1,,latency=2",
					     "time=rtt" };
	struct columns c = { .time = 77 };
	struct sp_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(spec(&c, wrong[i], NULL, &err), SP_EUSAGE);
		assert_non_null(strstr(err.text, "--spike-columns"));
		assert_int_equal(c.time, 77);
	}
}

/* A header is another's: no terminal obeys it, and no character is cut in two. */
static void a_header_is_shown_without_control_bytes(void **state)
{
	struct columns c;
	struct sp_err err;

	(void)state;
	assert_int_equal(spec(&c, "time=when", "ti\033[2Jme|r\ttt\302\233|bell\007", &err),
			 SP_EFORMAT);
	assert_non_null(strstr(err.text, "it has 'ti?[2Jme', 'r?tt\?\?', 'bell?'"));
	assert_int_equal(
		spec(&c, "time=when", "a23456789012345678901234567890123456789\303\251z", &err),
		SP_EFORMAT);
	assert_non_null(strstr(err.text, "'a23456789012345678901234567890123456789…'"));
}

/* Of this table, or of these lines: another may have them. */
static void what_the_header_does_not_have(void **state)
{
	static const struct {
		const char *spec, *words;
		int rc;
	} wrong[] = {
		{ "time=when", "no column 'when', it has 'time', 'rtt_us'", SP_EFORMAT },
		{ "time=time,latency=3:ms", "no column '3'", SP_EFORMAT },
		{ "time=1,latency=took:ms", "no column 'took'", SP_EFORMAT },
		{ "time=0", "is not understood", SP_EUSAGE },
		{ "time=", "is not understood", SP_EUSAGE },
		{ "when=1", "is not understood", SP_EUSAGE },
	};
	struct columns c = { .time = 77 };
	struct sp_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(spec(&c, wrong[i].spec, "time|rtt_us", &err), wrong[i].rc);
		if (!strstr(err.text, wrong[i].words))
			fail_msg("no \"%s\" in: %s", wrong[i].words, err.text);
		assert_int_equal(c.time, 77);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_without_case_and_punctuation),
		cmocka_unit_test(long_names_stay_in_their_buffer),
		cmocka_unit_test(what_a_name_means),
		cmocka_unit_test(a_header),
		cmocka_unit_test(of_one_role_the_better_name),
		cmocka_unit_test(a_date_is_half_a_stamp_or_repeats_it),
		cmocka_unit_test(a_time_that_is_a_latency),
		cmocka_unit_test(captures_say_that_they_are),
		cmocka_unit_test(no_header_without_a_time),
		cmocka_unit_test(columns_past_the_limit_are_passed_over),
		cmocka_unit_test(without_a_header),
		cmocka_unit_test(the_users_word),
		cmocka_unit_test(what_is_not_understood),
		cmocka_unit_test(what_the_header_does_not_have),
		cmocka_unit_test(a_header_is_shown_without_control_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

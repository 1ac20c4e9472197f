/* analyze/spikerow and spikeread: cells into spikes, what is said of bad ones, and the selection.
 */
#include "unit.h"

#include "fakespikes.h"
#include "spikerow.h"

#define CELLS 8

/* What putting one row came to. */
struct put {
	const char *bad;
	uint32_t column;
	struct sp_spike row;
};

static struct columns columns(void)
{
	struct columns c = columns_plain();

	c.cpu = 2;
	c.label = 3;
	c.retransmit = 4;
	return c;
}

/* A row written as "time|latency|cpu|label|retransmit". */
static struct put put(struct fakespikes *f, const struct columns *c, bool said, const char *text)
{
	static const struct line line = { .number = 7 };
	struct columns_name cells[CELLS];
	struct spikerow in = { .columns = c, .cells = cells, .said_by_label = said };
	struct sp_err err = SP_ERR_INIT;
	struct put p = { .row = spikeread_blank(&line, SP_STAMP_END) };

	for (const char *at = text;; at++) {
		size_t len = strcspn(at, "|");

		assert_true(in.ncells < CELLS);
		cells[in.ncells++] = (struct columns_name){ at, len };
		at += len;
		if (!*at)
			break;
	}
	assert_int_equal(spikerow_put(&f->read, &in, &p.row, &p.bad, &p.column, &err), 0);
	return p;
}

static void a_blank_row(void **state)
{
	static const struct line line = { .number = 7 };
	struct sp_spike k = spikeread_blank(&line, SP_STAMP_START);

	(void)state;
	assert_int_equal(k.line, 7);
	assert_int_equal(k.count, 1);
	assert_int_equal(k.cpu, SP_NO_CPU);
	assert_int_equal(k.stamp, SP_STAMP_START);
	assert_true(k.latency_ns == SP_UNKNOWN_NS);
}

static void a_whole_row(void **state)
{
	const struct columns c = columns();
	struct fakespikes f;
	const struct sp_spike *k;

	(void)state;
	fakespikes_new(&f);
	assert_null(put(&f, &c, false, "1795519744.25|12.5|cpu3|web \t|1").bad);
	k = fakespikes_one(&f);
	assert_int_equal(k->time_ns, T + 250 * (int64_t)MS);
	assert_int_equal(k->resolution_ns, 10 * MS);
	assert_int_equal(k->latency_ns, 12500000);
	assert_int_equal(k->cpu, 3);
	assert_string_equal(k->label, "web");
	assert_int_equal(k->is_retransmit, 1);
	assert_int_equal(k->line, 7);
	assert_int_equal(k->stamp, SP_STAMP_END);
	assert_string_equal(k->source, "made");
	/* Nobody had told that 12.5 is ms. */
	assert_true(f.read.seen.unit_assumed);
	assert_false(f.read.seen.zoneless);
	assert_int_equal(f.read.seen.rows, 1);
	assert_int_equal(f.read.seen.kept, 1);
	assert_int_equal(f.read.resolution_ns, 10 * MS);
	fakespikes_free(&f);
}

static void what_is_missing_is_unknown(void **state)
{
	static const char *const none[] = { "1795519744", "1795519744||", "1795519744|timeout|-",
					    "1795519744|NaN|N/A|x|0", "1795519744|*|||False" };
	const struct columns c = columns();

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		struct fakespikes f;
		const struct sp_spike *k;

		fakespikes_new(&f);
		assert_null(put(&f, &c, false, none[i]).bad);
		k = fakespikes_one(&f);
		assert_true(k->latency_ns == SP_UNKNOWN_NS);
		assert_int_equal(k->cpu, SP_NO_CPU);
		assert_int_equal(k->is_retransmit, 0);
		assert_int_equal(f.read.seen.without_latency, 1);
		assert_false(f.read.seen.unit_assumed);
		fakespikes_free(&f);
	}
}

static void what_is_wrong_and_where(void **state)
{
	static const struct {
		const char *text, *expected;
		uint32_t column;
	} cases[] = {
		{ "yesterday|12", "a time", 0 },
		{ "|12", "a time", 0 },
		/* A small number counts from a start that nobody told. */
		{ "12.5|12", "--spikes-start", 0 },
		{ "1795519744|late", "a latency", 1 },
		{ "1795519744|-3", "a latency", 1 },
		{ "1795519744|12|four", "a CPU", 2 },
		{ "1795519744|12|cpu", "a CPU", 2 },
		{ "1795519744|12|8192", "a CPU", 2 },
		{ "1795519744|12|99999999999999999999", "a CPU", 2 },
	};
	const struct columns c = columns();
	struct fakespikes f;
	uint32_t n;

	(void)state;
	fakespikes_new(&f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct put p = put(&f, &c, false, cases[i].text);

		assert_non_null(p.bad);
		assert_non_null(strstr(p.bad, cases[i].expected));
		assert_int_equal(p.column, cases[i].column);
	}
	spikes_all(f.read.into, &n);
	assert_int_equal(n, 0);
	assert_int_equal(f.read.seen.rows, 0);
	assert_null(put(&f, &c, false, "1795519744|12|8191").bad);
	assert_int_equal(fakespikes_one(&f)->cpu, 8191);
	fakespikes_free(&f);
}

static void times_since_a_start(void **state)
{
	const struct columns c = columns();
	const struct sp_spike *k;
	struct fakespikes f;

	(void)state;
	fakespikes_new(&f);
	fakespikes_start(&f, T, (uint64_t)S);
	assert_null(put(&f, &c, false, "12.5|3us").bad);
	k = fakespikes_one(&f);
	assert_int_equal(k->time_ns, T + 12 * S + S / 2);
	/* What the start is worth is the same error in all. */
	assert_int_equal(k->shared_ns, S);
	assert_int_equal(k->latency_ns, 3000);
	assert_false(f.read.seen.unit_assumed);
	fakespikes_free(&f);
}

static void date_and_time_in_two_columns(void **state)
{
	struct columns c = columns();
	char text[200];
	struct fakespikes f;

	(void)state;
	fakespikes_new(&f);
	c.date = 3;
	c.label = COLUMNS_NONE;
	assert_null(put(&f, &c, false, "11:29:04|12||2026-11-24").bad);
	assert_int_equal(fakespikes_one(&f)->time_ns, T);
	assert_true(f.read.seen.zoneless);
	/* A cell that no date is, however long. */
	snprintf(text, sizeof(text), "x|12||%0150d", 1);
	assert_non_null(put(&f, &c, false, text).bad);
	fakespikes_free(&f);
}

/* Of several columns of one role the first that is not empty. */
static void latencies_by_turn(void **state)
{
	struct columns c = columns();
	struct fakespikes f;

	(void)state;
	fakespikes_new(&f);
	c.latency[c.nlatency] = 3;
	c.latency_unit_ns[c.nlatency++] = 1000;
	c.label = COLUMNS_NONE;
	assert_null(put(&f, &c, false, "1795519744|-||250").bad);
	assert_int_equal(fakespikes_one(&f)->latency_ns, 250000);
	assert_int_equal(put(&f, &c, false, "1795519744|-||x").column, 3);
	fakespikes_free(&f);
}

static void packets_that_were_not_late_are_no_rows(void **state)
{
	struct columns c = columns();
	struct fakespikes f;

	(void)state;
	fakespikes_new(&f);
	c.is_capture = true;
	assert_null(put(&f, &c, false, "1795519744|||ACK").bad);
	assert_int_equal(f.read.seen.rows, 1);
	assert_int_equal(f.read.seen.kept, 0);
	assert_null(put(&f, &c, false, "1795519744|||[TCP Retransmission] 80").bad);
	assert_int_equal(fakespikes_one(&f)->is_retransmit, 1);
	/* A retransmission needs no latency. */
	assert_int_equal(f.read.seen.without_latency, 0);
	fakespikes_free(&f);
}

static void a_message_may_tell_the_latency(void **state)
{
	struct columns c = columns();
	struct fakespikes f;

	(void)state;
	fakespikes_new(&f);
	c.nlatency = 0;
	f.cfg.needs_latency = true;
	assert_null(put(&f, &c, true, "1795519744|||started").bad);
	assert_int_equal(f.read.seen.below, 1);
	assert_null(put(&f, &c, true, "1795519744|||request took 250 ms").bad);
	assert_int_equal(fakespikes_one(&f)->latency_ns, 250 * MS);
	fakespikes_free(&f);
}

static void the_selection(void **state)
{
	const struct columns c = columns();
	struct fakespikes f;

	(void)state;
	fakespikes_new(&f);
	f.cfg.min_latency_ns = 5 * MS;
	f.cfg.stamp_given = true;
	f.cfg.stamp = SP_STAMP_START;
	assert_null(put(&f, &c, false, "1795519744|4.999").bad);
	assert_null(put(&f, &c, false, "1795519744|2").bad);
	assert_null(put(&f, &c, false, "1795519744|5").bad);
	assert_int_equal(fakespikes_one(&f)->latency_ns, 5 * MS);
	assert_int_equal(fakespikes_one(&f)->stamp, SP_STAMP_START);
	assert_int_equal(f.read.seen.rows, 3);
	assert_int_equal(f.read.seen.below, 2);
	assert_int_equal(f.read.seen.longest_ns, 4999000);
	fakespikes_free(&f);
}

static void bad_rows_are_told_once_and_at_last_refused(void **state)
{
	static const char evil[] = "\x1b[2J\xc2\x9b"
				   "1m and much, much more than a terminal's line would show";
	struct sp_err err = SP_ERR_INIT;
	struct fakespikes f;
	int rc = 0;

	(void)state;
	fakespikes_new(&f);
	assert_int_equal(spikeread_bad(&f.read, 3, 9, "a time", evil, sizeof(evil) - 1, &err), 0);
	assert_int_equal(strncmp(f.read.seen.first_bad,
				 "made:3:9: expected a time, found '?[2J??1m and", 46),
			 0);
	assert_null(strchr(f.read.seen.first_bad, '\x1b'));
	assert_null(strstr(f.read.seen.first_bad, "terminal's line would"));
	for (uint32_t i = 0; !rc && i < 100000; i++)
		rc = spikeread_bad(&f.read, 4, 1, "else", "", 0, &err);
	assert_int_equal(rc, SP_EFORMAT);
	assert_non_null(strstr(err.text, "made:3:9"));
	assert_int_equal(f.read.seen.bad, f.read.seen.rows);
	/* Asked to, it goes on. */
	f.cfg.lenient = true;
	assert_int_equal(spikeread_bad(&f.read, 5, 1, "else", "", 0, &err), 0);
	fakespikes_free(&f);
}

static void lines_of_a_text_in_memory(void **state)
{
	const char *text = "a\r\n\nlast", *line;
	size_t len = strlen(text), line_len;

	(void)state;
	assert_true(spikeread_peek_line(&text, &len, &line, &line_len));
	assert_int_equal(line_len, 1);
	assert_true(spikeread_peek_line(&text, &len, &line, &line_len));
	assert_int_equal(line_len, 0);
	assert_true(spikeread_peek_line(&text, &len, &line, &line_len));
	assert_int_equal(line_len, 4);
	assert_memory_equal(line, "last", 4);
	assert_false(spikeread_peek_line(&text, &len, &line, &line_len));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_blank_row),
		cmocka_unit_test(a_whole_row),
		cmocka_unit_test(what_is_missing_is_unknown),
		cmocka_unit_test(what_is_wrong_and_where),
		cmocka_unit_test(times_since_a_start),
		cmocka_unit_test(date_and_time_in_two_columns),
		cmocka_unit_test(latencies_by_turn),
		cmocka_unit_test(packets_that_were_not_late_are_no_rows),
		cmocka_unit_test(a_message_may_tell_the_latency),
		cmocka_unit_test(the_selection),
		cmocka_unit_test(bad_rows_are_told_once_and_at_last_refused),
		cmocka_unit_test(lines_of_a_text_in_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

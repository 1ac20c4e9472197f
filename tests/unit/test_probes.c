/* analyze/probes: numbers of 16 bits unwrapped, replies that never came, when a probe left. */
#include "unit.h"

#include "fakespikes.h"
#include "probes.h"

static void numbers_go_on_past_their_wrap(void **state)
{
	struct probes p = { 0 };

	(void)state;
	assert_int_equal(probes_lost(&p), 0);
	assert_int_equal(probes_seq(&p, 65534), 65534);
	assert_int_equal(probes_seq(&p, 65535), 65535);
	assert_int_equal(probes_seq(&p, 0), 65536);
	/* One that was overtaken. */
	assert_int_equal(probes_seq(&p, 65533), 65533);
	assert_int_equal(probes_seq(&p, 3), 65539);
	/* 65533 .. 65539 are seven, of which five came. */
	assert_int_equal(probes_lost(&p), 2);
}

static void overtaken_before_the_first(void **state)
{
	struct probes p = { 0 };

	(void)state;
	assert_int_equal(probes_seq(&p, 1), 1);
	assert_int_equal(probes_seq(&p, 65535), -1);
	assert_int_equal(probes_lost(&p), 1);
	/* Twice the same: more replies than numbers, none lost. */
	assert_int_equal(probes_seq(&p, 0), 0);
	assert_int_equal(probes_seq(&p, 0), 0);
	assert_int_equal(probes_lost(&p), 0);
}

/* Half the circle is the furthest that a number can be told from. */
static void many_turns(void **state)
{
	struct probes p = { 0 };
	int64_t at = 0;

	(void)state;
	assert_int_equal(probes_seq(&p, 0), 0);
	for (int i = 0; i < 10; i++) {
		at += 32767;
		assert_int_equal(probes_seq(&p, (uint16_t)at), at);
	}
	assert_int_equal(probes_lost(&p), 10 * 32767 + 1 - 11);
}

static void a_key_and_its_number(void **state)
{
	static const struct {
		const char *text;
		bool found;
		uint16_t v;
	} cases[] = {
		{ "64 bytes: icmp_seq=17 ttl=64", true, 17 },
		{ "seq=65535", true, 65535 },
		{ "seq=0", true, 0 },
		{ "seq=00012x", true, 12 },
		{ "seq=65536", false, 0 },
		{ "seq=99999999999", false, 0 },
		{ "seq=", false, 0 },
		{ "seq= 3", false, 0 },
		{ "seq=-3", false, 0 },
		{ "sequence 3", false, 0 },
		{ "", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint16_t v = 77;

		assert_int_equal(probes_number(cases[i].text, strlen(cases[i].text), "seq=", &v),
				 cases[i].found);
		assert_int_equal(v, cases[i].found ? cases[i].v : 77);
	}
	/* Only what the length says is there. */
	assert_true(probes_has("unreachable", 11, "reach"));
	assert_false(probes_has("unreachable", 5, "reach"));
	assert_false(probes_has("", 0, "x"));
	assert_false(probes_has("x", 1, "longer"));
}

static struct line line(const char *text)
{
	return (struct line){ .text = text, .len = strlen(text), .number = 1 };
}

static void the_stamp_of_a_line(void **state)
{
	struct line stamped = line("[1795519744.250000] 64 bytes from"),
		    bare = line("64 bytes from");
	struct fakespikes f;
	struct sp_spike row = { 0 };
	size_t rest = 77;

	(void)state;
	fakespikes_new(&f);
	assert_true(probes_time(&f.read, &stamped, &row, &rest));
	assert_int_equal(row.time_ns, T + 250 * (int64_t)MS);
	assert_int_equal(row.resolution_ns, 1000);
	assert_string_equal(stamped.text + rest, " 64 bytes from");
	/* Their size is no time, not even since a start. */
	fakespikes_start(&f, T, 1);
	assert_false(probes_time(&f.read, &bare, &row, &rest));
	assert_int_equal(rest, 0);
	fakespikes_free(&f);
}

static void start_and_interval(void **state)
{
	struct sp_spike row = { 0 };
	struct fakespikes f;

	(void)state;
	fakespikes_new(&f);
	assert_false(probes_time_of_seq(&f.read, 3, &row));
	fakespikes_start(&f, T, 1000);
	assert_true(probes_time_of_seq(&f.read, 3, &row));
	assert_int_equal(row.time_ns, T + 3 * S);
	assert_int_equal(row.shared_ns, 1000);
	assert_int_equal(row.stamp, SP_STAMP_START);
	f.cfg.interval_ns = 10 * MS;
	assert_true(probes_time_of_seq(&f.read, -3, &row));
	assert_int_equal(row.time_ns, T - 30 * (int64_t)MS);
	fakespikes_free(&f);
}

/* Numbers and intervals that lead out of all time. */
static void no_time_that_cannot_be(void **state)
{
	struct sp_spike row = { .time_ns = 77 };
	struct fakespikes f;

	(void)state;
	fakespikes_new(&f);
	fakespikes_start(&f, T, 1);
	assert_false(probes_time_of_seq(&f.read, INT64_MAX, &row));
	assert_false(probes_time_of_seq(&f.read, -INT64_C(10000000000), &row));
	assert_false(probes_time_of_seq(&f.read, INT64_C(9000000000), &row));
	f.cfg.interval_ns = 2;
	assert_false(probes_time_of_seq(&f.read, INT64_MAX / 2, &row));
	assert_int_equal(row.time_ns, 77);
	fakespikes_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_go_on_past_their_wrap),
		cmocka_unit_test(overtaken_before_the_first),
		cmocka_unit_test(many_turns),
		cmocka_unit_test(a_key_and_its_number),
		cmocka_unit_test(the_stamp_of_a_line),
		cmocka_unit_test(start_and_interval),
		cmocka_unit_test(no_time_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* analyze/zone: offsets, words and names of the tz database, summer time, and what is no zone. */
#include "unit.h"

#include "zone.h"

#include <time.h>

#define HOUR 3600

static struct zone *zone(const char *name)
{
	struct sp_err err = SP_ERR_INIT;
	struct zone *z = NULL;

	assert_int_equal(zone_new(&z, name, &err), 0);
	assert_int_equal(err.code, SP_OK);
	return z;
}

static void fixed_offsets(void **state)
{
	static const struct {
		const char *name;
		int32_t offset_s;
	} cases[] = {
		{ NULL, 0 },
		{ "", 0 },
		{ "UTC", 0 },
		{ "Z", 0 },
		{ "+02:00", 2 * HOUR },
		{ "-0730", -(7 * HOUR + HOUR / 2) },
		{ "+14", 14 * HOUR },
		{ "-00:00", 0 },
		{ "+05:45", 5 * HOUR + 2700 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sp_auto(zone) z = zone(cases[i].name);

		assert_int_equal(zone_offset(z, 0), cases[i].offset_s);
		assert_int_equal(zone_offset(z, INT64_C(7258118400)), cases[i].offset_s);
		assert_string_equal(zone_name(z),
				    cases[i].name && cases[i].name[0] ? cases[i].name : "UTC");
	}
}

static bool has_names(void)
{
	struct sp_err err = SP_ERR_INIT;
	struct zone *z = NULL;
	int rc = zone_new(&z, "Europe/Berlin", &err);

	zone_free(z);
	return rc == 0;
}

/* 2026-03-29: 02:00 becomes 03:00; 2026-10-25: 03:00 becomes 02:00. Local seconds. */
static void summer_time(void **state)
{
	const int64_t spring = INT64_C(1774749600), autumn = INT64_C(1792893600);
	struct zone *z;

	(void)state;
	if (!has_names())
		skip();
	z = zone("Europe/Berlin");
	assert_int_equal(zone_offset(z, spring - 1), HOUR);
	assert_int_equal(zone_offset(z, spring + HOUR), 2 * HOUR);
	assert_int_equal(zone_offset(z, autumn - 1), 2 * HOUR);
	assert_int_equal(zone_offset(z, autumn + HOUR), HOUR);
	/* Back again: the answer that is kept is of another time. */
	assert_int_equal(zone_offset(z, spring + HOUR), 2 * HOUR);
	zone_free(z);
}

/* The process's own zone is as it was, set or not. */
static void the_processs_zone_is_left_alone(void **state)
{
	struct zone *z;
	time_t at = 0;
	struct tm tm;

	(void)state;
	if (!has_names())
		skip();
	z = zone("Asia/Tokyo");
	setenv("TZ", "XXX-5", 1);
	assert_int_equal(zone_offset(z, INT64_C(1764000000)), 9 * HOUR);
	assert_string_equal(getenv("TZ"), "XXX-5");
	localtime_r(&at, &tm);
	assert_int_equal(tm.tm_hour, 5);
	unsetenv("TZ");
	assert_int_equal(zone_offset(z, INT64_C(1064000000)), 9 * HOUR);
	assert_null(getenv("TZ"));
	zone_free(z);
}

/* The C library takes every one of these for UTC and says nothing. */
static void what_is_no_zone(void **state)
{
	static const char *const wrong[] = {
		"Mars/Olympus",
		"Europe",
		"+2",
		"+15:00",
		"+02:60",
		"+02:00x",
		"/etc/passwd",
		"../../../etc/passwd",
		":UTC",
		".",
		"zone.tab",
		"Europe/Berlin ",
		"01234567890123456789012345678901234567890123456789012345678901234567890",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct sp_err err = SP_ERR_INIT;
		struct zone *z = NULL;
		int rc = zone_new(&z, wrong[i], &err);

		zone_free(z);
		if (rc != SP_EUSAGE)
			fail_msg("'%s' was taken", wrong[i]);
		assert_int_equal(err.code, SP_EUSAGE);
		assert_non_null(strstr(err.text, "time zone"));
		assert_null(z);
	}
}

static void offsets_at_the_begin_of_text(void **state)
{
	static const struct {
		const char *text;
		int32_t offset_s;
		size_t used; /* 0: none */
	} cases[] = {
		{ "Z", 0, 1 },
		{ "z rest", 0, 1 },
		{ "+02", 2 * HOUR, 3 },
		{ "+0230 x", 2 * HOUR + HOUR / 2, 5 },
		{ "-02:30", -(2 * HOUR + HOUR / 2), 6 },
		/* The part that can be one. */
		{ "+02:", 2 * HOUR, 3 },
		{ "+02:9", 2 * HOUR, 3 },
		{ "+0299", 2 * HOUR, 3 },
		{ "", 0, 0 },
		{ "+", 0, 0 },
		{ "+2", 0, 0 },
		{ "+15", 0, 0 },
		{ "02:00", 0, 0 },
		{ "+x2", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int32_t offset_s = 77;
		size_t used = 0;

		assert_int_equal(
			zone_parse_offset(cases[i].text, strlen(cases[i].text), &offset_s, &used),
			cases[i].used != 0);
		assert_int_equal(used, cases[i].used);
		assert_int_equal(offset_s, cases[i].used ? cases[i].offset_s : 77);
	}
}

static void words_at_the_begin_of_text(void **state)
{
	int32_t offset_s = 77;
	size_t used = 0;

	(void)state;
	assert_true(zone_parse_word("UTC", 3, &offset_s, &used));
	assert_int_equal(offset_s, 0);
	assert_true(zone_parse_word("CEST 2026", 9, &offset_s, &used));
	assert_int_equal(offset_s, 2 * HOUR);
	assert_int_equal(used, 4);
	assert_true(zone_parse_word("PDT]", 4, &offset_s, &used));
	assert_int_equal(offset_s, -7 * HOUR);
	assert_int_equal(used, 3);
	/* These mean several things: no guess. */
	assert_false(zone_parse_word("CST", 3, &offset_s, &used));
	assert_false(zone_parse_word("IST", 3, &offset_s, &used));
	assert_false(zone_parse_word("UT", 2, &offset_s, &used));
	assert_false(zone_parse_word("", 0, &offset_s, &used));
	/* Only what len says is there. */
	assert_true(zone_parse_word("CEST", 3, &offset_s, &used) == false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fixed_offsets),
		cmocka_unit_test(summer_time),
		cmocka_unit_test(the_processs_zone_is_left_alone),
		cmocka_unit_test(what_is_no_zone),
		cmocka_unit_test(offsets_at_the_begin_of_text),
		cmocka_unit_test(words_at_the_begin_of_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

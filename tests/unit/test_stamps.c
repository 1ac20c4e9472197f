/* analyze/stamps, zone, latency: every form that is read, and what is refused. */
#include "latency.h"
#include "stamps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define S  INT64_C(1000000000)
#define MS INT64_C(1000000)
/* 2026-11-24T11:29:04Z, as date -u -d @1795519744 says */
#define T (INT64_C(1795519744) * S)

static struct zone *zone(const char *name)
{
	struct sp_err err = SP_ERR_INIT;
	struct zone *z = NULL;

	assert_int_equal(zone_new(&z, name, &err), 0);
	return z;
}

static void every_form(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		int64_t time_ns;
		uint64_t resolution_ns;
		bool zoned;
	} cases[] = {
		{ "1795519744", T, S, true },
		{ "1795519744.2", T + 200 * MS, 100 * MS, true },
		{ "1795519744.200000001", T + 200 * MS + 1, 1, true },
		{ "1795519744.2000000019", T + 200 * MS + 1, 1, true },
		{ "1795519744,25", T + 250 * MS, 10 * MS, true },
		{ "1795519744200", T + 200 * MS, MS, true },
		{ "1795519744200.5", T + 200 * MS + 500000, 100000, true },
		{ "1795519744200000", T + 200 * MS, 1000, true },
		{ "1795519744200000000", T + 200 * MS, 1, true },
		{ "[1795519744.261953]", T + 261953000, 1000, true },
		{ "2026-11-24T11:29:04Z", T, S, true },
		{ "2026-11-24t11:29:04.2z", T + 200 * MS, 100 * MS, true },
		{ "2026-11-24T12:29:04.200+01:00", T + 200 * MS, MS, true },
		{ "2026-11-24T12:29:04,200+0100", T + 200 * MS, MS, true },
		{ "2026-11-24 05:59:04 -0530", T, S, true },
		{ "2026-11-24 11:29:04 UTC", T, S, true },
		{ "2026-11-24 12:29:04 CET", T, S, true },
		{ "2026-11-24 11:29", T - 4 * S, 60 * S, false },
		{ "2026-11-24 11:29:04", T, S, false },
		{ "20261124T112904Z", T, S, true },
		{ "20261124T112904.25", T + 250 * MS, 10 * MS, false },
		{ "2026/11/24 11:29:04.551", T + 551 * MS, MS, false },
		{ "2015-10-18 18:01:48,963", INT64_C(1445191308) * S + 963 * MS, MS, false },
		{ "2017-05-16 00:00:01.551", INT64_C(1494892801) * S + 551 * MS, MS, false },
		{ "17/06/09 20:10:40", INT64_C(1497039040) * S, S, false },
		{ "[Sun Dec 04 04:51:08 2005]", INT64_C(1133671868) * S, S, false },
		{ "[Sun Dec 04 04:51:08.123456 2005]", INT64_C(1133671868) * S + 123456000, 1000,
		  false },
		{ "Tue Nov 24 11:29:04 UTC 2026", T, S, true },
		{ "Nov 24 11:29:04", T, S, false },
		{ "Nov 24 11:29:04.200", T + 200 * MS, MS, false },
		{ "Jan  2 00:00:00", INT64_C(1798848000) * S, S, false },	/* of 2027: nearer */
		{ "Nov 24, 2026 11:29:04.200000000 UTC", T + 200 * MS, 1, true },
		{ "10/Oct/2000:13:55:36 -0700", INT64_C(971211336) * S, S, true },
		{ "[10/Oct/2000:13:55:36 -0700]", INT64_C(971211336) * S, S, true },
		{ "Tue, 24 Nov 2026 11:29:04 +0000", T, S, true },
		{ "24 Nov 2026 11:29:04", T, S, false },
		{ "11:29:04.200000", T + 200 * MS, 1000, false },
		{ "23:59:59", T + (12 * 3600 + 1855 - 86400) * S, S, false },	/* of the day before */
		{ "2024-02-29T00:00:00Z", INT64_C(1709164800) * S, S, true },
		{ "2016-12-31T23:59:60Z", INT64_C(1483228800) * S, S, true },
		{ "  1795519744  ", T, S, true },
		{ "24.11.2026 11:29:04,2", T + 200 * MS, 100 * MS, false },
		{ "24.11.2026, 11:29:04", T, S, false },
		{ "2026.11.24 11:29:04", T, S, false },
		{ "11/24/2026 11:29:04", T, S, false },
		{ "24/11/2026 11:29:04", T, S, false },
		{ "11/12/2026 11:29:04", T - 12 * 86400 * S, S, false },	/* Nov 12 is nearer */
		{ "12/11/2026 11:29:04", T - 12 * 86400 * S, S, false },	/* than Dec 11 */
		{ "11/24/2026, 11:29:04 AM", T, S, false },
		{ "11/24/2026, 11:29:04.2\xe2\x80\xaf" "AM", T + 200 * MS, 100 * MS, false },
		{ "11/24/2026 11:29 PM", T + (12 * 3600 - 4) * S, 60 * S, false },
		{ "Tue Nov 24 11:29:04 AM UTC 2026", T, S, true },
		{ "Nov 24, 2026, 11:29:04 a.m.", T, S, false },
		{ "24-Nov-2026 11:29:04", T, S, false },
		{ "12:00:00 AM", T - 41344 * S, S, false },
	};
	/* clang-format on */
	struct stamps stamps = { .zone = zone("UTC"), .near_ns = T };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stamp got = { 0 };
		bool ok = stamps_whole(&stamps, cases[i].text, strlen(cases[i].text), &got);

		if (!ok || got.time_ns != cases[i].time_ns)
			print_error("'%s': %d, %lld\n", cases[i].text, ok, (long long)got.time_ns);
		assert_true(ok);
		assert_true(got.time_ns == cases[i].time_ns);
		assert_true(got.resolution_ns == cases[i].resolution_ns);
		assert_int_equal(got.zoned, cases[i].zoned);
		assert_false(got.relative);
	}
	zone_free(stamps.zone);
}

static void what_is_no_time(void **state)
{
	static const char *const cases[] = {
		"",
		" ",
		"yesterday",
		"-5",
		"+1795519744",
		"1e9",
		"1795519744.2.3",
		"2026-13-01T00:00:00Z",
		"2026-02-29T00:00:00Z",
		"2026-11-24T24:00:00Z",
		"2026-11-24T11:60:00Z",
		"2026-11-24",
		"2026-11-24T",
		"2026-11-24T11",
		"24/13/2026 11:29:04",
		"13/13/2026 11:29:04",
		"2/31/2026 11:29:04",
		"24.13.2026 11:29:04",
		"31.2.2026 11:29:04",
		"24.11.26 11:29:04",
		"11/24/2026 13:29:04 PM",
		"11/24/2026 0:29:04 AM",
		"11/24/2026",
		"1969-12-31T23:59:59Z",
		"2300-01-01T00:00:00Z",
		"99999999999999999999",
		"[1795519744.2",
		"2026-11-24 11:29:04 PMx",
		"0x6b03d1c0",
		"Foo 24 11:29:04",
		"Nov 31 11:29:04",
		"2026-11-24T11:29:04+99:00",
		"12:34",
		"nan",
		"inf",
		"2026-11-24 11:29:04 CST",
	};
	struct stamps stamps = { .zone = zone(NULL), .near_ns = T };
	struct stamp got;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool ok = stamps_whole(&stamps, cases[i], strlen(cases[i]), &got);

		if (ok)
			print_error("'%s' was read as %lld\n", cases[i], (long long)got.time_ns);
		assert_false(ok);
	}
	/* Without a year there must be something to be near to. */
	stamps.near_ns = INT64_MIN;
	assert_false(stamps_whole(&stamps, "Nov 24 11:29:04", 15, &got));
	assert_false(stamps_whole(&stamps, "11/12/2026 11:29:04", 19, &got));
	assert_true(stamps_whole(&stamps, "11/24/2026 11:29:04", 19, &got));
	zone_free(stamps.zone);
}

static void small_numbers_are_relative(void **state)
{
	struct stamps stamps = { .zone = zone("UTC"), .near_ns = T };
	struct stamp got;

	(void)state;
	assert_true(stamps_whole(&stamps, "12.25", 5, &got));
	assert_true(got.relative);
	assert_true(got.time_ns == 12250 * MS);
	/* A unit that the header told. */
	stamps.unit_ns = 1000000;
	assert_true(stamps_whole(&stamps, "1795519744200", 13, &got));
	assert_true(got.time_ns == T + 200 * MS);
	zone_free(stamps.zone);
}

static void a_prefix_says_where_it_ends(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		size_t used;
	} cases[] = {
		{ "[1595037214.261953] 64 bytes", 19 },
		{ "2015-10-18 18:01:48,963 INFO [main] x", 23 },
		{ "2026-11-24 11:29:04 ZOOKEEPER up", 19 },
		{ "Nov 24 11:29:04 host kernel: x", 15 },
		{ "[10/Oct/2000:13:55:36 -0700] \"GET", 28 },
	};
	/* clang-format on */
	struct stamps stamps = { .zone = zone("UTC"), .near_ns = T };
	struct stamp got;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(stamps_prefix(&stamps, cases[i].text, strlen(cases[i].text), &got));
		assert_int_equal(got.used, cases[i].used);
	}
	zone_free(stamps.zone);
}

static void zones_know_summer_time(void **state)
{
	/* clang-format off */
	static const struct {
		const char *zone, *text;
		int64_t utc_s;
	} cases[] = {
		{ "Europe/Berlin", "2026-11-24 12:29:04", 1795519744 },
		{ "Europe/Berlin", "2026-07-01 12:00:00", 1782900000 },
		{ "+02:00", "2026-11-24 13:29:04", 1795519744 },
		{ "-0530", "2026-11-24 05:59:04", 1795519744 },
		{ "Asia/Kathmandu", "2026-11-24 17:14:04", 1795519744 },
		{ "America/New_York", "2026-11-24 06:29:04", 1795519744 },
	};
	/* clang-format on */
	struct sp_err err = SP_ERR_INIT;
	struct zone *none = NULL;
	struct stamp got;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stamps stamps = { .near_ns = T };

		if (cases[i].zone[0] > '9' && zone_new(&none, cases[i].zone, &err) != 0) {
			print_message("no tz database here: %s\n", err.text);
			err = (struct sp_err)SP_ERR_INIT;
			continue;
		}
		zone_free(none);
		none = NULL;
		stamps.zone = zone(cases[i].zone);
		assert_true(stamps_whole(&stamps, cases[i].text, strlen(cases[i].text), &got));
		assert_true(got.time_ns == cases[i].utc_s * S);
		assert_false(got.zoned);
		/* What the stamp says itself holds. */
		assert_true(stamps_whole(&stamps, "2026-11-24T11:29:04Z", 20, &got));
		assert_true(got.time_ns == T);
		zone_free(stamps.zone);
	}
	assert_int_equal(zone_new(&none, "Mars/Olympus", &err), SP_EUSAGE);
	assert_non_null(strstr(err.text, "Mars/Olympus"));
	err = (struct sp_err)SP_ERR_INIT;
	assert_int_equal(zone_new(&none, "../../etc/passwd", &err), SP_EUSAGE);
}

static void latencies(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		uint64_t ns;	/* 0: refused */
	} cases[] = {
		{ "12", 12000000 },	   { "0.041 ms", 41000 },	{ "127.1ms", 127100000 },
		{ "1.5 s", 1500000000 },   { "250us", 250000 },		{ "3 \xc2\xb5s", 3000 },
		{ "1,5 ms", 1500000 },	   { "60.5", 60500000 },	{ "7 ns", 7 },
		{ "2 seconds", 2000000000 }, { " 5 ", 5000000 },	{ "0.0000001", 0 },
		{ "-5", 0 },		   { "", 0 },			{ "abc", 0 },
		{ "5 parsecs", 0 },	   { "1e3", 0 },		{ "99999999999 s", 0 },
		{ "1.2.3", 0 },		   { "12 ms x", 0 },		{ "9999999999999999999", 0 },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t ns = 0;
		bool ok = latency_whole(cases[i].text, strlen(cases[i].text), 1000000, &ns);

		if (ns != cases[i].ns)
			print_error("'%s': %d, %llu\n", cases[i].text, ok, (unsigned long long)ns);
		assert_true(ns == cases[i].ns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form),
		cmocka_unit_test(what_is_no_time),
		cmocka_unit_test(small_numbers_are_relative),
		cmocka_unit_test(a_prefix_says_where_it_ends),
		cmocka_unit_test(zones_know_summer_time),
		cmocka_unit_test(latencies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* analyze/windows and outside: formulas, offset, drift, and where spikes lie that lie nowhere. */
#include "outside.h"
#include "windows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MS   INT64_C(1000000)
#define S    (1000 * MS)
#define WALL (INT64_C(1764000000) * S)

struct both {
	struct spikes *spikes;
	struct clock *clock;
};

static struct both both(void)
{
	struct sp_err err = SP_ERR_INIT;
	struct both b = { 0 };

	assert_int_equal(spikes_new(&b.spikes, &err), 0);
	assert_int_equal(clock_new(&b.clock, &err), 0);
	for (int64_t s = 0; s <= 100; s++)
		assert_int_equal(clock_put(b.clock, (uint64_t)(s * S), WALL + s * S, 0, &err), 0);
	return b;
}

static void add(struct both *b, int64_t at_ns, uint64_t latency_ns, uint8_t stamp,
		uint64_t resolution_ns)
{
	struct sp_spike k = {
		.source = "test",
		.time_ns = WALL + at_ns,
		.latency_ns = latency_ns,
		.resolution_ns = resolution_ns,
		.stamp = stamp,
		.cpu = SP_NO_CPU,
	};
	struct sp_err err = SP_ERR_INIT;

	assert_int_equal(spikes_add(b->spikes, &k, NULL, 0, &err), 0);
}

static void end(struct both *b)
{
	spikes_free(b->spikes);
	clock_free(b->clock);
}

static void the_formulas(void **state)
{
	static const struct {
		uint64_t latency_ns;
		uint8_t stamp;
		uint64_t u;
		int64_t begin_ms, end_ms;
	} cases[] = {
		{ 60 * MS, SP_STAMP_END, 0, 9940, 10000 },
		{ 60 * MS, SP_STAMP_START, 0, 10000, 10060 },
		{ 60 * MS, SP_STAMP_UNKNOWN, 0, 9940, 10060 },
		{ SP_UNKNOWN_NS, SP_STAMP_END, 0, 8000, 10000 },
		{ SP_UNKNOWN_NS, SP_STAMP_UNKNOWN, 0, 8000, 12000 },
		{ 60 * MS, SP_STAMP_END, S, 8940, 11000 },
		{ 60 * MS, SP_STAMP_START, 5 * MS, 9995, 10065 },
	};
	struct windows_cfg cfg = { .window_ns = 2 * S };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct both b = both();
		struct sp_spike *k;
		uint32_t n;

		add(&b, 10 * S, cases[i].latency_ns, cases[i].stamp, cases[i].u);
		assert_true(windows_set(b.spikes, b.clock, &cfg));
		k = spikes_all(b.spikes, &n);
		assert_int_equal(k->begin_ns, cases[i].begin_ms * MS);
		assert_int_equal(k->end_ns, cases[i].end_ms * MS);
		assert_int_equal(k->uncertainty_ns, cases[i].u);
		end(&b);
	}
}

static void offset_and_drift(void **state)
{
	struct windows_cfg cfg = {
		.offset_ns = -3 * S,
		.drift_ppm = 100,
		.origin_ns = WALL,
		.offset_uncertainty_ns = MS,
	};
	struct both b = both();
	struct sp_spike *k;
	uint32_t n;

	(void)state;
	add(&b, 50 * S, 60 * MS, SP_STAMP_END, 0);
	add(&b, S, 60 * MS, SP_STAMP_END, 0); /* before the capture clock's zero then */
	assert_true(windows_set(b.spikes, b.clock, &cfg));
	k = spikes_all(b.spikes, &n);
	/* 100 ppm of 50 s are 5 ms. */
	assert_int_equal(k[0].begin_ns, 47 * S + 5 * MS - 61 * MS);
	assert_int_equal(k[0].end_ns, 47 * S + 5 * MS + MS);
	assert_int_equal(k[1].begin_ns, 0);
	assert_int_equal(k[1].end_ns, 0);
	end(&b);
}

static void no_wall_time_no_windows(void **state)
{
	struct windows_cfg cfg = { 0 };
	struct sp_err err = SP_ERR_INIT;
	struct both b = both();

	(void)state;
	clock_free(b.clock);
	assert_int_equal(clock_new(&b.clock, &err), 0);
	add(&b, 0, MS, SP_STAMP_END, 0);
	assert_false(windows_set(b.spikes, b.clock, &cfg));
	end(&b);
}

/* What is said of spikes that are moved by so much, from a recording of 10 to 70 s. */
static void said(char to[OUTSIDE_TEXT], int64_t moved_s, int32_t zone_s)
{
	struct windows_cfg cfg = { 0 };
	const struct outside_recording rec = {
		.begin_ns = 10 * (uint64_t)S,
		.end_ns = 70 * (uint64_t)S,
		.begin_real_ns = WALL + 10 * S,
		.end_real_ns = WALL + 70 * S,
	};
	struct both b = both();
	struct sp_spike *all;
	struct outside o;
	uint32_t n;

	for (int64_t i = 0; i < 10; i++)
		add(&b, (15 + 5 * i + moved_s) * S, 60 * MS, SP_STAMP_END, 0);
	assert_true(windows_set(b.spikes, b.clock, &cfg));
	all = spikes_all(b.spikes, &n);
	o = outside_of(all, n, &cfg, &rec);
	outside_text(to, &o, zone_s);
	end(&b);
}

static void outside_says_by_how_much_and_what_to_do(void **state)
{
	char text[OUTSIDE_TEXT];

	(void)state;
	said(text, 0, 0);
	assert_string_equal(text, "");
	said(text, 7200, 0);
	assert_non_null(strstr(text, "1 h 59 min after it: --tz +02:00 would fit"));
	said(text, 5 * 3600 + 1800, INT32_MAX);
	assert_non_null(strstr(text, "after it: --clock-offset -19800 would fit"));
	said(text, 60, 0);
	assert_non_null(strstr(text, "after it: --clock-offset auto"));
	said(text, -365 * 86400, 0); /* before the machine was booted */
	assert_non_null(strstr(text, "365 d 0 h before it: see that both"));
	said(text, 400, 0);
	assert_non_null(strstr(text, "after it: see that both"));
	said(text, 40, 0);
	assert_non_null(strstr(text, "the nearest "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_formulas),
		cmocka_unit_test(offset_and_drift),
		cmocka_unit_test(no_wall_time_no_windows),
		cmocka_unit_test(outside_says_by_how_much_and_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

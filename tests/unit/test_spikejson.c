/* analyze/jsonline, spike_json: structured logs, whole, nested, cut, and with other lines between.
 */
#include "follow.h"
#include "jsonline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define T  (INT64_C(1795519744) * 1000000000) /* 2026-11-24T11:29:04Z */
#define MS UINT64_C(1000000)

static const char *value_of(struct jsonline *j, const char *name)
{
	const struct columns_name *names, *values;
	static char value[200];
	uint32_t n = jsonline_pairs(j, &names, &values);

	for (uint32_t i = 0; i < n; i++) {
		if (names[i].len == strlen(name) &&
		    memcmp(names[i].text, name, names[i].len) == 0) {
			snprintf(value, sizeof(value), "%.*s", (int)values[i].len, values[i].text);
			return value;
		}
	}
	return NULL;
}

static void names_and_values(void **state)
{
	static const char text[] =
		" { \"a\" : 1.5e3 , \"b\":{\"c\":\"x\\\"y\\u00e9\\ud83d\\u0041\","
		"\"d\":{\"e\":null,\"f\":true}},\"g\":[1,{\"h\":2},[3]],\"i\":\"\"} ";
	struct sp_err err = SP_ERR_INIT;
	sp_auto(jsonline) j = NULL;
	size_t at;

	(void)state;
	assert_int_equal(jsonline_new(&j, &err), 0);
	assert_true(jsonline_read(j, text, sizeof(text) - 1, &at));
	assert_string_equal(value_of(j, "a"), "1.5e3");
	assert_string_equal(value_of(j, "b.c"), "x\"y\xc3\xa9?A");
	assert_string_equal(value_of(j, "b.d.e"), "");
	assert_string_equal(value_of(j, "b.d.f"), "true");
	assert_string_equal(value_of(j, "i"), "");
	assert_null(value_of(j, "g"));
	assert_null(value_of(j, "h"));
	assert_true(jsonline_read(j, "{}", 2, &at));
	assert_null(value_of(j, "a"));
}

static void what_is_no_object(void **state)
{
	static const struct {
		const char *text;
		size_t at;
	} cases[] = {
		{ "", 0 },
		{ "x", 0 },
		{ "[1]", 0 },
		{ "{", 1 },
		{ "{\"a\":1", 6 },
		{ "{\"a\":\"b", 7 },
		{ "{\"a\" 1}", 5 },
		{ "{\"a\":1}x", 7 },
		{ "{\"a\":1,}", 7 },
		{ "{\"a\":\"\\x\"}", 8 },
		{ "{\"a\":\"\\u00g0\"}", 10 },
	};
	char deep[200] = "";
	struct sp_err err = SP_ERR_INIT;
	sp_auto(jsonline) j = NULL;
	size_t at;

	(void)state;
	assert_int_equal(jsonline_new(&j, &err), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_false(jsonline_read(j, cases[i].text, strlen(cases[i].text), &at));
		assert_int_equal(at, cases[i].at);
	}
	for (int i = 0; i < 30; i++)
		strcat(deep, "{\"a\":");
	assert_false(jsonline_read(j, deep, strlen(deep), &at));
}

static struct spikes *reads(const char *text, struct spikefile_cfg cfg, struct spikefile_seen *seen)
{
	struct sp_err err = SP_ERR_INIT;
	struct spikes *s = NULL;
	int rc;

	cfg.near_ns = T;
	assert_int_equal(spikes_new(&s, &err), 0);
	rc = spikefile_read_memory(s, "spikes.log", text, strlen(text), &cfg, seen, &err);
	if (rc)
		print_error("%s: %s\n", text, err.text);
	assert_int_equal(rc, 0);
	return s;
}

static void logs_of_today(void **state)
{
	static const struct {
		const char *text;
		uint64_t latency_ns;
		uint8_t stamp;
		uint32_t cpu;
		const char *label;
		bool unit_assumed;
	} cases[] = {
		{ "{\"time\":\"2026-11-24T11:29:04Z\",\"latency_ms\":60.5,\"url\":\"/a\"}",
		  60500000, SP_STAMP_UNKNOWN, SP_NO_CPU, "/a", false },
		{ "{\"level\":30,\"time\":1795519744000,\"msg\":\"done\",\"responseTime\":60}",
		  60 * MS, SP_STAMP_UNKNOWN, SP_NO_CPU, "done", true },
		{ "{\"t\":{\"$date\":\"2026-11-24T11:29:04.000+00:00\"},\"attr\":{"
		  "\"durationMillis\":60}}",
		  60 * MS, SP_STAMP_UNKNOWN, SP_NO_CPU, NULL, false },
		{ "{\"@timestamp\":\"2026-11-24T11:29:04Z\",\"event\":{\"duration\":60500000}}",
		  60500000, SP_STAMP_UNKNOWN, SP_NO_CPU, NULL, false },
		{ "{\"start_time\":\"2026-11-24T11:29:04Z\",\"duration\":\"60ms\",\"cpu\":3}",
		  60 * MS, SP_STAMP_START, 3, NULL, false },
		{ "{\"log\":\"GET /a took 60ms\\n\",\"time\":\"2026-11-24T11:29:04Z\"}", 60 * MS,
		  SP_STAMP_UNKNOWN, SP_NO_CPU, "GET /a took 60ms", false },
		{ "{\"__REALTIME_TIMESTAMP\":\"1795519744000000\",\"MESSAGE\":\"took 60 ms\"}",
		  60 * MS, SP_STAMP_UNKNOWN, SP_NO_CPU, "took 60 ms", false },
		{ "{\"ts\":1795519744,\"took\":null}", SP_UNKNOWN_NS, SP_STAMP_UNKNOWN, SP_NO_CPU,
		  NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct spikefile_seen seen;
		sp_auto(spikes) s = reads(cases[i].text, (struct spikefile_cfg){ 0 }, &seen);
		struct sp_spike *all;
		uint32_t n;

		all = spikes_all(s, &n);
		assert_string_equal(seen.format, "json");
		assert_int_equal(n, 1);
		assert_true(all[0].time_ns == T);
		assert_int_equal(all[0].latency_ns, cases[i].latency_ns);
		assert_int_equal(all[0].stamp, cases[i].stamp);
		assert_int_equal(all[0].cpu, cases[i].cpu);
		assert_int_equal(seen.unit_assumed, cases[i].unit_assumed);
		if (cases[i].label)
			assert_string_equal(all[0].label, cases[i].label);
	}
}

static void other_lines_are_passed_over(void **state)
{
	static const char text[] = "{\"msg\":\"started\"}\n"
				   "{\"ts\":1795519744,\"took_ms\":60}\n\n"
				   "{\"ts\":1795519745}\n"
				   "{\"took_ms\":70,\"ts\":1795519746}\n";
	struct spikefile_seen seen;
	sp_auto(spikes) all = reads(text, (struct spikefile_cfg){ 0 }, &seen);
	sp_auto(spikes) late = reads(text, (struct spikefile_cfg){ .needs_latency = true }, &seen);
	uint32_t n;

	(void)state;
	spikes_all(all, &n);
	assert_int_equal(n, 3);
	assert_int_equal(spikes_all(late, &n)[1].latency_ns, 70 * MS);
	assert_int_equal(n, 2);
}

static void keys_that_the_user_names(void **state)
{
	static const char text[] = "{\"level\":\"info\",\"msg\":\"started\"}\n"
				   "{\"when_ns\":1,\"a\":{\"x\":60500},\"wall\":\"1795519744\"}\n"
				   "{\"other\":1}\n";
	struct spikefile_seen seen;
	struct sp_err err = SP_ERR_INIT;
	struct spikefile_cfg cfg = { .columns = "time=wall,latency=a.x:us", .near_ns = T };
	sp_auto(spikes) s = reads(text, cfg, &seen);
	uint32_t n;

	(void)state;
	assert_int_equal(spikes_all(s, &n)->latency_ns, 60500000);
	assert_int_equal(n, 1);
	/* The file has no such key: the command line alone cannot tell. */
	cfg.columns = "time=nowhere";
	assert_int_equal(spikefile_read_memory(s, "x", text, strlen(text), &cfg, &seen, &err),
			 SP_EFORMAT);
	assert_non_null(strstr(err.text, "nowhere"));
}

static void bad_lines_have_a_place(void **state)
{
	static const char text[] = "{\"ts\":1795519744,\"took_ms\":60}\n{\"ts\":17955\n";
	struct spikefile_cfg cfg = { .near_ns = T };
	struct spikefile_seen seen;
	struct sp_err err = SP_ERR_INIT;
	sp_auto(spikes) s = NULL;

	(void)state;
	assert_int_equal(spikes_new(&s, &err), 0);
	assert_int_equal(spikefile_read_memory(s, "x.log", text, strlen(text), &cfg, &seen, &err),
			 SP_EFORMAT);
	assert_non_null(strstr(err.text, "x.log:2:12: expected a JSON object a line"));
	assert_non_null(strstr(err.text, "JSON lines"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_values),
		cmocka_unit_test(what_is_no_object),
		cmocka_unit_test(logs_of_today),
		cmocka_unit_test(other_lines_are_passed_over),
		cmocka_unit_test(keys_that_the_user_names),
		cmocka_unit_test(bad_lines_have_a_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

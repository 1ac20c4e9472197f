/* analyze/spikes: backlogs become one spike, separate spikes stay, and the limits. */
#include "spikes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define US INT64_C(1000)
#define MS INT64_C(1000000)
#define T0 INT64_C(1764000000000000000)

static const char source[] = "test";

static void add(struct spikes *s, int64_t at_ns, int64_t latency_ns, uint8_t stamp)
{
	struct sp_spike k = {
		.source = source,
		.time_ns = T0 + at_ns,
		.latency_ns = (uint64_t)latency_ns,
		.cpu = SP_NO_CPU,
		.stamp = stamp,
		.resolution_ns = 1000,
	};
	struct sp_err err = SP_ERR_INIT;
	uint32_t n;

	spikes_all(s, &n);
	k.line = n + 1;
	assert_int_equal(spikes_add(s, &k, NULL, 0, &err), 0);
}

/* One reply that left at an instant and came at another, with the stamp of its kind. */
static void reply(struct spikes *s, int64_t left_ns, int64_t came_ns, uint8_t stamp)
{
	add(s, stamp == SP_STAMP_START ? left_ns : came_ns, came_ns - left_ns, stamp);
}

static struct spikes *new (void)
{
	struct sp_err err = SP_ERR_INIT;
	struct spikes *s;

	assert_int_equal(spikes_new(&s, &err), 0);
	return s;
}

static const uint8_t stamps[] = { SP_STAMP_END, SP_STAMP_START };

/* Probes every interval; whatever leaves inside a stall comes at its end. */
static void probe(struct spikes *s, int64_t interval_ns, int64_t until_ns,
		  const int64_t (*stalls)[2], uint32_t nstalls, uint8_t stamp)
{
	for (int64_t left_ns = 0; left_ns < until_ns; left_ns += interval_ns) {
		int64_t came_ns = left_ns + 40 * US;

		for (uint32_t i = 0; i < nstalls; i++) {
			if (left_ns >= stalls[i][0] && left_ns < stalls[i][1])
				came_ns = stalls[i][1] + (left_ns - stalls[i][0]) / 1000 + 50 * US;
		}
		reply(s, left_ns, came_ns, stamp);
	}
}

static void a_backlog_is_one_spike(void **state)
{
	static const int64_t stalls[][2] = { { 100 * MS, 160 * MS },
					     { 300 * MS, 342 * MS },
					     { 345 * MS, 395 * MS } };
	static const int64_t intervals_ns[] = { 1 * MS, 5 * MS, 10 * MS };

	(void)state;
	for (size_t i = 0; i < sizeof(stamps); i++) {
		for (size_t k = 0; k < 3; k++) {
			struct spikes *s = new ();
			uint32_t n, late = 0;
			struct sp_spike *all;

			probe(s, intervals_ns[k], 600 * MS, stalls, 3, stamps[i]);
			spikes_join(s);
			spikes_sort(s);
			all = spikes_all(s, &n);
			for (uint32_t j = 0; j < n; j++) {
				const int64_t *stall = stalls[late < 3 ? late : 2];
				int64_t length_ns = stall[1] - stall[0];

				assert_int_equal(all[j].id, j + 1);
				if (all[j].latency_ns < 2 * (uint64_t)MS)
					continue;
				/* The worst row: it left as the stall began. */
				assert_true(all[j].latency_ns > (uint64_t)(length_ns - 10 * MS));
				assert_in_range(all[j].count, length_ns / intervals_ns[k] - 1,
						length_ns / intervals_ns[k] + 2);
				late++;
			}
			assert_int_equal(late, 3);
			spikes_free(s);
		}
	}
}

static void separate_ones_stay(void **state)
{
	struct spikes *s = new ();
	uint32_t n;

	(void)state;
	/* A healthy path of 30 ms: replies come as far apart as probes leave. */
	for (int64_t i = 0; i < 100; i++)
		reply(s, i * 10 * MS, i * 10 * MS + 30 * MS, SP_STAMP_END);
	/* One CPU's late reply comes among the healthy ones of another. */
	reply(s, 2000 * MS, 2000 * MS + 40 * US, SP_STAMP_END);
	reply(s, 1940 * MS, 2000 * MS + 90 * US, SP_STAMP_END);
	reply(s, 2001 * MS, 2001 * MS + 40 * US, SP_STAMP_END);
	spikes_join(s);
	spikes_all(s, &n);
	assert_int_equal(n, 103);
	spikes_free(s);
}

static void what_may_not_join(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	struct sp_spike k = {
		.source = source,
		.time_ns = T0,
		.latency_ns = 60 * (uint64_t)MS,
		.cpu = SP_NO_CPU,
		.stamp = SP_STAMP_END,
		.resolution_ns = 1000,
	};
	struct sp_spike other = k;
	struct spikes *s = new ();
	uint32_t n;

	(void)state;
	other.latency_ns = 50 * (uint64_t)MS;
	assert_int_equal(spikes_add(s, &k, NULL, 0, &err), 0);
	other.cpu = 3;
	assert_int_equal(spikes_add(s, &other, NULL, 0, &err), 0);
	other.cpu = SP_NO_CPU;
	other.source = "another file";
	assert_int_equal(spikes_add(s, &other, NULL, 0, &err), 0);
	other.source = source;
	other.resolution_ns = 1000 * (uint64_t)MS; /* a whole second: who knows */
	assert_int_equal(spikes_add(s, &other, NULL, 0, &err), 0);
	other.resolution_ns = 1000;
	other.latency_ns = SP_UNKNOWN_NS;
	assert_int_equal(spikes_add(s, &other, NULL, 0, &err), 0);
	spikes_join(s);
	spikes_all(s, &n);
	assert_int_equal(n, 5);
	spikes_free(s);
}

static void labels_are_kept_and_cut(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	struct sp_spike k = { .source = source, .time_ns = T0, .latency_ns = 1 };
	struct spikes *s = new ();
	struct sp_spike *all;
	char text[400];
	uint32_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa9", 2); /* é */
	assert_int_equal(spikes_add(s, &k, "host-a", 6, &err), 0);
	assert_int_equal(spikes_add(s, &k, "host-a", 6, &err), 0);
	assert_int_equal(spikes_add(s, &k, text, sizeof(text), &err), 0);
	assert_int_equal(spikes_add(s, &k, text + 1, 0, &err), 0);
	all = spikes_all(s, &n);
	assert_string_equal(all[0].label, "host-a");
	assert_ptr_equal(all[0].label, all[1].label);
	assert_int_equal(strlen(all[2].label), SPIKES_LABEL_MAX);
	assert_null(all[3].label);
	/* A great many different ones are not all kept. */
	for (uint32_t i = 0; i < SPIKES_LABEL_BYTES / 100; i++) {
		int len = snprintf(text, sizeof(text), "%0140u", i);

		assert_int_equal(spikes_add(s, &k, text, (size_t)len, &err), 0);
	}
	all = spikes_all(s, &n);
	assert_null(all[n - 1].label);
	spikes_free(s);
}

static void past_the_limit_the_late_ones_stay(void **state)
{
	struct spikes *s = new ();
	struct sp_spike *all;
	uint32_t n;

	(void)state;
	for (int64_t i = 0; i < SP_MAX_SPIKES + 10; i++)
		add(s, i * MS, i % 1000 == 0 ? 500 * MS : i % 1000 * US, SP_STAMP_END);
	all = spikes_all(s, &n);
	assert_true(n <= SP_MAX_SPIKES);
	assert_int_equal(n + spikes_dropped(s), SP_MAX_SPIKES + 10);
	uint32_t late = 0;

	for (uint32_t i = 0; i < n; i++)
		late += all[i].latency_ns == 500 * (uint64_t)MS;
	assert_int_equal(late, SP_MAX_SPIKES / 1000 + 1);
	spikes_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_backlog_is_one_spike),
		cmocka_unit_test(separate_ones_stay),
		cmocka_unit_test(what_may_not_join),
		cmocka_unit_test(labels_are_kept_and_cut),
		cmocka_unit_test(past_the_limit_the_late_ones_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

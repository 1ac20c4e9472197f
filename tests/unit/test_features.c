/* analyze/features: perf's feature sections, and what a kernel's release tells. */
#include "unit.h"

#include "fakebytes.h"
#include "features.h"

#include <sirqprof/perfdata.h>

static struct decode_info info;

static int feature(const struct bytes *b)
{
	struct sp_err err = SP_ERR_INIT;

	return features_decode(bytes_span(b), NULL, &info, &err);
}

static struct bytes text_feature(uint64_t bit, const char *text)
{
	struct bytes b = { .swap = false };

	bytes_u64(&b, bit);
	bytes_u32(&b, 64);
	bytes_text(&b, text);
	bytes_zero(&b, 64 - strlen(text) - 1);
	return b;
}

static void feature_sections(void **state)
{
	struct bytes b = text_feature(SP_FEAT_HOSTNAME, "web1");

	(void)state;
	info = (struct decode_info){ 0 };
	assert_int_equal(feature(&b), 0);
	assert_string_equal(info.host, "web1");
	b = text_feature(SP_FEAT_OSRELEASE, "5.17.0-rc1");
	assert_int_equal(feature(&b), 0);
	assert_true(info.has_bh_flag);
	assert_false(info.realtime);
	b = text_feature(SP_FEAT_ARCH, "this name is longer than what is kept of it");
	assert_int_equal(feature(&b), 0);
	assert_int_equal(strlen(info.arch), sizeof(info.arch) - 1);
	for (int swap = 0; swap <= 1; swap++) {
		b = (struct bytes){ .swap = swap };
		bytes_u64(&b, SP_FEAT_CLOCK_DATA);
		bytes_u32(&b, 1);
		bytes_u32(&b, 1); /* CLOCK_MONOTONIC */
		bytes_u64(&b, 1764000000000000000);
		bytes_u64(&b, 5000);
		info.has_clockid = false;
		assert_int_equal(feature(&b), 0);
		assert_true(info.has_clockid);
		assert_int_equal(info.clockid, 1);
		assert_int_equal(info.clock_wall_ns, 1764000000000000000);
		assert_int_equal(info.clock_mono_ns, 5000);
	}
	b = (struct bytes){ .swap = false };
	bytes_u64(&b, SP_FEAT_SAMPLE_TIME);
	bytes_u64(&b, 10);
	assert_int_equal(feature(&b), SP_ETRUNC);
	bytes_u64(&b, 20);
	assert_int_equal(feature(&b), 0);
	assert_int_equal(info.last_ns, 20);
	/* One that nobody here reads. */
	b = text_feature(200, "x");
	assert_int_equal(feature(&b), 0);
	b.len = 4;
	assert_int_equal(feature(&b), SP_ETRUNC);
}

static void releases(void **state)
{
	static const char *const rt[] = { "5.10.0-27-rt-amd64", "5.14.0-284.rt14", "6.1.0-rt7",
					  "4.18.0-rt" };
	static const char *const not_rt[] = { "6.18.0",	    "",		  "rt",
					      "5.10.0-art", "5.10.0-rtx", "6.1.0-virt" };

	(void)state;
	assert_true(features_release_at_least("5.17.0-rc1", 5, 17));
	assert_true(features_release_at_least("5.17", 5, 17));
	assert_true(features_release_at_least("6", 5, 17));
	assert_true(features_release_at_least("10.0.1", 6, 12));
	assert_false(features_release_at_least("5.16.20", 5, 17));
	assert_false(features_release_at_least("4.99.0", 5, 17));
	assert_false(features_release_at_least("5.2.17", 5, 17));
	assert_false(features_release_at_least("", 5, 17));
	assert_false(features_release_at_least("unknown", 5, 17));
	for (size_t i = 0; i < sizeof(rt) / sizeof(rt[0]); i++)
		assert_true(features_is_realtime(rt[i]));
	for (size_t i = 0; i < sizeof(not_rt) / sizeof(not_rt[0]); i++)
		assert_false(features_is_realtime(not_rt[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(feature_sections),
		cmocka_unit_test(releases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

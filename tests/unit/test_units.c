/* report/units: numbers for people, and text that cannot harm a terminal. */
#include "units.h"

#include "unit.h"

static void durations_and_times(void **state)
{
	char a[UNITS_LEN];

	(void)state;
	assert_string_equal(units_duration(a, 0), "0 ns");
	assert_string_equal(units_duration(a, 45000), "45.0 us");
	assert_string_equal(units_duration(a, 12345678), "12.3 ms");
	assert_string_equal(units_duration(a, 1520000000), "1.52 s");
	assert_string_equal(units_time(a, 1764000000123456789, 3), "2025-11-24T16:00:00.123Z");
	assert_string_equal(units_time(a, 1764000000123456789, 9),
			    "2025-11-24T16:00:00.123456789Z");
	assert_string_equal(units_time(a, -1, 3), "1969-12-31T23:59:59.999Z");
	assert_string_equal(units_time(a, INT64_MIN, 3), "unknown");
	assert_string_equal(units_percent(a, 0.5), "50 %");
}

static void control_bytes_are_shown(void **state)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	assert_non_null(f);
	units_text(f, "a\x1b[31mb\xffg\xc3\xa9\xc2\x9b");
	fclose(f);
	assert_string_equal(text, "a\\x1b[31mb\\xffg\xc3\xa9\\xc2\\x9b");
	free(text);
}

static void utf8_is_strict(void **state)
{
	(void)state;
	assert_int_equal(units_utf8("a"), 1);
	assert_int_equal(units_utf8("\xc3\xa9"), 2);
	assert_int_equal(units_utf8("\xf0\x9f\x92\xa9"), 4);
	assert_int_equal(units_utf8("\xc0\xaf"), 0);	     /* overlong */
	assert_int_equal(units_utf8("\xed\xa0\x80"), 0);     /* surrogate */
	assert_int_equal(units_utf8("\xf4\x90\x80\x80"), 0); /* past U+10FFFF */
	assert_int_equal(units_utf8("\xe2\x82"), 0);	     /* cut */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_and_times),
		cmocka_unit_test(control_bytes_are_shown),
		cmocka_unit_test(utf8_is_strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* analyze/calendar: against the C library's own calendar. */
#include "calendar.h"

#include "unit.h"

#include <time.h>

static void every_day_of_eight_centuries(void **state)
{
	int64_t before = calendar_days(1599, 12, 31);

	(void)state;
	for (int64_t year = 1600; year < 2400; year++)
		for (int64_t month = 1; month <= 12; month++)
			for (int64_t day = 1; calendar_has(year, month, day); day++) {
				struct tm tm = { .tm_year = (int)year - 1900,
						 .tm_mon = (int)month - 1,
						 .tm_mday = (int)day };
				int64_t days = calendar_days(year, month, day);

				assert_int_equal(days, before + 1);
				assert_int_equal(days * 86400, timegm(&tm));
				/* timegm() would have made another date of a day that is not. */
				assert_int_equal(tm.tm_mday, day);
				before = days;
			}
	assert_int_equal(calendar_days(1970, 1, 1), 0);
}

static void days_that_are_not(void **state)
{
	(void)state;
	assert_true(calendar_has(2024, 2, 29) && calendar_has(2000, 2, 29));
	assert_false(calendar_has(2023, 2, 29) || calendar_has(1900, 2, 29));
	assert_false(calendar_has(2024, 4, 31) || calendar_has(2024, 12, 32) ||
		     calendar_has(2024, 1, 0) || calendar_has(2024, 1, -5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_day_of_eight_centuries),
		cmocka_unit_test(days_that_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

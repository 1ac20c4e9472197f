#include "calendar.h"

int64_t calendar_days(int64_t year, int64_t month, int64_t day)
{
	/* Days since 1970-01-01 of the Gregorian calendar, with years that begin in March. */
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = y / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

bool calendar_has(int64_t year, int64_t month, int64_t day)
{
	int64_t next = month == 12 ? calendar_days(year + 1, 1, 1)
				   : calendar_days(year, month + 1, 1);

	return day >= 1 && calendar_days(year, month, day) < next;
}

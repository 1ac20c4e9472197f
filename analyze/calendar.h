#ifndef CALENDAR_H
#define CALENDAR_H

/* The Gregorian calendar as day numbers: what timegm(3) does, without a struct tm. */
#include <stdbool.h>
#include <stdint.h>

/* Days from 1970-01-01 to a date; month 1..12, day from 1. */
int64_t calendar_days(int64_t year, int64_t month, int64_t day);

/* Whether the month has such a day. */
bool calendar_has(int64_t year, int64_t month, int64_t day);

#endif

#include "stampforms.h"

#include "zone.h"

#include <string.h>

#define NS_S	  INT64_C(1000000000)
#define LAST_YEAR 2199 /* int64_t holds ns until 2262: leave room for arithmetic */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool stampforms_is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static size_t left(const struct cursor *in)
{
	return (size_t)(in->end - in->at);
}

static bool literal(struct cursor *in, char c)
{
	if (in->at == in->end || *in->at != c)
		return false;
	in->at++;
	return true;
}

static bool one_of(struct cursor *in, const char *set)
{
	if (in->at == in->end || !*in->at || !strchr(set, *in->at))
		return false;
	in->at++;
	return true;
}

static void blanks(struct cursor *in)
{
	while (in->at < in->end && (*in->at == ' ' || *in->at == '\t'))
		in->at++;
}

/* A number of min to max digits within lo..hi; no further digit may follow. */
bool stampforms_number(struct cursor *in, int min, int max, int64_t lo, int64_t hi, int64_t *ret)
{
	const char *at = in->at;
	int64_t v = 0;
	int n = 0;

	while (at < in->end && is_digit(*at)) {
		if (++n > max || __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, *at++ - '0', &v))
			return false;
	}
	if (n < min || v < lo || v > hi)
		return false;
	in->at = at;
	*ret = v;
	return true;
}

void stampforms_fraction(struct cursor *in, int64_t unit_ns, int64_t *ns, uint64_t *resolution_ns)
{
	const char *at = in->at;
	int64_t digit_ns = unit_ns;

	*ns = 0;
	*resolution_ns = (uint64_t)unit_ns;
	if (left(in) < 2 || (*at != '.' && *at != ',') || !is_digit(at[1]))
		return;
	for (at++; at < in->end && is_digit(*at); at++) {
		digit_ns /= 10;
		*ns += (*at - '0') * digit_ns;
		if (digit_ns)
			*resolution_ns = (uint64_t)digit_ns;
	}
	in->at = at;
}

/* "PM", " pm", " p.m.", or behind the narrow blank that browsers write (U+202F). */
static bool half_of_day(struct cursor *in, bool *pm)
{
	struct cursor at = *in;

	if (left(&at) > 3 && memcmp(at.at, "\xe2\x80\xaf", 3) == 0)
		at.at += 3;
	blanks(&at);
	if (at.at == at.end)
		return false;
	*pm = *at.at == 'p' || *at.at == 'P';
	if (!one_of(&at, "aApP"))
		return false;
	literal(&at, '.');
	if (!one_of(&at, "mM") || (at.at < at.end && stampforms_is_word(*at.at)))
		return false;
	literal(&at, '.');
	*in = at;
	return true;
}

/* HH:MM[:SS[.frac]] [AM|PM]; a second of 60 is a leap second. */
static bool clock_time(struct cursor *in, struct civil *c)
{
	struct cursor at = *in;
	int64_t h, m, s = 0;
	bool pm;

	if (!stampforms_number(&at, 1, 2, 0, 23, &h) || !literal(&at, ':') ||
	    !stampforms_number(&at, 2, 2, 0, 59, &m))
		return false;
	c->ns = 0;
	c->resolution_ns = 60 * (uint64_t)NS_S;
	if (literal(&at, ':')) {
		if (!stampforms_number(&at, 2, 2, 0, 60, &s))
			return false;
		stampforms_fraction(&at, NS_S, &c->ns, &c->resolution_ns);
	}
	if (h >= 1 && h <= 12 && half_of_day(&at, &pm))
		h = h % 12 + (pm ? 12 : 0);
	c->second = h * 3600 + m * 60 + s;
	*in = at;
	return true;
}

/* An optional zone, perhaps after one blank. */
static void zone_part(struct cursor *in, struct civil *c)
{
	struct cursor at = *in;
	size_t used;

	literal(&at, ' ');
	if ((zone_parse_word(at.at, left(&at), &c->offset_s, &used) ||
	     zone_parse_offset(at.at, left(&at), &c->offset_s, &used)) &&
	    (left(&at) == used || !stampforms_is_word(at.at[used]))) {
		at.at += used;
		c->zoned = true;
	}
	if (c->zoned)
		*in = at;
}

/* What stands behind every date: a separator, blanks, the time, perhaps its zone. */
static bool time_part(struct cursor *in, const char *separators, struct civil *c)
{
	struct cursor at = *in;

	if (!one_of(&at, separators))
		return false;
	blanks(&at);
	if (!clock_time(&at, c))
		return false;
	zone_part(&at, c);
	*in = at;
	return true;
}

/* 2026-11-24T11:29:04, 2026/11/24 11:29:04, 2026.11.24 11:29:04 */
static bool year_first(struct cursor *in, struct civil *c)
{
	struct cursor at = *in;
	char sep;

	if (!stampforms_number(&at, 4, 4, 1, 9999, &c->year))
		return false;
	sep = at.at < at.end ? *at.at : 0;
	if (!one_of(&at, "-/.") || !stampforms_number(&at, 1, 2, 1, 12, &c->month) ||
	    !literal(&at, sep) || !stampforms_number(&at, 1, 2, 1, 31, &c->day) ||
	    !time_part(&at, "Tt _,", c))
		return false;
	*in = at;
	return true;
}

/* 17/06/09 20:10:40: a year of two digits comes first */
static bool short_year_first(struct cursor *in, struct civil *c)
{
	struct cursor at = *in;

	if (!stampforms_number(&at, 2, 2, 0, 99, &c->year) || !literal(&at, '/') ||
	    !stampforms_number(&at, 2, 2, 1, 12, &c->month) || !literal(&at, '/') ||
	    !stampforms_number(&at, 2, 2, 1, 31, &c->day) || !time_part(&at, "Tt _", c))
		return false;
	c->year += c->year < 70 ? 2000 : 1900;
	*in = at;
	return true;
}

/*
 * 24.11.2026 11:29:04 has the day first. 11/24/2026 and 24/11/2026 have not told which comes
 * first: a number above 12 does, else the one that lies nearer to the recording.
 */
static bool year_last(struct cursor *in, struct civil *c)
{
	struct cursor at = *in;
	int64_t first, second, swap;
	char sep;

	if (!stampforms_number(&at, 1, 2, 1, 31, &first))
		return false;
	sep = at.at < at.end ? *at.at : 0;
	if (!one_of(&at, "./-") || !stampforms_number(&at, 1, 2, 1, 31, &second) ||
	    !literal(&at, sep) || !stampforms_number(&at, 4, 4, 1970, 9999, &c->year) ||
	    !time_part(&at, "Tt _,", c))
		return false;
	c->either = sep != '.' && first <= 12 && second <= 12 && first != second;
	if (sep == '.' || first > 12) {
		swap = first;
		first = second;
		second = swap;
	}
	if (first > 12)
		return false;
	c->month = first;
	c->day = second;
	*in = at;
	return true;
}

/* 20261124T112904[.frac][zone] */
static bool basic(struct cursor *in, struct civil *c)
{
	struct cursor at = *in;
	int64_t date, time;

	if (!stampforms_number(&at, 8, 8, 19700101, 21991231, &date) || !literal(&at, 'T') ||
	    !stampforms_number(&at, 6, 6, 0, 235960, &time) || time / 100 % 100 > 59 ||
	    time % 100 > 60)
		return false;
	c->year = date / 10000;
	c->month = date / 100 % 100;
	c->day = date % 100;
	c->second = time / 10000 * 3600 + time / 100 % 100 * 60 + time % 100;
	if (c->month < 1 || c->month > 12)
		return false;
	stampforms_fraction(&at, NS_S, &c->ns, &c->resolution_ns);
	zone_part(&at, c);
	*in = at;
	return true;
}

/* Jan..Dec, or with days Mon..Sun; any case of the first letter only as programs write it. */
static bool name_of(struct cursor *in, const char *names, int64_t *ret)
{
	if (left(in) < 3)
		return false;
	for (int64_t i = 0; names[i * 3]; i++) {
		if (memcmp(in->at, names + i * 3, 3) != 0)
			continue;
		if (left(in) > 3 && stampforms_is_word(in->at[3]))
			return false;
		in->at += 3;
		*ret = i + 1;
		return true;
	}
	return false;
}

static bool month_name(struct cursor *in, int64_t *ret)
{
	return name_of(in, "JanFebMarAprMayJunJulAugSepOctNovDec", ret);
}

/* 10/Oct/2000:13:55:36 -0700, and 24 Nov 2026 11:29:04 +0000 */
static bool day_first(struct cursor *in, struct civil *c)
{
	struct cursor at = *in;
	char sep;

	if (!stampforms_number(&at, 1, 2, 1, 31, &c->day) || at.at == at.end)
		return false;
	sep = *at.at;
	if (!one_of(&at, "/ -") || !month_name(&at, &c->month) || !literal(&at, sep) ||
	    !stampforms_number(&at, 4, 4, 1970, 9999, &c->year) || !time_part(&at, ": ,", c))
		return false;
	*in = at;
	return true;
}

/* Nov 24 11:29:04, Nov 24, 2026 11:29:04.2 UTC, Sun Dec 04 04:51:08 [UTC] 2005 */
static bool month_first(struct cursor *in, struct civil *c)
{
	struct cursor at = *in, year;

	if (!month_name(&at, &c->month))
		return false;
	blanks(&at);
	if (!stampforms_number(&at, 1, 2, 1, 31, &c->day))
		return false;
	if (literal(&at, ',')) {
		blanks(&at);
		if (!stampforms_number(&at, 4, 4, 1970, 9999, &c->year))
			return false;
	}
	literal(&at, ','); /* Nov 24, 2026, 11:29:04 */
	blanks(&at);
	if (!clock_time(&at, c))
		return false;
	zone_part(&at, c);
	year = at;
	blanks(&year);
	if (!c->year && stampforms_number(&year, 4, 4, 1970, LAST_YEAR, &c->year))
		at = year;
	*in = at;
	return true;
}

static void weekday(struct cursor *in)
{
	int64_t day;

	if (!name_of(in, "MonTueWedThuFriSatSun", &day))
		return;
	literal(in, ',');
	blanks(in);
}

static bool weekday_month(struct cursor *in, struct civil *c)
{
	struct cursor at = *in;

	weekday(&at);
	if (!month_first(&at, c))
		return false;
	*in = at;
	return true;
}

static bool weekday_day(struct cursor *in, struct civil *c)
{
	struct cursor at = *in;

	weekday(&at);
	if (!day_first(&at, c))
		return false;
	*in = at;
	return true;
}

static bool time_of_day(struct cursor *in, struct civil *c)
{
	struct cursor at = *in;

	if (!clock_time(&at, c) || c->resolution_ns > (uint64_t)NS_S)
		return false;
	zone_part(&at, c);
	*in = at;
	return true;
}

stampform *const stampforms_of_digit[] = { year_first, short_year_first, year_last,
					   day_first,  time_of_day,	 basic,
					   NULL };
stampform *const stampforms_of_word[] = { weekday_month, weekday_day, NULL };

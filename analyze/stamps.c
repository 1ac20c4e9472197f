#include "stamps.h"

#include "calendar.h"

#include <string.h>

#define NS_S	  INT64_C(1000000000)
#define DAY_S	  INT64_C(86400)
#define LAST_YEAR 2199 /* int64_t holds ns until 2262: leave room for arithmetic */

/* What is left to read. */
struct cursor {
	const char *at, *end;
};

/* A civil time as read, before its zone is settled. */
struct civil {
	int64_t year;	    /* 0: not written */
	int64_t month, day; /* 0: not written */
	int64_t second;	    /* of the day */
	int64_t ns;
	int32_t offset_s; /* where .zoned */
	bool zoned;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
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
static bool number(struct cursor *in, int min, int max, int64_t lo, int64_t hi, int64_t *ret)
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

/* An optional fraction of a unit: what it is worth, and what its last digit is worth. */
static void fraction(struct cursor *in, int64_t unit_ns, int64_t *ns, uint64_t *resolution_ns)
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

/* HH:MM[:SS[.frac]]; a second of 60 is a leap second. */
static bool clock_time(struct cursor *in, struct civil *c, struct stamp *ret)
{
	struct cursor at = *in;
	int64_t h, m, s = 0;

	if (!number(&at, 1, 2, 0, 23, &h) || !literal(&at, ':') || !number(&at, 2, 2, 0, 59, &m))
		return false;
	c->ns = 0;
	ret->resolution_ns = 60 * (uint64_t)NS_S;
	if (literal(&at, ':')) {
		if (!number(&at, 2, 2, 0, 60, &s))
			return false;
		fraction(&at, NS_S, &c->ns, &ret->resolution_ns);
	}
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
	    (left(&at) == used || !is_word(at.at[used]))) {
		at.at += used;
		c->zoned = true;
	}
	if (c->zoned)
		*in = at;
}

static int64_t utc_ns(const struct stamps *s, const struct civil *c, int64_t days)
{
	int64_t local_s = days * DAY_S + c->second;
	int32_t offset_s = c->zoned ? c->offset_s : zone_offset(s->zone, local_s);

	return (local_s - offset_s) * NS_S + c->ns;
}

static uint64_t apart(int64_t a, int64_t b)
{
	return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

/* Settles a stamp without year (or without date): the one nearest to .near_ns. */
static bool nearest(const struct stamps *s, const struct civil *c, struct stamp *ret)
{
	int64_t day = s->near_ns / NS_S / DAY_S;
	int64_t year = 1970 + day * 400 / 146097;
	bool found = false;

	if (s->near_ns == INT64_MIN)
		return false;
	for (int step = -1; step <= 1; step++) {
		int64_t days = day + step, at;

		if (c->month && !calendar_has(year + step, c->month, c->day))
			continue;
		if (c->month)
			days = calendar_days(year + step, c->month, c->day);
		at = utc_ns(s, c, days);
		if (!found || apart(at, s->near_ns) < apart(ret->time_ns, s->near_ns))
			ret->time_ns = at;
		found = true;
	}
	return found;
}

static bool settle(const struct stamps *s, const struct civil *c, struct stamp *ret)
{
	ret->zoned = c->zoned;
	if (!c->year)
		return nearest(s, c, ret);
	if (c->year < 1970 || c->year > LAST_YEAR || !calendar_has(c->year, c->month, c->day))
		return false;
	ret->time_ns = utc_ns(s, c, calendar_days(c->year, c->month, c->day));
	return true;
}

/* 2026-11-24T11:29:04, 2026/11/24 11:29:04, 20261124T112904, 17/06/09 20:10:40 */
static bool iso_date(struct cursor *in, struct civil *c)
{
	struct cursor at = *in;

	if (number(&at, 4, 4, 1, 9999, &c->year)) {
		char sep = at.at < at.end ? *at.at : 0;

		if ((sep != '-' && sep != '/') || !literal(&at, sep) ||
		    !number(&at, 1, 2, 1, 12, &c->month) || !literal(&at, sep) ||
		    !number(&at, 1, 2, 1, 31, &c->day))
			return false;
	} else if (number(&at, 2, 2, 0, 99, &c->year)) {
		c->year += c->year < 70 ? 2000 : 1900;
		if (!literal(&at, '/') || !number(&at, 2, 2, 1, 12, &c->month) ||
		    !literal(&at, '/') || !number(&at, 2, 2, 1, 31, &c->day))
			return false;
	} else {
		return false;
	}
	if (!one_of(&at, "Tt _"))
		return false;
	*in = at;
	return true;
}

static bool iso(struct cursor *in, const struct stamps *s, struct stamp *ret)
{
	struct cursor at = *in;
	struct civil c = { 0 };

	if (!iso_date(&at, &c))
		return false;
	blanks(&at);
	if (!clock_time(&at, &c, ret))
		return false;
	zone_part(&at, &c);
	*in = at;
	return settle(s, &c, ret);
}

/* 20261124T112904[.frac][zone] */
static bool basic(struct cursor *in, const struct stamps *s, struct stamp *ret)
{
	struct cursor at = *in;
	struct civil c = { 0 };
	int64_t date, time;

	if (!number(&at, 8, 8, 19700101, 21991231, &date) || !literal(&at, 'T') ||
	    !number(&at, 6, 6, 0, 235960, &time) || time / 100 % 100 > 59 || time % 100 > 60)
		return false;
	c.year = date / 10000;
	c.month = date / 100 % 100;
	c.day = date % 100;
	c.second = time / 10000 * 3600 + time / 100 % 100 * 60 + time % 100;
	if (c.month < 1 || c.month > 12)
		return false;
	fraction(&at, NS_S, &c.ns, &ret->resolution_ns);
	zone_part(&at, &c);
	*in = at;
	return settle(s, &c, ret);
}

/* Jan..Dec, or with days Mon..Sun; any case of the first letter only as programs write it. */
static bool name_of(struct cursor *in, const char *names, int64_t *ret)
{
	if (left(in) < 3)
		return false;
	for (int64_t i = 0; names[i * 3]; i++) {
		if (memcmp(in->at, names + i * 3, 3) != 0)
			continue;
		if (left(in) > 3 && is_word(in->at[3]))
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
static bool day_first(struct cursor *in, const struct stamps *s, struct stamp *ret)
{
	struct cursor at = *in;
	struct civil c = { 0 };
	char sep;

	if (!number(&at, 1, 2, 1, 31, &c.day) || at.at == at.end)
		return false;
	sep = *at.at;
	if ((sep != '/' && sep != ' ' && sep != '-') || !literal(&at, sep) ||
	    !month_name(&at, &c.month) || !literal(&at, sep) ||
	    !number(&at, 4, 4, 1970, 9999, &c.year) || !one_of(&at, ": ") ||
	    !clock_time(&at, &c, ret))
		return false;
	zone_part(&at, &c);
	*in = at;
	return settle(s, &c, ret);
}

/* Nov 24 11:29:04, Nov 24, 2026 11:29:04.2 UTC, Sun Dec 04 04:51:08 [UTC] 2005 */
static bool month_first(struct cursor *in, const struct stamps *s, struct stamp *ret)
{
	struct cursor at = *in, year;
	struct civil c = { 0 };

	if (!month_name(&at, &c.month))
		return false;
	blanks(&at);
	if (!number(&at, 1, 2, 1, 31, &c.day))
		return false;
	if (literal(&at, ',')) {
		blanks(&at);
		if (!number(&at, 4, 4, 1970, 9999, &c.year))
			return false;
	}
	blanks(&at);
	if (!clock_time(&at, &c, ret))
		return false;
	zone_part(&at, &c);
	year = at;
	blanks(&year);
	if (!c.year && number(&year, 4, 4, 1970, LAST_YEAR, &c.year))
		at = year;
	*in = at;
	return settle(s, &c, ret);
}

static bool words(struct cursor *in, const struct stamps *s, struct stamp *ret)
{
	struct cursor at = *in;
	int64_t weekday;

	if (name_of(&at, "MonTueWedThuFriSatSun", &weekday)) {
		literal(&at, ',');
		blanks(&at);
	}
	if (!month_first(&at, s, ret) && !day_first(&at, s, ret))
		return false;
	*in = at;
	return true;
}

static bool time_of_day(struct cursor *in, const struct stamps *s, struct stamp *ret)
{
	struct cursor at = *in;
	struct civil c = { 0 };

	if (!clock_time(&at, &c, ret) || ret->resolution_ns > (uint64_t)NS_S)
		return false;
	zone_part(&at, &c);
	*in = at;
	return settle(s, &c, ret);
}

/* The unit of a bare number: seconds from 1973 to 5138, then ms, us and ns of nearly the same. */
static int64_t unit_of(int64_t v)
{
	if (v < INT64_C(100000000000))
		return NS_S;
	if (v < INT64_C(100000000000000))
		return NS_S / 1000;
	return v < INT64_C(100000000000000000) ? NS_S / 1000000 : 1;
}

static bool epoch(struct cursor *in, const struct stamps *s, struct stamp *ret)
{
	struct cursor at = *in;
	int64_t v, unit_ns, ns;

	if (!number(&at, 1, 19, 0, INT64_MAX, &v))
		return false;
	unit_ns = s->unit_ns ? (int64_t)s->unit_ns : unit_of(v);
	fraction(&at, unit_ns, &ns, &ret->resolution_ns);
	if (__builtin_mul_overflow(v, unit_ns, &ret->time_ns) ||
	    __builtin_add_overflow(ret->time_ns, ns, &ret->time_ns) ||
	    ret->time_ns > STAMPS_LAST_NS)
		return false;
	if (at.at < at.end && (is_word(*at.at) || strchr("-/:", *at.at)))
		return false;
	ret->relative = ret->time_ns < 100000000 * NS_S;
	ret->zoned = true;
	*in = at;
	return true;
}

bool stamps_prefix(const struct stamps *s, const char *text, size_t len, struct stamp *ret)
{
	struct cursor in = { .at = text, .end = text + len };
	struct stamp got = { 0 };
	bool bracket, ok;

	blanks(&in);
	bracket = literal(&in, '[');
	if (in.at == in.end)
		return false;
	if (is_digit(*in.at))
		ok = iso(&in, s, &got) || day_first(&in, s, &got) || time_of_day(&in, s, &got) ||
		     basic(&in, s, &got) || epoch(&in, s, &got);
	else
		ok = words(&in, s, &got);
	if (!ok || (bracket && !literal(&in, ']')))
		return false;
	got.used = (size_t)(in.at - text);
	*ret = got;
	return true;
}

bool stamps_whole(const struct stamps *s, const char *text, size_t len, struct stamp *ret)
{
	struct stamp got;

	if (!stamps_prefix(s, text, len, &got))
		return false;
	for (size_t i = got.used; i < len; i++) {
		if (text[i] != ' ' && text[i] != '\t')
			return false;
	}
	*ret = got;
	return true;
}

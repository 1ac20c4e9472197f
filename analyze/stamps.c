#include "stamps.h"

#include "calendar.h"
#include "stampforms.h"

#include <string.h>

#define NS_S	  INT64_C(1000000000)
#define DAY_S	  INT64_C(86400)
#define LAST_YEAR 2199 /* int64_t holds ns until 2262: leave room for arithmetic */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
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

/* Of a day and a month that may change places the reading nearer to .near_ns. */
static bool nearer_of_two(const struct stamps *s, const struct civil *c, struct stamp *ret)
{
	int64_t a = utc_ns(s, c, calendar_days(c->year, c->month, c->day));
	int64_t b = utc_ns(s, c, calendar_days(c->year, c->day, c->month));

	if (s->near_ns == INT64_MIN)
		return false;
	ret->time_ns = apart(a, s->near_ns) <= apart(b, s->near_ns) ? a : b;
	return true;
}

static bool settle(const struct stamps *s, const struct civil *c, struct stamp *ret)
{
	ret->zoned = c->zoned;
	ret->resolution_ns = c->resolution_ns;
	if (!c->year)
		return nearest(s, c, ret);
	if (c->year < 1970 || c->year > LAST_YEAR || !calendar_has(c->year, c->month, c->day))
		return false;
	if (c->either)
		return nearer_of_two(s, c, ret);
	ret->time_ns = utc_ns(s, c, calendar_days(c->year, c->month, c->day));
	return true;
}

/* The first form that reads it as a day of the calendar. */
static bool civil(struct cursor *in, const struct stamps *s, stampform *const *forms,
		  struct stamp *ret)
{
	for (; *forms; forms++) {
		struct cursor at = *in;
		struct civil c = { 0 };

		if (!(*forms)(&at, &c) || !settle(s, &c, ret))
			continue;
		*in = at;
		return true;
	}
	return false;
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

	if (!stampforms_number(&at, 1, 19, 0, INT64_MAX, &v))
		return false;
	unit_ns = s->unit_ns ? (int64_t)s->unit_ns : unit_of(v);
	stampforms_fraction(&at, unit_ns, &ns, &ret->resolution_ns);
	if (__builtin_mul_overflow(v, unit_ns, &ret->time_ns) ||
	    __builtin_add_overflow(ret->time_ns, ns, &ret->time_ns) ||
	    ret->time_ns > STAMPS_LAST_NS)
		return false;
	if (at.at < at.end && (stampforms_is_word(*at.at) || strchr("-/:", *at.at)))
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

	while (in.at < in.end && (*in.at == ' ' || *in.at == '\t'))
		in.at++;
	bracket = in.at < in.end && *in.at == '[';
	in.at += bracket;
	if (in.at == in.end)
		return false;
	if (is_digit(*in.at))
		ok = civil(&in, s, stampforms_of_digit, &got) || epoch(&in, s, &got);
	else
		ok = civil(&in, s, stampforms_of_word, &got);
	if (!ok || (bracket && (in.at == in.end || *in.at++ != ']')))
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

#include "latency.h"

#include <string.h>

#define LONGEST_NS UINT64_C(8640000000000000) /* a hundred days */
#define MAX_DIGITS 18

static const struct {
	const char *name;
	uint64_t ns;
} units[] = {
	{ "ns", 1 },
	{ "nsec", 1 },
	{ "nsecs", 1 },
	{ "nanos", 1 },
	{ "nanoseconds", 1 },
	{ "us", 1000 },
	{ "usec", 1000 },
	{ "usecs", 1000 },
	{ "micros", 1000 },
	{ "microseconds", 1000 },
	{ "\xc2\xb5s", 1000 },
	{ "\xce\xbcs", 1000 },
	{ "ms", 1000000 },
	{ "msec", 1000000 },
	{ "msecs", 1000000 },
	{ "millis", 1000000 },
	{ "milliseconds", 1000000 },
	{ "s", 1000000000 },
	{ "sec", 1000000000 },
	{ "secs", 1000000000 },
	{ "second", 1000000000 },
	{ "seconds", 1000000000 },
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same(const char *name, const char *text, size_t len)
{
	/* A NUL ends the name before it could be read past. */
	for (size_t i = 0; i < len; i++) {
		if (name[i] != lower(text[i]) || !name[i])
			return false;
	}
	return !name[len];
}

uint64_t latency_unit(const char *text, size_t len)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (same(units[i].name, text, len))
			return units[i].ns;
	}
	return 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Letters, and the bytes of a micro sign. */
static bool in_unit(char c)
{
	return (lower(c) >= 'a' && lower(c) <= 'z') || (unsigned char)c >= 0x80;
}

/* Digits with an optional fraction as value and power of ten below it. */
static size_t decimal(const char *text, size_t len, uint64_t *value, uint64_t *below)
{
	size_t at = 0;
	int digits = 0;

	*value = 0;
	*below = 1;
	for (; at < len && is_digit(text[at]); at++) {
		if (++digits > MAX_DIGITS)
			return 0;
		*value = *value * 10 + (uint64_t)(text[at] - '0');
	}
	if (at + 1 >= len || (text[at] != '.' && text[at] != ',') || !is_digit(text[at + 1]))
		return digits ? at : 0;
	for (at++; at < len && is_digit(text[at]); at++) {
		if (++digits > MAX_DIGITS) /* finer than ns: of no use here */
			continue;
		*value = *value * 10 + (uint64_t)(text[at] - '0');
		*below *= 10;
	}
	return at;
}

bool latency_prefix(const char *text, size_t len, uint64_t default_ns, uint64_t *ret_ns,
		    bool *has_unit, size_t *used)
{
	uint64_t value, below, unit_ns = 0;
	size_t at = 0, unit, end;
	long double ns;

	while (at < len && (text[at] == ' ' || text[at] == '\t'))
		at++;
	end = decimal(text + at, len - at, &value, &below);
	if (!end)
		return false;
	at += end;
	unit = at;
	while (unit < len && text[unit] == ' ')
		unit++;
	for (end = unit; end < len && in_unit(text[end]);)
		end++;
	if (end > unit)
		unit_ns = latency_unit(text + unit, end - unit);
	if (has_unit)
		*has_unit = unit_ns != 0;
	if (unit_ns)
		at = end;
	ns = (long double)value * (unit_ns ? unit_ns : default_ns) / below;
	if (!(ns <= (long double)LONGEST_NS))
		return false;
	*ret_ns = (uint64_t)(ns + 0.5L);
	*used = at;
	return true;
}

bool latency_whole(const char *text, size_t len, uint64_t default_ns, uint64_t *ret_ns)
{
	size_t used;
	uint64_t ns;

	if (!latency_prefix(text, len, default_ns, &ns, NULL, &used))
		return false;
	for (; used < len; used++) {
		if (text[used] != ' ' && text[used] != '\t')
			return false;
	}
	*ret_ns = ns;
	return true;
}

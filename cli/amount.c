#include "amount.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_MS  1000000ULL
#define NS_S   1000000000ULL
#define NS_DAY (86400ULL * NS_S)

static const struct {
	const char *name;
	uint64_t ns;
} units[] = { { "ns", 1 },	  { "us", 1000 },	{ "ms", NS_MS },      { "s", NS_S },
	      { "m", 60 * NS_S }, { "min", 60 * NS_S }, { "h", 3600 * NS_S }, { "d", NS_DAY } };

bool amount_duration(const char *text, uint64_t bare_ns, uint64_t *ret_ns)
{
	char *end;
	double v;
	uint64_t unit = 0;

	if (!(text[0] >= '0' && text[0] <= '9') && text[0] != '.')
		return false;
	v = strtod(text, &end);
	if (end == text || !isfinite(v))
		return false;
	if (!*end)
		unit = bare_ns;
	for (size_t i = 0; *end && i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(end, units[i].name) == 0)
			unit = units[i].ns;
	v *= (double)unit;
	if (!unit || v >= 0x1p63)
		return false;
	*ret_ns = (uint64_t)llround(v);
	return true;
}

bool amount_size(const char *text, uint64_t *ret_bytes)
{
	static const char prefixes[] = "KMGT";
	uint64_t factor = 1;
	const char *p;
	char *end;
	double v;

	if (!(text[0] >= '0' && text[0] <= '9'))
		return false;
	v = strtod(text, &end);
	p = *end ? strchr(prefixes, *end & ~0x20) : NULL;
	if (p && *p) {
		factor = 1ULL << (10 * (p - prefixes + 1));
		end++;
		if (*end == 'i')
			end++;
	}
	if (*end == 'B')
		end++;
	v *= (double)factor;
	if (*end || !(v < 0x1p63))
		return false;
	*ret_bytes = (uint64_t)v;
	return true;
}

bool amount_number(const char *text, uint64_t *ret)
{
	unsigned long long v;
	char *end;

	if (!(text[0] >= '0' && text[0] <= '9'))
		return false;
	errno = 0;
	v = strtoull(text, &end, 10);
	if (*end || errno)
		return false;
	*ret = v;
	return true;
}

void amount_text(char *to, size_t size, uint64_t ns)
{
	static const int order[] = { 7, 6, 4, 3, 2, 1, 0 };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		uint64_t unit = units[order[i]].ns;

		if (ns % unit == 0 && (ns || unit == 1)) {
			snprintf(to, size, "%" PRIu64 "%s", ns / unit, units[order[i]].name);
			return;
		}
	}
}

void amount_size_text(char *to, size_t size, uint64_t bytes)
{
	static const char *const prefixes[] = { "", "k", "M", "G", "T" };
	size_t i = 0;

	while (bytes && bytes % 1024 == 0 && i + 1 < sizeof(prefixes) / sizeof(prefixes[0])) {
		bytes /= 1024;
		i++;
	}
	snprintf(to, size, "%" PRIu64 "%s", bytes, prefixes[i]);
}

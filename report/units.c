#include "units.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>

const char *units_duration(char ret[UNITS_LEN], uint64_t ns)
{
	static const struct {
		uint64_t ns;
		const char *name;
	} units[] = { { 1000000000, "s" }, { 1000000, "ms" }, { 1000, "us" } };

	snprintf(ret, UNITS_LEN, "%" PRIu64 " ns", ns);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		double v = (double)ns / (double)units[i].ns;

		/* 999.7 ms is 1.00 s, 9.996 ms is 10.0 ms: three digits, whatever is rounded. */
		if (v < 0.9995)
			continue;
		snprintf(ret, UNITS_LEN, "%.*f %s",
			 v < 9.995   ? 2
			 : v < 99.95 ? 1
				     : 0,
			 v, units[i].name);
		break;
	}
	return ret;
}

const char *units_time(char ret[UNITS_LEN], int64_t real_ns, int digits)
{
	int64_t s = real_ns / 1000000000, ns = real_ns % 1000000000;
	char date[32];
	struct tm tm;
	time_t t;

	if (ns < 0) {
		ns += 1000000000;
		s--;
	}
	t = (time_t)s;
	if (real_ns == INT64_MIN || !gmtime_r(&t, &tm)) {
		snprintf(ret, UNITS_LEN, "unknown");
		return ret;
	}
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	if (digits == 3)
		snprintf(ret, UNITS_LEN, "%s.%03" PRId64 "Z", date, ns / 1000000);
	else
		snprintf(ret, UNITS_LEN, "%s.%09" PRId64 "Z", date, ns);
	return ret;
}

const char *units_percent(char ret[UNITS_LEN], double share)
{
	double pct = share * 100;

	if (isnan(share))
		snprintf(ret, UNITS_LEN, "?");
	else
		snprintf(ret, UNITS_LEN, "%.*f %%", pct > 0 && pct < 9.95 ? 1 : 0, pct);
	return ret;
}

/* RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF. */
size_t units_utf8(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n;
	uint32_t c;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		n = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		n = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		n = 4;
	else
		return 0;
	c = s[0] & (0xff >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if ((n == 3 && (c < 0x800 || (c >= 0xd800 && c <= 0xdfff))) ||
	    (n == 4 && (c < 0x10000 || c > 0x10ffff)))
		return 0;
	return n;
}

/* C0, DEL, and C1 (which UTF-8 writes as c2 80 … c2 9f) drive terminals. */
static bool is_harmful(const char *text, size_t n)
{
	unsigned char c = (unsigned char)*text;

	return n == 0 || c < 0x20 || c == 0x7f ||
	       (n == 2 && c == 0xc2 && (unsigned char)text[1] < 0xa0);
}

void units_text(FILE *out, const char *text)
{
	while (*text) {
		size_t n = units_utf8(text);

		if (is_harmful(text, n)) {
			fprintf(out, "\\x%02x", (unsigned char)*text);
			n = 1;
		} else {
			fwrite(text, 1, n, out);
		}
		text += n;
	}
}

size_t units_width(const char *text)
{
	size_t width = 0;

	while (*text) {
		size_t n = units_utf8(text);
		bool harmful = is_harmful(text, n);

		width += harmful ? 4 : 1;
		text += harmful ? 1 : n;
	}
	return width;
}

#ifndef LINE_H
#define LINE_H

/*
 * A line of text built piece by piece in a buffer of fixed size; what does not fit is cut. Text of
 * a recording goes through line_text(): what is not printable comes out as '?'.
 */
#include <sirqprof/span.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

struct line {
	char *at;
	size_t len, size;
};

__attribute__((format(printf, 2, 3))) static inline void line_put(struct line *l, const char *fmt,
								  ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(l->at + l->len, l->size - l->len, fmt, args);
	va_end(args);
	if (n > 0)
		l->len = l->len + (size_t)n < l->size ? l->len + (size_t)n : l->size - 1;
}

static inline void line_text(struct line *l, const void *text, size_t len)
{
	const uint8_t *at = text;

	for (size_t i = 0; i < len && at[i] && l->len + 1 < l->size; i++) {
		/* C1, which UTF-8 writes as c2 80 … c2 9f, drives terminals as well. */
		bool c1 = at[i] == 0xc2 && i + 1 < len && at[i + 1] >= 0x80 && at[i + 1] < 0xa0;

		l->at[l->len++] = c1 || at[i] < ' ' || at[i] == 0x7f ? '?' : (char)at[i];
		i += c1;
	}
	l->at[l->len] = 0;
}

/*
 * Fields by a text of their names, in their order: "pid:4 tid:4 time:t addr:x path:s". The letter
 * behind the colon is 1 2 4 8 a number of that many bytes, i a signed one of 4, x 8 bytes in hex, t
 * 8 bytes of nanoseconds, s text up to its NUL, r text up to the end. A name that is empty ("":4)
 * is stepped over. Stops where the bytes end.
 */
void line_fields(struct line *l, struct sp_span *in, const char *fields);

#endif

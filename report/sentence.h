#ifndef SENTENCE_H
#define SENTENCE_H

/* snprintf for a row of pieces, of at most EVIDENCE_TEXT_LEN bytes. */
#include "evidence_text.h"

#include <stdarg.h>
#include <stdio.h>

struct sentence {
	char *at;
	size_t len;
};

/* Stays inside the buffer and remembers where it is. */
__attribute__((format(printf, 2, 3))) static inline void say(struct sentence *s, const char *fmt,
							     ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(s->at + s->len, EVIDENCE_TEXT_LEN - s->len, fmt, args);
	va_end(args);
	s->len += n > 0 ? (size_t)n : 0;
	if (s->len >= EVIDENCE_TEXT_LEN)
		s->len = EVIDENCE_TEXT_LEN - 1;
}

#endif

#include "sentence.h"

#include "evidence_text.h"

#include <stdarg.h>
#include <stdio.h>

void sentence_say(struct sentence *s, const char *fmt, ...)
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

#ifndef SENTENCE_H
#define SENTENCE_H

/*
 * A sentence made of pieces. It stays inside its buffer of EVIDENCE_TEXT_LEN bytes; what does not
 * fit is cut.
 */
#include <stddef.h>

struct sentence {
	char *at;   /* the buffer, NUL-ended after the first piece */
	size_t len; /* of what stands there */
};

/* Appends a piece. */
__attribute__((format(printf, 2, 3))) void sentence_say(struct sentence *s, const char *fmt, ...);

#endif

#ifndef LINES_H
#define LINES_H

/*
 * A text file, pipe or block of memory, line by line.
 *
 * In:    a path ("-" is standard input; a FIFO is read until its writers are gone), or memory
 * Out:   lines without their ending (LF or CRLF) and without a byte order mark
 * Keeps: one buffer of LINES_BUFFER bytes
 */
#include <sirqprof/err.h>
#include <sirqprof/own.h>

#include <stdbool.h>
#include <stddef.h>

#define LINES_BUFFER (256U << 10)
#define LINES_MAX    (64U << 10) /* longer lines are cut here, the rest passed over */

struct line {
	const char *text; /* valid until the next call */
	size_t len;
	uint32_t number; /* from 1 */
	bool cut;
};

struct lines;

/* Errors: SP_ESYS: cannot be opened, or is a directory; the text names path. */
int lines_open(struct lines **ret, const char *path, struct sp_err *err);
/* data is borrowed. */
int lines_memory(struct lines **ret, const void *data, size_t size, struct sp_err *err);
void lines_free(struct lines *l);

/* What the input begins with (LINES_MAX bytes, or all of it), without consuming it. */
int lines_peek(struct lines *l, const char **text, size_t *len, struct sp_err *err);

int lines_next(struct lines *l, struct line *ret, struct sp_err *err);

SP_DEFINE_FREEP(lines);

#endif

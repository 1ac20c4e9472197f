#ifndef LINES_H
#define LINES_H

/*
 * Bytes in as they come, lines out.
 *
 * In:    blocks of any size, then the end
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

/* name is for messages and must outlive it. */
int lines_new(struct lines **ret, const char *name, struct sp_err *err);
void lines_free(struct lines *l);

/* Takes what there is room for and returns how much that was: all, or take lines out first. */
size_t lines_put(struct lines *l, const char *data, size_t size);

/* Nothing more will come: a last line without an ending is one too. */
void lines_end(struct lines *l);

/* What the input begins with, as far as it is there, without consuming it; at most LINES_MAX bytes.
 * True: there will be no more of it (so much is there, or the input has ended). */
bool lines_peek(struct lines *l, const char **text, size_t *len);

/* SP_END: no whole line is there; more may come unless the input has ended. */
int lines_next(struct lines *l, struct line *ret, struct sp_err *err);

SP_DEFINE_FREEP(lines);

#endif

#ifndef JSONLINE_H
#define JSONLINE_H

/*
 * One line of a structured log, a JSON object, as names and values.
 *
 * In:    text of one object (RFC 8259); nested objects give names joined by '.', arrays are passed
 *        over
 * Out:   names and values in their order; strings without quotes, escapes resolved
 * Keeps: the text of one line
 */
#include "columns.h"

#include <sirqprof/err.h>
#include <sirqprof/own.h>

struct jsonline;

int jsonline_new(struct jsonline **ret, struct sp_err *err);
void jsonline_free(struct jsonline *j);

/* Reads a line. False: it is no whole object; *at is where it stopped, from 0. */
bool jsonline_read(struct jsonline *j, const char *text, size_t len, size_t *at);

/* The first COLUMNS_MAX pairs of the line; valid until the next one is read. */
uint32_t jsonline_pairs(const struct jsonline *j, const struct columns_name **names,
			const struct columns_name **values);

SP_DEFINE_FREEP(jsonline);

#endif

#ifndef STRINGS_H
#define STRINGS_H

/*
 * Interned strings: equal text, equal id.
 *
 * In:    bytes of any length, cut at SP_MAX_STRING
 * Out:   sp_str ids, 0 for the empty string
 * Keeps: every distinct string once, at most SP_MAX_STRINGS_BYTES; past that every new string
 *        becomes the id of "[too many strings]" and strings_refused() counts it
 */
#include <sirqprof/event.h>
#include <sirqprof/own.h>

#include <stddef.h>

struct strings;

int strings_new(struct strings **ret, struct sp_err *err);
void strings_free(struct strings *s);

/* Interns len bytes of text (no NUL needed); *ret is set on success only. */
int strings_add(struct strings *s, const char *text, size_t len, sp_str *ret, struct sp_err *err);

/* The text of an id, NUL-ended; "" for 0 and for ids never given out. Valid until freed. */
const char *strings_get(const struct strings *s, sp_str id);

uint64_t strings_refused(const struct strings *s);

SP_DEFINE_FREEP(strings);

#endif

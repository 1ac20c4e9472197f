#ifndef TEXTS_H
#define TEXTS_H

/*
 * Texts, most of them kept once: paths, build-ids, names of symbols. A recording tells the same few
 * of them again and again, or a new one each time to fill the memory.
 *
 * In:    texts
 * Out:   the same, which stay where they are
 * Keeps: what most_bytes hold, tables included
 */
#include <sirqprof/err.h>
#include <sirqprof/own.h>

#include <stddef.h>

struct texts;

int texts_new(struct texts **ret, size_t most_bytes, struct sp_err *err);
void texts_free(struct texts *t);

/* At most SP_MAX_STRING - 1 bytes of it. SP_END: there is no room for a new one. */
int texts_keep(struct texts *t, const char *text, const char **ret, struct sp_err *err);
/* A copy of its own, whatever is there already: who tells functions apart by the pointers of their
 * names needs one. Errors: as texts_keep(). */
int texts_copy(struct texts *t, const char *text, const char **ret, struct sp_err *err);

SP_DEFINE_FREEP(texts);

#endif

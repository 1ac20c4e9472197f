#ifndef ARENA_H
#define ARENA_H

/*
 * Memory that is freed all at once: the strings and arrays of a report.
 *
 * Keeps: everything given out, in chunks of ARENA_CHUNK bytes
 */
#include <sirqprof/err.h>
#include <sirqprof/own.h>

#include <stddef.h>

#define ARENA_CHUNK (64U << 10)

struct arena;

int arena_new(struct arena **ret, struct sp_err *err);
void arena_free(struct arena *a);

/* size zeroed bytes, aligned for any type; NULL with *err set when out of memory. */
void *arena_get(struct arena *a, size_t size, struct sp_err *err);

/* A NUL-ended copy of len bytes of text; NULL with *err set when out of memory. */
char *arena_text(struct arena *a, const char *text, size_t len, struct sp_err *err);

/* Bytes of all chunks. */
size_t arena_bytes(const struct arena *a);

SP_DEFINE_FREEP(arena);

#endif

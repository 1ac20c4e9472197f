#ifndef COMPRESS_H
#define COMPRESS_H

/*
 * COMPRESSED and COMPRESSED2 records: one zstd stream over all of them; records may span them.
 * The only file that knows libzstd.
 */
#include <sirqprof/err.h>
#include <sirqprof/own.h>

#include <stddef.h>
#include <stdint.h>

struct compress;

int compress_new(struct compress **ret, struct sp_err *err);
void compress_free(struct compress *c);

/* More compressed bytes; they must hold until compress_peek() has said that it needs more. */
void compress_feed(struct compress *c, const void *data, size_t size);

/* The next size bytes of what has been expanded, valid until the next call; NULL when more input is
 * needed. take: they are done with. Errors (SP_EFORMAT) in *err: the stream is damaged. */
const uint8_t *compress_peek(struct compress *c, size_t size, struct sp_err *err);
void compress_take(struct compress *c, size_t size);

SP_DEFINE_FREEP(compress);

#endif

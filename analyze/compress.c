#include "compress.h"

#include <sirqprof/limits.h>

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

/* Expanded bytes wait here: a whole record and what zstd yields at once. */
#define OUT_BYTES (4U * (SP_MAX_RECORD_SIZE + 1))
/* perf uses a window of at most 8 MB; more is an attack on memory. */
#define WINDOW_LOG_MAX 23

struct compress {
	ZSTD_DStream *stream;
	ZSTD_inBuffer in;
	uint8_t *out;
	size_t from, to;
};

int compress_new(struct compress **ret, struct sp_err *err)
{
	sp_auto(compress) c = calloc(1, sizeof(*c));

	if (!c)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to expand records");
	c->out = malloc(OUT_BYTES);
	c->stream = ZSTD_createDStream();
	if (!c->out || !c->stream || ZSTD_isError(ZSTD_initDStream(c->stream)))
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to expand records");
	ZSTD_DCtx_setParameter(c->stream, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
	*ret = sp_take(c);
	return SP_OK;
}

void compress_free(struct compress *c)
{
	if (!c)
		return;
	ZSTD_freeDStream(c->stream);
	free(c->out);
	free(c);
}

void compress_feed(struct compress *c, const void *data, size_t size)
{
	c->in = (ZSTD_inBuffer){ .src = data, .size = size };
}

const uint8_t *compress_peek(struct compress *c, size_t size, struct sp_err *err)
{
	if (c->to - c->from < size && c->from) {
		memmove(c->out, c->out + c->from, c->to - c->from);
		c->to -= c->from;
		c->from = 0;
	}
	while (c->to - c->from < size) {
		ZSTD_outBuffer out = { .dst = c->out, .size = OUT_BYTES, .pos = c->to };
		size_t before = out.pos, taken = c->in.pos;
		size_t rc = ZSTD_decompressStream(c->stream, &out, &c->in);

		if (ZSTD_isError(rc)) {
			sp_fail(err, SP_EFORMAT, SP_NOWHERE, "compressed record: %s",
				ZSTD_getErrorName(rc));
			return NULL;
		}
		c->to = out.pos;
		/* Nothing taken and nothing made: it waits for the next record. */
		if (out.pos == before && c->in.pos == taken)
			return NULL;
	}
	return c->out + c->from;
}

void compress_take(struct compress *c, size_t size)
{
	c->from += size;
}

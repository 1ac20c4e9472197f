#ifndef BYTES_H
#define BYTES_H

/*
 * A growing buffer for what is built field by field. A failed allocation is remembered in .failed
 * and the rest ignored, so that a row of fields is written first and checked once.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct bytes {
	uint8_t *at;
	size_t len, room;
	bool failed;
};

static inline void bytes_put(struct bytes *b, const void *data, size_t size)
{
	if (b->len + size > b->room) {
		size_t room = (b->len + size) * 2 + 256;
		uint8_t *at = realloc(b->at, room);

		if (!at) {
			b->failed = true;
			return;
		}
		b->at = at;
		b->room = room;
	}
	if (size)
		memcpy(b->at + b->len, data, size);
	b->len += size;
}

static inline void bytes_u8(struct bytes *b, uint8_t v)
{
	bytes_put(b, &v, sizeof(v));
}

static inline void bytes_u32(struct bytes *b, uint32_t v)
{
	bytes_put(b, &v, sizeof(v));
}

static inline void bytes_u64(struct bytes *b, uint64_t v)
{
	bytes_put(b, &v, sizeof(v));
}

static inline void bytes_align(struct bytes *b, size_t to)
{
	while (b->len % to && !b->failed)
		bytes_u8(b, 0);
}

/* perf's string in a feature section: u32 length padded to 64 (NAME_ALIGN), then the bytes. */
static inline void bytes_perf_string(struct bytes *b, const char *text)
{
	uint32_t len = (uint32_t)strlen(text) + 1, padded = (len + 63) / 64 * 64;

	bytes_u32(b, padded);
	bytes_put(b, text, len);
	for (; len < padded; len++)
		bytes_u8(b, 0);
}

static inline void bytes_free(struct bytes *b)
{
	free(b->at);
	*b = (struct bytes){ 0 };
}

#endif

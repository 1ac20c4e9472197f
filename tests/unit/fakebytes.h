#ifndef FAKEBYTES_H
#define FAKEBYTES_H

/* Bytes made field by field, as a machine of either byte order writes them. */
#include "unit.h"

#include <sirqprof/span.h>

struct bytes {
	uint8_t at[4096];
	size_t len;
	bool swap; /* of the other byte order */
};

static inline void bytes_put(struct bytes *b, const void *data, size_t size)
{
	assert_true(size <= sizeof(b->at) - b->len);
	memcpy(b->at + b->len, data, size);
	b->len += size;
}

static inline void bytes_u8(struct bytes *b, uint8_t v)
{
	bytes_put(b, &v, sizeof(v));
}

static inline void bytes_u16(struct bytes *b, uint16_t v)
{
	v = b->swap ? bswap_16(v) : v;
	bytes_put(b, &v, sizeof(v));
}

static inline void bytes_u32(struct bytes *b, uint32_t v)
{
	v = b->swap ? bswap_32(v) : v;
	bytes_put(b, &v, sizeof(v));
}

static inline void bytes_u64(struct bytes *b, uint64_t v)
{
	v = b->swap ? bswap_64(v) : v;
	bytes_put(b, &v, sizeof(v));
}

/* With its NUL. */
static inline void bytes_text(struct bytes *b, const char *text)
{
	bytes_put(b, text, strlen(text) + 1);
}

static inline void bytes_zero(struct bytes *b, size_t size)
{
	while (size--)
		bytes_u8(b, 0);
}

static inline struct sp_span bytes_span(const struct bytes *b)
{
	return sp_span_of(b->at, b->len, b->swap);
}

/*
 * The first len of them in memory of their own, so that a sanitizer sees who reads on. The caller
 * frees.
 */
static inline uint8_t *bytes_cut(const struct bytes *b, size_t len)
{
	uint8_t *at = malloc(len ? len : 1);

	assert_non_null(at);
	memcpy(at, b->at, len);
	return at;
}

#endif

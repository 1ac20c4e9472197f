#ifndef SIRQPROF_SPAN_H
#define SIRQPROF_SPAN_H

/*
 * The one way in which untrusted bytes are read.
 *
 * A span never reads past its end: what is missing comes out as zero and is remembered in
 * .over, so a row of fields is read first and checked once. With .swap the bytes come from a
 * machine of the other byte order and integers are turned while they are read.
 */
#include <byteswap.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct sp_span {
	const uint8_t *at;  /* next byte to read */
	const uint8_t *end; /* one past the last byte */
	bool swap;	    /* integers are in the other byte order */
	bool over;	    /* something was asked for past the end */
};

/* NULL is an empty span, whatever size says. */
static inline struct sp_span sp_span_of(const void *data, size_t size, bool swap)
{
	static const uint8_t none[1];

	return (struct sp_span){
		.at = data ? data : none,
		.end = data ? (const uint8_t *)data + size : none,
		.swap = swap,
	};
}

static inline size_t sp_span_left(const struct sp_span *in)
{
	return (size_t)(in->end - in->at);
}

/* Copies size bytes as they are; zeroes *to and sets .over when they are not all there. */
static inline void sp_span_copy(struct sp_span *in, void *to, size_t size)
{
	if (sp_span_left(in) < size) {
		memset(to, 0, size);
		in->at = in->end;
		in->over = true;
		return;
	}
	memcpy(to, in->at, size);
	in->at += size;
}

static inline uint8_t sp_span_u8(struct sp_span *in)
{
	uint8_t v;

	sp_span_copy(in, &v, sizeof(v));
	return v;
}

static inline uint16_t sp_span_u16(struct sp_span *in)
{
	uint16_t v;

	sp_span_copy(in, &v, sizeof(v));
	return in->swap ? bswap_16(v) : v;
}

static inline uint32_t sp_span_u32(struct sp_span *in)
{
	uint32_t v;

	sp_span_copy(in, &v, sizeof(v));
	return in->swap ? bswap_32(v) : v;
}

static inline uint64_t sp_span_u64(struct sp_span *in)
{
	uint64_t v;

	sp_span_copy(in, &v, sizeof(v));
	return in->swap ? bswap_64(v) : v;
}

/* Steps over size bytes. */
static inline void sp_span_skip(struct sp_span *in, uint64_t size)
{
	if (sp_span_left(in) < size) {
		in->at = in->end;
		in->over = true;
		return;
	}
	in->at += size;
}

/* The next size bytes as a span of their own, stepped over; empty and .over if not all there. */
static inline struct sp_span sp_span_take(struct sp_span *in, uint64_t size)
{
	struct sp_span part = { .at = in->at, .end = in->at, .swap = in->swap };

	if (sp_span_left(in) < size) {
		in->at = in->end;
		in->over = true;
		part.over = true;
		return part;
	}
	part.end = in->at + size;
	in->at += size;
	return part;
}

/* A NUL-ended string inside the span, stepped over with its NUL; NULL and .over without NUL. */
static inline const char *sp_span_str(struct sp_span *in)
{
	const uint8_t *nul = sp_span_left(in) ? memchr(in->at, 0, sp_span_left(in)) : NULL;
	const char *s = (const char *)in->at;

	if (!nul) {
		in->at = in->end;
		in->over = true;
		return NULL;
	}
	in->at = nul + 1;
	return s;
}

/* Four or eight bytes of this machine's order that lie anywhere; that they are there is the
 * caller's to know. */
static inline uint32_t sp_u32_at(const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

static inline uint64_t sp_u64_at(const uint8_t *at)
{
	uint64_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

#endif

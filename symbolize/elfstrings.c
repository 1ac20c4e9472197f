#include "elfstrings.h"

#include <stdlib.h>
#include <string.h>

/* A table that was made to is jumped about in: small ones are read sooner. */
#define BLOCK  (16U << 10)
#define BLOCKS 128U /* in memory at a time; each has one place where it can be */

/* A block and which one it is. */
struct elfstrings_block {
	uint32_t i;
	char at[BLOCK];
};

void elfstrings_init(struct elfstrings *s, const struct elfbytes *from, uint64_t off, uint64_t size)
{
	char last[SP_MAX_STRING];
	size_t n = size < sizeof(last) ? (size_t)size : sizeof(last);
	const char *nul = NULL;

	*s = (struct elfstrings){ .from = from, .off = off };
	/* What does not end in the table is no string. */
	if (n && size <= UINT32_MAX && off <= UINT64_MAX - size &&
	    elfbytes_read(from, off + size - n, last, n))
		nul = memrchr(last, 0, n);
	if (nul)
		s->size = (uint32_t)(size - n + (size_t)(nul - last) + 1);
}

void elfstrings_release(struct elfstrings *s)
{
	for (size_t i = 0; s->blocks && i < BLOCKS; i++)
		free(s->blocks[i]);
	free(s->blocks);
	s->blocks = NULL;
	s->from = NULL;
}

/* NULL when it cannot be read. */
static const char *block_of(struct elfstrings *s, uint32_t i)
{
	const uint32_t left = s->size - i * BLOCK;
	struct elfstrings_block *b;

	if (!s->blocks)
		s->blocks = calloc(BLOCKS, sizeof(*s->blocks));
	if (!s->blocks || !s->from)
		return NULL;
	b = s->blocks[i % BLOCKS];
	if (b && b->i == i)
		return b->at;
	if (!b)
		b = malloc(sizeof(*b));
	s->blocks[i % BLOCKS] = b;
	if (!b)
		return NULL;
	b->i = i;
	if (elfbytes_read(s->from, s->off + (uint64_t)i * BLOCK, b->at,
			  left < BLOCK ? left : BLOCK))
		return b->at;
	b->i = UINT32_MAX;
	return NULL;
}

/* What of the name is in one piece, without the NUL; *ret_end: that is all. NULL: no name. */
static const char *piece_of(struct elfstrings *s, uint32_t at, size_t *ret_len, bool *ret_end)
{
	const uint32_t in = at % BLOCK;
	const char *block = at < s->size ? block_of(s, at / BLOCK) : NULL;
	const uint32_t left = s->size - at;
	const size_t room = left < BLOCK - in ? left : BLOCK - in;
	const char *nul, *sign;

	if (!block)
		return NULL;
	nul = memchr(block + in, 0, room);
	*ret_len = nul ? (size_t)(nul - block - in) : room;
	sign = memchr(block + in, '@', *ret_len);
	*ret_len = sign ? (size_t)(sign - block - in) : *ret_len;
	*ret_end = nul || sign;
	return block + in;
}

int elfstrings_first(struct elfstrings *s, uint32_t at)
{
	const char *block = at < s->size ? block_of(s, at / BLOCK) : NULL;

	return block ? (unsigned char)block[at % BLOCK] : -1;
}

struct elfsyms_look elfstrings_look(struct elfstrings *s, uint32_t at)
{
	struct elfsyms_look look = { 0 };
	bool end = false;
	const char *piece;
	size_t len;

	while (!end && look.len < SP_MAX_STRING && (piece = piece_of(s, at, &len, &end))) {
		size_t i = 0;

		if (look.underscores == look.len)
			while (i < len && piece[i] == '_')
				i++;
		look.underscores += i;
		look.len += len;
		at += (uint32_t)len;
	}
	look.len = look.len < SP_MAX_STRING ? look.len : SP_MAX_STRING;
	return look;
}

bool elfstrings_is(struct elfstrings *s, uint32_t at, const char *name)
{
	bool end = false;
	const char *piece;
	size_t len;

	while (!end && (piece = piece_of(s, at, &len, &end))) {
		if (strncmp(piece, name, len) != 0)
			return false;
		name += len;
		at += (uint32_t)len;
	}
	return end && !*name;
}

bool elfstrings_read(const struct elfstrings *s, const struct elfbytes *from, uint32_t at,
		     char ret[SP_MAX_STRING + 1])
{
	const size_t left = at < s->size ? s->size - at : 0;
	const size_t most = left < SP_MAX_STRING ? left : SP_MAX_STRING;
	/* Most are short. */
	size_t n = most < 128 ? most : 128;

	for (; n; n = n < most ? most : 0) {
		if (!elfbytes_read(from, s->off + at, ret, n))
			return false;
		ret[n] = 0;
		if (strlen(ret) < n || n == most) {
			*strchrnul(ret, '@') = 0;
			return ret[0];
		}
	}
	return false;
}

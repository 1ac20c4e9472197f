#include "elfblocks.h"

#include <sirqprof/hash.h>

#include <stdlib.h>
#include <string.h>

/* Up to its end; NULL when it cannot be read. */
static const uint8_t *block_of(struct elfblocks *c, const struct elfbytes *b, uint64_t index)
{
	const struct {
		const struct elfbytes *of;
		uint64_t index;
	} key = { b, index };
	uint32_t i = (uint32_t)sp_hash(&key, sizeof(key)) % ELFBLOCKS;
	const uint64_t off = index * ELFBLOCK_BYTES;
	const uint64_t left = b->size - off;

	if (c->at[i].of == b && c->at[i].index == index)
		return c->at[i].bytes;
	if (!c->at[i].bytes)
		c->at[i].bytes = malloc(ELFBLOCK_BYTES);
	c->at[i].of = NULL;
	if (!c->at[i].bytes ||
	    !elfbytes_read(b, off, c->at[i].bytes, left < ELFBLOCK_BYTES ? left : ELFBLOCK_BYTES))
		return NULL;
	c->at[i].of = b;
	c->at[i].index = index;
	return c->at[i].bytes;
}

bool elfblocks_read(struct elfblocks *c, const struct elfbytes *b, uint64_t off, void *to,
		    size_t size)
{
	uint8_t *out = to;

	if (b->memory)
		return elfbytes_read(b, off, to, size);
	if (b->fd < 0 || off > b->size || size > b->size - off)
		return false;
	while (size) {
		const uint8_t *block = block_of(c, b, off / ELFBLOCK_BYTES);
		size_t at = off % ELFBLOCK_BYTES, n = ELFBLOCK_BYTES - at;

		if (!block)
			return false;
		n = n < size ? n : size;
		memcpy(out, block + at, n);
		out += n;
		off += n;
		size -= n;
	}
	return true;
}

void elfblocks_clear(struct elfblocks *c)
{
	for (uint32_t i = 0; i < ELFBLOCKS; i++) {
		free(c->at[i].bytes);
		c->at[i].bytes = NULL;
		c->at[i].of = NULL;
	}
}

#include "elfbytes.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK (16U << 10)

bool elfbytes_open(struct elfbytes *b, int fd)
{
	struct stat st;

	*b = (struct elfbytes)ELFBYTES_INIT;
	if (fstat(fd, &st) || st.st_size <= 0) {
		close(fd);
		return false;
	}
	b->fd = fd;
	b->size = (uint64_t)st.st_size;
	return true;
}

void elfbytes_memory(struct elfbytes *b, const uint8_t *at, size_t size)
{
	*b = (struct elfbytes)ELFBYTES_INIT;
	b->memory = at;
	b->size = size;
}

void elfbytes_close(struct elfbytes *b)
{
	for (uint64_t i = 0; b->blocks && i <= b->size / BLOCK; i++)
		free(b->blocks[i]);
	free(b->blocks);
	if (b->fd >= 0)
		close(b->fd);
	*b = (struct elfbytes)ELFBYTES_INIT;
}

/* NULL when out of memory. What cannot be read is zero. */
static const uint8_t *block_of(struct elfbytes *b, uint64_t i)
{
	if (!b->blocks)
		b->blocks = calloc(b->size / BLOCK + 1, sizeof(*b->blocks));
	if (!b->blocks)
		return NULL;
	if (!b->blocks[i]) {
		b->blocks[i] = calloc(1, BLOCK);
		if (b->blocks[i] && pread(b->fd, b->blocks[i], BLOCK, (off_t)(i * BLOCK)) < 0)
			memset(b->blocks[i], 0, BLOCK);
	}
	return b->blocks[i];
}

bool elfbytes_read(struct elfbytes *b, uint64_t off, void *to, size_t size)
{
	uint8_t *out = to;

	if ((b->fd < 0 && !b->memory) || off > b->size || size > b->size - off)
		return false;
	if (b->memory) {
		memcpy(to, b->memory + off, size);
		return true;
	}
	while (size) {
		const uint8_t *block = block_of(b, off / BLOCK);
		size_t at = off % BLOCK, n = BLOCK - at < size ? BLOCK - at : size;

		if (!block)
			return false;
		memcpy(out, block + at, n);
		out += n;
		off += n;
		size -= n;
	}
	return true;
}

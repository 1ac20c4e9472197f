#ifndef ELFBYTES_H
#define ELFBYTES_H

/*
 * The bytes of a file, a few at a time, as unwinding wants them. Read, not mapped: a file that is
 * cut while we look at it must not kill us.
 *
 * In:    an open file
 * Out:   copies of its bytes
 * Keeps: the blocks asked for, until closed
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elfbytes {
	int fd; /* −1: none */
	uint64_t size;
	uint8_t **blocks;      /* read when first asked for */
	const uint8_t *memory; /* instead of a file; borrowed */
};

#define ELFBYTES_INIT    \
	{                \
		.fd = -1 \
	}

/* Takes fd over. False (and fd closed) when it is empty or cannot be looked at. */
bool elfbytes_open(struct elfbytes *b, int fd);
/* Bytes that are in memory already, for as long as b is used. */
void elfbytes_memory(struct elfbytes *b, const uint8_t *at, size_t size);
void elfbytes_close(struct elfbytes *b);

/* Copies size bytes at off; false when they are not all there. */
bool elfbytes_read(struct elfbytes *b, uint64_t off, void *to, size_t size);

#endif

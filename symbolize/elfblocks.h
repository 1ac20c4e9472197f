#ifndef ELFBLOCKS_H
#define ELFBLOCKS_H

/*
 * What was read of files lately, for whoever asks for a few bytes here and there again and again,
 * as unwinding does.
 *
 * In:    files (elfbytes.h)
 * Out:   copies of their bytes
 * Keeps: ELFBLOCKS blocks of ELFBLOCK_BYTES of all files together, each in the one place where it
 * may be: 4 MB
 */
#include "elfbytes.h"

#define ELFBLOCKS      256U
#define ELFBLOCK_BYTES (16U << 10)

struct elfblocks {
	struct {
		const struct elfbytes *of; /* NULL: none; borrowed */
		uint64_t index;		   /* which block of it */
		uint8_t *bytes;
	} at[ELFBLOCKS];
};

/* Copies size bytes at off of b; false when they are not all there. b is the same file, and lies
 * where it does, until elfblocks_clear(). */
bool elfblocks_read(struct elfblocks *c, const struct elfbytes *b, uint64_t off, void *to,
		    size_t size);
/* Frees what it holds. */
void elfblocks_clear(struct elfblocks *c);

#endif

#ifndef ELFBYTES_H
#define ELFBYTES_H

/*
 * The bytes of a file. Read, not mapped: a file that is cut while we look at it must not kill us.
 *
 * In:    an open file
 * Out:   copies of its bytes; whether a file is still the same
 * Keeps: nothing of them (elfblocks.h does)
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* Which file it is, as it was last written. */
struct elfstamp {
	dev_t dev;
	ino_t ino;
	nlink_t links;
	struct timespec written, changed; /* its content; also its owner, mode, links */
};

struct elfbytes {
	int fd; /* −1: none */
	uint64_t size;
	const uint8_t *memory; /* instead of a file; borrowed */
	struct elfstamp stamp; /* when it was opened */
};

#define ELFBYTES_INIT    \
	{                \
		.fd = -1 \
	}

/* Takes fd over. False (and fd closed) when it is empty or cannot be looked at. */
bool elfbytes_open(struct elfbytes *b, int fd);
/* Bytes that are in memory already, for as long as b is used. */
void elfbytes_memory(struct elfbytes *b, const uint8_t *at, size_t size);
/* Gives up the descriptor, not what is known of the file. */
void elfbytes_let_go(struct elfbytes *b);
void elfbytes_close(struct elfbytes *b);

/* Copies size bytes at off; false when they are not all there. */
bool elfbytes_read(const struct elfbytes *b, uint64_t off, void *to, size_t size);

enum elfbytes_same {
	ELFBYTES_SAME,
	ELFBYTES_LINKED,  /* it has more names, or fewer: removed, replaced */
	ELFBYTES_TOUCHED, /* its content has the time that it had; something else changed */
	ELFBYTES_WRITTEN, /* it was written over or cut */
	ELFBYTES_OTHER,	  /* another file, or none that can be looked at */
};

/* Whether fd is the file that b was opened with, unchanged. */
enum elfbytes_same elfbytes_same(const struct elfbytes *b, int fd);
/* From now on it is the same as it is; false when it cannot be looked at. */
bool elfbytes_touched(struct elfbytes *b, int fd);

#endif

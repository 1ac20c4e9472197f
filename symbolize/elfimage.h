#ifndef ELFIMAGE_H
#define ELFIMAGE_H

/*
 * What one ELF file says of itself, by libelf: the only file that knows it.
 *
 * In:    a file, or its bytes in memory; untrusted
 * Out:   its functions, segments, build-id, where its unwind table is, where its symbols may be
 * Keeps: names once; MAX_SYMBOLS and MAX_SEGMENTS bound the rest
 */
#include "elfsyms.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELFIMAGE_ID_LEN 129 /* 64 bytes in hex, and NUL */

struct elfsegment {
	uint64_t offset, filesz, vaddr;
};

struct elfimage {
	struct elfsyms symbols; /* seal them (elfsyms.h) when all are there */
	struct elfsegment *segments;
	size_t nsegments;
	uint64_t hdr_vaddr, hdr_size;	/* PT_GNU_EH_FRAME; size 0: none */
	uint64_t eh_vaddr, eh_size;	/* .eh_frame; size 0: none */
	char build_id[ELFIMAGE_ID_LEN]; /* lower-case hex, "" none */
	char debuglink[256];		/* name in .gnu_debuglink, "" none */
	bool has_symtab;		/* more than what dynamic linking needs */
};

/* The build-id of the file; false when it is no ELF file. */
bool elfimage_id(int fd, char ret[ELFIMAGE_ID_LEN]);

/* The bytes that its compressed sections claim to become; false when it is no ELF file. */
bool elfimage_inflated(int fd, uint64_t *ret);

/* Fills *ret, which is to be freed in any case; false when it is no ELF file. */
bool elfimage_read(struct elfimage *ret, int fd);
bool elfimage_read_memory(struct elfimage *ret, const void *bytes, size_t size);
void elfimage_free(struct elfimage *image);

/* Adds the symbols of a separate debug file, if its build-id is the image's. */
bool elfimage_add_debug(struct elfimage *image, int fd);

/* file offset → virtual address of the file; false outside its segments. */
bool elfimage_vaddr(const struct elfimage *image, uint64_t offset, uint64_t *ret);

/* Where in the file size bytes at a virtual address are; false when they are not all in it. */
bool elfimage_offset(const struct elfimage *image, uint64_t vaddr, uint64_t size, uint64_t *ret);

#endif

#ifndef ELFIMAGE_H
#define ELFIMAGE_H

/*
 * What one ELF file says of itself, by libelf: the only file that knows it.
 *
 * In:    a file, or its bytes in memory; untrusted
 * Out:   its functions, segments, build-id, where its unwind table is, where its symbols may be
 * Keeps: its symbol table without the names (elfsyms.h); MAX_SEGMENTS bound the rest
 */
#include "elfbytes.h"
#include "elfstrings.h"
#include "elfsyms.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELFIMAGE_ID_LEN 129 /* 64 bytes in hex, and NUL */

struct elfsegment {
	uint64_t offset, filesz, vaddr;
};

struct elfimage {
	struct elfsyms symbols;
	struct elfstrings strings[ELFSYMS_STRINGS]; /* their names */
	uint32_t nstrings;
	uint64_t nread; /* entries of symbol tables, the shown functions among them */
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

/* Fills *ret, which is to be freed in any case; false when it is no ELF file. from is to stay until
 * the image is sealed. */
bool elfimage_read(struct elfimage *ret, const struct elfbytes *from);
void elfimage_free(struct elfimage *image);

/* Adds the symbols of a separate debug file, if its build-id is the image's; from is to stay, too.
 */
bool elfimage_add_debug(struct elfimage *image, const struct elfbytes *from);

/* The lowest address of a name; false without. For a file that is not sealed: there each address
 * has one name. */
bool elfimage_named(struct elfimage *image, const char *name, uint64_t *ret);

/* All symbols are there: from now on they can be found. */
void elfimage_seal(struct elfimage *image);

/* file offset → virtual address of the file; false outside its segments. */
bool elfimage_vaddr(const struct elfimage *image, uint64_t offset, uint64_t *ret);

/* Where in the file size bytes at a virtual address are; false when they are not all in it. */
bool elfimage_offset(const struct elfimage *image, uint64_t vaddr, uint64_t size, uint64_t *ret);

#endif

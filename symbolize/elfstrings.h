#ifndef ELFSTRINGS_H
#define ELFSTRINGS_H

/*
 * A string table of an ELF file, where names of symbols are: a window on it while symbols are read,
 * afterwards only where it is.
 *
 * In:    a section of a file; untrusted, offsets into it too
 * Out:   names, up to an '@': "memcpy@@GLIBC_2.14" has its version from the linker
 * Keeps: 2 MB of it, until released
 */
#include "elfbytes.h"
#include "elfsyms.h"

#include <sirqprof/limits.h>

struct elfstrings_block;

struct elfstrings {
	const struct elfbytes *from; /* borrowed; NULL once released */
	uint64_t off;
	uint32_t size; /* up to the last NUL; 0: there are none */
	bool apart;    /* the owner's: in the separate debug file */
	struct elfstrings_block **blocks;
};

/* size bytes at off of the file; with more than 4 GB, or no NUL in the last bytes, it has no names.
 */
void elfstrings_init(struct elfstrings *s, const struct elfbytes *from, uint64_t off,
		     uint64_t size);
void elfstrings_release(struct elfstrings *s);

/* The first byte of the name at, −1 when there is none. */
int elfstrings_first(struct elfstrings *s, uint32_t at);
/* Zeroes when there is none. */
struct elfsyms_look elfstrings_look(struct elfstrings *s, uint32_t at);
bool elfstrings_is(struct elfstrings *s, uint32_t at, const char *name);

/* The name at, cut at SP_MAX_STRING bytes, out of the file that the table was in. False when it
 * cannot be read. */
bool elfstrings_read(const struct elfstrings *s, const struct elfbytes *from, uint32_t at,
		     char ret[SP_MAX_STRING + 1]);

#endif

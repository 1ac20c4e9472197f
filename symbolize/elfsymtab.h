#ifndef ELFSYMTAB_H
#define ELFSYMTAB_H

/*
 * The functions that one symbol table section has (elf(5), "Symbol table").
 *
 * In:    where the section is; untrusted, what is in it too
 * Out:   symbols, into a table
 * Keeps: nothing; it is read in pieces
 */
#include "elfstrings.h"

struct elfsymtab {
	const struct elfbytes *from;
	uint64_t off, size, entry;			 /* of the section; an entry's bytes */
	bool narrow, big;				 /* 32 bits; the highest byte first */
	uint8_t strings;				 /* the number of its string table */
	uint64_t (*limit)(void *self, uint16_t section); /* where a section ends */
	void *self;
};

/* How many entries it read. */
uint64_t elfsymtab_read(const struct elfsymtab *tab, struct elfstrings *names, struct elfsyms *ret);

#endif

#ifndef ELFSYMS_H
#define ELFSYMS_H

/*
 * The symbol table of one file: functions by address.
 *
 * In:    symbols in any order, from several tables
 * Out:   the function that holds an address
 * Keeps: names, packed; 48 bytes a symbol
 */
#include <sirqprof/err.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elfsym {
	uint64_t start, size;
	uint64_t limit;	  /* where its section ends; counts when size is 0 */
	const char *name; /* demangled when first found */
	uint32_t order;	  /* in which it was added */
	uint8_t rank;	  /* of several names of one address the greatest is shown */
	bool nice;
};

struct elfsyms_text;

struct elfsyms {
	struct elfsym *at;
	size_t n, room;
	struct elfsyms_text *texts; /* the newest first */
};

/* Up to n symbols are to come: room for them, if there is memory. */
void elfsyms_expect(struct elfsyms *s, size_t n);

/* Takes a copy of the first len bytes of sym->name, at most SP_MAX_STRING. False when out of
 * memory. */
bool elfsyms_add(struct elfsyms *s, const struct elfsym *sym, size_t len);

/* Sorts; no symbol may follow. */
void elfsyms_seal(struct elfsyms *s);

/* NULL when no symbol holds addr. */
const struct elfsym *elfsyms_find(struct elfsyms *s, uint64_t addr);

void elfsyms_free(struct elfsyms *s);

#endif

#ifndef ELFSYMS_H
#define ELFSYMS_H

/*
 * The symbol table of one file: functions by address. It knows where their names are, not what they
 * are: those of a program are several times as large as the table, and few of them are asked for.
 *
 * In:    symbols in any order, from several tables
 * Out:   the function that holds an address
 * Keeps: 16 bytes a symbol, once sealed of each address only the one that is shown
 */
#include <sirqprof/err.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELFSYMS_MOST	(4U << 20) /* of one file: libxul has a million */
#define ELFSYMS_STRINGS 4U	   /* string tables */
#define ELFSYMS_RANKS	8U
#define ELFSYMS_UPPERS	16U /* different upper halves of addresses */

/* A symbol as a file tells it. */
struct elfsym_told {
	uint64_t start, size;
	uint64_t limit;	 /* where its section ends; counts when size is 0 */
	uint32_t name;	 /* where in its string table */
	uint8_t strings; /* which, below ELFSYMS_STRINGS */
	uint8_t rank;	 /* of several names of one address the greatest is shown */
};

struct elfsym {
	uint32_t start; /* the lower half */
	uint32_t size;	/* UINT32_MAX at most; of one without: what is left of its section, or 0 */
	uint32_t name;
	uint32_t nr : 22;  /* in which order it was added; sealed: the reader's, 0 at first */
	uint32_t rank : 4; /* ELFSYMS_RANKS of those without a size, then of those with one */
	uint32_t strings : 2;
	uint32_t upper : 4; /* where its upper half is */
};

#define ELFSYMS_MOST_NR (ELFSYMS_MOST - 1)

struct elfsyms {
	struct elfsym *at;
	size_t n, room;
	uint32_t uppers[ELFSYMS_UPPERS];
	uint32_t nuppers;
};

/* What perf chooses by between names of one address that are alike else: how many underscores the
 * name begins with, how long it is. */
struct elfsyms_look {
	size_t underscores, len;
};
typedef struct elfsyms_look elfsyms_name(void *self, uint32_t strings, uint32_t name);

/* Up to n symbols are to come: room for them, if there is memory. */
void elfsyms_expect(struct elfsyms *s, size_t n);

/* False when out of memory, or past the bounds above. */
bool elfsyms_add(struct elfsyms *s, const struct elfsym_told *sym);

/* Sorts, and lets look, which is asked of few, decide between names; no symbol may follow. */
void elfsyms_seal(struct elfsyms *s, elfsyms_name *look, void *self);

/* NULL when no symbol holds addr. The answer is the same from *ret_first, addr or before, to
 * *ret_last, addr or behind. */
struct elfsym *elfsyms_find(const struct elfsyms *s, uint64_t addr, uint64_t *ret_first,
			    uint64_t *ret_last);

uint64_t elfsyms_start(const struct elfsyms *s, const struct elfsym *sym);

/* What it takes of memory. */
size_t elfsyms_bytes(const struct elfsyms *s);

void elfsyms_free(struct elfsyms *s);

#endif

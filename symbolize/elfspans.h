#ifndef ELFSPANS_H
#define ELFSPANS_H

/*
 * Answers that were given about one file, each for all addresses that it holds for: a program is in
 * the same few functions again and again, and need not have its table read again for them.
 *
 * In:    answers
 * Out:   the same
 * Keeps: ELFSPANS_MOST, and of all files together ELFSPANS_MOST_ALL; past either half of one file's
 *        are forgotten
 */
#include <stdbool.h>
#include <stdint.h>

#define ELFSPANS_MOST	  1024U
#define ELFSPANS_MOST_ALL 65536U

struct elfspan {
	uint64_t first, last;
	uint32_t nr; /* of the function's name; 0 no function is there */
};

struct elfspans {
	struct elfspan *at; /* ascending, apart from each other */
	uint32_t n, room;
};

/* NULL when nobody asked there. */
const struct elfspan *elfspans_find(const struct elfspans *s, uint64_t addr);

/* Remembers it, if there is memory; none of s holds an address of it. all: counts what there is
 * room for. */
void elfspans_add(struct elfspans *s, const struct elfspan *span, uint32_t *all);

void elfspans_free(struct elfspans *s, uint32_t *all);

#endif

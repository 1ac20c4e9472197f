#ifndef ONCE_H
#define ONCE_H

/*
 * Which of many numbers were met before, so that each is counted once.
 *
 * In:    numbers: addresses, places in files
 * Out:   whether one is new
 * Keeps: ONCE_MOST of them, 1 MB at most; past that those that are not kept are new each time
 */
#include <stdbool.h>
#include <stdint.h>

#define ONCE_MOST 65536U

/* All zeroes is an empty one. */
struct once {
	uint64_t *slots; /* 0 empty */
	uint32_t n, nslots;
};

/* True: it was not met before, as far as is known. Without memory everything is new. */
bool once_met(struct once *o, uint64_t number);
/* Frees what it holds. */
void once_clear(struct once *o);

#endif

#ifndef FOLDROWS_H
#define FOLDROWS_H

/*
 * The baseline's rows, private to fold.c, which fills them and makes folded stacks of them, and to
 * foldshed.c, which lets go of what is too much.
 *
 * In:    rows
 * Out:   the same, found by slice, stack, thread and CPU
 * Keeps: FOLD_MAX_ROWS
 */
#include "fold.h"

/* Time of one thread in one stack on one CPU, in one slice of the recording. */
struct fold_row {
	uint64_t met_ns; /* first: as of then it is named */
	uint64_t owned_ns;
	uint32_t slice; /* time / slice_ns */
	sp_stack stack;
	int32_t pid, tid;
	sp_str comm; /* 0: not known yet */
	uint16_t cpu;
	uint16_t names; /* the low bits of fold.names when it was added to last */
};

struct fold {
	const struct tasks *tasks; /* borrowed */
	struct fold_row *rows;
	uint32_t n, room;
	uint32_t names; /* how often a thread's name may have changed */
	uint64_t slice_ns;
	uint64_t slice, slice_from_ns; /* of the newest sample */
	uint32_t *newest;	       /* by stack id: row + 1 that it added to last, 0 none */
	uint32_t nnewest;
	uint32_t *slots; /* row + 1 by hash, of the rows since the table was emptied */
	uint32_t nslots;
};

/* Finds all rows anew: their stacks have other ids. */
void foldrows_index(struct fold *f);
/* Joins rows that are equal, or become so: the number of their slice is halved so often. */
void foldrows_join(struct fold *f, uint32_t halve);

#endif

#ifndef FOLDS_H
#define FOLDS_H

/*
 * Rows (comm, frames, time) → folded stacks, each once.
 *
 * In:    rows in any order; strings and arrays that outlive the result
 * Out:   an array by comm, then frames from the outermost on
 * Keeps: the rows
 */
#include "arena.h"

#include <sirqprof/report.h>

struct folds {
	struct sp_fold *at;
	uint32_t n, room;
};

void folds_free(struct folds *f);
int folds_add(struct folds *f, const struct sp_fold *row, struct sp_err *err);

/* Joins equal rows, sorts; *ret belongs to the arena. Frees f. */
int folds_done(struct folds *f, struct arena *arena, const struct sp_fold **ret, uint32_t *nret,
	       struct sp_err *err);

#endif

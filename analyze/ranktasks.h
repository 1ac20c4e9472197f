#ifndef RANKTASKS_H
#define RANKTASKS_H

/*
 * The tasks behind one row of the ranking.
 *
 * In:    the row's stalls
 * Out:   tasks by starved time; runs of one program (cron's ss, every minute another pid) are one
 *        task without pid, and process numbers in paths are folded
 */
#include "arena.h"
#include "rank.h"

/* which[0 .. n): indexes into in->stalls. */
int rank_tasks(const struct rank_in *in, const uint32_t *which, uint32_t n, struct arena *arena,
	       const struct sp_caller_task **ret, uint32_t *nret, struct sp_err *err);

#endif

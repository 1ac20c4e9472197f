#ifndef FOLD_H
#define FOLD_H

/*
 * Time by task and stack → folded stacks: starved time, and its counterpart outside the windows.
 *
 * In:    stalls with their shares; the baseline's samples
 * Out:   arrays of struct sp_fold, by comm and frames
 * Keeps: of the baseline, time by thread, stack, CPU and second: FOLD_MAX_ROWS rows at most. Past
 *        that seconds are joined two by two, so that long recordings lose resolution at the edges
 *        of windows and no time. Rows whose stack was shed are "[other stacks]"
 */
#include "attribute.h"

#include <sirqprof/own.h>
#include <sirqprof/report.h>

#define FOLD_MAX_ROWS (1U << 17)

struct fold;

/* The stacks of the baseline, for a sweep of them. */
void fold_stacks(struct fold *f, struct stacks *of, stacks_visit *visit);
/* Whose rows they are, where it is not known by name or there is a stack to name. */
void fold_tasks(const struct fold *f, tasks_visit *visit, void *self);
/* Takes the user frames from the smaller half of the rows that have some; how many. Gives out new
 * stacks. Errors: SP_ENOMEM. */
int fold_shed_users(struct fold *f, struct stacks *stacks, uint32_t *ret, struct sp_err *err);
/* Takes the stacks from the smaller half of the rows that have one, the older first; how many. */
uint32_t fold_shed(struct fold *f);

int fold_new(struct fold **ret, const struct tasks *tasks, struct sp_err *err);
void fold_free(struct fold *f);

/* Some thread may have another name from now on. */
void fold_renamed(struct fold *f);
/* A sample outside every stall, with the time that it owns. */
int fold_baseline(struct fold *f, const struct sp_event *sample, uint64_t owned_ns,
		  struct sp_err *err);

/* Starved time: the shares of stalls; what no sample owns is "[unsampled]". names: same index.
 * *ret belongs to a. */
int fold_starved(struct attribute *a, const struct sp_stall *stalls,
		 const struct sp_stall_names *names, uint32_t n, const struct sp_fold **ret,
		 uint32_t *nret, struct sp_err *err);

/* The baseline outside the windows of spikes that are explained: of all spikes when verdicts is
 * NULL, all of the baseline without spikes. *ret belongs to a. */
int fold_outside(struct fold *f, struct attribute *a, const struct sp_spike *spikes,
		 const struct sp_verdict *verdicts, uint32_t nspikes, const struct sp_fold **ret,
		 uint32_t *nret, struct sp_err *err);

SP_DEFINE_FREEP(fold);

#endif

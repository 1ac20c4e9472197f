#ifndef PROCESSES_H
#define PROCESSES_H

/*
 * Which processes are known, and which of those that ended are forgotten. Private to mapped.c,
 * which fills in what each has mapped.
 *
 * In:    pids, when they ended, who may be asked for still
 * Out:   their rows
 * Keeps: a bounded number of processes and mappings; of one that has ended and may be asked for,
 *        the mappings in which it will be
 */
#include "mapped.h"

#include <uthash.h>

/* Of all processes together: what a recording can make this keep is bounded. */
#define PROCESSES_MOST	    32768U
#define PROCESSES_MOST_MAPS 131072U /* and at most half a process more */

#define PROCESSES_MANY_GONE 256U /* fewer are not worth a search for them */

#define PROCESS_ENDED UINT64_MAX /* of a recording without times */

struct process {
	int32_t pid;
	struct mapped_file *maps; /* in the order they were told */
	uint32_t n, room;
	uint64_t *lives;   /* when one began, ascending */
	uint64_t *changes; /* when what is mapped changed, ascending */
	uint32_t nlives, nchanges;
	uint64_t gone_ns; /* when it ended; 0: its exit was not told; PROCESS_ENDED: some time */
	bool kept;	  /* it may be asked for: processes_forget() */
	bool runs;	  /* it has ended only with its first thread, or is to stay whole for now */
	bool pruned;	  /* only what will be asked for is left of its mappings */
	UT_hash_handle hh;
};

struct processes {
	struct process *by_pid; /* in the order in which they were met first */
	uint32_t nmaps;		/* there is room for, of all */
	uint32_t ngone;
	uint32_t nwhole;  /* of them, those with all their mappings */
	uint32_t nleft;	  /* so many of them the last processes_forget() left */
	uint64_t nsteps;  /* mappings looked at for mapped_keep_at() since then */
	uint64_t refused; /* mappings, for want of room */
};

/* Frees what it holds. */
void processes_clear(struct processes *all);

/* NULL unknown. */
struct process *processes_find(const struct processes *all, int32_t pid);
/* The row of pid, a new one where there was none; NULL with the cause, or without one when there
 * are too many. Errors: SP_ENOMEM. */
struct process *processes_get(struct processes *all, int32_t pid, struct sp_err *err);
/* Room for what comes next, if there is some to be had: rows of others may go. */
void processes_make_room(struct processes *all);

/* at_ns 0: unknown; then it is not forgotten but for want of room. */
void processes_ended(struct processes *all, struct process *p, uint64_t at_ns);
/* The pid has another life, or its process goes on. */
void processes_lives(struct processes *all, struct process *p);

/* Of those that ended before a time, forgets all without .kept, and the mappings without .kept of
 * the others, but nothing of those with .runs; takes all three marks from all. */
void processes_forget(struct processes *all, uint64_t before_ns);

#endif

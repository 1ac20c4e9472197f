#ifndef TASKTABLE_H
#define TASKTABLE_H

/*
 * Which threads are known, and which of those that ended are forgotten. Private to tasks.c, which
 * fills in what is known of each.
 *
 * In:    tids, and when they ended
 * Out:   their rows
 * Keeps: TASKS_MOST threads, those that are alive and those that may be asked for before others,
 *        as far as was known at the last tasktable_forget()
 */
#include "tasks.h"

#include <uthash.h>

#define TASK_ENDED UINT64_MAX /* some time, of a recording without times */

struct task_name {
	uint64_t from_ns;
	sp_str comm;
	int32_t pid, ppid;
	sp_str cgroup : 31;
	sp_str born : 1; /* a fork began it: the thread was not there before, or was another */
};

struct read_file {
	uint32_t fd;
	sp_str path;
	uint64_t at_ns;
};

struct task {
	int32_t tid;
	struct task_name *names; /* oldest first */
	struct read_file *files; /* in order of time */
	uint32_t nfiles;
	uint8_t nnames;
	bool kept;		      /* somebody may ask for it: tasktable_forget() */
	bool wanted;		      /* it was so the last time */
	uint64_t gone_ns;	      /* when it ended; 0: its exit was not told; TASK_ENDED */
	struct task_syscall *syscall; /* the newest that was read; NULL none */
	UT_hash_handle hh;
};

struct tasktable {
	struct task *by_tid;	 /* in the order in which they were met first */
	uint32_t ngone, nwanted; /* that ended; of them, those that are wanted */
	uint32_t nfiles;	 /* of all tasks */
};

/* NULL unknown. */
struct task *tasktable_find(const struct tasktable *t, int32_t tid);
/* The row of tid, a new one where there was none. Errors: SP_ENOMEM. */
int tasktable_get(struct tasktable *t, int32_t tid, struct task **ret, struct sp_err *err);

/* at_ns 0: unknown; then it is not forgotten but for want of room. */
void tasktable_ended(struct tasktable *t, struct task *task, uint64_t at_ns);
/* The tid has another life, or its thread goes on under this tid. */
void tasktable_lives(struct tasktable *t, struct task *task);

/* Forgets those that ended before a time, but for those with .kept, and takes .kept from all. */
void tasktable_forget(struct tasktable *t, uint64_t before_ns);
/* Frees what it holds. */
void tasktable_clear(struct tasktable *t);

#endif

#ifndef TASKNAMES_H
#define TASKNAMES_H

/*
 * What a thread was called when, and whose child it was: names of its lives, which begin with
 * forks. Private to tasks.c.
 *
 * In:    names, forks, groups, nearly in the order of time
 * Out:   task->names, oldest first
 * Keeps: TASKNAMES_MOST of one tid, the newest, and the first of each life before others
 */
#include "tasktable.h"

#define TASKNAMES_MOST 6U

/* Errors: SP_ENOMEM. */
int tasknames_append(struct task *task, const struct task_name *n, struct sp_err *err);
/* Adds what is known from a time on; fields that are unknown (0, SP_NO_TASK) are taken over. */
int tasknames_from(struct task *task, uint64_t at_ns, sp_str comm, int32_t pid, int32_t ppid,
		   struct sp_err *err);
/* A fork that is told after what the child did: it completes that. False: it was not told late. */
bool tasknames_told_late(struct task *task, const struct task_name *n);
/* All of its life is in the group that is read once. */
int tasknames_cgroup(struct task *task, uint64_t at_ns, sp_str cgroup, struct sp_err *err);

#endif

#ifndef TASKS_H
#define TASKS_H

/*
 * Who a thread was at a time: comm (exec renames), process, parents, cgroup, open files; names of
 * pods.
 *
 * In:    COMM, FORK, TASK_EXIT, SWITCH, FD, CGROUP, SYSCALL events, in time order
 * Out:   look-ups by tid and time
 * Keeps: a short history a thread; threads that ended are kept while they may be asked for
 */
#include "strings.h"

#include <sirqprof/event.h>
#include <sirqprof/own.h>

struct tasks;

struct task_info {
	int32_t pid, tid, ppid; /* SP_NO_TASK unknown */
	sp_str comm;		/* 0 unknown */
	sp_str cgroup;		/* text of /proc/TID/cgroup, 0 unknown */
};

struct task_file {
	uint32_t fd;
	sp_str path;
	uint64_t read_ns; /* when the stuck watch read it */
};

struct task_syscall {
	uint64_t nr, arg0;
	sp_str name;
	uint64_t read_ns;
};

int tasks_new(struct tasks **ret, struct strings *strings, struct sp_err *err);
void tasks_free(struct tasks *t);
int tasks_put(struct tasks *t, const struct sp_event *e, struct sp_err *err);

/* What is known of tid at a time; returns false (and tid alone set) when nothing is. */
bool tasks_at(const struct tasks *t, int32_t tid, uint64_t time_ns, struct task_info *ret);

/* The path of tid's fd as read between begin and end (of a stall); false when not caught. */
bool tasks_file(const struct tasks *t, int32_t tid, uint32_t fd, uint64_t begin_ns, uint64_t end_ns,
		struct task_file *ret);

/* The system call of tid as read between begin and end; false when not caught. */
bool tasks_syscall(const struct tasks *t, int32_t tid, uint64_t begin_ns, uint64_t end_ns,
		   struct task_syscall *ret);

/* "namespace/name" of the pod of that UID, as the recording tells it; NULL unknown. */
const char *tasks_pod(const struct tasks *t, const char *uid);

SP_DEFINE_FREEP(tasks);

#endif

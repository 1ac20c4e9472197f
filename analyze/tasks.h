#ifndef TASKS_H
#define TASKS_H

/*
 * Who a thread was at a time: comm (exec renames), process, parents, cgroup, open files; names of
 * pods.
 *
 * In:    COMM, FORK, TASK_EXIT, SWITCH, FD, CGROUP, SYSCALL events, in time order
 * Out:   look-ups by tid and time
 * Keeps: a short history a thread; threads that ended are kept while they may be asked for, which
 *        whoever asks says from time to time:
 *
 *		tasks_keep(t, tid, …)	each that may be asked for, any number of times
 *		tasks_forget(t, …)
 */
#include "strings.h"

#include <sirqprof/event.h>
#include <sirqprof/own.h>

/* Threads that are kept: past that the oldest that ended go, so that a fork bomb cannot fill the
 * memory. */
#define TASKS_MOST 32768U
/* Parents that are told of one thread. */
#define TASKS_MAX_PARENTS 16U

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

/* How many are known that have ended. */
uint32_t tasks_ended(const struct tasks *t);
/* See above: the thread, or the thread, its process (SP_NO_TASK: what is known of the thread says
 * which) and the parents of both. Unknown ones are passed over. */
void tasks_keep(struct tasks *t, int32_t tid);
void tasks_keep_parents(struct tasks *t, int32_t tid, int32_t pid, uint64_t at_ns);
/* Those that ended before a time and were not kept since the last call. */
void tasks_forget(struct tasks *t, uint64_t before_ns);

/* Who is asked for, as of when, and in which stack. */
struct task_asked {
	int32_t tid, pid; /* SP_NO_TASK unknown */
	uint64_t at_ns;
	sp_stack stack; /* 0 none */
	bool parents;	/* they are told too */
	bool named;	/* its name is not asked for any more */
};
typedef void tasks_visit(void *self, const struct task_asked *who);
/* Every thread whose end was not told, as it is now; visit may not add or forget any. */
void tasks_each_alive(struct tasks *t, tasks_visit *visit, void *self);

SP_DEFINE_FREEP(tasks);

#endif

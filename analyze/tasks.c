#include "tasks.h"

#include "tasknames.h"

#include <sirqprof/limits.h>

#include <stdlib.h>

/* Pods whose names are kept: a kubelet runs 110 by default. */
#define MAX_PODS 4096U
/* Open files and system calls read by the stuck watch, kept of one tid. */
#define MAX_READ_FILES 2048U
#define MAX_ALL_FILES  100000U /* past that, those of the tasks met first go */

struct pod {
	sp_str key, name; /* "pod:UID" */
};

struct tasks {
	struct strings *strings;
	struct tasktable table;
	struct pod *pods;
	uint32_t npods;
};

int tasks_new(struct tasks **ret, struct strings *strings, struct sp_err *err)
{
	struct tasks *t = calloc(1, sizeof(*t));

	if (!t)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for tasks");
	t->strings = strings;
	*ret = t;
	return SP_OK;
}

void tasks_free(struct tasks *t)
{
	if (!t)
		return;
	tasktable_clear(&t->table);
	free(t->pods);
	free(t);
}

static struct task *find(const struct tasks *t, int32_t tid)
{
	return tasktable_find(&t->table, tid);
}

static int put_pod(struct tasks *t, const struct sp_event *e, struct sp_err *err)
{
	struct pod *pods;

	if (strncmp(strings_get(t->strings, e->meta.key), "pod:", 4) != 0)
		return SP_OK;
	for (uint32_t i = 0; i < t->npods; i++)
		if (t->pods[i].key == e->meta.key)
			return SP_OK;
	if (t->npods == MAX_PODS)
		return SP_OK;
	pods = realloc(t->pods, (t->npods + 1) * sizeof(*pods));
	if (!pods)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for pods");
	t->pods = pods;
	pods[t->npods++] = (struct pod){ e->meta.key, e->meta.value };
	return SP_OK;
}

const char *tasks_pod(const struct tasks *t, const char *uid)
{
	for (uint32_t i = 0; i < t->npods; i++)
		if (strcmp(strings_get(t->strings, t->pods[i].key) + 4, uid) == 0)
			return strings_get(t->strings, t->pods[i].name);
	return NULL;
}

/* Files are of use to the stall in which they were read, so old ones go when there are many. */
static void forget_files(struct tasks *t)
{
	struct task *task, *next;

	HASH_ITER (hh, t->table.by_tid, task, next) {
		if (t->table.nfiles <= MAX_ALL_FILES / 2)
			return;
		t->table.nfiles -= task->nfiles;
		task->nfiles = 0;
		free(task->files);
		task->files = NULL;
	}
}

static int put_file(struct tasks *t, struct task *task, const struct sp_event *e,
		    struct sp_err *err)
{
	struct read_file *files;

	if (task->nfiles == MAX_READ_FILES) {
		memmove(task->files, task->files + MAX_READ_FILES / 2,
			MAX_READ_FILES / 2 * sizeof(*task->files));
		task->nfiles = MAX_READ_FILES / 2;
		t->table.nfiles -= MAX_READ_FILES / 2;
	}
	if (t->table.nfiles == MAX_ALL_FILES)
		forget_files(t);
	files = realloc(task->files, (task->nfiles + 1) * sizeof(*files));
	if (!files)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for open files");
	task->files = files;
	t->table.nfiles++;
	files[task->nfiles++] = (struct read_file){ e->fd.fd, e->fd.path, e->time_ns };
	return SP_OK;
}

/* A thread that goes on after its end under another name is another, whose begin was not told. */
static int seen(struct tasks *t, struct task *task, uint64_t at_ns, sp_str comm, struct sp_err *err)
{
	if (!task->gone_ns || task->gone_ns >= at_ns || !task->nnames ||
	    task->names[task->nnames - 1].comm == comm)
		return tasknames_from(task, at_ns, comm, 0, 0, err);
	tasktable_lives(&t->table, task);
	return tasknames_append(
		task, &(struct task_name){ .from_ns = at_ns, .comm = comm, .born = 1 }, err);
}

/* The comms in a switch keep tids known that never exec'd while we watched. */
static int put_switch(struct tasks *t, const struct sp_event *e, struct sp_err *err)
{
	struct task *task;
	int rc = SP_OK;

	if (e->sched.next_tid > 0 && e->sched.next_comm)
		rc = tasktable_get(&t->table, e->sched.next_tid, &task, err);
	if (!rc && e->sched.next_tid > 0 && e->sched.next_comm)
		rc = seen(t, task, e->time_ns, e->sched.next_comm, err);
	if (!rc && e->type == SP_EV_SWITCH && e->tid > 0 && e->sched.prev_comm) {
		rc = tasktable_get(&t->table, e->tid, &task, err);
		if (!rc)
			rc = seen(t, task, e->time_ns, e->sched.prev_comm, err);
	}
	return rc;
}

static int put_fork(struct tasks *t, const struct sp_event *e, struct sp_err *err)
{
	struct task *task, *parent;
	struct task_name n;
	sp_str comm = 0;
	int rc = tasktable_get(&t->table, e->tid, &task, err);

	if (rc)
		return rc;
	parent = find(t, e->task.ppid);
	if (parent && parent->nnames)
		comm = parent->names[parent->nnames - 1].comm;
	n = (struct task_name){ .from_ns = e->time_ns,
				.comm = comm,
				.pid = e->pid,
				.ppid = e->task.ppid,
				.cgroup = parent && parent->nnames
						  ? parent->names[parent->nnames - 1].cgroup
						  : 0,
				.born = e->time_ns != 0 };
	if (!task->gone_ns && tasknames_told_late(task, &n))
		return SP_OK;
	/* Who is told of again is known; another life of the number has nothing of the one before.
	 */
	if (task->nnames && !task->gone_ns && task->names[task->nnames - 1].pid == e->pid &&
	    task->names[task->nnames - 1].ppid == e->task.ppid)
		rc = tasknames_from(task, e->time_ns, comm, e->pid, e->task.ppid, err);
	else
		rc = tasknames_append(task, &n, err);
	tasktable_lives(&t->table, task);
	return rc;
}

static void put_exit(struct tasks *t, const struct sp_event *e)
{
	struct task *task = find(t, e->tid);

	if (task)
		tasktable_ended(&t->table, task, e->time_ns);
}

static int put_syscall(struct task *task, const struct sp_event *e, struct sp_err *err)
{
	if (!task->syscall)
		task->syscall = malloc(sizeof(*task->syscall));
	if (!task->syscall)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for tasks");
	*task->syscall = (struct task_syscall){ e->syscall.nr, e->syscall.arg0, e->syscall.name,
						e->time_ns };
	return SP_OK;
}

int tasks_put(struct tasks *t, const struct sp_event *e, struct sp_err *err)
{
	struct task *task;
	int rc;

	switch (e->type) {
	case SP_EV_SWITCH:
	case SP_EV_WAKE:
		return put_switch(t, e, err);
	case SP_EV_FORK:
		return put_fork(t, e, err);
	case SP_EV_TASK_EXIT:
		put_exit(t, e);
		return SP_OK;
	case SP_EV_META:
		return put_pod(t, e, err);
	case SP_EV_COMM:
	case SP_EV_FD:
	case SP_EV_CGROUP:
	case SP_EV_SYSCALL:
		break;
	default:
		return SP_OK;
	}
	if (e->tid <= 0)
		return SP_OK;
	rc = tasktable_get(&t->table, e->tid, &task, err);
	if (rc)
		return rc;
	if (e->type == SP_EV_COMM) {
		/* A thread that executes a program takes over the number of its process. */
		if (task->gone_ns && e->time_ns > task->gone_ns)
			tasktable_lives(&t->table, task);
		rc = tasknames_from(task, e->time_ns, e->task.comm, e->pid, e->task.ppid, err);
	}
	if (e->type == SP_EV_CGROUP)
		rc = tasknames_cgroup(task, e->time_ns, e->str, err);
	if (e->type == SP_EV_SYSCALL)
		rc = put_syscall(task, e, err);
	if (e->type == SP_EV_FD)
		rc = put_file(t, task, e, err);
	return rc;
}

bool tasks_at(const struct tasks *t, int32_t tid, uint64_t time_ns, struct task_info *ret)
{
	const struct task *task = find(t, tid);
	const struct task_name *n = NULL;

	*ret = (struct task_info){ .pid = SP_NO_TASK, .tid = tid, .ppid = SP_NO_TASK };
	if (!task || !task->nnames)
		return false;
	n = &task->names[0];
	if (n->born && time_ns < n->from_ns)
		return false;
	for (uint32_t i = 1; i < task->nnames && task->names[i].from_ns <= time_ns; i++)
		n = &task->names[i];
	ret->comm = n->comm;
	ret->pid = n->pid > 0 ? n->pid : SP_NO_TASK;
	ret->ppid = n->ppid > 0 ? n->ppid : SP_NO_TASK;
	ret->cgroup = n->cgroup;
	return true;
}

bool tasks_file(const struct tasks *t, int32_t tid, uint32_t fd, uint64_t begin_ns, uint64_t end_ns,
		struct task_file *ret)
{
	const struct task *task = find(t, tid);

	for (uint32_t i = task ? task->nfiles : 0; i-- > 0;) {
		const struct read_file *f = &task->files[i];

		if (f->fd == fd && f->at_ns >= begin_ns && f->at_ns <= end_ns && f->path) {
			*ret = (struct task_file){ f->fd, f->path, f->at_ns };
			return true;
		}
	}
	return false;
}

bool tasks_syscall(const struct tasks *t, int32_t tid, uint64_t begin_ns, uint64_t end_ns,
		   struct task_syscall *ret)
{
	const struct task *task = find(t, tid);

	if (!task || !task->syscall || task->syscall->read_ns < begin_ns ||
	    task->syscall->read_ns > end_ns)
		return false;
	*ret = *task->syscall;
	return true;
}

/* The thread, and up from it: pids are reused, so a chain that does not end is not true. */
static void keep_with_parents(struct tasks *t, int32_t tid, uint64_t at_ns)
{
	struct task_info who;

	for (uint32_t n = 0; tid > 0 && n <= TASKS_MAX_PARENTS; n++) {
		struct task *task = find(t, tid);

		if (!task)
			return;
		task->kept = true;
		tasks_at(t, tid, at_ns, &who);
		tid = who.ppid == tid ? SP_NO_TASK : who.ppid;
	}
}

void tasks_keep(struct tasks *t, int32_t tid)
{
	struct task *task = find(t, tid);

	if (task)
		task->kept = true;
}

void tasks_keep_parents(struct tasks *t, int32_t tid, int32_t pid, uint64_t at_ns)
{
	struct task_info who;

	keep_with_parents(t, tid, at_ns);
	/* A thread's parent may be known of its process only. */
	if (pid <= 0 && tid > 0 && tasks_at(t, tid, at_ns, &who))
		pid = who.pid;
	if (pid > 0 && pid != tid)
		keep_with_parents(t, pid, at_ns);
}

void tasks_each_alive(struct tasks *t, tasks_visit *visit, void *self)
{
	struct task *task, *next;

	HASH_ITER (hh, t->table.by_tid, task, next)
		if (!task->gone_ns && task->nnames)
			visit(self, &(struct task_asked){
					    .tid = task->tid,
					    .pid = task->names[task->nnames - 1].pid,
					    .at_ns = task->names[task->nnames - 1].from_ns,
					    .parents = true,
				    });
}

uint32_t tasks_ended(const struct tasks *t)
{
	return t->table.ngone;
}

void tasks_forget(struct tasks *t, uint64_t before_ns)
{
	tasktable_forget(&t->table, before_ns);
}

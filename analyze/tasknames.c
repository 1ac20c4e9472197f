#include "tasknames.h"

#include <stdlib.h>
#include <string.h>

/* The oldest that is not the first of a life, which tells when that began and whose child it is;
 * else the oldest life. */
static void forget_name(struct task *task)
{
	uint32_t at = 1;

	while (at < task->nnames && task->names[at].born)
		at++;
	at = at < task->nnames ? at : 0;
	task->nnames--;
	memmove(task->names + at, task->names + at + 1, (task->nnames - at) * sizeof(*task->names));
}

int tasknames_append(struct task *task, const struct task_name *n, struct sp_err *err)
{
	struct task_name *names;

	if (task->nnames == TASKNAMES_MOST) {
		forget_name(task);
	} else {
		/* Of just the size: most have one or two. */
		names = realloc(task->names, (task->nnames + 1U) * sizeof(*names));
		if (!names)
			return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for tasks");
		task->names = names;
	}
	task->names[task->nnames++] = *n;
	return SP_OK;
}

int tasknames_from(struct task *task, uint64_t at_ns, sp_str comm, int32_t pid, int32_t ppid,
		   struct sp_err *err)
{
	struct task_name *last = task->nnames ? &task->names[task->nnames - 1] : NULL;
	struct task_name n = { .from_ns = at_ns, .comm = comm, .pid = pid, .ppid = ppid };

	if (last) {
		n.comm = comm ? comm : last->comm;
		n.pid = pid > 0 ? pid : last->pid;
		n.ppid = ppid > 0 ? ppid : last->ppid;
		n.cgroup = last->cgroup;
		if (n.comm == last->comm || last->comm == 0) {
			/* The same name, or the first one: it completes what was known. */
			n.from_ns = last->from_ns;
			n.born = last->born;
			*last = n;
			return SP_OK;
		}
	}
	return tasknames_append(task, &n, err);
}

bool tasknames_told_late(struct task *task, const struct task_name *n)
{
	uint32_t i = task->nnames;

	while (i && task->names[i - 1].from_ns >= n->from_ns)
		i--;
	/* Without times: after its name. */
	if (i == task->nnames || (!n->from_ns && !task->names[i].comm))
		return false;
	for (uint32_t k = i; k < task->nnames && !(k > i && task->names[k].born); k++) {
		struct task_name *at = &task->names[k];

		at->pid = at->pid > 0 ? at->pid : n->pid;
		at->ppid = at->ppid > 0 ? at->ppid : n->ppid;
		at->cgroup = at->cgroup ? at->cgroup : n->cgroup;
	}
	task->names[i].from_ns = n->from_ns;
	task->names[i].born = n->born;
	return true;
}

int tasknames_cgroup(struct task *task, uint64_t at_ns, sp_str cgroup, struct sp_err *err)
{
	int rc = task->nnames ? SP_OK : tasknames_from(task, at_ns, 0, 0, 0, err);

	for (uint32_t i = rc ? 0 : task->nnames; i-- > 0;) {
		task->names[i].cgroup = cgroup & INT32_MAX;
		if (task->names[i].born)
			break;
	}
	return rc;
}

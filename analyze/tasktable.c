#include <sirqprof/hash.h>
/* uthash's own function is the same in every run. */
#define HASH_FUNCTION(key, len, hash) ((hash) = (unsigned int)sp_hash(key, len))
#include "tasktable.h"

#include <stdlib.h>

/* Fewer that are gone are not worth a search for them. */
#define MANY_GONE 256U

static void drop(struct tasktable *t, struct task *task)
{
	HASH_DEL(t->by_tid, task);
	t->ngone -= task->gone_ns != 0;
	t->nwanted -= task->gone_ns && task->wanted;
	t->nfiles -= task->nfiles;
	free(task->names);
	free(task->files);
	free(task->syscall);
	free(task);
}

void tasktable_clear(struct tasktable *t)
{
	struct task *task, *next;

	HASH_ITER (hh, t->by_tid, task, next)
		drop(t, task);
}

struct task *tasktable_find(const struct tasktable *t, int32_t tid)
{
	struct task *task;

	HASH_FIND_INT(t->by_tid, &tid, task);
	return task;
}

/* Those that are gone go first, the older half of them, and of these first who is not wanted; if
 * they are too few for a search to be worth it, the oldest goes whoever it is. */
static void make_room(struct tasktable *t)
{
	const bool spare = t->ngone - t->nwanted >= MANY_GONE;
	struct task *task, *next;
	uint32_t forget = (spare ? t->ngone - t->nwanted : t->ngone) / 2;

	if (t->ngone < MANY_GONE) {
		/* uthash keeps the order of insertion: the head is the oldest. */
		drop(t, t->by_tid);
		return;
	}
	HASH_ITER (hh, t->by_tid, task, next) {
		if (!forget)
			return;
		if (task->gone_ns && !(spare && task->wanted)) {
			drop(t, task);
			forget--;
		}
	}
}

int tasktable_get(struct tasktable *t, int32_t tid, struct task **ret, struct sp_err *err)
{
	struct task *task = tasktable_find(t, tid);

	if (!task) {
		if (HASH_COUNT(t->by_tid) >= TASKS_MOST)
			make_room(t);
		task = calloc(1, sizeof(*task));
		if (!task)
			return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for tasks");
		task->tid = tid;
		HASH_ADD_INT(t->by_tid, tid, task);
	}
	*ret = task;
	return SP_OK;
}

void tasktable_ended(struct tasktable *t, struct task *task, uint64_t at_ns)
{
	t->ngone += !task->gone_ns;
	t->nwanted += !task->gone_ns && task->wanted;
	task->gone_ns = at_ns ? at_ns : TASK_ENDED;
}

void tasktable_lives(struct tasktable *t, struct task *task)
{
	t->ngone -= task->gone_ns != 0;
	t->nwanted -= task->gone_ns && task->wanted;
	task->gone_ns = 0;
}

void tasktable_forget(struct tasktable *t, uint64_t before_ns)
{
	struct task *task, *next;

	HASH_ITER (hh, t->by_tid, task, next) {
		if (task->gone_ns && task->gone_ns < before_ns && !task->kept) {
			drop(t, task);
			continue;
		}
		t->nwanted -= task->gone_ns && task->wanted;
		task->wanted = task->kept;
		t->nwanted += task->gone_ns && task->wanted;
		task->kept = false;
	}
}

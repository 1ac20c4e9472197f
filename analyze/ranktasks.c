#include "ranktasks.h"

#include "files.h"

#include <sirqprof/limits.h>

#include <stdlib.h>
#include <string.h>

static int compare_text(const char *a, const char *b)
{
	if (a == b)
		return 0;
	return a && b ? strcmp(a, b) : a ? 1 : -1;
}

static int by_who(const struct sp_caller_task *x, const struct sp_caller_task *y)
{
	int d = compare_text(x->comm, y->comm);

	d = d ? d : compare_text(x->container, y->container);
	d = d ? d : compare_text(x->syscall, y->syscall);
	return d ? d : compare_text(x->file, y->file);
}

static int by_who_then_pid(const void *a, const void *b)
{
	const struct sp_caller_task *x = a, *y = b;
	int d = by_who(x, y);

	return d ? d : (x->pid > y->pid) - (x->pid < y->pid);
}

static int by_starved(const void *a, const void *b)
{
	const struct sp_caller_task *x = a, *y = b;

	if (x->starved_ns != y->starved_ns)
		return x->starved_ns > y->starved_ns ? -1 : 1;
	return by_who_then_pid(a, b);
}

/* The same few paths come again and again: a path without numbers is its own pattern. */
static const char *fold_file(const char *path, struct arena *arena, struct sp_err *err)
{
	char folded[SP_MAX_STRING];

	if (!path)
		return NULL;
	files_fold(path, folded, sizeof(folded));
	return strcmp(folded, path) == 0 ? path : arena_text(arena, folded, strlen(folded), err);
}

static uint32_t join(struct sp_caller_task *at, uint32_t n)
{
	uint32_t out = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct sp_caller_task *last = out ? &at[out - 1] : NULL;

		if (!last || by_who(last, &at[i]) != 0) {
			at[out++] = at[i];
			continue;
		}
		last->starved_ns += at[i].starved_ns;
		if (last->pid != at[i].pid)
			last->pid = SP_NO_TASK;
	}
	return out;
}

int rank_tasks(const struct rank_in *in, const uint32_t *which, uint32_t n, struct arena *arena,
	       const struct sp_caller_task **ret, uint32_t *nret, struct sp_err *err)
{
	struct sp_caller_task *all = malloc((n + 1) * sizeof(*all)), *kept;
	uint32_t count = 0;

	if (!all)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for %u tasks", n);
	for (uint32_t i = 0; i < n; i++) {
		const struct sp_stall_names *names = &in->names[which[i]];
		const struct sp_stall *s = &in->stalls[which[i]];

		if (!names->comm)
			continue;
		all[count++] = (struct sp_caller_task){
			.comm = names->comm,
			.pid = names->pid,
			.starved_ns = s->end_ns - s->begin_ns,
			.container = names->container,
			.syscall = names->syscall,
			.file = fold_file(names->file, arena, err),
		};
	}
	qsort(all, count, sizeof(*all), by_who_then_pid);
	count = join(all, count);
	qsort(all, count, sizeof(*all), by_starved);
	count = count < RANK_MAX_TASKS ? count : RANK_MAX_TASKS;
	kept = arena_get(arena, (count + 1) * sizeof(*kept), err);
	if (kept)
		memcpy(kept, all, count * sizeof(*kept));
	free(all);
	if (!kept)
		return SP_ENOMEM;
	*ret = kept;
	*nret = count;
	return SP_OK;
}

#include "foldrows.h"

#include <linux/perf_event.h>
#include <sirqprof/limits.h>
#include <stdlib.h>
#include <string.h>

void fold_stacks(struct fold *f, struct stacks *of, stacks_visit *visit)
{
	for (uint32_t i = 0; i < f->n; i++)
		visit(of, &f->rows[i].stack);
	/* Rows are found by their stack. */
	free(f->newest);
	f->newest = NULL;
	f->nnewest = 0;
	foldrows_index(f);
}

void fold_tasks(const struct fold *f, tasks_visit *visit, void *self)
{
	for (uint32_t i = 0; i < f->n; i++) {
		const struct fold_row *r = &f->rows[i];

		if (r->stack || !r->comm)
			visit(self, &(struct task_asked){ .tid = r->tid,
							  .pid = r->pid,
							  .at_ns = r->met_ns,
							  .stack = r->stack,
							  .named = r->comm != 0 });
	}
}

static int smaller_first(const void *a, const void *b)
{
	const struct fold_row *x = a, *y = b;

	if (!x->stack != !y->stack)
		return x->stack ? -1 : 1;
	if (x->owned_ns != y->owned_ns)
		return x->owned_ns < y->owned_ns ? -1 : 1;
	return x->slice == y->slice ? 0 : x->slice < y->slice ? -1 : 1;
}

/* The same without what is a process's own: kernel stacks are few, and what a recording of the
 * kernel is made for. */
static int kernel_part(struct stacks *stacks, sp_stack *id, struct sp_err *err)
{
	const struct stack s = stacks_get(stacks, *id);
	uint64_t chain[SP_MAX_CHAIN + 1];

	*id = 0;
	if (!s.nkernel)
		return SP_OK;
	chain[0] = (uint64_t)PERF_CONTEXT_KERNEL;
	memcpy(chain + 1, s.addr, s.nkernel * sizeof(*chain));
	return stacks_add(stacks, chain, s.nkernel + 1, false, id, err);
}

static bool has_user(const struct stacks *stacks, const struct fold_row *r)
{
	return r->stack && stacks_get(stacks, r->stack).nuser;
}

int fold_shed_users(struct fold *f, struct stacks *stacks, uint32_t *ret, struct sp_err *err)
{
	uint32_t n = 0, left;
	int rc = SP_OK;

	if (f->n)
		qsort(f->rows, f->n, sizeof(*f->rows), smaller_first);
	for (uint32_t i = 0; i < f->n; i++)
		n += has_user(stacks, &f->rows[i]);
	*ret = left = (n + 1) / 2;
	for (uint32_t i = 0; !rc && left; i++) {
		if (!has_user(stacks, &f->rows[i]))
			continue;
		rc = kernel_part(stacks, &f->rows[i].stack, err);
		left--;
	}
	if (!rc && n)
		foldrows_join(f, 0);
	return rc;
}

uint32_t fold_shed(struct fold *f)
{
	uint32_t n = 0, shed;

	if (!f->n)
		return 0;
	qsort(f->rows, f->n, sizeof(*f->rows), smaller_first);
	while (n < f->n && f->rows[n].stack)
		n++;
	shed = (n + 1) / 2;
	for (uint32_t i = 0; i < shed; i++)
		f->rows[i].stack = 0;
	foldrows_join(f, 0);
	return shed;
}

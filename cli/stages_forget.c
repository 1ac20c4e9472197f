#include "stages.h"

#include <stdlib.h>

/*
 * Where programs are built or shells run, a hundred processes end each second. Who may be asked for
 * at the end is who has to do with a stall that is kept or open, with reclaim, or with the
 * baseline, and the parents of all these; and who has a thread that lives. The others are
 * forgotten.
 */

/* So many more have to end before it is worth a look at all of them, and half as many as were kept:
 * all looks together take linear time. */
#define ENDED_MANY 1024U
/* Events that wait for their turn may be of one that ended a moment ago. */
#define ENDED_FOR_NS 2000000000ULL

/* SP_NO_TASK: unknown. */
static int32_t process_of(const struct pipeline *p, const struct task_asked *who)
{
	struct task_info is;

	if (who->pid <= 0 && who->tid > 0 && tasks_at(p->tasks, who->tid, who->at_ns, &is))
		return is.pid;
	return who->pid;
}

/* Who was met in this look, and in which stack: rows of the baseline are many, of few tasks. */
#define MET 4096U

struct look {
	struct pipeline *p;
	int32_t met[MET]; /* tids */
	struct {
		int32_t pid;
		sp_stack stack;
		uint64_t life;
	} told[MET];
};

static void keep_alive(void *self, const struct task_asked *who)
{
	struct pipeline *p = ((struct look *)self)->p;
	const struct sp_resolver *r = p->resolver;
	int32_t pid = process_of(p, who);

	tasks_keep_parents(p->tasks, who->tid, pid, who->at_ns);
	if (pid > 0 && r && r->keep)
		r->keep(r->self, pid, who->at_ns, true);
}

/* What is mapped is asked for by user addresses alone. */
static void keep_mapped(struct look *l, const struct task_asked *who, int32_t pid)
{
	const struct sp_resolver *r = l->p->resolver;
	struct stack s = stacks_get(l->p->stacks, who->stack);
	uint32_t at = (who->stack * 2654435761U ^ (uint32_t)pid) % MET;
	uint64_t life;

	if (!s.nuser || pid <= 0 || !r || !r->keep || !r->keep(r->self, pid, who->at_ns, false))
		return;
	life = r->life ? r->life(r->self, pid, who->at_ns) : 0;
	if (l->told[at].pid == pid && l->told[at].stack == who->stack && l->told[at].life == life)
		return;
	l->told[at].pid = pid;
	l->told[at].stack = who->stack;
	l->told[at].life = life;
	/* As names are made of them: all but the innermost are one past the call. */
	for (uint32_t i = 0; i < s.nuser; i++)
		r->keep_at(r->self, pid, who->at_ns, s.addr[s.nkernel + i] - (i > 0));
}

static void keep(void *self, const struct task_asked *who)
{
	struct look *l = self;
	struct pipeline *p = l->p;
	int32_t *met = &l->met[(uint32_t)who->tid % MET];
	int32_t pid = who->pid > 0 ? who->pid : process_of(p, who);

	if (who->parents)
		tasks_keep_parents(p->tasks, who->tid, pid, who->at_ns);
	else if (!who->named && *met != who->tid)
		tasks_keep(p->tasks, who->tid);
	*met = who->named ? *met : who->tid;
	if (who->stack)
		keep_mapped(l, who, pid);
}

bool stages_ended_many(const struct pipeline *p)
{
	const struct sp_resolver *r = p->resolver;

	if (tasks_ended(p->tasks) < p->ended_due && !(r && r->crowded && r->crowded(r->self)))
		return false;
	/* Those of the last moment stay, so a look at once would be in vain. */
	return p->newest_ns - p->forgot_ns >= ENDED_FOR_NS / 2;
}

void stages_forget_due(struct pipeline *p)
{
	uint32_t kept = tasks_ended(p->tasks);
	uint32_t due = kept + (kept / 2 > ENDED_MANY ? kept / 2 : ENDED_MANY);

	/* Before the table is full, if that can be. */
	if (due > TASKS_MOST / 8 * 7)
		due = kept + ENDED_MANY;
	p->ended_due = due;
}

int stages_forget(struct pipeline *p, struct sp_err *err)
{
	uint64_t before_ns = p->newest_ns > ENDED_FOR_NS ? p->newest_ns - ENDED_FOR_NS : 0;
	sp_auto_free struct look *l = calloc(1, sizeof(*l));

	if (!l)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to look at the tasks");
	l->p = p;
	/* First: of whom a thread lives no address is asked for. */
	tasks_each_alive(p->tasks, keep_alive, l);
	stalls_tasks(p->stalls, keep, l);
	timeline_tasks(p->timeline, keep, l);
	sides_tasks(p->sides, keep, l);
	fold_tasks(p->fold, keep, l);
	tasks_forget(p->tasks, before_ns);
	if (p->resolver && p->resolver->forget)
		p->resolver->forget(p->resolver->self, before_ns);
	p->forgot_ns = p->newest_ns;
	stages_forget_due(p);
	return SP_OK;
}

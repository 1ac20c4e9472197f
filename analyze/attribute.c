#include "attribute.h"

#include "callers.h"
#include "files.h"
#include "names.h"
#include "stalls.h"
#include "who.h"

#include <sirqprof/hash.h>
#include <sirqprof/limits.h>

#include <string.h>
/* uthash's own function is the same in every run. */
#define HASH_FUNCTION(key, len, hash) ((hash) = (unsigned int)sp_hash(key, len))
#include <uthash.h>

#define MAX_SYSCALL 48U

/* What the text of a cgroup comes to; the same few texts come again and again. */
struct group {
	sp_str text;
	const char *path, *container, *pod, *unit; /* NULL unknown */
	UT_hash_handle hh;
};

struct attribute {
	struct attribute_parts parts;
	struct arena *arena;
	struct names *names;
	struct group *groups;
	/* of the stall at hand: its chain, by plain names */
	struct chain chain;
	const char *plain[SP_MAX_CHAIN * 2];
};

int attribute_new(struct attribute **ret, const struct attribute_parts *parts, struct sp_err *err)
{
	sp_auto(attribute) a = calloc(1, sizeof(*a));
	int rc;

	if (!a)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for names");
	a->parts = *parts;
	rc = arena_new(&a->arena, err);
	rc = rc ? rc : names_new(&a->names, parts->stacks, parts->resolver, a->arena, err);
	if (!rc)
		*ret = sp_take(a);
	return rc;
}

void attribute_free(struct attribute *a)
{
	if (!a)
		return;
	HASH_CLEAR(hh, a->groups);
	names_free(a->names);
	arena_free(a->arena);
	free(a);
}

static const char *keep(struct attribute *a, const char *text, struct sp_err *err)
{
	return *text ? arena_text(a->arena, text, strlen(text), err) : NULL;
}

/* The shares that may speak for the stall: those of the culprit, where one is known. */
static int stacks_of(struct attribute *a, const struct sp_stall *s, struct callers_stack *ret,
		     uint32_t *n, struct sp_err *err)
{
	bool by_tid = false;
	int rc = SP_OK;

	*n = 0;
	for (uint32_t i = 0; i < s->nshares; i++)
		by_tid |= s->tid > 0 && s->shares[i].tid == s->tid && s->shares[i].stack;
	for (uint32_t i = 0; !rc && i < s->nshares && *n < SP_MAX_STALL_SHARES; i++) {
		const struct sp_share *share = &s->shares[i];

		if (!share->stack || (by_tid && share->tid != s->tid))
			continue;
		ret[*n].ns = share->owned_ns;
		rc = names_chain(a->names, share->stack, share->pid, s->end_ns, &ret[*n].chain,
				 err);
		(*n)++;
	}
	return rc;
}

/* The vector's own function, where neither a tracepoint nor a sample says more: kernel/softirq.c
 * and open_softirq()'s callers. */
static const char *handler_of(uint32_t vec)
{
	static const char *const handlers[SP_NR_VECS] = {
		[SP_VEC_HI] = "tasklet_hi_action",	  [SP_VEC_TIMER] = "run_timer_softirq",
		[SP_VEC_NET_TX] = "net_tx_action",	  [SP_VEC_NET_RX] = "net_rx_action",
		[SP_VEC_BLOCK] = "blk_done_softirq",	  [SP_VEC_IRQ_POLL] = "irq_poll_softirq",
		[SP_VEC_TASKLET] = "tasklet_action",	  [SP_VEC_SCHED] = "sched_balance_softirq",
		[SP_VEC_HRTIMER] = "hrtimer_run_softirq", [SP_VEC_RCU] = "rcu_core_si",
	};

	return vec < SP_NR_VECS ? handlers[vec] : NULL;
}

/* Names without a stack, or a function that a tracepoint named and no sample met. */
static void fall_back(struct attribute *a, const struct sp_stall *s, const struct frame *func,
		      struct sp_stall_names *ret)
{
	if (func && func->known && !ret->entry)
		ret->entry = ret->caller = func->base;
	if (ret->entry)
		return;
	if (s->mechanism == SP_MECH_SOFTIRQ)
		ret->entry = ret->caller = handler_of(s->vec);
	else if (s->mechanism == SP_MECH_LOAD)
		ret->entry = ret->caller = handler_of(SP_VEC_NET_RX);
	else if (s->mechanism == SP_MECH_HARDIRQ && s->irq.name)
		ret->entry = ret->caller = strings_get(a->parts.strings, s->irq.name);
}

/* Tables know plain names. */
static void name_chain(struct attribute *a, const struct chain *c, struct sp_stall_names *ret)
{
	for (uint32_t i = 0; i < c->n; i++)
		a->plain[i] = c->at[i]->name;
	a->chain = *c;
	ret->chain = a->plain;
	ret->nchain = c->n;
}

static int name_functions(struct attribute *a, const struct sp_stall *s, struct sp_stall_names *ret,
			  struct sp_err *err)
{
	struct callers_stack stacks[SP_MAX_STALL_SHARES];
	const struct frame *func = NULL;
	struct callers found = { 0 };
	uint32_t n;
	int rc = stacks_of(a, s, stacks, &n, err);

	if (rc || s->mechanism == SP_MECH_STEAL || s->mechanism == SP_MECH_STOPPED)
		return rc;
	if (s->func_addr) {
		func = names_kernel(a->names, s->func_addr, err);
		if (!func)
			return SP_ENOMEM;
		if (func->known)
			callers_find(s->mechanism, stacks, n, func, &found);
	}
	if (!func || !func->known)
		callers_find(s->mechanism, stacks, n, NULL, &found);
	ret->entry = found.entry ? found.entry->base : NULL;
	ret->caller = found.caller ? found.caller->base : NULL;
	fall_back(a, s, func, ret);
	if (found.heaviest)
		name_chain(a, &found.heaviest->chain, ret);
	return SP_OK;
}

static int group_of(struct attribute *a, sp_str text, struct group **ret, struct sp_err *err)
{
	struct group *g;
	struct who who;

	HASH_FIND(hh, a->groups, &text, sizeof(text), g);
	if (!g) {
		g = arena_get(a->arena, sizeof(*g), err);
		if (!g)
			return SP_ENOMEM;
		who_parse(strings_get(a->parts.strings, text), &who);
		g->text = text;
		g->path = keep(a, who.cgroup, err);
		g->container = keep(a, who.container, err);
		g->pod = keep(a, who.pod, err);
		/* A slice is many things at once: it names nobody. */
		g->unit = strstr(who.unit, ".slice") ? NULL : keep(a, who.unit, err);
		HASH_ADD(hh, a->groups, text, sizeof(g->text), g);
	}
	*ret = g;
	return SP_OK;
}

static int name_parents(struct attribute *a, int32_t ppid, uint64_t at_ns,
			struct sp_stall_names *ret, struct sp_err *err)
{
	const char *comms[TASKS_MAX_PARENTS], **kept;
	struct task_info who;
	uint32_t n = 0;

	/* Pids are reused: a chain that does not end is not true. */
	while (ppid > 0 && n < TASKS_MAX_PARENTS && tasks_at(a->parts.tasks, ppid, at_ns, &who)) {
		if (who.comm)
			comms[n++] = strings_get(a->parts.strings, who.comm);
		ppid = who.ppid == ppid ? SP_NO_TASK : who.ppid;
	}
	kept = arena_get(a->arena, (n + 1) * sizeof(*kept), err);
	if (!kept)
		return SP_ENOMEM;
	memcpy(kept, comms, n * sizeof(*kept));
	ret->parents = kept;
	ret->nparents = n;
	return SP_OK;
}

static int name_task(struct attribute *a, const struct sp_stall *s, struct sp_stall_names *ret,
		     struct sp_err *err)
{
	const struct attribute_parts *p = &a->parts;
	struct task_info who;
	struct group *g = NULL;
	bool known;
	int rc;

	ret->pid = s->pid;
	ret->tid = s->tid;
	if (s->comm)
		ret->comm = strings_get(p->strings, s->comm);
	if (s->tid <= 0)
		return SP_OK;
	known = tasks_at(p->tasks, s->tid, s->end_ns, &who);
	if (known && !ret->comm && who.comm)
		ret->comm = strings_get(p->strings, who.comm);
	if (known && ret->pid <= 0)
		ret->pid = who.pid;
	ret->is_self = p->self_pid > 0 && ret->pid == p->self_pid;
	/* A thread's parent and cgroup may be known of its process only. */
	if (ret->pid > 0 && ret->pid != s->tid && (who.ppid <= 0 || !who.cgroup)) {
		struct task_info leader;

		tasks_at(p->tasks, ret->pid, s->end_ns, &leader);
		who.ppid = who.ppid > 0 ? who.ppid : leader.ppid;
		who.cgroup = who.cgroup ? who.cgroup : leader.cgroup;
	}
	rc = name_parents(a, who.ppid, s->end_ns, ret, err);
	if (!rc && who.cgroup)
		rc = group_of(a, who.cgroup, &g, err);
	if (!rc && g) {
		ret->cgroup = g->path;
		ret->container = g->container;
		ret->pod = g->pod;
		ret->pod_name = g->pod ? tasks_pod(p->tasks, g->pod) : NULL;
		ret->unit = g->unit;
	}
	return rc;
}

/* The outermost frame that names a system call; a body (vfs_read) counts only without an entry. */
static int name_syscall(struct attribute *a, const struct sp_stall *s, struct sp_stall_names *ret,
			struct sp_err *err)
{
	struct task_syscall seen;
	char name[MAX_SYSCALL];

	for (uint32_t i = 0; i < ret->nchain; i++)
		if (files_syscall(ret->chain[i], name, sizeof(name))) {
			ret->syscall = keep(a, name, err);
			return ret->syscall ? SP_OK : SP_ENOMEM;
		}
	if (s->tid > 0 && tasks_syscall(a->parts.tasks, s->tid, s->begin_ns, s->end_ns, &seen) &&
	    seen.name)
		ret->syscall = strings_get(a->parts.strings, seen.name);
	return SP_OK;
}

/* The descriptor that the system call was given: from the registers of the samples, and not
 * gainsaid by what the stuck watch read. */
static bool fd_of(struct attribute *a, const struct sp_stall *s, uint32_t *ret)
{
	struct task_syscall seen;
	bool has = false,
	     read = tasks_syscall(a->parts.tasks, s->tid, s->begin_ns, s->end_ns, &seen);

	for (uint32_t i = 0; i < s->nshares && !has; i++)
		if (s->shares[i].tid == s->tid && s->shares[i].has_arg0) {
			*ret = s->shares[i].arg0;
			has = true;
		}
	if (!has && read) {
		*ret = (uint32_t)seen.arg0;
		return true;
	}
	return has && !(read && (uint32_t)seen.arg0 != *ret);
}

static void note_file(struct attribute *a, struct sp_stall *s, const struct task_file *f,
		      struct sp_stall_names *ret)
{
	ret->file = strings_get(a->parts.strings, f->path);
	stall_evidence(s, &(struct sp_evidence){
				  .kind = SP_EVID_FD_READ,
				  .at_ns = f->read_ns,
				  .n = { f->fd },
				  .name = f->path,
			  });
}

/* Only what was read while the stall lasted is this file for sure: descriptors are reused. */
static void name_file(struct attribute *a, struct sp_stall *s, struct sp_stall_names *ret)
{
	struct task_file f;
	uint32_t fd;

	if (s->tid <= 0 || !ret->syscall || !files_syscall_has_fd(ret->syscall))
		return;
	if (fd_of(a, s, &fd) &&
	    tasks_file(a->parts.tasks, s->tid, fd, s->begin_ns, s->end_ns, &f)) {
		note_file(a, s, &f, ret);
		return;
	}
	ret->file = files_inferred(ret->chain, ret->nchain);
	ret->file_inferred = ret->file != NULL;
}

int attribute_stall(struct attribute *a, struct sp_stall *s, struct sp_stall_names *ret,
		    struct sp_err *err)
{
	int rc;

	*ret = (struct sp_stall_names){ .pid = SP_NO_TASK, .tid = SP_NO_TASK };
	rc = names_forget(a->names, err);
	rc = rc ? rc : name_functions(a, s, ret, err);
	rc = rc ? rc : name_task(a, s, ret, err);
	/* The clock that samples, by name: this recording's own, as far as is known. */
	if (!rc && s->func_addr && a->parts.self_pid > 0)
		ret->is_self |= strcmp(attribute_addr(a, s->func_addr), "perf_swevent_hrtimer") ==
				0;
	/* Who is named as the culprit was in a system call; who was interrupted is not told. */
	if (!rc && s->tid > 0)
		rc = name_syscall(a, s, ret, err);
	if (!rc)
		name_file(a, s, ret);
	/* People may want the lines. */
	ret->chain = NULL;
	if (!rc && ret->nchain) {
		rc = names_shown(a->names, &a->chain, &ret->chain, err);
		ret->nchain = a->chain.n;
	}
	return rc;
}

int attribute_frames(struct attribute *a, sp_stack stack, int32_t pid, uint64_t time_ns, bool user,
		     const char *const **ret, uint32_t *n, struct sp_err *err)
{
	struct chain c;
	uint32_t from;
	int rc = names_forget(a->names, err);

	rc = rc ? rc : names_chain(a->names, stack, pid, time_ns, &c, err);
	rc = rc ? rc : names_shown(a->names, &c, ret, err);
	if (rc)
		return rc;
	from = user ? 0 : c.nuser;
	*ret += from;
	*n = c.n - from;
	return SP_OK;
}

uint64_t attribute_cut(const struct attribute *a)
{
	return names_cut(a->names);
}

const char *attribute_addr(struct attribute *a, uint64_t addr)
{
	const struct frame *f = addr ? names_kernel(a->names, addr, NULL) : NULL;

	return f ? f->name : "[unknown]";
}

const char *attribute_comm(struct attribute *a, int32_t tid, sp_str comm, uint64_t at_ns)
{
	struct task_info who;

	if (tid == 0)
		return "idle";
	if (comm)
		return strings_get(a->parts.strings, comm);
	if (!tasks_at(a->parts.tasks, tid, at_ns, &who) || !who.comm)
		return "[unknown]";
	return strings_get(a->parts.strings, who.comm);
}

struct arena *attribute_arena(struct attribute *a)
{
	return a->arena;
}

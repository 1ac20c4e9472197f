#include "stalls.h"

#include <stdlib.h>
#include <string.h>

/* The largest, and the rest in one row. */
#define STALLS_LEAST_SHARES 2U

struct stalls {
	struct sp_stall *at;
	uint32_t n, room;
	uint64_t dropped;
	uint64_t nshares, trimmed; /* kept of all stalls; added up */
	uint32_t most;		   /* shares of one stall */
};

int stalls_new(struct stalls **ret, struct sp_err *err)
{
	struct stalls *s = calloc(1, sizeof(*s));

	if (!s)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the stalls");
	s->most = SP_MAX_STALL_SHARES;
	*ret = s;
	return SP_OK;
}

void stalls_free(struct stalls *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->n; i++)
		stall_free(&s->at[i]);
	free(s->at);
	free(s);
}

static int longest_first(const void *a, const void *b)
{
	const struct sp_stall *x = a, *y = b;
	uint64_t xn = x->end_ns - x->begin_ns, yn = y->end_ns - y->begin_ns;

	return xn == yn ? 0 : xn > yn ? -1 : 1;
}

/* Drops the shorter half, so that the cost of a full table is paid rarely. */
static void drop_short(struct stalls *s)
{
	uint32_t keep = s->n / 2;

	qsort(s->at, s->n, sizeof(s->at[0]), longest_first);
	for (uint32_t i = keep; i < s->n; i++) {
		s->nshares -= s->at[i].nshares;
		stall_free(&s->at[i]);
	}
	s->dropped += s->n - keep;
	s->n = keep;
}

static int grow(struct stalls *s, struct sp_err *err)
{
	uint32_t room = s->room ? s->room * 2 : 64;
	struct sp_stall *at;

	if (room > SP_MAX_STALLS)
		room = SP_MAX_STALLS;
	at = realloc(s->at, room * sizeof(*at));
	if (!at)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for %u stalls", room);
	s->at = at;
	s->room = room;
	return SP_OK;
}

/* It is of one task only if all that go are. */
uint32_t stall_trim(struct sp_stall *stall, uint32_t most)
{
	struct sp_share *rest = &stall->shares[most - 1], *fit;
	uint32_t cut;

	if (stall->nshares <= most)
		return 0;
	for (uint32_t i = most; i < stall->nshares; i++) {
		const struct sp_share *gone = &stall->shares[i];

		rest->owned_ns += gone->owned_ns;
		rest->samples += gone->samples;
		if (gone->tid == rest->tid)
			continue;
		rest->pid = rest->tid = SP_NO_TASK;
		rest->comm = 0;
		rest->has_arg0 = 0;
	}
	rest->stack = 0;
	cut = stall->nshares - most + 1;
	stall->nshares = most;
	/* Not realloc(): what it cuts off is too small for the next stall's shares. */
	fit = malloc(stall->nshares * sizeof(*fit));
	if (!fit)
		return cut;
	memcpy(fit, stall->shares, stall->nshares * sizeof(*fit));
	free(stall->shares);
	stall->shares = fit;
	return cut;
}

static void trim_one(struct stalls *s, struct sp_stall *stall)
{
	s->trimmed += stall_trim(stall, s->most);
}

bool stalls_trim(struct stalls *s)
{
	if (s->most <= STALLS_LEAST_SHARES)
		return false;
	s->most /= 2;
	s->nshares = 0;
	for (uint32_t i = 0; i < s->n; i++) {
		trim_one(s, &s->at[i]);
		s->nshares += s->at[i].nshares;
	}
	return true;
}

static bool has_stack(const struct sp_stall *s)
{
	for (uint32_t i = 0; i < s->nshares; i++)
		if (s->shares[i].stack)
			return true;
	return false;
}

bool stalls_forget(struct stalls *s)
{
	uint32_t n = 0, seen = 0;

	if (!s->n)
		return false;
	qsort(s->at, s->n, sizeof(s->at[0]), longest_first);
	for (uint32_t i = 0; i < s->n; i++)
		n += has_stack(&s->at[i]);
	for (uint32_t i = 0; i < s->n; i++) {
		if (!has_stack(&s->at[i]) || seen++ < (n + 1) / 2)
			continue;
		for (uint32_t k = 0; k < s->at[i].nshares; k++) {
			s->trimmed += s->at[i].shares[k].stack != 0;
			s->at[i].shares[k].stack = 0;
		}
	}
	return n > 1;
}

static int put(void *self, struct sp_stall *stall, struct sp_err *err)
{
	struct stalls *s = self;
	int rc = SP_OK;

	if (s->n == SP_MAX_STALLS)
		drop_short(s);
	if (s->n == s->room)
		rc = grow(s, err);
	if (rc) {
		stall_free(stall);
		return rc;
	}
	trim_one(s, stall);
	s->at[s->n++] = *stall;
	s->nshares += stall->nshares;
	while (s->nshares > STALLS_MAX_SHARES && stalls_trim(s))
		;
	return SP_OK;
}

struct sp_stall_sink stalls_sink(struct stalls *s)
{
	return (struct sp_stall_sink){ .put = put, .self = s };
}

static int by_begin(const void *a, const void *b)
{
	const struct sp_stall *x = a, *y = b;

	if (x->begin_ns != y->begin_ns)
		return x->begin_ns < y->begin_ns ? -1 : 1;
	return x->cpu == y->cpu ? 0 : x->cpu < y->cpu ? -1 : 1;
}

struct sp_stall *stalls_done(struct stalls *s, uint32_t *n)
{
	if (s->n)
		qsort(s->at, s->n, sizeof(s->at[0]), by_begin);
	for (uint32_t i = 0; i < s->n; i++)
		s->at[i].id = i + 1;
	*n = s->n;
	return s->at;
}

uint64_t stalls_dropped(const struct stalls *s)
{
	return s->dropped;
}

uint64_t stalls_trimmed(const struct stalls *s)
{
	return s->trimmed;
}

void stall_stacks(struct sp_stall *s, struct stacks *of, stacks_visit *visit)
{
	for (uint32_t i = 0; i < s->nshares; i++)
		visit(of, &s->shares[i].stack);
}

void stalls_stacks(struct stalls *s, struct stacks *of, stacks_visit *visit)
{
	for (uint32_t i = 0; i < s->n; i++)
		stall_stacks(&s->at[i], of, visit);
}

void stall_tasks(const struct sp_stall *s, tasks_visit *visit, void *self)
{
	visit(self, &(struct task_asked){
			    .tid = s->tid, .pid = s->pid, .at_ns = s->end_ns, .parents = true });
	for (uint32_t i = 0; i < s->nshares; i++)
		if (s->shares[i].stack || !s->shares[i].comm)
			visit(self, &(struct task_asked){ .tid = s->shares[i].tid,
							  .pid = s->shares[i].pid,
							  .at_ns = s->end_ns,
							  .stack = s->shares[i].stack,
							  .named = s->shares[i].comm != 0 });
}

void stalls_tasks(const struct stalls *s, tasks_visit *visit, void *self)
{
	for (uint32_t i = 0; i < s->n; i++)
		stall_tasks(&s->at[i], visit, self);
}

/* Of just the size: few stalls have many rows, and none gets another once it is kept. */
void stall_evidence(struct sp_stall *s, const struct sp_evidence *row)
{
	struct sp_evidence *more = NULL;

	if (s->nevidence < SP_MAX_EVIDENCE)
		more = realloc(s->evidence, (s->nevidence + 1) * sizeof(*more));
	if (!more)
		return;
	s->evidence = more;
	s->evidence[s->nevidence++] = *row;
}

void stall_free(struct sp_stall *s)
{
	free(s->shares);
	free(s->evidence);
	s->shares = NULL;
	s->evidence = NULL;
	s->nshares = 0;
	s->nevidence = 0;
}

void stalls_drop_culprit(struct sp_stall *s)
{
	free(s->shares);
	s->shares = NULL;
	s->nshares = 0;
	s->unsampled_ns = s->end_ns - s->begin_ns;
	s->pid = SP_NO_TASK;
	s->tid = SP_NO_TASK;
	s->comm = 0;
}

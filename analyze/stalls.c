#include "stalls.h"

#include <stdlib.h>

struct stalls {
	struct sp_stall *at;
	uint32_t n, room;
	uint64_t dropped;
};

int stalls_new(struct stalls **ret, struct sp_err *err)
{
	struct stalls *s = calloc(1, sizeof(*s));

	if (!s)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the stalls");
	*ret = s;
	return SP_OK;
}

void stalls_free(struct stalls *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->n; i++)
		free(s->at[i].shares);
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
	for (uint32_t i = keep; i < s->n; i++)
		free(s->at[i].shares);
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

static int put(void *self, struct sp_stall *stall, struct sp_err *err)
{
	struct stalls *s = self;
	int rc = SP_OK;

	if (s->n == SP_MAX_STALLS)
		drop_short(s);
	if (s->n == s->room)
		rc = grow(s, err);
	if (rc) {
		free(stall->shares);
		stall->shares = NULL;
		return rc;
	}
	s->at[s->n++] = *stall;
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

#include "shares.h"

#include "stalls.h"

#include <stdlib.h>
#include <string.h>

/* Room that a set keeps for the next interval: a CPU has a dozen sets, and there may be many CPUs.
 */
#define KEEP_ROOM 16U

void shares_free(struct shares *s)
{
	free(s->rows);
	*s = (struct shares){ 0 };
}

void shares_copy(struct shares *to, const struct shares *from)
{
	shares_free(to);
	*to = *from;
	to->rows = malloc((from->n + 1) * sizeof(*to->rows));
	to->room = to->rows ? from->n + 1 : 0;
	to->n = to->rows ? from->n : 0;
	if (to->n)
		memcpy(to->rows, from->rows, to->n * sizeof(*to->rows));
}

void shares_begin(struct shares *s, uint64_t from_ns)
{
	if (s->room > KEEP_ROOM)
		shares_free(s);
	s->n = 0;
	s->last = 0;
	s->samples = 0;
	s->owned_ns = 0;
	s->from_ns = from_ns;
}

/* A mix: no stack is true of it; nor is a task, where this one has no row of its own. */
static struct sp_share *mixed_row(struct shares *s, const struct sp_event *e)
{
	struct sp_share *row = &s->rows[s->n - 1];

	for (uint32_t i = s->n; i-- > 0;)
		if (s->rows[i].tid == e->tid) {
			row = &s->rows[i];
			break;
		}
	if (row->tid != e->tid) {
		row->tid = SP_NO_TASK;
		row->pid = SP_NO_TASK;
	}
	row->stack = 0;
	return row;
}

static inline bool is_of(const struct sp_share *row, const struct sp_event *e)
{
	return row->stack == e->sample.stack && row->tid == e->tid;
}

/* False: no memory. */
static bool make_room(struct shares *s)
{
	uint32_t room = s->room ? s->room * 2 : 4;
	struct sp_share *rows;

	if (s->n < s->room)
		return true;
	rows = realloc(s->rows, room * sizeof(*rows));
	if (!rows)
		return false;
	s->rows = rows;
	s->room = room;
	return true;
}

/* NULL: no memory for the first. */
static struct sp_share *row_of(struct shares *s, const struct sp_event *e)
{
	uint32_t next = s->last + 1 < s->n ? s->last + 1 : 0;
	struct sp_share *row = s->n ? &s->rows[next] : NULL;

	/* Packets take the same way one after another. Only rows of no stack may be two. */
	if (row && e->sample.stack && is_of(row, e)) {
		s->last = next;
		return row;
	}
	for (uint32_t i = 0; i < s->n; i++) {
		if (!is_of(&s->rows[i], e))
			continue;
		s->last = i;
		return &s->rows[i];
	}
	if (s->n == SP_MAX_STALL_SHARES || !make_room(s))
		return s->n ? mixed_row(s, e) : NULL;
	row = &s->rows[s->n++];
	*row = (struct sp_share){
		.stack = e->sample.stack,
		.pid = e->pid,
		.tid = e->tid,
		.mode = e->sample.mode,
	};
	return row;
}

void shares_add(struct shares *s, const struct sp_event *e)
{
	uint64_t owned = e->time_ns > s->from_ns ? e->time_ns - s->from_ns : 0;
	struct sp_share *row = row_of(s, e);

	if (!row)
		return;
	row->owned_ns += owned;
	row->samples++;
	if (e->sample.has_arg0) {
		row->arg0 = e->sample.arg0;
		row->has_arg0 = 1;
	}
	s->owned_ns += owned;
	s->samples++;
	if (e->time_ns > s->from_ns)
		s->from_ns = e->time_ns;
}

static int largest_first(const void *a, const void *b)
{
	const struct sp_share *x = a, *y = b;

	if (x->owned_ns != y->owned_ns)
		return x->owned_ns > y->owned_ns ? -1 : 1;
	return x->stack == y->stack ? 0 : x->stack < y->stack ? -1 : 1;
}

int shares_give(const struct shares *s, struct sp_stall *stall, struct sp_err *err)
{
	uint64_t length = stall->end_ns - stall->begin_ns, left = length;

	stall->shares = NULL;
	stall->nshares = 0;
	stall->unsampled_ns = length;
	if (!s->n)
		return SP_OK;
	stall->shares = malloc(s->n * sizeof(*stall->shares));
	if (!stall->shares) {
		stall_free(stall);
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for a stall");
	}
	memcpy(stall->shares, s->rows, s->n * sizeof(*stall->shares));
	stall->nshares = s->n;
	qsort(stall->shares, s->n, sizeof(*stall->shares), largest_first);
	for (uint32_t i = 0; i < s->n; i++) {
		if (stall->shares[i].owned_ns > left)
			stall->shares[i].owned_ns = left;
		left -= stall->shares[i].owned_ns;
	}
	stall->unsampled_ns = left;
	return SP_OK;
}

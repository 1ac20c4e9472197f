#include "waiting.h"

#include <sirqprof/huge.h>

#include <string.h>

/* An event is put in its place by hand when that is so near; else the queue is sorted when its turn
 * comes, so that no input takes quadratic time. */
#define NEAR 32U
/* Runs that wait to be merged, each of twice as many as the next: more than there can be. */
#define MAX_RUNS 32U

/* Chunks out of one block. A slab that is all free goes back to the system, but for one. */
struct waiting_slab {
	struct waiting_slab *next, *prev; /* of those that have free chunks */
	struct waiting_chunk *free;
	uint32_t nused, nfresh; /* chunks in use; those that ever were */
	struct waiting_chunk at[];
};

#define SLAB_CHUNKS \
	((uint32_t)((SP_HUGE_PAGE - sizeof(struct waiting_slab)) / sizeof(struct waiting_chunk)))

static void link_slab(struct waiting_pool *p, struct waiting_slab *s)
{
	s->prev = NULL;
	s->next = p->slabs;
	if (s->next)
		s->next->prev = s;
	p->slabs = s;
}

static void unlink_slab(struct waiting_pool *p, struct waiting_slab *s)
{
	if (s->prev)
		s->prev->next = s->next;
	else
		p->slabs = s->next;
	if (s->next)
		s->next->prev = s->prev;
}

static struct waiting_slab *new_slab(struct waiting_pool *p)
{
	struct waiting_slab *s = sp_huge_alloc(SP_HUGE_PAGE);

	if (!s)
		return NULL;
	s->free = NULL;
	s->nused = s->nfresh = 0;
	link_slab(p, s);
	p->nspare++;
	return s;
}

/* NULL: no memory. */
static struct waiting_chunk *take(struct waiting_pool *p)
{
	struct waiting_slab *s = p->slabs ? p->slabs : new_slab(p);
	struct waiting_chunk *c;

	if (!s)
		return NULL;
	c = s->free;
	if (c)
		s->free = c->next;
	else
		c = &s->at[s->nfresh++];
	p->nspare -= !s->nused;
	s->nused++;
	p->nused++;
	if (!s->free && s->nfresh == SLAB_CHUNKS)
		unlink_slab(p, s);
	c->slab = s;
	c->next = c->prev = NULL;
	c->lo = c->hi = 0;
	return c;
}

static void give(struct waiting_pool *p, struct waiting_chunk *c)
{
	struct waiting_slab *s = c->slab;

	if (!s->free && s->nfresh == SLAB_CHUNKS)
		link_slab(p, s);
	c->next = s->free;
	s->free = c;
	p->nused--;
	if (--s->nused)
		return;
	if (!p->nspare) {
		p->nspare = 1;
		return;
	}
	unlink_slab(p, s);
	sp_huge_free(s, SP_HUGE_PAGE);
}

void waiting_pool_free(struct waiting_pool *p)
{
	while (p->slabs) {
		struct waiting_slab *s = p->slabs;

		unlink_slab(p, s);
		sp_huge_free(s, SP_HUGE_PAGE);
	}
	p->nspare = 0;
}

void waiting_drop_chunk(struct waiting_pool *p, struct waiting *q)
{
	struct waiting_chunk *c = q->first;

	q->first = c->next;
	if (q->first)
		q->first->prev = NULL;
	else
		q->last = NULL;
	give(p, c);
}

void waiting_clear(struct waiting_pool *p, struct waiting *q)
{
	while (q->first)
		waiting_drop_chunk(p, q);
	*q = (struct waiting){ 0 };
}

static void append(struct waiting *q, struct waiting_chunk *c)
{
	c->prev = q->last;
	c->next = NULL;
	if (q->last)
		q->last->next = c;
	else
		q->first = c;
	q->last = c;
}

/* Room for one event at the end; false: no memory. */
static bool make_room(struct waiting_pool *p, struct waiting *q)
{
	struct waiting_chunk *c;

	if (waiting_has_room(q))
		return true;
	c = take(p);
	if (c)
		append(q, c);
	return c != NULL;
}

/* A place in a queue. */
struct cursor {
	struct waiting_chunk *chunk;
	uint32_t at;
};

/* False: it is the first. */
static bool step_back(struct cursor *c)
{
	if (c->at == c->chunk->lo) {
		if (!c->chunk->prev)
			return false;
		c->chunk = c->chunk->prev;
		c->at = c->chunk->hi;
	}
	c->at--;
	return true;
}

static uint64_t time_at(struct cursor c)
{
	return c.chunk->at[c.at].time_ns;
}

/* How many events at the end are younger; NEAR + 1: more than are looked at. */
static uint32_t count_younger(const struct waiting *q, uint64_t ns)
{
	struct cursor c = { q->last, q->last->hi };
	uint32_t n = 0;

	while (n <= NEAR && step_back(&c) && time_at(c) > ns)
		n++;
	return n;
}

/* An event older than the last: several rings of one CPU interleave, or the recording is out of
 * order. There is room. */
static void put_between(struct waiting *q, const struct sp_event *e)
{
	uint32_t younger = q->unsorted ? NEAR + 1 : count_younger(q, e->time_ns);
	uint64_t last_ns = q->last_ns;
	struct cursor to, from;

	waiting_push(q, e);
	if (younger > NEAR) {
		q->unsorted = true;
		return;
	}
	q->last_ns = last_ns;
	to = from = (struct cursor){ q->last, q->last->hi - 1 };
	for (; younger && step_back(&from); younger--) {
		to.chunk->at[to.at] = from.chunk->at[from.at];
		to = from;
	}
	to.chunk->at[to.at] = *e;
}

int waiting_put(struct waiting_pool *p, struct waiting *q, const struct sp_event *e,
		struct sp_err *err)
{
	bool is_newest = !q->n || q->last_ns <= e->time_ns;

	if (!make_room(p, q))
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to order events");
	if (is_newest)
		waiting_push(q, e);
	else
		put_between(q, e);
	return SP_OK;
}

/* Sorts what waits in one chunk: places by insertion, then each event moves once. */
static void sort_chunk(struct waiting_chunk *c)
{
	struct sp_event were[WAITING_CHUNK];
	uint8_t order[WAITING_CHUNK];
	uint32_t n = c->hi - c->lo, sorted = 1;

	while (sorted < n && c->at[c->lo + sorted - 1].time_ns <= c->at[c->lo + sorted].time_ns)
		sorted++;
	if (sorted >= n)
		return;
	memcpy(were, c->at + c->lo, n * sizeof(were[0]));
	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = i;

		for (; at && were[order[at - 1]].time_ns > were[i].time_ns; at--)
			order[at] = order[at - 1];
		order[at] = (uint8_t)i;
	}
	for (uint32_t i = 0; i < n; i++)
		c->at[c->lo + i] = were[order[i]];
}

/* Moves the first chunk of q to the end of to. */
static void move_chunk(struct waiting *to, struct waiting *q)
{
	struct waiting_chunk *c = q->first;
	uint32_t n = c->hi - c->lo;

	q->first = c->next;
	if (q->first)
		q->first->prev = NULL;
	else
		q->last = NULL;
	q->n -= n;
	append(to, c);
	to->n += n;
	to->last_ns = c->at[c->hi - 1].time_ns;
}

static void move_all(struct waiting *to, struct waiting *q)
{
	while (q->first)
		move_chunk(to, q);
}

/* Both are sorted, a came before b; they are empty then. What is left of one goes over as it is. */
static int merge(struct waiting_pool *p, struct waiting *a, struct waiting *b, struct waiting *to,
		 struct sp_err *err)
{
	int rc = SP_OK;

	while (!rc && a->n && b->n) {
		struct waiting *next = waiting_head(b)->time_ns < waiting_head(a)->time_ns ? b : a;

		if (!make_room(p, to)) {
			rc = sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to sort events");
			break;
		}
		waiting_push(to, waiting_head(next));
		waiting_drop(p, next);
	}
	move_all(to, a);
	move_all(to, b);
	return rc;
}

/* The chunks at the front that are in order one after another. */
static void take_run(struct waiting *q, struct waiting *run)
{
	*run = (struct waiting){ 0 };
	do {
		sort_chunk(q->first);
		if (run->n && waiting_head(q)->time_ns < run->last_ns)
			return;
		move_chunk(run, q);
	} while (q->first);
}

/* Runs are merged as the digits of a binary counter are added: each only with one of about as many.
 */
int waiting_sort(struct waiting_pool *p, struct waiting *q, struct sp_err *err)
{
	struct waiting runs[MAX_RUNS] = { 0 }, run, both;
	int rc = SP_OK, one;

	while (q->first) {
		uint32_t i = 0;

		take_run(q, &run);
		for (; runs[i].n && i + 1 < MAX_RUNS; i++) {
			both = (struct waiting){ 0 };
			one = merge(p, &runs[i], &run, &both, err);
			rc = rc ? rc : one;
			run = both;
		}
		runs[i] = run;
	}
	run = (struct waiting){ 0 };
	for (uint32_t i = 0; i < MAX_RUNS; i++) {
		both = (struct waiting){ 0 };
		one = merge(p, &runs[i], &run, &both, err);
		rc = rc ? rc : one;
		run = both;
	}
	*q = run;
	return rc;
}

void waiting_stacks(struct waiting *q, struct stacks *of, stacks_visit *visit)
{
	for (struct waiting_chunk *c = q->first; c; c = c->next)
		for (uint32_t i = c->lo; i < c->hi; i++) {
			struct sp_event *e = &c->at[i];

			if (e->type == SP_EV_SAMPLE)
				visit(of, &e->sample.stack);
			else if (sp_is_softirq(e) && e->softirq.sampled)
				visit(of, &e->softirq.stack);
		}
}

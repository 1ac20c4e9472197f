#ifndef WAITING_H
#define WAITING_H

/*
 * Events that wait for their turn: a queue for each CPU, all of them in chunks of one pool, so that
 * memory is what waits, however it is spread over CPUs and however it comes and goes.
 *
 * In:    events, mostly in order of time
 * Out:   the same from the front of each queue, once it is sorted; events of one time as they came
 * Keeps: what waits; a slab of free chunks at most stays for what comes next
 */
#include "stacks.h"

#include <sirqprof/event.h>

#define WAITING_CHUNK 32U /* events; a queue that is not empty has a chunk at least */

/* at[lo .. hi - 1] wait. */
struct waiting_chunk {
	struct waiting_chunk *next, *prev;
	struct waiting_slab *slab;
	uint32_t lo, hi;
	struct sp_event at[WAITING_CHUNK];
};

/* All zeroes is an empty pool. */
struct waiting_pool {
	struct waiting_slab *slabs; /* that have free chunks */
	uint32_t nused;		    /* chunks */
	uint32_t nspare;	    /* slabs that are all free */
};

/* All zeroes is an empty queue. Chunks but the first and the last may have room, too. */
struct waiting {
	struct waiting_chunk *first, *last;
	uint64_t last_ns; /* of the event at the end */
	uint32_t n;
	bool unsorted;
};

/* Frees what the pool keeps; its queues must be empty. */
void waiting_pool_free(struct waiting_pool *p);

/* The event whose turn is next; the queue is not empty. */
static inline const struct sp_event *waiting_head(const struct waiting *q)
{
	return &q->first->at[q->first->lo];
}

/* Takes the first chunk, in which nothing waits, out of the queue. */
void waiting_drop_chunk(struct waiting_pool *p, struct waiting *q);

/* Forgets the event at the head. */
static inline void waiting_drop(struct waiting_pool *p, struct waiting *q)
{
	q->n--;
	if (++q->first->lo == q->first->hi)
		waiting_drop_chunk(p, q);
}

/* Whether the next event finds room in the chunk at the end. */
static inline bool waiting_has_room(const struct waiting *q)
{
	return q->n && q->last->hi < WAITING_CHUNK;
}

/* Puts an event at the end: waiting_has_room(), and it is not older than the one there. */
static inline void waiting_push(struct waiting *q, const struct sp_event *e)
{
	q->last->at[q->last->hi++] = *e;
	q->last_ns = e->time_ns;
	q->n++;
}

/* Any event: takes a chunk where it must. One that is older than the last is put in its place by
 * hand when that is near; else it marks the queue as unsorted. Errors: SP_ENOMEM. */
int waiting_put(struct waiting_pool *p, struct waiting *q, const struct sp_event *e,
		struct sp_err *err);

/* Sorts by time, whatever the order: n log n, with a few chunks more than it has. Errors:
 * SP_ENOMEM; the events are all there then, in some order. */
int waiting_sort(struct waiting_pool *p, struct waiting *q, struct sp_err *err);

/* Frees all of the queue. */
void waiting_clear(struct waiting_pool *p, struct waiting *q);

/* The stacks of events that wait, for a sweep of them. */
void waiting_stacks(struct waiting *q, struct stacks *of, stacks_visit *visit);

#endif

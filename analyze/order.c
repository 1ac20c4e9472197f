#include "order.h"

#include "runs.h"

#include <sirqprof/limits.h>

#include <stdlib.h>
#include <string.h>

/* An event is put in its place by hand when that is near; else the queue is sorted when its turn
 * comes, so that no input takes quadratic time. */
#define NEAR 32
/* A queue that large gives its memory back when it is empty: any CPU may have its turn. */
#define LARGE_ROOM 8192

/* One CPU's events that wait; those without a CPU have the first queue. */
struct queue {
	struct sp_event *at;
	uint32_t from, to, room; /* at[from .. to) wait */
	bool unsorted;
};

struct order {
	struct sp_event_sink sink;
	struct queue *queues;
	uint32_t nqueues; /* [0] without CPU, [cpu + 1] */
	uint32_t *heap;	  /* queues that hold events; while merging by time of their head */
	uint32_t nheap;
	uint64_t waiting;
	uint64_t newest_ns; /* of all events so far */
	uint64_t round_ns;  /* newest at the end of the round before */
	uint64_t gone_ns;   /* newest that went on */
	uint64_t late;
};

int order_new(struct order **ret, struct sp_event_sink sink, struct sp_err *err)
{
	struct order *o = calloc(1, sizeof(*o));

	if (!o)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to order events");
	o->sink = sink;
	*ret = o;
	return SP_OK;
}

void order_free(struct order *o)
{
	if (!o)
		return;
	for (uint32_t i = 0; i < o->nqueues; i++)
		free(o->queues[i].at);
	free(o->queues);
	free(o->heap);
	free(o);
}

static uint64_t head_ns(const struct order *o, uint32_t q)
{
	return o->queues[q].at[o->queues[q].from].time_ns;
}

static void sift_down(struct order *o, uint32_t i)
{
	for (;;) {
		uint32_t least = i, left = 2 * i + 1, right = left + 1, q;

		if (left < o->nheap && head_ns(o, o->heap[left]) < head_ns(o, o->heap[least]))
			least = left;
		if (right < o->nheap && head_ns(o, o->heap[right]) < head_ns(o, o->heap[least]))
			least = right;
		if (least == i)
			return;
		q = o->heap[i];
		o->heap[i] = o->heap[least];
		o->heap[least] = q;
		i = least;
	}
}

/* Only queues that hold events are looked at: rounds may be many, and CPUs too. */
static int make_heap(struct order *o, struct sp_err *err)
{
	int rc = SP_OK;

	for (uint32_t i = 0; !rc && i < o->nheap; i++) {
		struct queue *q = &o->queues[o->heap[i]];

		if (q->unsorted)
			rc = runs_sort(q->at + q->from, q->to - q->from, err);
		q->unsorted = false;
	}
	for (uint32_t i = o->nheap / 2; i-- > 0;)
		sift_down(o, i);
	return rc;
}

static void empty(struct order *o, struct queue *q)
{
	q->from = q->to = 0;
	if (q->room > LARGE_ROOM) {
		free(q->at);
		*q = (struct queue){ 0 };
	}
	o->heap[0] = o->heap[--o->nheap];
}

/* The time up to which the heap's first queue may run before another is due. */
static uint64_t second_ns(const struct order *o)
{
	uint64_t ns = UINT64_MAX;

	for (uint32_t i = 1; i < 3 && i < o->nheap; i++)
		if (head_ns(o, o->heap[i]) < ns)
			ns = head_ns(o, o->heap[i]);
	return ns;
}

/* Sends on what is not newer than until_ns, merged; at most count events. */
static int merge(struct order *o, uint64_t until_ns, uint64_t count, struct sp_err *err)
{
	int rc = make_heap(o, err);

	while (!rc && count && o->nheap && head_ns(o, o->heap[0]) <= until_ns) {
		struct queue *q = &o->queues[o->heap[0]];
		uint64_t run_ns = second_ns(o);

		if (run_ns > until_ns)
			run_ns = until_ns;
		do {
			struct sp_event *e = &q->at[q->from++];

			o->waiting--;
			count--;
			if (e->time_ns > o->gone_ns)
				o->gone_ns = e->time_ns;
			rc = o->sink.put(o->sink.self, e, err);
		} while (!rc && count && q->from < q->to && q->at[q->from].time_ns <= run_ns);
		if (q->from == q->to)
			empty(o, q);
		sift_down(o, 0);
	}
	return rc;
}

static int queue_of(struct order *o, uint32_t cpu, struct queue **ret, struct sp_err *err)
{
	uint32_t need = cpu < SP_MAX_CPUS ? cpu + 1 : 0;

	if (need >= o->nqueues) {
		uint32_t n = need + 8;
		struct queue *queues = realloc(o->queues, n * sizeof(*queues));
		uint32_t *heap;

		if (queues) {
			memset(queues + o->nqueues, 0, (n - o->nqueues) * sizeof(*queues));
			o->queues = queues;
		}
		heap = queues ? realloc(o->heap, n * sizeof(*heap)) : NULL;
		if (!heap)
			return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to order events");
		o->heap = heap;
		o->nqueues = n;
	}
	*ret = &o->queues[need];
	return SP_OK;
}

static int make_room(struct queue *q, struct sp_err *err)
{
	uint32_t n = q->to - q->from, room;
	struct sp_event *at;

	if (q->to < q->room)
		return SP_OK;
	if (q->from > q->room / 2) {
		memmove(q->at, q->at + q->from, n * sizeof(*q->at));
		q->from = 0;
		q->to = n;
		return SP_OK;
	}
	room = q->room ? q->room * 2 : 16;
	at = realloc(q->at, room * sizeof(*at));
	if (!at)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to order events");
	q->at = at;
	q->room = room;
	return SP_OK;
}

static int on_round(struct order *o, struct sp_err *err)
{
	struct sp_event round = { .type = SP_EV_ROUND, .cpu = SP_NO_CPU, .time_ns = o->newest_ns };
	int rc = merge(o, o->round_ns, UINT64_MAX, err);

	o->round_ns = o->newest_ns;
	return rc ? rc : o->sink.put(o->sink.self, &round, err);
}

int order_put(struct order *o, const struct sp_event *e, struct sp_err *err)
{
	struct queue *q = NULL;
	uint32_t at, least;
	int rc;

	if (e->type == SP_EV_ROUND)
		return on_round(o, err);
	/* What already ran when the recording began has no time: it comes before everything. */
	if (!e->time_ns)
		return o->sink.put(o->sink.self, e, err);
	rc = queue_of(o, e->cpu, &q, err);
	rc = rc ? rc : make_room(q, err);
	if (rc)
		return rc;
	if (e->time_ns > o->newest_ns)
		o->newest_ns = e->time_ns;
	o->late += e->time_ns < o->gone_ns;
	if (q->from == q->to)
		o->heap[o->nheap++] = (uint32_t)(q - o->queues);
	/* Nearly always the newest of its CPU; several rings of one CPU interleave. */
	least = q->unsorted ? q->to : q->to - q->from > NEAR ? q->to - NEAR : q->from;
	for (at = q->to; at > least && q->at[at - 1].time_ns > e->time_ns; at--)
		;
	if (at > q->from && q->at[at - 1].time_ns > e->time_ns) {
		at = q->to;
		q->unsorted = true;
	}
	memmove(q->at + at + 1, q->at + at, (q->to - at) * sizeof(*q->at));
	q->at[at] = *e;
	q->to++;
	if (++o->waiting < ORDER_MAX_EVENTS)
		return SP_OK;
	return merge(o, UINT64_MAX, ORDER_MAX_EVENTS / 2, err);
}

int order_flush(struct order *o, struct sp_err *err)
{
	return merge(o, UINT64_MAX, UINT64_MAX, err);
}

uint64_t order_late(const struct order *o)
{
	return o->late;
}

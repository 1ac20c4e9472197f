#include "order.h"

#include "runs.h"

#include <sirqprof/huge.h>
#include <sirqprof/limits.h>

#include <stdlib.h>
#include <string.h>

/* An event is put in its place by hand when that is near; else the queue is sorted when its turn
 * comes, so that no input takes quadratic time. */
#define NEAR 32
/* An empty ring that large gives its memory back: any CPU may have its turn. */
#define LARGE_ROOM 8192
/* While all rings together have more room than this, each gives back what it does not need. */
#define ROOM_KEPT  ORDER_MAX_EVENTS
#define LEAST_ROOM 16U

/* One CPU's events that wait, in a ring: nothing is moved while they come and go. Those without a
 * CPU have the first queue. */
struct queue {
	struct sp_event *at;
	uint32_t from, n, room; /* n wait, from at[from] on; behind at[room - 1] comes at[0] */
	bool unsorted;
};

/* The place of the event that i others are before. */
static inline struct sp_event *nth(const struct queue *q, uint32_t i)
{
	uint32_t left = q->room - q->from;

	return i < left ? &q->at[q->from + i] : &q->at[i - left];
}

struct order {
	struct sp_event_sink sink;
	struct queue *queues;
	uint32_t nqueues; /* [0] without CPU, [cpu + 1] */
	uint32_t *heap;	  /* queues that hold events; while merging by time of their head */
	uint32_t nheap;
	uint64_t waiting;
	uint64_t room;	    /* of all queues */
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

static void ring_free(struct order *o, struct queue *q)
{
	sp_huge_free(q->at, q->room * sizeof(*q->at));
	o->room -= q->room;
	*q = (struct queue){ 0 };
}

void order_free(struct order *o)
{
	if (!o)
		return;
	for (uint32_t i = 0; i < o->nqueues; i++)
		ring_free(o, &o->queues[i]);
	free(o->queues);
	free(o->heap);
	free(o);
}

static uint64_t head_ns(const struct order *o, uint32_t q)
{
	return nth(&o->queues[q], 0)->time_ns;
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

/* Moves what waits to the begin of a ring of room events. */
static int move(struct order *o, struct queue *q, uint32_t room, struct sp_err *err)
{
	struct sp_event *at = sp_huge_alloc(room * sizeof(*at));
	uint32_t left = q->room - q->from, first = q->n < left ? q->n : left;

	if (!at)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to order events");
	if (first)
		memcpy(at, q->at + q->from, first * sizeof(*at));
	if (first < q->n)
		memcpy(at + first, q->at, (q->n - first) * sizeof(*at));
	sp_huge_free(q->at, q->room * sizeof(*at));
	o->room += room;
	o->room -= q->room;
	q->at = at;
	q->from = 0;
	q->room = room;
	return SP_OK;
}

static int sort(struct order *o, struct queue *q, struct sp_err *err)
{
	int rc = q->n > q->room - q->from ? move(o, q, q->room, err) : SP_OK;

	rc = rc ? rc : runs_sort(q->at + q->from, q->n, err);
	q->unsorted = false;
	return rc;
}

/* Only queues that hold events are looked at: rounds may be many, and CPUs too. */
static int make_heap(struct order *o, struct sp_err *err)
{
	int rc = SP_OK;

	for (uint32_t i = 0; !rc && i < o->nheap; i++)
		if (o->queues[o->heap[i]].unsorted)
			rc = sort(o, &o->queues[o->heap[i]], err);
	for (uint32_t i = o->nheap / 2; i-- > 0;)
		sift_down(o, i);
	return rc;
}

static void empty(struct order *o, struct queue *q)
{
	q->from = 0;
	if (q->room > LARGE_ROOM || o->room > ROOM_KEPT)
		ring_free(o, q);
	o->heap[0] = o->heap[--o->nheap];
}

/* A few events, of a time that is far ahead say, do not keep a large ring: what may be kept of
 * every CPU has to be little. Not below ROOM_KEPT, for most rings fill again in the next round. */
static int shrink(struct order *o, struct sp_err *err)
{
	int rc = SP_OK;

	for (uint32_t i = 0; !rc && i < o->nheap && o->room > ROOM_KEPT; i++) {
		struct queue *q = &o->queues[o->heap[i]];
		uint32_t room = q->room;

		if (q->n >= room / 8)
			continue;
		while (room / 4 > q->n && room / 2 >= LEAST_ROOM)
			room /= 2;
		if (room < q->room)
			rc = move(o, q, room, err);
	}
	return rc;
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
			const struct sp_event *e = &q->at[q->from];

			if (++q->from == q->room)
				q->from = 0;
			q->n--;
			o->waiting--;
			count--;
			if (e->time_ns > o->gone_ns)
				o->gone_ns = e->time_ns;
			rc = o->sink.put(o->sink.self, e, err);
		} while (!rc && count && q->n && q->at[q->from].time_ns <= run_ns);
		if (!q->n)
			empty(o, q);
		sift_down(o, 0);
	}
	return rc ? rc : shrink(o, err);
}

static int more_queues(struct order *o, uint32_t need, struct sp_err *err)
{
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
	return SP_OK;
}

/* No ring needs more room than all events that may wait. */
static int make_room(struct order *o, struct queue *q, struct sp_err *err)
{
	uint32_t room = q->room ? q->room * 2 : LEAST_ROOM;

	return move(o, q, room < ORDER_MAX_EVENTS ? room : ORDER_MAX_EVENTS, err);
}

static int on_round(struct order *o, struct sp_err *err)
{
	struct sp_event round = { .type = SP_EV_ROUND, .cpu = SP_NO_CPU, .time_ns = o->newest_ns };
	int rc = merge(o, o->round_ns, UINT64_MAX, err);

	o->round_ns = o->newest_ns;
	return rc ? rc : o->sink.put(o->sink.self, &round, err);
}

/* An event older than the newest of its queue, which has room: several rings of one CPU interleave,
 * or the recording is out of order. */
static void put_between(struct queue *q, const struct sp_event *e)
{
	uint32_t least = q->unsorted ? q->n : q->n > NEAR ? q->n - NEAR : 0;
	uint32_t at = q->n;

	while (at > least && nth(q, at - 1)->time_ns > e->time_ns)
		at--;
	if (at && nth(q, at - 1)->time_ns > e->time_ns) {
		at = q->n;
		q->unsorted = true;
	}
	for (uint32_t i = q->n; i > at; i--)
		*nth(q, i) = *nth(q, i - 1);
	*nth(q, at) = *e;
	q->n++;
}

/* Anything but an event that is the newest of its queue. */
__attribute__((noinline)) static int put_slowly(struct order *o, const struct sp_event *e,
						struct sp_err *err)
{
	uint32_t need = e->cpu < SP_MAX_CPUS ? e->cpu + 1 : 0;
	struct queue *q;
	int rc = SP_OK;

	if (e->type == SP_EV_ROUND)
		return on_round(o, err);
	/* What already ran when the recording began has no time: it comes before everything. */
	if (!e->time_ns)
		return o->sink.put(o->sink.self, e, err);
	if (need >= o->nqueues)
		rc = more_queues(o, need, err);
	if (rc)
		return rc;
	q = &o->queues[need];
	if (q->n == q->room)
		rc = make_room(o, q, err);
	if (rc)
		return rc;
	if (e->time_ns > o->newest_ns)
		o->newest_ns = e->time_ns;
	o->late += e->time_ns < o->gone_ns;
	if (!q->n)
		o->heap[o->nheap++] = need;
	if (!q->n || nth(q, q->n - 1)->time_ns <= e->time_ns)
		*nth(q, q->n++) = *e;
	else
		put_between(q, e);
	if (++o->waiting < ORDER_MAX_EVENTS)
		return SP_OK;
	return merge(o, UINT64_MAX, ORDER_MAX_EVENTS / 2, err);
}

int order_put(struct order *o, const struct sp_event *e, struct sp_err *err)
{
	uint32_t need = e->cpu < SP_MAX_CPUS ? e->cpu + 1 : 0;
	struct queue *q = need < o->nqueues ? &o->queues[need] : NULL;

	if (!q || !q->n || q->n == q->room || e->type == SP_EV_ROUND || e->time_ns < o->gone_ns ||
	    nth(q, q->n - 1)->time_ns > e->time_ns || o->waiting + 1 >= ORDER_MAX_EVENTS)
		return put_slowly(o, e, err);
	if (e->time_ns > o->newest_ns)
		o->newest_ns = e->time_ns;
	*nth(q, q->n++) = *e;
	o->waiting++;
	return SP_OK;
}

int order_flush(struct order *o, struct sp_err *err)
{
	return merge(o, UINT64_MAX, UINT64_MAX, err);
}

uint64_t order_late(const struct order *o)
{
	return o->late;
}

void order_stacks(struct order *o, struct stacks *of, stacks_visit *visit)
{
	for (uint32_t k = 0; k < o->nheap; k++) {
		struct queue *q = &o->queues[o->heap[k]];

		for (uint32_t i = 0; i < q->n; i++) {
			struct sp_event *e = nth(q, i);

			if (e->type == SP_EV_SAMPLE)
				visit(of, &e->sample.stack);
			else if (sp_is_softirq(e) && e->softirq.sampled)
				visit(of, &e->softirq.stack);
		}
	}
}

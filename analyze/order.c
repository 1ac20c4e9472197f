#include "order.h"

#include "waiting.h"

#include <sirqprof/limits.h>

#include <stdlib.h>
#include <string.h>

/* All events that may wait, in full chunks, and one that is not full for each of many CPUs. */
#define MOST_CHUNKS (ORDER_MAX_EVENTS / WAITING_CHUNK + 512U)

struct order {
	struct sp_event_sink sink;
	struct waiting *queues; /* those without a CPU have the first one */
	uint32_t nqueues;	/* [0] without CPU, [cpu + 1] */
	uint32_t *heap;		/* queues that hold events; while merging by time of their head */
	uint32_t nheap;
	struct waiting_pool pool;
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
		waiting_clear(&o->pool, &o->queues[i]);
	waiting_pool_free(&o->pool);
	free(o->queues);
	free(o->heap);
	free(o);
}

static uint64_t head_ns(const struct order *o, uint32_t q)
{
	return waiting_head(&o->queues[q])->time_ns;
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

	for (uint32_t i = 0; !rc && i < o->nheap; i++)
		if (o->queues[o->heap[i]].unsorted)
			rc = waiting_sort(&o->pool, &o->queues[o->heap[i]], err);
	for (uint32_t i = o->nheap / 2; i-- > 0;)
		sift_down(o, i);
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
		struct waiting *q = &o->queues[o->heap[0]];
		uint64_t run_ns = second_ns(o);

		if (run_ns > until_ns)
			run_ns = until_ns;
		do {
			const struct sp_event *e = waiting_head(q);

			o->waiting--;
			count--;
			if (e->time_ns > o->gone_ns)
				o->gone_ns = e->time_ns;
			rc = o->sink.put(o->sink.self, e, err);
			waiting_drop(&o->pool, q);
		} while (!rc && count && q->n && waiting_head(q)->time_ns <= run_ns);
		if (!q->n)
			o->heap[0] = o->heap[--o->nheap];
		sift_down(o, 0);
	}
	return rc;
}

static int more_queues(struct order *o, uint32_t need, struct sp_err *err)
{
	uint32_t n = need + 8;
	struct waiting *queues = realloc(o->queues, n * sizeof(*queues));
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

static int on_round(struct order *o, struct sp_err *err)
{
	struct sp_event round = { .type = SP_EV_ROUND, .cpu = SP_NO_CPU, .time_ns = o->newest_ns };
	int rc = merge(o, o->round_ns, UINT64_MAX, err);

	o->round_ns = o->newest_ns;
	return rc ? rc : o->sink.put(o->sink.self, &round, err);
}

int order_send_half(struct order *o, struct sp_err *err)
{
	return o->waiting ? merge(o, UINT64_MAX, (o->waiting + 1) / 2, err) : SP_END;
}

/* There are too many, or they are spread over too many CPUs. */
static int send_many(struct order *o, struct sp_err *err)
{
	int rc = order_send_half(o, err);

	while (!rc && o->pool.nused >= MOST_CHUNKS)
		rc = order_send_half(o, err);
	return rc == SP_END ? SP_OK : rc;
}

/* Anything but an event that is the newest of its queue, with room behind it. */
__attribute__((noinline)) static int put_slowly(struct order *o, const struct sp_event *e,
						struct sp_err *err)
{
	uint32_t need = e->cpu < SP_MAX_CPUS ? e->cpu + 1 : 0;
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
	if (e->time_ns > o->newest_ns)
		o->newest_ns = e->time_ns;
	o->late += e->time_ns < o->gone_ns;
	rc = waiting_put(&o->pool, &o->queues[need], e, err);
	if (rc)
		return rc;
	if (o->queues[need].n == 1)
		o->heap[o->nheap++] = need;
	if (++o->waiting < ORDER_MAX_EVENTS && o->pool.nused < MOST_CHUNKS)
		return SP_OK;
	return send_many(o, err);
}

int order_put(struct order *o, const struct sp_event *e, struct sp_err *err)
{
	uint32_t need = e->cpu < SP_MAX_CPUS ? e->cpu + 1 : 0;
	struct waiting *q = need < o->nqueues ? &o->queues[need] : NULL;

	if (!q || !waiting_has_room(q) || e->type == SP_EV_ROUND || e->time_ns < o->gone_ns ||
	    q->last_ns > e->time_ns || o->waiting + 1 >= ORDER_MAX_EVENTS)
		return put_slowly(o, e, err);
	if (e->time_ns > o->newest_ns)
		o->newest_ns = e->time_ns;
	waiting_push(q, e);
	o->waiting++;
	return SP_OK;
}

int order_flush(struct order *o, struct sp_err *err)
{
	int rc = merge(o, UINT64_MAX, UINT64_MAX, err);

	if (!rc)
		waiting_pool_free(&o->pool);
	return rc;
}

uint64_t order_late(const struct order *o)
{
	return o->late;
}

void order_stacks(struct order *o, struct stacks *of, stacks_visit *visit)
{
	for (uint32_t k = 0; k < o->nheap; k++)
		waiting_stacks(&o->queues[o->heap[k]], of, visit);
}

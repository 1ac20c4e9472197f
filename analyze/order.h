#ifndef ORDER_H
#define ORDER_H

/*
 * Events of many rings, put into order of time.
 *
 * A ring is in order by itself; rings are drained one after another. A round ends when every ring
 * has been read once, so nothing read in round N + 1 can be older than the newest event of round
 * N − 1 (tools/perf/util/ordered-events.h):
 *
 *	ring 0:  1 2 3 │ 7 8   │ 11
 *	ring 1:  4 5   │ 6 9   │ 10
 *	rounds:      ──┘     ──┘         at the end of the second, all up to 5 may go
 *
 * In:    events, SP_EV_ROUND at the end of each round
 * Out:   the same events merged; without rounds only each CPU's own order is kept
 * Keeps: two rounds; at most ORDER_MAX_EVENTS, some 10 MB, then the older half goes on as it is
 */
#include "stacks.h"

#include <sirqprof/event.h>
#include <sirqprof/own.h>

#define ORDER_MAX_EVENTS 200000U

struct order;

int order_new(struct order **ret, struct sp_event_sink sink, struct sp_err *err);
void order_free(struct order *o);
int order_put(struct order *o, const struct sp_event *e, struct sp_err *err);
int order_flush(struct order *o, struct sp_err *err);

/* The older half of what waits goes on as it is, and at least one event; SP_END: nothing waits. */
int order_send_half(struct order *o, struct sp_err *err);

/* Events that came older than what had gone on. */
uint64_t order_late(const struct order *o);

/* The stacks of events that wait, for a sweep of them. */
void order_stacks(struct order *o, struct stacks *of, stacks_visit *visit);

SP_DEFINE_FREEP(order);

#endif

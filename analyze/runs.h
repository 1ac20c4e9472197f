#ifndef RUNS_H
#define RUNS_H

/*
 * Sorts events by time. What is in order already is a run and costs one look; runs are merged two
 * by two, so events of several rings one after another are cheap, and no order is worse than
 * n log n.
 *
 * In:    n events
 * Out:   the same, oldest first; events of one time keep their order
 * Keeps: nothing; takes memory for n events while it works
 */
#include <sirqprof/event.h>

/* Errors: SP_ENOMEM; the events are all there then, in some order. */
int runs_sort(struct sp_event *at, uint32_t n, struct sp_err *err);

#endif

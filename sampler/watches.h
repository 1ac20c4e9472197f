#ifndef WATCHES_H
#define WATCHES_H

/*
 * The watch threads of a recorder: one, off the profiled CPUs. Where every CPU that it may run on
 * is profiled two, each for what the other sits on: a watch must not sit on the CPU that is stuck.
 *
 * In:    as watch.h, for all CPUs at once
 * Out:   as watch.h
 * Keeps: two watches at most
 */
#include "watch.h"

struct watches;

#define WATCHES_MOST 2

/* Where one thread runs, how, and what it looks at. */
struct watch_place {
	struct watch_cpus on;
	bool realtime;
	uint32_t from, to; /* of the watched CPUs, [from, to) */
};

/* The places for n watched CPUs (no number twice) when threads may run on the CPUs allowed: online
 * ones, as sched_getaffinity(2) tells; returns how many. A real-time thread never looks at a CPU
 * that it may run on: such a one is of no use while that is stuck, and after it would keep the
 * tasks that are watched waiting for some hundred microseconds of reading. So:
 * - with CPUs beside the watched ones, one real-time thread on those;
 * - with two or more CPUs, all watched, a real-time thread on each of the first two, the second for
 *   what the first sits on;
 * - with one CPU, watched, one thread that is scheduled as its maker (so with none, not known). */
uint32_t watches_places(const struct watch_cpus *allowed, const uint32_t *watched, uint32_t n,
			struct watch_place ret[WATCHES_MOST]);

/* As watch_new(), for the CPUs [0, cfg->to) of events; cfg->from, on and realtime are ignored.
 * allowed: see watches_places(); NULL: the CPUs the caller may run on now. */
int watches_new(struct watches **ret, const struct watch_cfg *cfg, const struct watch_cpus *allowed,
		struct sp_err *err);

/* As watch_stop(). */
void watches_stop(struct watches *w);

/* Ends the threads too. */
void watches_free(struct watches *w);

/* Starts the threads; how the worst of them is scheduled. */
enum watch_class watches_start(struct watches *w);

/* As watch_stuck(). */
bool watches_stuck(const struct watches *w, uint32_t i);

/* The descriptors of watch_fd(); returns how many. */
uint32_t watches_fds(const struct watches *w, int ret[WATCHES_MOST]);

/* As watch_take(). */
int watches_take(struct watches *w, struct stream *s, struct sp_err *err);

SP_DEFINE_FREEP(watches);

#endif

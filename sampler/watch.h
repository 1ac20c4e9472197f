#ifndef WATCH_H
#define WATCH_H

/*
 * The thread that runs the stuck watch: the recorder's own loop drains, writes and is scheduled as
 * others are, which on a busy host is too late for a reader that is gone after 3 ms. This one wakes
 * every millisecond or two, with the lowest real-time priority, looks whether rings have moved, and
 * reads a few files of /proc when one has not.
 *
 * In:    the rings, beside their reader; the time
 * Out:   facts of stuck tasks (stuck.h), taken by the recorder's loop
 * Keeps: one queue of facts, at most WATCH_QUEUE bytes
 */
#include "events.h"
#include "stuck.h"

#include <sched.h>

struct watch;

/* A set of CPUs, as many as this program knows; for the CPU_..._S() macros of CPU_SET(3). */
struct watch_cpus {
	cpu_set_t set[SP_MAX_CPUS / CPU_SETSIZE];
};

/* What is queued until the loop takes it; a stuck task has some hundred bytes, 64 kB at most. */
#define WATCH_QUEUE (1U << 20)

/* A ring that holds so much wakes the loop: in calm, 10 ms make half of it at 1 kHz. */
#define WATCH_FILLED (8U << 10)

struct watch_cfg {
	const struct events *events; /* borrowed until watch_free() */
	struct stuck_ids ids;
	uint32_t from, to;    /* looks at these CPUs of events, [from, to), at least one */
	struct watch_cpus on; /* its thread runs there only; empty: wherever its maker may */
	bool realtime;	      /* its thread is to be real-time: not where it looks at the CPUs on */
	uint64_t silent_ns;   /* see stuck_new() */
};

/* How its thread is scheduled. */
enum watch_class {
	WATCH_REALTIME,
	WATCH_SHARED, /* as its maker, but not real-time: more was not asked for, not permitted, or
		       * it was not let to its CPUs */
	WATCH_NONE,   /* no thread could be made */
};

/* Makes a watch whose thread does not run yet; *ret is the caller's, untouched on failure. cfg is
 * copied, events and ids' arrays are read until watch_free(): unmap the rings after it.
 * Errors: SP_ENOMEM. No eventfd to be had is no error: watch_fd() is negative then. */
int watch_new(struct watch **ret, const struct watch_cfg *cfg, struct sp_err *err);

/* Ends the thread, if there is one: what it has queued can still be taken. */
void watch_stop(struct watch *w);

/* Ends the thread too. */
void watch_free(struct watch *w);

/* Starts the thread, once. Where it may not be real-time it takes the best nice value that is
 * allowed; where it may not run on cfg.on, it runs where the caller may and is not real-time, so
 * that it keeps no task from the CPU that is looked at. */
enum watch_class watch_start(struct watch *w);

/* One look at all its CPUs: what the thread does over and over. Not beside the thread. */
int watch_look(struct watch *w, uint64_t now_ns, struct sp_err *err);

/* Whether it sees the i-th CPU of events stuck now. */
bool watch_stuck(const struct watch *w, uint32_t i);

/* To be polled: readable when a CPU has become stuck or its ring holds WATCH_FILLED, until
 * watch_take(). Negative: none. */
int watch_fd(const struct watch *w);

/* Sends what was queued into s, and SP_Q_LIMIT for what found no room. From any one thread. */
int watch_take(struct watch *w, struct stream *s, struct sp_err *err);

SP_DEFINE_FREEP(watch);

#endif

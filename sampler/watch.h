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

struct watch;

/* What is queued until the loop takes it; a stuck task has some hundred bytes, 64 kB at most. */
#define WATCH_QUEUE (1U << 20)

/* A ring that holds so much wakes the loop: in calm, 10 ms make half of it at 1 kHz. */
#define WATCH_FILLED (8U << 10)

struct watch_cfg {
	const struct events *events; /* borrowed until watch_free() */
	struct stuck_ids ids;
	uint32_t from, to;  /* looks at these CPUs of events, [from, to) */
	uint32_t pin;	    /* runs on this CPU; UINT32_MAX: wherever its maker may */
	uint64_t silent_ns; /* see stuck_new() */
};

/* How its thread is scheduled. */
enum watch_class {
	WATCH_REALTIME,
	WATCH_SHARED, /* not permitted: as others are, with the best nice value that is allowed */
	WATCH_NONE,   /* no thread could be made */
};

int watch_new(struct watch **ret, const struct watch_cfg *cfg, struct sp_err *err);

/* Ends the thread. */
void watch_free(struct watch *w);

/* Starts the thread, with the CPUs the caller may run on. */
enum watch_class watch_start(struct watch *w);

/* One look at all its CPUs: what the thread does over and over. Not beside the thread. */
int watch_look(struct watch *w, uint64_t now_ns, struct sp_err *err);

/* Whether it sees the i-th CPU of events stuck now. */
bool watch_stuck(const struct watch *w, uint32_t i);

/* To be polled: readable when a CPU has become stuck or
 * its ring holds WATCH_FILLED, until watch_take(). Negative: none. */
int watch_fd(const struct watch *w);

/* Sends what was queued into s, and SP_Q_LIMIT for what found no room. From any one thread. */
int watch_take(struct watch *w, struct stream *s, struct sp_err *err);

SP_DEFINE_FREEP(watch);

#endif

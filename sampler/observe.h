#ifndef OBSERVE_H
#define OBSERVE_H

/*
 * What /proc says while the events run: clocks, steal, the network's drop counters, who a task is.
 *
 * In:    the profiled CPUs; tids as they are seen on them
 * Out:   facts (facts.h) into the stream
 * Keeps: open files of /proc and a bounded table of tids already told
 */
#include "stream.h"

struct observe;

int observe_new(struct observe **ret, const uint32_t *cpus, uint32_t ncpus, struct sp_err *err);
void observe_free(struct observe *o);

/* Whatever is due at now_ns; soon: a CPU has been silent, so steal is read at once. */
int observe_tick(struct observe *o, struct stream *s, uint64_t now_ns, bool soon,
		 struct sp_err *err);

/* All of it, at the begin and at the end. */
int observe_all(struct observe *o, struct stream *s, struct sp_err *err);

/* A task was seen on a profiled CPU: tells its comm, parents and cgroup, once each. */
int observe_task(struct observe *o, struct stream *s, uint32_t tid, struct sp_err *err);

SP_DEFINE_FREEP(observe);

#endif

#ifndef STUCK_H
#define STUCK_H

/*
 * The stuck watch: who is on a CPU whose ring has gone silent, and which files it has open *now*.
 * After the stall a one-shot reader has closed its file and ended; during it, another CPU can look.
 *
 * In:    the records of the profiled CPUs as they are drained; the time
 * Out:   FDS, SYSCALL, CGROUP and TASK facts of the stuck task
 * Keeps: a few recent tids a CPU
 */
#include "observe.h"
#include "stream.h"

#include <linux/perf_event.h>

struct stuck;

/* silent_ns: how long a busy CPU may say nothing before it counts as stuck. */
int stuck_new(struct stuck **ret, uint32_t ncpus, uint64_t silent_ns, struct sp_err *err);
void stuck_free(struct stuck *w);

/* A record of the index-th CPU, of an event with this role's sample layout; notes who runs. */
void stuck_see(struct stuck *w, uint32_t index, uint32_t tid, bool idle, uint64_t now_ns);

/* The index-th CPU's ring has moved. */
void stuck_moved(struct stuck *w, uint32_t index, uint64_t now_ns);

/* Whether the CPU is stuck now: busy and silent for silent_ns. */
bool stuck_is(const struct stuck *w, uint32_t index, uint64_t now_ns);

/* If the CPU is stuck, reads its tasks' files, once a stall. */
int stuck_look(struct stuck *w, uint32_t index, uint32_t cpu, uint64_t now_ns, struct observe *o,
	       struct stream *s, struct sp_err *err);

SP_DEFINE_FREEP(stuck);

#endif

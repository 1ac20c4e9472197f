#ifndef STUCK_H
#define STUCK_H

/*
 * The stuck watch: who is on a CPU whose ring has gone silent, and which files it has open *now*.
 * After the stall a one-shot reader has closed its file and ended; during it, another CPU can look.
 *
 * In:    the records of the profiled CPUs as they come; the time
 * Out:   FDS, SYSCALL, CGROUP and TASK facts of the stuck task
 * Keeps: a few recent tids a CPU
 */
#include "observe.h"
#include "stream.h"

#include <linux/perf_event.h>

struct stuck;

/* What tells one record from another; arrays of one id a CPU, borrowed. */
struct stuck_ids {
	const uint64_t *sampler, *switches;
	uint32_t next_pid_at; /* offset in sched_switch's RAW, 0 unknown */
};

/* Bytes of a record that stuck_record() looks at; more are not needed. */
#define STUCK_RECORD_BYTES 128U

/* Which tasks are looked at. */
enum stuck_part {
	/* The last ones seen there and those that started last: some hundred microseconds. */
	STUCK_LIKELY = 1,
	/* All others that this machine runs, up to a bound: some milliseconds. */
	STUCK_OTHERS = 2,
};

/* silent_ns: how long a busy CPU may say nothing before it counts as stuck. */
int stuck_new(struct stuck **ret, uint32_t ncpus, uint64_t silent_ns, struct sp_err *err);
void stuck_free(struct stuck *w);

/* A record of the index-th CPU, of size bytes, of which STUCK_RECORD_BYTES can be read if it is
 * longer. Returns the tid when it is a sample of one, else 0. */
uint32_t stuck_record(struct stuck *w, uint32_t index, const struct stuck_ids *ids,
		      const uint8_t *rec, uint16_t size);

/* The task tid is on the index-th CPU; idle: none is. */
void stuck_see(struct stuck *w, uint32_t index, uint32_t tid, bool idle);

/* The index-th CPU's ring has moved. */
void stuck_moved(struct stuck *w, uint32_t index, uint64_t now_ns);

/* Whether the CPU is stuck now: busy and silent for silent_ns. */
bool stuck_is(const struct stuck *w, uint32_t index, uint64_t now_ns);

/* When it will be stuck, if it stays silent; UINT64_MAX: never, or it has been looked at. */
uint64_t stuck_due(const struct stuck *w, uint32_t index);

/* If the CPU is stuck, reads the files of those of its tasks (enum stuck_part, a mask), once a
 * stall. */
int stuck_look(struct stuck *w, uint32_t index, uint32_t cpu, uint64_t now_ns, unsigned parts,
	       struct observe *o, struct stream *s, struct sp_err *err);

SP_DEFINE_FREEP(stuck);

#endif

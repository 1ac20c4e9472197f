#ifndef SIRQPROF_SPIKE_H
#define SIRQPROF_SPIKE_H

/*
 * A spike: one late thing seen from outside, and the window on the capture clock in which its
 * cause must lie.
 */
#include <sirqprof/event.h>

enum sp_stamp {
	SP_STAMP_UNKNOWN = 0, /* window [t-L-u, t+L+u] */
	SP_STAMP_START = 1,   /* the request left then:  [t-u, t+L+u] */
	SP_STAMP_END = 2,     /* the reply came then:    [t-L-u, t+u] */
};

struct sp_spike {
	uint32_t id;		/* 1, 2, … in the order of time */
	const char *source;	/* file as given, "-" for stdin, "record" where sirqprof made it */
	uint32_t line;		/* of its worst row, 1-based */
	int64_t time_ns;	/* wall clock, ns since the epoch (UTC), of its worst row */
	uint64_t latency_ns;	/* SP_UNKNOWN_NS: not given */
	uint32_t count;		/* rows joined into it (a backlog), at least 1 */
	uint32_t cpu;		/* SP_NO_CPU: any */
	const char *label;	/* NULL: none */
	uint8_t stamp;		/* enum sp_stamp */
	uint8_t is_retransmit;	/* the row says that a retransmission happened */
	uint64_t resolution_ns; /* of the stamp, 1 for exact */
	uint64_t shared_ns; /* further uncertainty, the same error in all stamps of its source */
	uint64_t begin_ns, end_ns; /* window, capture clock; set by windows */
	uint64_t uncertainty_ns;
};

#endif

#ifndef COVERAGE_H
#define COVERAGE_H

/*
 * What was observed, and how healthy it was: the ground under `none` and `no-data`.
 *
 * In:    from the timeline: intervals of a CPU that were not observed (idle time in which this
 *        kernel gives no events, lost records, throttling, offline), and every raise → entry delay
 * Out:   answers for any window
 * Keeps: exact intervals while they are few; beyond that it rounds to bins, never in favour of
 *        "observed"; at most about 0.5 MB a CPU and hour
 */
#include <sirqprof/event.h>
#include <sirqprof/own.h>

struct coverage;

enum coverage_gap {
	COVERAGE_NOT_OBSERVED = 1, /* idle and blind, offline, throttled */
	COVERAGE_LOST = 2,	   /* records were lost */
};

struct coverage_answer {
	uint64_t observed_ns; /* of the window */
	uint64_t not_observed_ns;
	uint64_t lost_ns;
	uint64_t worst_delay_ns; /* worst raise → entry that ended in the window; SP_UNKNOWN_NS
				  * when none was seen */
	bool recorded;		 /* the CPU is in the recording at all */
};

int coverage_new(struct coverage **ret, struct sp_err *err);
void coverage_free(struct coverage *c);

/* The CPU is recorded from begin to end of the capture (call again to extend). */
int coverage_cpu(struct coverage *c, uint32_t cpu, uint64_t begin_ns, uint64_t end_ns,
		 struct sp_err *err);
int coverage_gap(struct coverage *c, uint32_t cpu, enum coverage_gap kind, uint64_t begin_ns,
		 uint64_t end_ns, struct sp_err *err);
int coverage_delay(struct coverage *c, uint32_t cpu, uint64_t entry_ns, uint64_t delay_ns,
		   struct sp_err *err);

/* The recording cannot show what is asked for: all that was recorded counts as not observed. */
void coverage_blind(struct coverage *c);

struct coverage_answer coverage_ask(const struct coverage *c, uint32_t cpu, uint64_t begin_ns,
				    uint64_t end_ns);

/* First and last instant of any CPU; false when empty. */
bool coverage_extent(const struct coverage *c, uint64_t *begin_ns, uint64_t *end_ns);

/* The recorded CPUs, ascending; *n of them. Valid until the next coverage_cpu(). */
const uint32_t *coverage_cpus(const struct coverage *c, uint32_t *n);

SP_DEFINE_FREEP(coverage);

#endif

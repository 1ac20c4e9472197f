#ifndef JUDGE_H
#define JUDGE_H

/*
 * What each spike comes to.
 *
 * In:    spikes with their windows, stalls in order of begin, what was observed, drops and reclaim
 * Out:   one verdict a spike, same index
 * Keeps: the verdicts, at most JUDGE_OVERLAPS stalls of each
 *
 * Rules (docs/time.md has the reasons); the first three ask for chance <= chance_max:
 *
 * stall: the stalls of one CPU hold >= 50 % of the latency, or something of the window where the
 * latency is not known.
 *
 * drop: a packet was dropped for lack of memory, and what follows to the end of the window is a
 * retransmission time of TCP.
 *
 * task-delay: reclaim by one task holds >= 50 % of the latency. Its chance is of half the latency;
 * or of all that is there, when that is clear; or what is left of it when many spikes lie on stalls
 * together.
 *
 * ambiguous: such stalls, but chance is greater, or another CPU's stalls with another culprit
 * explain it nearly as well: candidates, no culprit.
 *
 * none: nothing of that, and every CPU that counts was observed all through the window. The CPUs
 * that count: the spike's own, else all that were recorded.
 *
 * no-data: nothing of that, and something was not observed.
 */
#include "coverage.h"
#include "sides.h"

#include <sirqprof/report.h>

#define JUDGE_OVERLAPS 32U
#define JUDGE_CHANCE   0.05

struct judge_cfg {
	double chance_max;     /* 0: JUDGE_CHANCE */
	uint64_t min_stall_ns; /* gaps of observation that are shorter in all can hide no stall (nor
				* may they be more than a tenth of the window) */
	/* The comm of a task and the text of a string; they live as long as the verdicts. May be
	 * NULL. */
	const char *(*comm)(void *self, int32_t tid, uint64_t at_ns);
	const char *(*str)(void *self, sp_str s);
	void *self;
};

struct judge_input {
	const struct sp_spike *spikes;
	uint32_t nspikes;
	const struct sp_stall *stalls; /* sorted by begin_ns */
	uint32_t nstalls;
	const struct coverage *coverage;
	struct sides *sides; /* not sealed yet; may be NULL */
};

struct judge;

/* Makes the verdicts. Input must outlive the call only. */
int judge_new(struct judge **ret, const struct judge_cfg *cfg, const struct judge_input *in,
	      struct sp_err *err);
void judge_free(struct judge *j);

/* As many as there were spikes. */
const struct sp_verdict *judge_verdicts(const struct judge *j);

/* How many spikes name a CPU that was not recorded. */
uint32_t judge_not_recorded(const struct judge *j);

SP_DEFINE_FREEP(judge);

#endif

#ifndef JUDGE_RUN_H
#define JUDGE_RUN_H

/*
 * A judge at work: what judge.c (stalls), judge_sides.c (drops, reclaim) and judge_list.c (what the
 * spikes say together) share. Private to them.
 */
#include "candidates.h"
#include "chance.h"
#include "judge.h"

struct judge {
	struct sp_verdict *verdicts;
	struct sp_overlap *overlaps; /* of all verdicts */
	uint32_t noverlaps, overlaps_room;
	uint32_t not_recorded;
};

/* What a run needs besides its result. */
struct judge_run {
	struct judge *judge;
	struct judge_cfg cfg;
	const struct judge_input *in;
	uint64_t begin_ns, end_ns; /* of the recording */
	const uint32_t *cpus;
	uint32_t ncpus;
	struct candidates *candidates;
	struct chance *chance;
};

static inline bool judge_has_latency(const struct sp_spike *k)
{
	return k->latency_ns != SP_UNKNOWN_NS;
}

static inline uint64_t judge_length(const struct sp_spike *k)
{
	return k->end_ns > k->begin_ns ? k->end_ns - k->begin_ns : 0;
}

/* Half the latency; where that is not known, half of what is there, so that chance counts what
 * would look as convincing. */
static inline uint64_t judge_needed(const struct sp_spike *k, uint64_t held_ns)
{
	uint64_t of_ns = judge_has_latency(k) ? k->latency_ns : held_ns;

	return of_ns / 2 + of_ns % 2;
}

/* Names the culprit unless chance (in v) or another CPU's stalls could have done it. */
void judge_run_name(const struct judge_run *r, const struct sp_spike *k,
		    const struct candidates_best *b, uint64_t need_ns, struct sp_verdict *v);

/* Sets kind drop when a packet was lost early enough for TCP to have waited that long for it. */
int judge_run_drops(const struct judge_run *r, const struct sp_spike *k, struct sp_verdict *v,
		    struct sp_err *err);

/* Sets kind task-delay when one task's own reclaim is half the latency. */
int judge_run_reclaim(const struct judge_run *r, const struct sp_spike *k, struct sp_verdict *v,
		      struct sp_err *err);

/* Spikes that chance could have put on a stall one by one, but hardly all of them. */
int judge_run_together(const struct judge_run *r, struct sp_err *err);

#endif

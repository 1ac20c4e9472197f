#ifndef RANK_H
#define RANK_H

/*
 * Stalls and verdicts → callers, in the order of the harm they did.
 *
 * In:    stalls with their names, spikes with their verdicts
 * Out:   struct sp_caller, by explained spike time, then starved time
 * Keeps: one row a caller, while it works
 */
#include "arena.h"

#include <sirqprof/report.h>

#define RANK_MAX_TASKS 16U /* tasks kept of one caller */

enum rank_by {
	RANK_CALLER = 0, /* entry function and caller */
	RANK_ENTRY,
	RANK_SELF,  /* innermost frame, plumbing or not */
	RANK_CHAIN, /* the whole stack, "outer;…;inner", in .caller */
};

struct rank_in {
	const struct sp_stall *stalls;
	const struct sp_stall_names *names; /* same index */
	uint32_t nstalls;
	const struct sp_spike *spikes;
	const struct sp_verdict *verdicts; /* same index */
	uint32_t nspikes;
	const uint32_t *cpus; /* profiled */
	uint32_t ncpus;
	uint64_t begin_ns, end_ns; /* of the recording */
	enum rank_by by;
	/* Patterns ('*' is any text): one row for all callers or entry functions that match.
	 * "families" stands for the built-in ones. */
	const char *const *groups;
	uint32_t ngroups;
};

/* *ret belongs to the arena. */
int rank(const struct rank_in *in, struct arena *arena, const struct sp_caller **ret,
	 uint32_t *nret, struct sp_err *err);

/* The built-in family of a function, as in "mem_cgroup_*"; NULL: none. */
const char *rank_family(const char *function);

#endif

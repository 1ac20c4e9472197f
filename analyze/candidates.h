#ifndef CANDIDATES_H
#define CANDIDATES_H

/*
 * The stalls that a window touches, and which CPU's explain it best.
 *
 * What a spike waited for happened on one CPU, so what explains it is the union of the stalls of
 * one CPU, the one with most of the window: never the sum over CPUs.
 */
#include <sirqprof/own.h>
#include <sirqprof/stall.h>

struct candidates;

struct candidate {
	uint32_t stall; /* index */
	uint32_t cpu;
	uint64_t begin_ns, end_ns; /* clipped to the window */
};

struct candidates_best {
	uint32_t cpu;
	uint64_t held_ns;  /* of the window, by the union of this CPU's stalls; 0: none */
	double confidence; /* of those stalls, weighted by how much of the window they hold */
	uint64_t rival_ns; /* of the best other CPU whose culprit is another; 0: none */
	const struct candidate *all; /* by how much of the window they hold, largest first */
	uint32_t n;
};

/* stalls are borrowed, sorted by begin_ns. */
int candidates_new(struct candidates **ret, const struct sp_stall *stalls, uint32_t n,
		   struct sp_err *err);
void candidates_free(struct candidates *c);

/* cpu SP_NO_CPU: any. ret holds until the next call. */
int candidates_find(struct candidates *c, uint32_t cpu, uint64_t begin_ns, uint64_t end_ns,
		    struct candidates_best *ret, struct sp_err *err);

SP_DEFINE_FREEP(candidates);

#endif

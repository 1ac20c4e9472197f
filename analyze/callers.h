#ifndef CALLERS_H
#define CALLERS_H

/*
 * Weighted stacks → entry function and caller.
 *
 * In:    chains with the time they own
 * Out:   entry: the outermost frame once plumbing is set aside; caller: the innermost frame that
 *        still holds CALLERS_SHARE of the time
 * Keeps: nothing
 */
#include "names.h"

#include <sirqprof/stall.h>

#define CALLERS_SHARE 0.8

struct callers_stack {
	struct chain chain;
	uint64_t ns;
};

struct callers {
	const struct frame *entry;	      /* NULL unknown */
	const struct frame *caller;	      /* NULL unknown */
	const struct callers_stack *heaviest; /* NULL: no stack */
};

/* What the mechanism was decides which part of a stack counts: of a softirq only what stands inside
 * it, not the task that it interrupted. from: when not NULL, only frames inside this function. */
void callers_find(enum sp_mechanism mechanism, const struct callers_stack *stacks, uint32_t n,
		  const struct frame *from, struct callers *ret);

#endif

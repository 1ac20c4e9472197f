#ifndef PAUSES_H
#define PAUSES_H

/*
 * A second look at all stalls of a recording: pauses of the host that look like something else.
 *
 * A virtual CPU that the host takes away while it is inside an interrupt looks like an interrupt
 * that ran too long; one that is taken away just before interrupts come on looks like interrupts
 * kept off. Where the same recording shows such pauses elsewhere, what they would explain as well
 * is taken for some of them: a wrong culprit is worse than none.
 *
 * In:    stalls, all of them; where samples that were on time stood
 * Out:   the same, some with mechanism `stopped` and no culprit, others with less confidence
 * Keeps: nothing
 */
#include "sites.h"

#include <sirqprof/stall.h>

#include <stdbool.h>

struct pauses_parts {
	struct sites
		*sites; /* borrowed, as the others; sealed here; NULL: releases are not reviewed */
	const struct stacks *stacks;
	const struct sp_resolver *resolver;
	bool idle_untold; /* no switch was recorded: that a CPU was not idle is told by ticks alone
			   */
};

/* *changed: of how many the mechanism was changed. */
int pauses_review(struct sp_stall *stalls, uint32_t n, const struct pauses_parts *parts,
		  uint32_t *changed, struct sp_err *err);

#endif

#ifndef PAUSES_H
#define PAUSES_H

/*
 * A second look at all stalls of a recording: pauses of the host that fell into an interrupt.
 *
 * A virtual CPU that the host takes away while it is inside an interrupt looks like an interrupt
 * that ran too long. Where the same recording shows such pauses in user code, the few interrupts
 * that were not much longer than they, and of which nothing else is known, are taken for some of
 * them: a wrong culprit is worse than none.
 *
 * In:    stalls, all of them
 * Out:   the same, some with mechanism `stopped` and no culprit
 * Keeps: nothing
 */
#include <sirqprof/stall.h>

/* Returns how many were changed. */
uint32_t pauses_review(struct sp_stall *stalls, uint32_t n);

#endif

#ifndef RELEASES_H
#define RELEASES_H

/*
 * irqs-off by the point of release, against pauses of the host: how many of the pauses that were
 * seen would have fallen where interrupts come on, at this very place, by chance alone?
 *
 * In:    stalls; lengths of the pauses seen, ascending
 * Out:   the same: what chance explains is `stopped` without a culprit, what it may explain is less
 *        sure
 * Keeps: nothing
 */
#include "pauses.h"

int releases_review(struct sp_stall *stalls, uint32_t n, const uint64_t *lengths, uint32_t pauses,
		    const struct pauses_parts *parts, uint32_t *changed, struct sp_err *err);

#endif

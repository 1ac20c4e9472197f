#ifndef SHARES_H
#define SHARES_H

/*
 * Who owns the time of an interval, by samples: each sample owns the time back to the one before,
 * or to the interval's begin.
 *
 * In:    samples in time order
 * Out:   rows of (task, stack, time), largest first
 * Keeps: SP_MAX_STALL_SHARES rows; what does not fit is added to the last one's stack 0
 */
#include <sirqprof/stall.h>

struct shares {
	struct sp_share *rows; /* owned */
	uint32_t n, room;
	uint32_t last; /* index of the row that was added to */
	uint32_t samples;
	uint64_t from_ns; /* end of what is owned so far */
	uint64_t owned_ns;
};

/* All zeroes is a set that shares_begin() was not called for yet. */
void shares_begin(struct shares *s, uint64_t from_ns);
void shares_free(struct shares *s);
/* to has the same rows then, or none where there is no memory. */
void shares_copy(struct shares *to, const struct shares *from);
void shares_add(struct shares *s, const struct sp_event *sample);

/* Copies the rows into the stall (largest first), clipped to its length; sets unsampled_ns.
 * Errors: SP_ENOMEM, and the stall is freed. */
int shares_give(const struct shares *s, struct sp_stall *stall, struct sp_err *err);

#endif

#ifndef CHANCE_H
#define CHANCE_H

/*
 * How likely it is that a window holds so much of something by accident.
 *
 * In:    intervals in lanes (stalls by CPU, reclaim by task, drops in one lane), inside a recording
 * Out:   the share of all places in the recording at which a window of that length would hold at
 *        least so much of one lane. Places go round: a window past the end goes on at the begin
 * Keeps: the intervals, CHANCE_MEMO answers
 *
 * Exact but for this: window lengths are rounded up and needs down by less than 1.6 %, so that
 * thousands of spikes share the answers; both make chance greater, never less.
 * Time: O(intervals) for an answer, whatever the number of places.
 */
#include <sirqprof/err.h>
#include <sirqprof/own.h>

#include <stdbool.h>
#include <stdint.h>

#define CHANCE_ANY  UINT32_MAX /* any lane */
#define CHANCE_MEMO 4096U

struct chance;

/* The recording, on any clock. */
int chance_new(struct chance **ret, uint64_t begin_ns, uint64_t end_ns, struct sp_err *err);
void chance_free(struct chance *c);

/* Clipped to the recording; intervals of one lane may overlap. */
int chance_add(struct chance *c, uint32_t lane, uint64_t begin_ns, uint64_t end_ns,
	       struct sp_err *err);

/* No interval may follow. */
void chance_seal(struct chance *c);

/* 0..1; lane CHANCE_ANY: the lane that holds most, at each place. need_ns 0 is taken as 1. */
int chance_of(struct chance *c, uint32_t lane, uint64_t window_ns, uint64_t need_ns, double *ret,
	      struct sp_err *err);

/* How much of [begin, end) the lane that holds most of it holds; *lane is set where that is not 0.
 */
uint64_t chance_held(const struct chance *c, uint64_t begin_ns, uint64_t end_ns, uint32_t *lane);

SP_DEFINE_FREEP(chance);

#endif

#ifndef LIFT_H
#define LIFT_H

/*
 * Do the stalls of a caller keep to the windows of spikes?
 *
 * In:    a caller's stalls, the windows, the recording
 * Out:   lift: stalls per second inside windows against outside, each count half a stall greater,
 *        so that it is never infinite; chance: the share of shifts of all windows round the
 *        recording at which as many of them would be touched
 * Keeps: LIFT_SPIKES windows
 */
#include "winset.h"

#include <sirqprof/own.h>

#define LIFT_SHIFTS 99U
#define LIFT_SPIKES 1024U /* windows that the shifts use: every n-th of more */

struct lift_stall {
	uint64_t begin_ns, end_ns;
	uint32_t cpu;
};

struct lift_in {
	const struct sp_spike *spikes;
	uint32_t nspikes;
	const uint32_t *cpus;
	uint32_t ncpus;
	uint64_t begin_ns, end_ns;
};

struct lift;

int lift_new(struct lift **ret, const struct lift_in *in, struct sp_err *err);
void lift_free(struct lift *l);

/* NAN without windows, and when they leave nothing outside. stalls by begin. */
double lift_of(const struct lift *l, const struct lift_stall *stalls, uint32_t n);

/* 1 / (LIFT_SHIFTS + 1) .. 1; NAN without windows. stalls by begin. */
double lift_chance(const struct lift *l, const struct lift_stall *stalls, uint32_t n);

SP_DEFINE_FREEP(lift);

#endif

#ifndef TOGETHER_H
#define TOGETHER_H

/*
 * What all spikes of a list say together.
 *
 * Where stalls take a tenth of all time, a tenth of all windows hold one: of a single spike nothing
 * can be said. But when 50 of 50 spikes lie on stalls, and the same list moved round the recording
 * comes to 5 ± 2, then nearly none of them lies there by accident.
 *
 * In:    spikes of known latency, which of them stalls explain
 * Out:   the share of the spikes that stalls cause, at the low end of what the list allows
 */
#include "candidates.h"

#include <sirqprof/spike.h>

#include <stdbool.h>

#define TOGETHER_SPIKES 300U /* at most, evenly out of the list */
#define TOGETHER_SHIFTS 100U

struct together_spike {
	uint32_t cpu;
	uint64_t begin_ns, end_ns;
	uint64_t need_ns; /* of one CPU's stalls */
	bool explained;	  /* there is so much where it lies */
};

/* share 0: the list is as good moved as it is where it lies. Errors: SP_ENOMEM. */
int together_share(double *ret, const struct together_spike *spikes, uint32_t n,
		   struct candidates *candidates, uint64_t begin_ns, uint64_t end_ns,
		   struct sp_err *err);

/* How likely a spike that is explained is so by accident, when share of all are caused by stalls
 * and chance is that of a window like its own. */
double together_chance(double share, double chance);

#endif

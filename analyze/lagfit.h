#ifndef LAGFIT_H
#define LAGFIT_H

/*
 * The lag itself, from the spikes that meet a stall's end near the peak of the votes. Private to
 * lag.c.
 */
#include "lag.h"
#include "votes.h"

struct lagfit_in {
	const struct votes *votes;
	const struct votes_end *spikes;
	uint32_t nspikes;
	int64_t begin_ns, end_ns; /* of the recording, capture clock */
};

/* Sets all of *ret but .refusal and .origin_ns. Errors: SP_ENOMEM. */
int lagfit(struct lag *ret, const struct lagfit_in *in, struct votes_how how,
	   const struct votes_peak *peak, struct sp_err *err);

#endif

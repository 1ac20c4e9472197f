#ifndef LAG_H
#define LAG_H

/*
 * How far the spikes' clock is from the recording's: the lag that best lays spikes over stalls.
 *
 * In:    spikes of another host (or of a clock that is wrong), stalls
 * Out:   the offset to add to every stamp, the drift, and how distinct they are; or a refusal
 * Keeps: LAG_PAIRS pairs of a spike and a stall, while it searches
 *
 * A late reply comes when the stall ends. So at the right lag the ends of spikes fall on the ends
 * of stalls, within a jitter of 2, 8 or 32 ms; each stall counts once. It is believed only if so
 * many would meet by accident, at the best of all lags, once in a thousand times at most; no other
 * lag of the search does 70 % as well (periodic stalls: several do); and no lag so far beyond it
 * that the spikes cannot be related does 80 % as well. docs/time.md has the formulas.
 */
#include "clock.h"

#include <sirqprof/spike.h>
#include <sirqprof/stall.h>

#define LAG_PAIRS	 200000U /* the latest spikes that make so many are used */
#define LAG_DRIFT_PPM	 100	 /* searched to either side */
#define LAG_INTERVAL_PPM 20000	 /* the same of stamps made of a start and an interval */

struct lag_cfg {
	uint64_t search_ns;	   /* to either side; 0: 10 s */
	uint64_t begin_ns, end_ns; /* of the recording, capture clock */
};

enum lag_refusal {
	LAG_FOUND = 0,
	LAG_TOO_FEW, /* spikes or stalls: nothing could be distinct */
	LAG_CHANCE,  /* unrelated spikes would meet as many */
	LAG_SEVERAL, /* several lags fit equally: the stalls are periodic */
};

struct lag {
	enum lag_refusal refusal;
	int64_t offset_ns; /* to add to stamps */
	double drift_ppm;  /* 0 unless it shows */
	int64_t origin_ns; /* wall clock of the spikes: where offset_ns holds exactly */
	uint64_t uncertainty_ns;
	double score;	  /* share of the spikes in the recording that meet a stall's end */
	double runner_up; /* the same of the next best lag */
	uint32_t met, of; /* spikes */
};

/* Spikes in any order; stalls too. Errors: SP_ENOMEM. A refusal is no error. */
int lag_find(struct lag *ret, const struct sp_spike *spikes, uint32_t nspikes,
	     const struct sp_stall *stalls, uint32_t nstalls, const struct clock *clock,
	     const struct lag_cfg *cfg, struct sp_err *err);

#endif

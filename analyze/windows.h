#ifndef WINDOWS_H
#define WINDOWS_H

/*
 * Where on the capture clock the cause of each spike must lie.
 *
 * With t the stamp on the capture clock, L the latency and u the uncertainty (of the clocks, plus
 * the resolution of the stamp):
 *	the stamp is the end	[t - L - u, t + u]
 *	the start		[t - u, t + L + u]
 *	not known		[t - L - u, t + L + u]
 * Without a latency L is window_ns. docs/time.md says why.
 */
#include "clock.h"
#include "spikes.h"

struct windows_cfg {
	uint64_t window_ns; /* of spikes without latency; 0: 1 s */
	int64_t offset_ns;  /* added to every stamp: the spikes' clock is behind by it */
	double drift_ppm;   /* and by so much more with every 1e6 ns past origin_ns */
	int64_t origin_ns;  /* wall clock: where the offset holds exactly */
	uint64_t offset_uncertainty_ns;
};

/* Sets begin_ns, end_ns and uncertainty_ns of every spike. False: the clock knows no wall time.
 * What lies before the capture clock's zero is cut there. */
bool windows_set(struct spikes *s, const struct clock *clock, const struct windows_cfg *cfg);

/* The stamp of a spike on the wall clock of the recording, offset and drift applied. */
int64_t windows_real(const struct sp_spike *k, const struct windows_cfg *cfg);

#endif

#ifndef VOTES_H
#define VOTES_H

/*
 * The lags at which ends of spikes meet ends of stalls, as votes: each pair of a spike and a stall
 * votes for the lag between them. Private to lag.c.
 */
#include <sirqprof/err.h>
#include <sirqprof/own.h>

#include <stdbool.h>
#include <stdint.h>

struct votes_end {
	int64_t at_ns;
	uint64_t length_ns; /* of a spike: its latency, 0 unknown; of a stall: how long it was */
};

struct votes;

/* How to count. */
struct votes_how {
	int64_t bin_ns;
	double drift_ppm;
	int64_t origin_ns; /* where the drift is 0 */
	int64_t shift_ns;  /* spikes moved round the recording by so much */
};

struct votes_peak {
	uint32_t count;	    /* votes for it: spikes, each with a stall of its own */
	int64_t lag_ns;	    /* middle of its bin */
	double expected;    /* votes that a bin gets by accident */
	uint32_t runner_up; /* votes of the best bin away from it */
	uint32_t bins;
};

/* Both sorted by at_ns, borrowed. The recording is [begin, end). */
int votes_new(struct votes **ret, const struct votes_end *spikes, uint32_t nspikes,
	      const struct votes_end *stalls, uint32_t nstalls, int64_t search_ns, int64_t begin_ns,
	      int64_t end_ns, struct sp_err *err);
void votes_free(struct votes *v);

struct votes_peak votes_count(struct votes *v, const struct votes_how *how);

/* Calls met for the stall end nearest to each spike at that lag, when not further than within. */
void votes_met(const struct votes *v, const struct votes_how *how, int64_t lag_ns,
	       int64_t within_ns, void (*met)(void *self, int64_t spike_ns, int64_t left_ns),
	       void *self);

/* How many pairs there are to count. */
uint64_t votes_pairs(const struct votes *v);

SP_DEFINE_FREEP(votes);

#endif

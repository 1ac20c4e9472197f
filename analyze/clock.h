#ifndef CLOCK_H
#define CLOCK_H

/*
 * Wall time and the capture clock, one from the other.
 *
 * In:    pairs of CLOCK_REALTIME and CLOCK_MONOTONIC read together, while recording
 * Out:   the instant on one clock of an instant on the other, with its uncertainty
 * Keeps: CLOCK_MAX_PAIRS pairs; past that every other one is dropped
 *
 * Between two pairs the offset is taken to change evenly, which is what a slew does; that the whole
 * change may have been a step at any instant between them is in the uncertainty. Where the wall
 * clock was set back one wall time happened twice: the answer is the middle, the uncertainty holds
 * both. Before the first and after the last pair the offset stays and the uncertainty grows by the
 * fastest slew of the kernel's NTP code (500 ppm: MAXFREQ, include/linux/timex.h). docs/time.md has
 * the formulas.
 */
#include <sirqprof/err.h>
#include <sirqprof/own.h>

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_MAX_PAIRS (1U << 18)
#define CLOCK_SLEW_PPM	500

struct clock;

int clock_new(struct clock **ret, struct sp_err *err);
void clock_free(struct clock *c);

/* width_ns: the time between the reads around the pair, its uncertainty. Instants before 1970 and
 * after 2199 are no pairs: passed over. */
int clock_put(struct clock *c, uint64_t mono_ns, int64_t real_ns, uint64_t width_ns,
	      struct sp_err *err);

/* A guess that holds as long as no pair is there. */
void clock_guess(struct clock *c, uint64_t mono_ns, int64_t real_ns, uint64_t uncertainty_ns);

/* False: nothing is known about wall time. Before the capture clock's zero it is negative. */
bool clock_mono(const struct clock *c, int64_t real_ns, int64_t *ret_mono_ns,
		uint64_t *ret_uncertainty_ns);

/* INT64_MIN: not known. */
int64_t clock_real(const struct clock *c, uint64_t mono_ns);

bool clock_is_guess(const struct clock *c);

/* Times that the wall clock was set while recording, and the furthest of them. */
uint32_t clock_steps(const struct clock *c, uint64_t *ret_worst_ns);

SP_DEFINE_FREEP(clock);

#endif

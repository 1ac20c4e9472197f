#ifndef WALLGUESS_H
#define WALLGUESS_H

/*
 * The wall clock of a recording that does not tell it, guessed from its file's times.
 *
 * A recorder makes the file before the first event and writes to it after the last:
 *
 *	 made            first event         last event        written
 *	  ├──── before ────┼────── recording ────┼──── after ─────┤
 *
 * so the clock is known to within the sum of the two ends. Of a copy that kept the time of writing
 * only that bound is left, and one that did not tells next to nothing.
 */
#include <stdbool.h>
#include <stdint.h>

struct wall_guess {
	int64_t real_ns;	 /* CLOCK_REALTIME at last_ns */
	uint64_t uncertainty_ns; /* either way */
	const char *from;	 /* what it was guessed from, for a sentence */
};

/* made_ns and written_ns: CLOCK_REALTIME, 0 not known; first_ns and last_ns: the recording's clock.
 * False without a time of writing. */
bool wall_guess(int64_t made_ns, int64_t written_ns, uint64_t first_ns, uint64_t last_ns,
		struct wall_guess *ret);

#endif

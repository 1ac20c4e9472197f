#ifndef OUTSIDE_H
#define OUTSIDE_H

/*
 * Spikes whose times do not lie in the recording: by how much, and what would put them there.
 */
#include "windows.h"

#include <sirqprof/spike.h>

#include <stddef.h>

#define OUTSIDE_TEXT 160U

struct outside {
	uint32_t n, all; /* spikes outside, spikes */
	int64_t away_ns; /* of the nearest: before the recording (negative) or after it */
	bool searched;	 /* --clock-offset auto has been tried */
	int64_t shift_s; /* a difference of time zones that puts nearly all inside; 0: none does */
};

struct outside_recording {
	uint64_t begin_ns, end_ns;	    /* capture clock */
	int64_t begin_real_ns, end_real_ns; /* wall clock */
};

/*
 * Windows must be set, by cfg: they tell whether a spike is outside. How far is told by the wall
 * clock, as windows are cut at the capture clock's zero, the boot.
 */
struct outside outside_of(const struct sp_spike *spikes, uint32_t n, const struct windows_cfg *cfg,
			  const struct outside_recording *rec);

/*
 * One phrase of it with what to do, as "2 h 0 min after it: --tz +02:00 would fit"; ""
 * where none are outside. zone_s: what zone-less stamps were read with; INT32_MAX: there were none.
 */
void outside_text(char to[OUTSIDE_TEXT], const struct outside *o, int32_t zone_s);

#endif

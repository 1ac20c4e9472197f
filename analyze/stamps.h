#ifndef STAMPS_H
#define STAMPS_H

/*
 * Time stamps as programs write them, read into ns since the epoch (UTC).
 *
 * In:    text; no NUL needed
 * Out:   struct stamp: time, resolution, whether the text named its zone, how much of it was read
 * Keeps: the zone of stamps that have none, and an instant that stamps without a year or a date
 *        are nearest to
 *
 * Forms: epoch s/ms/us/ns by magnitude, with fraction (`.` or `,`); RFC 3339 / ISO 8601, its basic
 * form too; `2015-10-18 18:01:48,963`, `2017/05/16 00:00:01.551`; `17/06/09 20:10:40`; `Sun Dec 04
 * 04:51:08[.frac] [UTC] 2005`; `Nov 24 11:29:04[.frac]` (syslog); `Nov 24, 2026 11:29:04.2 UTC`
 * (tshark); `24 Nov 2026 11:29:04 +0000` (RFC 5322); `10/Oct/2000:13:55:36[.frac] -0700`;
 * `24.11.2026 11:29:04`; `11/24/2026, 11:29:04 PM` or `24/11/2026 …` (where both can be: the one
 * nearer to that instant); `11:29:04.200` (nearest day); each also in [brackets] and with AM or PM.
 */
#include "zone.h"

/* 2200-01-01: int64_t holds ns until 2262, the rest is room for arithmetic. */
#define STAMPS_LAST_NS INT64_C(7258118400000000000)

struct stamp {
	int64_t time_ns;
	uint64_t resolution_ns; /* of the last digit written */
	size_t used;		/* bytes read, brackets included */
	bool zoned;		/* epoch, or its zone was there */
	bool relative;		/* a small number: ns since a start that the text does not tell */
};

struct stamps {
	struct zone *zone; /* of stamps without one */
	int64_t near_ns;   /* stamps without year or date are the nearest to this; INT64_MIN:
			    * they cannot be read */
	uint64_t unit_ns;  /* of bare numbers; 0: by magnitude */
};

/* Reads the stamp that text begins with (blanks before it are passed over); false: none there. */
bool stamps_prefix(const struct stamps *s, const char *text, size_t len, struct stamp *ret);

/* The same where nothing but blanks may follow. */
bool stamps_whole(const struct stamps *s, const char *text, size_t len, struct stamp *ret);

#endif

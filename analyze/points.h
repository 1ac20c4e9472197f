#ifndef POINTS_H
#define POINTS_H

/*
 * Tracepoint RAW bytes → typed events: which tracepoints are known, and where their fields stand in
 * this recording's format.
 */
#include "fields.h"
#include "strings.h"

#include <sirqprof/event.h>

struct point; /* one known tracepoint bound to a format */

/* Binds a format; NULL in *ret when sirqprof does not use this tracepoint. The caller frees. */
int point_bind(const struct format *f, struct point **ret, struct sp_err *err);

/* Fills type, tid, flags and the union of *e from RAW. Returns SP_END when the record says nothing
 * that is used. */
int point_decode(const struct point *p, const uint8_t *raw, size_t size, bool swap,
		 struct strings *strings, struct sp_event *e, struct sp_err *err);

/* The tracepoints as bits: which of them a recording has. */
enum point_bit {
	POINT_RAISE = 1 << 0,
	POINT_ENTRY = 1 << 1,
	POINT_EXIT = 1 << 2,
	POINT_IRQ = 1 << 3,
	POINT_TICK = 1 << 4,
	POINT_SWITCH = 1 << 5,
	POINT_OTHER = 1 << 6,
	POINT_WAKE = 1 << 7,
};
enum point_bit point_bit(const struct point *p);

struct softirq_layout; /* attrs.h */

/* Of a softirq tracepoint whose fields have the sizes that every kernel gives them: fills *ret. Of
 * any other *ret is untouched: a caller tells by the type that it put there before. */
void point_softirq(const struct point *p, struct softirq_layout *ret);

#endif

#ifndef STAMPFORMS_H
#define STAMPFORMS_H

/*
 * The forms in which programs write a civil time (all but bare numbers). Private to stamps.c, which
 * settles year and zone.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is left to read. */
struct cursor {
	const char *at, *end;
};

/* A civil time as read, before its zone is settled. */
struct civil {
	int64_t year;	    /* 0: not written */
	int64_t month, day; /* 0: not written */
	int64_t second;	    /* of the day */
	int64_t ns;
	int32_t offset_s; /* where .zoned */
	bool zoned;
	bool either; /* 03/04/2026: month and day may be the other way round */
	uint64_t resolution_ns;
};

/* Each moves the cursor past what it has read, only when it returns true. What they read need not
 * be a day of the calendar. */
typedef bool stampform(struct cursor *in, struct civil *ret);

/* In the order in which they are to be tried; NULL ends them. */
extern stampform *const stampforms_of_digit[], *const stampforms_of_word[];

/* What the forms are made of. */
bool stampforms_number(struct cursor *in, int min, int max, int64_t lo, int64_t hi, int64_t *ret);
/* An optional fraction of a unit: what it is worth, and what its last digit is worth. */
void stampforms_fraction(struct cursor *in, int64_t unit_ns, int64_t *ns, uint64_t *resolution_ns);
bool stampforms_is_word(char c);

#endif

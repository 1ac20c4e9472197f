#ifndef COLNAMES_H
#define COLNAMES_H

/*
 * What a column's or a key's name tells: the one table of them. Private to columns.c and the
 * formats.
 */
#include "columns.h"

#define COLNAMES_MAX 64U

enum role {
	ROLE_NONE = 0,
	ROLE_TIME,
	ROLE_DATE,
	ROLE_LATENCY,
	ROLE_CPU,
	ROLE_LABEL,
	ROLE_RETRANSMIT,
};

struct colname {
	const char *name;
	uint8_t role, rank, stamp; /* enum role; of two of one role the higher; enum sp_stamp */
	uint32_t unit_ns;	   /* a unit that the name itself implies; 0: none */
};

/* Lower case, runs of other characters as one '_', none at the ends; its length. */
size_t colnames_tidy(char to[COLNAMES_MAX], const struct columns_name *name);

/*
 * Finds what the name means, or what its part behind the last '.' means; NULL: not known. *unit_ns
 * is the unit that stands in it, else the implied one or 0.
 */
const struct colname *colnames_find(const struct columns_name *name, uint64_t *unit_ns);

#endif

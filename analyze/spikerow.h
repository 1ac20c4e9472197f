#ifndef SPIKEROW_H
#define SPIKEROW_H

/*
 * A row of named cells, from a table or a line of JSON, into a spike.
 */
#include "columns.h"
#include "spikeread.h"

struct spikerow {
	const struct columns *columns;
	const struct columns_name *cells; /* without blanks around them */
	uint32_t ncells;
	bool said_by_label; /* where no column is the latency, look for one in the label's text */
};

/* Cell of a column; empty where there is none. */
struct columns_name spikerow_cell(const struct spikerow *in, uint32_t column);

/*
 * Fills time, latency, cpu and is_retransmit of *row, which is blank but for line and stamp, and
 * hands it on. *bad: NULL, or what was expected in *column, and nothing was handed on. Packets of a
 * capture that were not late are no rows.
 */
int spikerow_put(struct spikeread *r, const struct spikerow *in, struct sp_spike *row,
		 const char **bad, uint32_t *column, struct sp_err *err);

#endif

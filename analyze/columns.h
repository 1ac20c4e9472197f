#ifndef COLUMNS_H
#define COLUMNS_H

/*
 * What the columns of a table mean, by their names or by the user's word.
 *
 * Names are compared without case, punctuation and unit: "Response Time (ms)", "rtt_us",
 * "@timestamp" and "tcp.analysis.ack_rtt" are known; others are passed over.
 */
#include <sirqprof/err.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COLUMNS_MAX	  256U /* columns looked at; further ones are passed over */
#define COLUMNS_LATENCIES 4U
#define COLUMNS_NONE	  UINT32_MAX

struct columns {
	uint32_t time;				     /* index from 0, or COLUMNS_NONE */
	uint32_t date;				     /* a column of its own before time */
	uint32_t latency[COLUMNS_LATENCIES];	     /* the first that is not empty holds */
	uint64_t latency_unit_ns[COLUMNS_LATENCIES]; /* 0: nobody told; ms */
	uint32_t nlatency;
	uint32_t cpu;
	uint32_t label;
	uint32_t retransmit;   /* not empty, "0" or "false": a retransmission */
	uint64_t time_unit_ns; /* 0: by magnitude */
	uint8_t stamp;	       /* enum sp_stamp, as the names tell */
	bool is_capture;       /* packets: rows without latency or retransmission are no spikes */
};

struct columns_name {
	const char *text;
	size_t len;
};

/* No header: time, then latency. */
struct columns columns_plain(void);

/* What tshark prints without a header: the time, then seconds in all other columns. */
struct columns columns_tshark(uint32_t n);

/* Reads a header row; false when no column of it holds a time: it is no header. */
bool columns_header(struct columns *ret, const struct columns_name *names, uint32_t n);

/*
 * Reads "time=3,latency=5:ms,label=host": numbers from 1, or names of the header (n 0: there is
 * none). Errors: SP_EUSAGE; SP_EFORMAT for a column that the header does not have.
 */
int columns_spec(struct columns *ret, const char *spec, const struct columns_name *names,
		 uint32_t n, struct sp_err *err);

/* Whether the name is one of the known ones for a latency; *unit_ns: the unit in it, or 0. */
bool columns_is_latency(const struct columns_name *name, uint64_t *unit_ns);

#endif

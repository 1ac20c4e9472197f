#ifndef SPIKEREAD_H
#define SPIKEREAD_H

/*
 * One spike file being read: what spikefile.c shares with the formats (spike_*.c).
 *
 * A format is a struct of named functions; NULL means that there is nothing to do. Its functions
 * get lines and give rows to spikeread_row(), or say spikeread_bad() with the place.
 */
#include "lines.h"
#include "spikefile.h"
#include "stamps.h"

struct spikeread {
	const struct spikefile_cfg *cfg;
	const char *source;
	struct spikes *into;
	struct spikefile_seen seen;
	struct stamps stamps;
	bool has_start;
	struct stamp start; /* .cfg->start, parsed */
	void *state;	    /* the format's own */
	/* Trailing zeros are often not written: the finest stamp of a file is its resolution. */
	uint64_t resolution_ns;
};

struct spikeformat {
	const char *name;
	const char *what; /* for messages: "ping output" */
	enum spikefile_format code;
	/* Whether the text, what the file begins with, looks like it. */
	bool (*fits)(const struct spikeread *r, const char *text, size_t len);
	/* text is what the file begins with, as for fits. */
	int (*begin)(struct spikeread *r, const char *text, size_t len, struct sp_err *err);
	int (*line)(struct spikeread *r, const struct line *line, struct sp_err *err);
	int (*end)(struct spikeread *r, struct sp_err *err);
	void (*free)(struct spikeread *r); /* frees .state, which may be half-built or NULL */
};

extern const struct spikeformat spike_csv, spike_ping, spike_hping, spike_log, spike_json,
	spike_regex;

/*
 * One row of the file: row has time_ns, latency_ns, resolution_ns, cpu, line, stamp and
 * is_retransmit. Counts it, applies the selection, keeps it. Its stamp stands unless the user
 * says otherwise.
 */
int spikeread_row(struct spikeread *r, const struct sp_spike *row, const char *label,
		  size_t label_len, struct sp_err *err);

/* An empty row: everything unknown, any CPU. */
struct sp_spike spikeread_blank(const struct line *line, uint8_t stamp);

/* Puts the stamp into the row, a relative one counted from the start where that is given; false:
 * it is relative and nobody said to what. */
bool spikeread_stamp(struct spikeread *r, const struct stamp *stamp, struct sp_spike *row);

/* A row that cannot be read: column from 1. Fails when it is hopeless to go on. */
int spikeread_bad(struct spikeread *r, uint32_t line, size_t column, const char *expected,
		  const char *found, size_t found_len, struct sp_err *err);

/* The latency that a text tells, as spike_log.c reads it; SP_UNKNOWN_NS: none. */
uint64_t spikeread_latency(const char *text, size_t len);

/* The next line of a text in memory; false at its end. */
bool spikeread_peek_line(const char **text, size_t *len, const char **line, size_t *line_len);

#define SPIKEREAD_TIME "a time (epoch seconds as 1764000000.25, or as 2026-11-24T11:29:04.2+01:00)"

#endif

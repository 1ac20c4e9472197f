#ifndef SPIKEFILE_H
#define SPIKEFILE_H

/*
 * Any log of late things in, spikes out.
 *
 * In:    the bytes of a file, in one pass, in blocks as they come
 * Out:   rows added to a struct spikes, and what was noticed on the way
 * Keeps: the rows that pass the selection; nothing of the others
 *
 * The format is recognised from content (SPIKEFILE_AUTO): ping, hping3, CSV/TSV with or without
 * header (tshark and Wireshark exports too), JSON lines, logs that begin with a common time stamp.
 */
#include "spikes.h"

#include <stdbool.h>

enum spikefile_format {
	SPIKEFILE_AUTO = 0,
	SPIKEFILE_CSV,
	SPIKEFILE_PING,
	SPIKEFILE_HPING,
	SPIKEFILE_LOG,
	SPIKEFILE_JSON,
	SPIKEFILE_REGEX, /* taken where .regex is given */
};

/* Zeroes and NULLs are the defaults. */
struct spikefile_cfg {
	enum spikefile_format format;
	const char *columns;  /* "time=3,latency=5:ms": numbers from 1, or names of the header */
	const char *regex;    /* PCRE with groups time, latency, label, cpu */
	const char *start;    /* a time stamp: when the first probe left, or relative time began */
	uint64_t interval_ns; /* between probes; 0: 1 s */
	uint64_t min_latency_ns; /* rows of a known, shorter latency are not spikes */
	bool needs_latency;	 /* nor are the lines of a log that tell none */
	bool stamp_given;	 /* .stamp holds, else it is as the format says */
	uint8_t stamp;		 /* enum sp_stamp */
	bool lenient;		 /* pass over bad rows, however many */
	const char *tz;		 /* zone of stamps that have none; NULL: .tz_default */
	const char *tz_default;	 /* the recording's; NULL: UTC */
	int64_t near_ns; /* wall clock: stamps without year or date are nearest to it; 0: now */
};

/* What was noticed in one file. */
struct spikefile_seen {
	const char *format;	  /* name of the format that was read */
	uint64_t rows;		  /* rows of the format, good and bad */
	uint64_t kept;		  /* added */
	uint64_t below;		  /* not late enough */
	uint64_t bad;		  /* passed over */
	uint64_t lost;		  /* probes without a reply */
	uint64_t duplicates;	  /* replies that came twice, passed over */
	uint64_t without_latency; /* of .kept: the format could tell one, these rows do not */
	uint64_t longest_ns;	  /* of .below: the latest */
	bool no_header;		  /* a table without one: columns 1 and 2 are taken */
	bool unit_assumed;	  /* latencies had no unit, and nobody had said which: ms */
	bool zoneless;		  /* stamps had no zone */
	bool tz_assumed;	  /* and nobody had said which one they are of */
	char zone[64];		  /* which was taken then */
	int32_t zone_offset_s;	  /* of that zone, east of UTC, at .near_ns */
	char first_bad[200];	  /* "FILE:LINE:COLUMN: expected …, found …"; "" where none */
};

struct spikefile;

/* One file that is being read into *into; follow.h opens real ones. source and *cfg are borrowed
 * until spikefile_free(); source must outlive the spikes too: it becomes sp_spike.source. */
int spikefile_new(struct spikefile **ret, struct spikes *into, const char *source,
		  const struct spikefile_cfg *cfg, struct sp_err *err);
void spikefile_free(struct spikefile *f);

/* The next bytes of it, of any size. Errors as spikefile_finish(). */
int spikefile_feed(struct spikefile *f, const char *data, size_t size, struct sp_err *err);

/*
 * The file has ended. Errors: SP_EFORMAT empty, not text, no format fits, or too many bad rows
 * (more than 5 %) unless lenient; SP_EUSAGE an option that cannot be; the text says what to do.
 */
int spikefile_finish(struct spikefile *f, struct spikefile_seen *ret, struct sp_err *err);

/* All of it at once: a block of memory, under the name source. */
int spikefile_read_memory(struct spikes *into, const char *source, const void *data, size_t size,
			  const struct spikefile_cfg *cfg, struct spikefile_seen *ret,
			  struct sp_err *err);

/* Finds a format by its name ("auto", "csv", "ping", "hping3", "log", "json", "regex"); SP_EUSAGE.
 */
int spikefile_format(const char *name, enum spikefile_format *ret, struct sp_err *err);

SP_DEFINE_FREEP(spikefile);

#endif

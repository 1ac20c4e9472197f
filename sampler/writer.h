#ifndef WRITER_H
#define WRITER_H

/*
 * The record stream → a perf.data file in file mode, which perf itself reads.
 *
 * In:    records of the pipe-mode stream (record.h)
 * Out:   one file; with a limit on size or age up to WRITER_PARTS whole files: FILE is the newest
 *        part, FILE.1 the one before, … together about as large or old as the limit says
 * Keeps: header records (they become sections of the file), one output buffer; with a limit also
 *        what every part begins with (carry.h)
 *
 * Attrs and tracepoint formats are on disk before the first event and records follow within
 * WRITER_FLUSH_NS, so what a killed recorder leaves behind is read up to its last whole round. When
 * the disk is full the file ends at a whole record and is closed properly; the error is returned.
 */
#include <sirqprof/own.h>
#include <sirqprof/record.h>

#include <stdbool.h>

#define WRITER_PARTS	4U
#define WRITER_FLUSH_NS 250000000ULL

struct writer;

struct writer_cfg {
	const char *path;
	bool force;	     /* overwrite what is not a recording */
	uint64_t max_bytes;  /* of all parts, about; 0: no limit */
	uint64_t max_age_ns; /* of the oldest record kept, about; 0: no limit */
};

/* Creates the file (outfile.h); with a limit removes parts of an earlier recording. Errors:
 * SP_ESYS; SP_EUSAGE when a file is there that is no recording and force is not set. */
int writer_new(struct writer **ret, const struct writer_cfg *cfg, struct sp_err *err);

struct sp_record_sink writer_sink(struct writer *w);

/* Writes the feature sections and the final header. */
int writer_close(struct writer *w, struct sp_err *err);

/* The same after the capture failed, as well as it goes: what was recorded until then is a closed
 * recording. Does nothing when no record came; w may be NULL. */
void writer_close_failed(struct writer *w);
void writer_free(struct writer *w);

/* Bytes written so far, all parts together. */
uint64_t writer_bytes(const struct writer *w);

/* Bytes of the parts that are there, and how many these are: with a limit fewer than were written.
 */
uint64_t writer_kept(const struct writer *w, uint32_t *ret_parts);

SP_DEFINE_FREEP(writer);

#endif

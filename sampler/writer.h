#ifndef WRITER_H
#define WRITER_H

/*
 * The record stream → a perf.data file in file mode, which perf itself reads.
 *
 * In:    records of the pipe-mode stream (record.h)
 * Out:   one file; with limits on size or age a row of whole files FILE, FILE.1, FILE.2 …
 * Keeps: header records (they become sections of the file) and one output buffer
 *
 * The file's attrs and the first facts are on disk before the first event, so what a killed recorder
 * leaves behind is read by sirqprof up to its last whole record.
 */
#include <sirqprof/own.h>
#include <sirqprof/record.h>

#include <stdbool.h>

struct writer;

struct writer_cfg {
	const char *path;
	bool force;		/* overwrite what is not a recording */
	uint64_t max_bytes;	/* 0: no limit; else the newest part of about this size is kept */
	uint64_t max_age_ns;	/* 0: no limit */
};

/* Creates the file 0600, never through a symlink. Errors: SP_ESYS; SP_EUSAGE when a file is there
 * that is no recording and force is not set. */
int writer_new(struct writer **ret, const struct writer_cfg *cfg, struct sp_err *err);

struct sp_record_sink writer_sink(struct writer *w);

/* Writes the feature sections and the final header. */
int writer_close(struct writer *w, struct sp_err *err);
void writer_free(struct writer *w);

/* Bytes of records written so far. */
uint64_t writer_bytes(const struct writer *w);

SP_DEFINE_FREEP(writer);

#endif

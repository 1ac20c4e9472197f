#ifndef READER_H
#define READER_H

/*
 * A perf.data file or pipe → the record stream of record.h, whoever wrote it.
 *
 * In:    a path, standard input, or bytes in memory
 * Out:   header records first (in file mode made from the file's sections), then the data, with
 *        compressed records expanded
 * Keeps: a piece of the file, or a buffer of two records; nothing that grows with the recording
 */
#include <sirqprof/own.h>
#include <sirqprof/quality.h>
#include <sirqprof/record.h>

#include <stddef.h>

struct reader;

/* path "-" is standard input. Errors: SP_ESYS, SP_EFORMAT (not a recording), SP_EUNSUP (version 1).
 */
int reader_open(struct reader **ret, const char *path, struct sp_err *err);

/* The same over bytes that the caller keeps. */
int reader_open_memory(struct reader **ret, const void *data, size_t size, struct sp_err *err);

/* 0 and a record, valid until the next call; SP_END; or an error. Damage is no error: what can be
 * read before it is read, and reader_damage() tells. */
int reader_next(struct reader *r, struct sp_record *ret, struct sp_err *err);

/* CLOCK_REALTIME of when the recording's file was made and last written, or since when a pipe was
 * read and now; 0: not known. */
void reader_times(const struct reader *r, int64_t *ret_made_ns, int64_t *ret_written_ns);

/* One kind of damage found: enum sp_quality_code and a count (bytes, or the offset). */
struct reader_damage {
	enum sp_quality_code code;
	uint64_t count;
};

/* Fills up to max rows; returns how many. After SP_END. */
uint32_t reader_damage(const struct reader *r, struct reader_damage *ret, uint32_t max);

void reader_free(struct reader *r);

SP_DEFINE_FREEP(reader);

#endif

#ifndef DESCRIBE_H
#define DESCRIBE_H

/*
 * Records as text, one line each, for people and tests.
 *
 * In:    the records of one stream (record.h), header records first
 * Out:   a line: what the record says, by the event it belongs to and that event's format
 * Keeps: the stream's events and formats
 *
 * Text of a recording is untrusted: what is not printable comes out as '?'.
 */
#include <sirqprof/own.h>
#include <sirqprof/record.h>

#include <stddef.h>

#define DESCRIBE_LEN 1024

struct describe;

int describe_new(struct describe **ret, struct sp_err *err);
void describe_free(struct describe *d);

/* The record's line, without its type and without a newline; cut where it is longer. Errors:
 * SP_ENOMEM, SP_ELIMIT. */
int describe_record(struct describe *d, const struct sp_record *r, char ret[DESCRIBE_LEN],
		    struct sp_err *err);

/* The record type as `perf report --stats` prints it; "UNKNOWN". Valid for ever. */
const char *describe_type(uint32_t type);

SP_DEFINE_FREEP(describe);

#endif

#ifndef SECTIONS_H
#define SECTIONS_H

/*
 * The sections of a file in file mode, made into the header records of a pipe.
 *
 * In:    the file's header and bytes
 * Out:   HEADER_FEATURE, HEADER_ATTR, HEADER_TRACING_DATA records, one a call
 * Keeps: one record
 */
#include "source.h"

#include <sirqprof/perfdata.h>
#include <sirqprof/record.h>

struct sections {
	struct sp_file_header header; /* in host order */
	bool swap;
	uint64_t attr_at, nattrs; /* next attr, how many there are */
	uint64_t table_at;	  /* of feature sections; 0: the recorder did not close */
	uint32_t step;
	uint32_t bit;	/* feature to look at next */
	uint64_t entry; /* its place in the table */
	uint64_t bad;	/* sections that do not fit the file */
	uint8_t *buf;
	size_t room;
};

/* Checks the header against the size of the input. Errors: SP_EFORMAT with the offset. */
int sections_begin(struct sections *s, struct source *in, const struct sp_file_header *h, bool swap,
		   struct sp_err *err);

/* 0 and a record, or SP_END. */
int sections_next(struct sections *s, struct source *in, struct sp_record *ret, struct sp_err *err);

void sections_end(struct sections *s);

#endif

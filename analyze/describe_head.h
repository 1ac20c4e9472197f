#ifndef DESCRIBE_HEAD_H
#define DESCRIBE_HEAD_H

/*
 * The part of describe.h for the records that user space makes: events, their ids, formats, feature
 * sections. What they say of the events is kept in attrs and formats.
 */
#include "attrs.h"
#include "fields.h"
#include "line.h"

#include <sirqprof/record.h>

/* Errors: SP_ENOMEM, SP_ELIMIT; what is damaged is said in the line. */
int describe_head(const struct sp_record *r, struct attrs *attrs, struct formats *formats,
		  struct line *l, struct sp_err *err);

#endif

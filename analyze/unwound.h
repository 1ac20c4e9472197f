#ifndef UNWOUND_H
#define UNWOUND_H

/*
 * The user frames of a sample that carries registers and a copy of the stack (--call-graph dwarf).
 *
 * In:    the sample, the resolver that unwinds
 * Out:   the recorded chain with the user frames behind it, interned
 */
#include "decode.h"
#include "sample.h"

/* Whether there is something to unwind, and who could. arch: the recording's, "" unknown. */
bool unwound_can(const struct decode_parts *parts, const char *arch, const struct raw_sample *s,
		 const struct sp_record *r);

int unwound_add(const struct decode_parts *parts, const struct attr *a, const struct raw_sample *s,
		const struct sp_record *r, sp_stack *ret, struct sp_err *err);

#endif

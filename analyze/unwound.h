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

/* The recorded chain, cut to SP_MAX_CHAIN, then PERF_CONTEXT_USER and the frames that the resolver
 * finds (none: the marker alone), as one stack of parts->stacks, which keeps it: *ret is its
 * number. Only where unwound_can() says so. a: the sample's; its sample_regs_user says which
 * registers s->user_regs holds. What s points at is only read. Errors: those of stacks_add(), *ret
 * is then nothing to use. */
int unwound_add(const struct decode_parts *parts, const struct attr *a, const struct raw_sample *s,
		const struct sp_record *r, sp_stack *ret, struct sp_err *err);

#endif

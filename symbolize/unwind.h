#ifndef UNWIND_H
#define UNWIND_H

/*
 * User stacks from registers and a copy of the stack, by libunwind: the only file that knows it.
 *
 * In:    what a sample with --call-graph dwarf carries; .eh_frame of the files mapped (users.h)
 * Out:   instruction addresses, innermost first
 * Keeps: libunwind's cache, one a process
 *
 * Only for recordings of this architecture.
 */
#include "users.h"

struct unwind;

/* users is borrowed. */
int unwind_new(struct unwind **ret, struct users *users, struct sp_err *err);
void unwind_free(struct unwind *u);

/* Fills up to max addresses; at least the one of the registers, if there is one. */
size_t unwind_frames(struct unwind *u, int32_t pid, uint64_t time_ns,
		     const struct sp_user_regs *regs, uint64_t *ret, size_t max);

/* The mappings of a process changed. */
void unwind_forget(struct unwind *u, int32_t pid);

SP_DEFINE_FREEP(unwind);

#endif

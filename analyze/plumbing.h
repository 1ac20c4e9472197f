#ifndef PLUMBING_H
#define PLUMBING_H

/*
 * Frames that no person would name: syscall and interrupt entry, dispatch, locks, copies. One table,
 * x86-64 and arm64, kernels 4.18 to 6.18.
 */
#include <stdbool.h>

/* Whether a person would look past this frame. */
bool plumbing_is(const char *name);

/* The system call that a frame is the entry of ("read" for __x64_sys_read), NULL if none. The name
 * lies inside name. */
const char *plumbing_syscall(const char *name);

/* name without .isra.0, .part.0, .constprop.0, .cold, .llvm.…; writes at most size bytes. */
void plumbing_base(const char *name, char *ret, unsigned long size);

#endif

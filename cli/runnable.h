#ifndef RUNNABLE_H
#define RUNNABLE_H

/*
 * Whether a command can be run, known before anything is recorded: what a recording would overwrite
 * must not be lost to a misspelt name.
 *
 * In:    the first word of the command; PATH
 * Out:   yes, or the error that running it would give
 * Keeps: nothing
 */
#include <sirqprof/err.h>

/* Looks name up as execvp(3) does: by PATH unless it has a slash. What only the kernel finds out (a
 * script whose interpreter is not there) passes. Errors: SP_ESYS. */
int runnable_check(const char *name, struct sp_err *err);

#endif

#ifndef AHEAD_H
#define AHEAD_H

/*
 * Kernel symbols read ahead, in a thread of its own: printing /proc/kallsyms costs the kernel 30 to
 * 40 ms, in which a report reads 200 MB of its recording.
 *
 * In:    a path
 * Out:   what kallsyms_load() says of it
 * Keeps: nothing but the thread and its result
 */
#include "kallsyms.h"

struct ahead;

/* NULL when there can be no thread: then it is read when it is needed. path is copied. */
struct ahead *ahead_begin(const char *path);

/* Waits for the end, and frees: what kallsyms_load() returns; NULL where it failed. NULL may be
 * given. */
struct kallsyms *ahead_take(struct ahead *a);

#endif

#ifndef ALLOWED_H
#define ALLOWED_H

/*
 * What the kernel lets this process do, found out by doing it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first line of a small file of /proc or /sys, "" and false where it cannot be read. */
bool allowed_line(const char *path, char *text, size_t size);

/* The number in /proc/sys/kernel/NAME as text; "unknown" where /proc does not tell. */
void allowed_sysctl(const char *name, char *text, size_t size);

/* Whether a capability (capabilities(7)) is in effect. */
bool allowed_cap(int cap);

/* Opens a CPU-wide clock as the sampler does; keeps errno. */
bool allowed_profile(void);

/* Opens a tracepoint as the sampler does, with its raw record: more than the counter of one, it
 * needs the capability or perf_event_paranoid -1 (kernel/trace/trace_event_perf.c). Keeps errno. */
bool allowed_trace(uint32_t id);

/* Whether the kernel is locked down (kernel_lockdown(7)); mode is its line of all modes. */
bool allowed_lockdown(char *mode, size_t size);

/* Whether this process is in a pid namespace of its own, and so sees no others than its own. */
bool allowed_pids_hidden(void);

#endif

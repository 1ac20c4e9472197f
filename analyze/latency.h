#ifndef LATENCY_H
#define LATENCY_H

/*
 * A latency as text: "12", "0.041 ms", "127.1ms", "1.5 s", "250us", "3 µs", "1,5 ms".
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The ns that a unit name is worth ("ms", "msec", "milliseconds", …); 0: none. */
uint64_t latency_unit(const char *text, size_t len);

/*
 * Reads a number and its unit; without one it is in default_ns. *used is what was read.
 * False: no number there, negative, not finite or more than a hundred days. has_unit may be NULL.
 */
bool latency_prefix(const char *text, size_t len, uint64_t default_ns, uint64_t *ret_ns,
		    bool *has_unit, size_t *used);

/* The same where nothing but blanks may follow. */
bool latency_whole(const char *text, size_t len, uint64_t default_ns, uint64_t *ret_ns);

#endif

#ifndef FILTERS_H
#define FILTERS_H

/*
 * Tracepoint filters: what the kernel need not even write into the ring
 * (Documentation/trace/events.rst, section 5).
 */
#include <stddef.h>

/* The filter of "system:name", given its format text; "" when it has none. */
void filters_of(const char *name, const char *format, char *ret, size_t size);

#endif

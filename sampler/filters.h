#ifndef FILTERS_H
#define FILTERS_H

/*
 * Tracepoint filters: what the kernel need not even write into the ring
 * (Documentation/trace/events.rst, section 5).
 */
#include <stddef.h>

/* Its filter leaves out the sampler's own clock by name (.function, since 6.3: kernel/trace/
 * trace_events_filter.c, e6745a4da965): where it is refused, all of them are recorded. The exit has
 * no function to go by. */
#define FILTERS_SPARING "timer:hrtimer_expire_entry"

/* The filter of "system:name", given its format text; "" when it has none. */
void filters_of(const char *name, const char *format, char *ret, size_t size);

#endif

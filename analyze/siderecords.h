#ifndef SIDERECORDS_H
#define SIDERECORDS_H

/*
 * The kernel's records that are no samples: tasks, mappings, lost records, throttling.
 *
 * In:    a record and its body, as far as its type goes (include/uapi/linux/perf_event.h); the
 *        trailer stays unread
 * Out:   the typed event, without the trailer's time and CPU
 */
#include "strings.h"

#include <sirqprof/event.h>
#include <sirqprof/record.h>
#include <sirqprof/span.h>

/* map: where a mapping is put that e then points to. SP_END: of no use here. A body that is too
 * short shows in in->over. */
int siderecords_decode(const struct sp_record *r, struct sp_span *in, struct strings *strings,
		       struct sp_event *e, struct sp_map *map, struct sp_err *err);

#endif

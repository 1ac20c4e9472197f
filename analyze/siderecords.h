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

/* Whether a MMAP2 that says so holds a build-id instead of device and inode. The kernel leaves that
 * flag set for the next recorder too, whose event asked for none (perf_event_mmap_output() in
 * kernel/events/core.c): asked says whether one of this recording's did. */
bool siderecords_build_id(const struct sp_record *r, bool asked);

/* map: where a mapping is put that e then points to. SP_END: of no use here. A body that is too
 * short shows in in->over. */
int siderecords_decode(const struct sp_record *r, struct sp_span *in, struct strings *strings,
		       struct sp_event *e, struct sp_map *map, struct sp_err *err);

#endif

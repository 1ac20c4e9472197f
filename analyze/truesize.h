#ifndef TRUESIZE_H
#define TRUESIZE_H

/*
 * How long a record really is. With a second recorder on the machine the kernel writes KSYMBOL,
 * BPF_EVENT and TEXT_POKE too long: it adds the size of the trailer to one header for each event
 * that gets the record, and takes none off (perf_event_ksymbol_output(), perf_event_bpf_output(),
 * perf_event_text_poke_output() in kernel/events/core.c, all kernels so far). What stands at the
 * end, where a trailer is looked for, is then whatever was in the ring before.
 *
 * In:    a record, the events' descriptions and ids
 * Out:   its size up to the end of its trailer
 * Keeps: nothing
 */
#include "attrs.h"

#include <sirqprof/record.h>

/* At most r->size, and that where nothing speaks against it. *ret_trailer: false where no trailer
 * behind the record's own fields has an id that is known; when and where it was is not known then.
 */
uint64_t truesize(const struct sp_record *r, struct attrs *attrs, bool *ret_trailer);

#endif

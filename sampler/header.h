#ifndef HEADER_H
#define HEADER_H

/*
 * The records with which a pipe-mode stream says what it holds.
 * Formats: tools/perf/Documentation/perf.data-file-format.txt, tools/perf/util/trace-event-info.c
 * (layout of the tracing data), tools/lib/perf/include/perf/event.h.
 */
#include "stream.h"

/* Id of the event that carries sirqprof's facts ("SIRQFACT"). Kernel ids count the events ever
 * opened, from 1, and never get here. */
#define HEADER_FACT_ID 0x5349525146414354ULL

/* Errors: SP_ENOMEM, and those of out. */
int header_write(struct sp_record_sink out, const struct plan *p, const struct stream_id *ids,
		 uint32_t nids, struct tracefs *t, struct sp_err *err);

#endif

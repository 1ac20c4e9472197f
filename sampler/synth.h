#ifndef SYNTH_H
#define SYNTH_H

/*
 * What already runs when the recording starts: FORK, COMM and MMAP2 records from /proc, as perf
 * makes them, with time 0.
 */
#include "stream.h"

/* All processes and threads; executable mappings only. lead_id: id of the side event, for the
 * trailing sample_id. Processes that end meanwhile are passed over. */
int synth_all(struct stream *s, uint64_t lead_id, struct sp_err *err);

/* The kernel's own text mapping, so that perf can name kernel addresses. */
int synth_kernel(struct stream *s, uint64_t lead_id, struct sp_err *err);

#endif

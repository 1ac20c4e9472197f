#ifndef SYMRECORDS_H
#define SYMRECORDS_H

/*
 * Records that say what addresses and files are: build-ids of the files hit, symbols that the
 * kernel made while it ran.
 *
 * In:    the bodies of HEADER_BUILD_ID (perf's pipe.txt and perf.data-file-format.txt) and
 *        PERF_RECORD_KSYMBOL (include/uapi/linux/perf_event.h)
 * Out:   SP_EV_BUILD_ID, SP_EV_KRANGE events
 * Keeps: nothing
 */
#include "strings.h"

#include <sirqprof/event.h>
#include <sirqprof/span.h>

/* One record; in: what follows its header, misc: of its header. SP_END: it says nothing of use. */
int symrecords_build_id(struct sp_span *in, uint16_t misc, struct strings *strings,
			struct sp_event *e, struct sp_err *err);

/* The feature section: whole records one after the other. */
int symrecords_build_ids(struct sp_span in, struct strings *strings, struct sp_event_sink sink,
			 struct sp_err *err);

int symrecords_ksymbol(struct sp_span *in, struct strings *strings, struct sp_event *e,
		       struct sp_err *err);

#endif

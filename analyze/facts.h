#ifndef FACTS_H
#define FACTS_H

/*
 * sirqprof's own facts (sirqprof/facts.h) → typed events.
 */
#include "decode.h"

#include <sirqprof/facts.h>

/* e has time and CPU of the sample; one fact may make several events. Bytes that are no fact of
 * ours are passed over: anybody may write bpf-output. */
int facts_decode(const uint8_t *raw, size_t size, bool swap, struct strings *strings,
		 struct sp_event *e, struct decode_info *info, struct sp_event_sink sink,
		 struct sp_err *err);

#endif

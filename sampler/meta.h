#ifndef META_H
#define META_H

/*
 * What a capture says of itself: META and QUALITY facts at its begin. They repeat what the header
 * says, for recordings that are never closed.
 */
#include "stream.h"

struct meta {
	uint64_t begin_ns;
	uint32_t ncpus;	  /* profiled */
	uint32_t witness; /* CPU, SP_NO_CPU (~0) none */
	uint64_t ring_asked, ring_bytes;
};

int meta_tell(struct stream *s, const struct plan *p, const struct meta *m, struct sp_err *err);

#endif

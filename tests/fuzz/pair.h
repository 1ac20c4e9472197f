#ifndef PAIR_H
#define PAIR_H

/*
 * Two decoders side by side: one gets each record as this machine would have written it, the other
 * as a machine of the other byte order would. What comes out must be the same.
 */
#include "decode.h"
#include "swap.h"

#define PAIR_EVENTS 4096

/* One side: what it gave out so far. */
struct pair_side {
	struct strings *strings;
	struct stacks *stacks;
	struct decode *decode;
	struct sp_event events[PAIR_EVENTS];
	uint32_t nevents;
};

/* Both sides anew; false without memory. */
bool pair_begin(void);

/* A record of type with this body behind its 8 bytes of header; size of the body at most 65527,
 * with blob at most 1 MB. Both must take it and give the same events. */
void pair_put(uint32_t type, uint16_t misc, const uint8_t *body, size_t size);

/* What both know of the stream must be the same; frees them. */
void pair_end(void);

#endif

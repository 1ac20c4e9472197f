#ifndef SOFTIRQ_H
#define SOFTIRQ_H

/*
 * The bytes of a softirq tracepoint's sample → the typed event, in one step.
 *
 * Three of four records of a flood are such, and all that matters of them stands at places that are
 * known once the event is: one check of the sizes, six loads. It gives what sample_parse() and
 * point_decode() give, or nothing: then they decide.
 */
#include "attrs.h"
#include "points.h"

#include <sirqprof/record.h>

/* Fills a->softirq, of a tracepoint whose ->layout and point are known. */
void softirq_bind(struct attr *a, const struct point *p);

struct softirq_chain {
	const void *at; /* n words, unaligned, in the record; NULL: none recorded */
	uint32_t n;
};

/* Reads r, a sample of a, whose a->softirq.type is not 0. cpu: of its id, where the sample has
 * none. False, with *e and *chain undefined: to be read field by field. The stack is left to the
 * caller. */
bool softirq_read(const struct attr *a, const struct sp_record *r, uint32_t cpu, struct sp_event *e,
		  struct softirq_chain *chain);

#endif

#include "pauses.h"

#include <stdbool.h>
#include <stdlib.h>

/* An interrupt this many times longer than the longest pause is its own doing. */
#define LONGER 4

/*
 * Pauses fall everywhere; of a busy CPU's time some 5 % are in the clock interrupt (23 us every 500
 * us on a virtual machine). So there are few in interrupts for the ones seen elsewhere: this many,
 * with room for luck. More are the interrupt's own.
 */
static uint32_t expected(uint32_t pauses)
{
	return 1 + pauses / 4;
}

static bool has_evidence(const struct sp_stall *s, enum sp_evidence_kind kind)
{
	for (uint32_t i = 0; i < s->nevidence; i++)
		if (s->evidence[i].kind == kind)
			return true;
	return false;
}

struct seen {
	uint32_t pauses;     /* seen as such */
	uint64_t longest_ns; /* of them */
	uint32_t interrupts; /* of which nothing but the length is known */
};

static bool is_bare_interrupt(const struct sp_stall *s)
{
	return s->mechanism == SP_MECH_HARDIRQ && !s->func_addr && !s->nshares;
}

static struct seen look(const struct sp_stall *stalls, uint32_t n)
{
	struct seen seen = { 0 };

	for (uint32_t i = 0; i < n; i++) {
		const struct sp_stall *s = &stalls[i];
		uint64_t ns = s->end_ns - s->begin_ns;

		seen.interrupts += is_bare_interrupt(s);
		if (s->mechanism != SP_MECH_STEAL &&
		    !(s->mechanism == SP_MECH_STOPPED && has_evidence(s, SP_EVID_HOST_PAUSE)))
			continue;
		seen.pauses++;
		if (ns > seen.longest_ns)
			seen.longest_ns = ns;
	}
	return seen;
}

uint32_t pauses_review(struct sp_stall *stalls, uint32_t n)
{
	struct seen seen = look(stalls, n);
	uint32_t changed = 0;

	if (!seen.pauses || seen.interrupts > expected(seen.pauses))
		return 0;
	for (uint32_t i = 0; i < n; i++) {
		struct sp_stall *s = &stalls[i];

		if (!is_bare_interrupt(s) || s->end_ns - s->begin_ns > seen.longest_ns * LONGER)
			continue;
		s->mechanism = SP_MECH_STOPPED;
		s->confidence = 0.6;
		changed++;
	}
	return changed;
}

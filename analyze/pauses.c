#include "pauses.h"

#include <stdbool.h>
#include <stdlib.h>

/* An interrupt this much longer than the longest pause is its own doing. */
#define LONGER_PCT 125

static bool has_evidence(const struct sp_stall *s, enum sp_evidence_kind kind)
{
	for (uint32_t i = 0; i < s->nevidence; i++)
		if (s->evidence[i].kind == kind)
			return true;
	return false;
}

/* The longest pause that was seen as such. */
static uint64_t longest_pause(const struct sp_stall *stalls, uint32_t n)
{
	uint64_t longest = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct sp_stall *s = &stalls[i];
		uint64_t ns = s->end_ns - s->begin_ns;

		if ((s->mechanism == SP_MECH_STEAL ||
		     (s->mechanism == SP_MECH_STOPPED && has_evidence(s, SP_EVID_HOST_PAUSE))) &&
		    ns > longest)
			longest = ns;
	}
	return longest;
}

uint32_t pauses_review(struct sp_stall *stalls, uint32_t n)
{
	uint64_t longest = longest_pause(stalls, n);
	uint32_t changed = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct sp_stall *s = &stalls[i];

		if (s->mechanism != SP_MECH_HARDIRQ || s->func_addr || s->nshares ||
		    s->end_ns - s->begin_ns > longest / 100 * LONGER_PCT)
			continue;
		s->mechanism = SP_MECH_STOPPED;
		s->confidence = 0.6;
		changed++;
	}
	return changed;
}

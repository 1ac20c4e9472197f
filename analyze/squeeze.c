#include "lane.h"

/*
 * A CPU's softnet counters, read each second: how often its receive budget ran out (time_squeeze of
 * /proc/net/softnet_stat). A load waits for the reading behind it.
 */

#define WAIT_NS 1200000000ULL

static const struct softnet_read *newest(const struct lane *l)
{
	return l->nsoftnets ? &l->softnets[(l->nsoftnets - 1) % SOFTNET_READS] : NULL;
}

void squeeze_put(struct lane *l, const struct sp_event *e)
{
	l->softnets[l->nsoftnets++ % SOFTNET_READS] =
		(struct softnet_read){ e->time_ns, e->softnet.squeezed };
}

bool squeeze_settled(const struct lane *l, const struct sp_stall *s, uint64_t now_ns)
{
	const struct softnet_read *r = newest(l);

	return !r || r->at_ns >= s->end_ns || now_ns >= s->end_ns + WAIT_NS;
}

void squeeze_add(const struct lane *l, struct sp_stall *s)
{
	const struct softnet_read *after = newest(l), *before = NULL;

	for (uint32_t i = 0; i < SOFTNET_READS; i++) {
		const struct softnet_read *r = &l->softnets[i];

		if (r->at_ns && r->at_ns <= s->begin_ns && (!before || r->at_ns > before->at_ns))
			before = r;
	}
	if (before && after->at_ns >= s->end_ns && after->squeezed > before->squeezed)
		lane_evidence(s, SP_EVID_SQUEEZE, after->at_ns, after->squeezed - before->squeezed,
			      after->at_ns - before->at_ns, 0, 0);
}

#include "stages.h"

#include "wallguess.h"

#include <time.h>

/* perf's one pair, or a clock that is wall time itself. */
static int put_pair(struct pipeline *p, const struct decode_info *i, struct sp_err *err)
{
	if (i->clock_wall_ns)
		return clock_put(p->clock, i->clock_mono_ns, (int64_t)i->clock_wall_ns, 1000, err);
	if (i->has_clockid && i->clockid == CLOCK_REALTIME && p->newest_ns)
		return clock_put(p->clock, p->newest_ns, (int64_t)p->newest_ns, 1000, err);
	return SP_OK;
}

static int guess(struct pipeline *p, struct sp_err *err)
{
	struct wall_guess g;

	if (!p->newest_ns || !wall_guess(p->made_ns, p->written_ns, p->first_ns, p->newest_ns, &g))
		return SP_OK;
	clock_guess(p->clock, p->newest_ns, g.real_ns, g.uncertainty_ns);
	if (!clock_is_guess(p->clock))
		return SP_OK;
	return quality_add(p->quality, SP_Q_NO_CLOCK_DATA, SP_NO_CPU, g.uncertainty_ns, g.from,
			   err);
}

/* A recording without clock pairs of ours may have perf's one pair; else wall time is a guess. */
int stages_clock(struct pipeline *p, struct sp_err *err)
{
	const struct decode_info *i = decode_info(p->decode);
	uint64_t worst;
	int rc = SP_OK;

	if (!i->has_facts)
		rc = put_pair(p, i, err);
	rc = rc ? rc : guess(p, err);
	if (!rc && clock_steps(p->clock, &worst))
		rc = quality_add(p->quality, SP_Q_CLOCK_STEP, SP_NO_CPU, worst, NULL, err);
	return rc;
}

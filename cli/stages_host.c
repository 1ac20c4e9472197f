#include "stages.h"

#include <math.h>

/* Rows about the machine that recorded, and about sirqprof on it. */

/* So much of one CPU is worth a row, once it was measured over so long: starting takes more. */
#define SELF_PCT 10.0
#define SELF_NS	 2000000000ULL

double stages_self_pct(const struct pipeline *p)
{
	uint64_t wall_ns = p->self_last_ns - p->self_first_ns;

	if (!wall_ns)
		return NAN;
	return 100.0 * (double)(p->self_last_cpu_ns - p->self_first_cpu_ns) / (double)wall_ns;
}

/* Pauses of the machine that the hypervisor might have told, had it ever told any. */
static uint64_t count_stopped(const struct pipeline *p)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < p->nall; i++)
		n += p->all[i].mechanism == SP_MECH_STOPPED;
	return n;
}

int stages_host(struct pipeline *p, struct sp_err *err)
{
	double pct = stages_self_pct(p);
	uint64_t stopped = p->steal_told && !p->steal_seen ? count_stopped(p) : 0;
	int rc = SP_OK;

	if (pct >= SELF_PCT && p->self_last_ns - p->self_first_ns >= SELF_NS)
		rc = quality_add(p->quality, SP_Q_SELF, SP_NO_CPU, (uint64_t)(pct * 100), NULL,
				 err);
	if (!rc && stopped)
		rc = quality_add(p->quality, SP_Q_STEAL_UNREPORTED, SP_NO_CPU, stopped, NULL, err);
	return rc;
}

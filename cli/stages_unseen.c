#include "stages.h"

/* What was not seen of a CPU that was recorded, and why. */

void stages_throttle(struct pipeline *p, const struct sp_event *e)
{
	uint64_t *since;

	if (e->cpu >= SP_MAX_CPUS)
		return;
	since = &p->throttle_at_ns[e->cpu];
	if (*since && e->time_ns > *since) {
		p->throttled_ns[e->cpu] += e->time_ns - *since;
		*since = e->time_ns;
	}
	if (e->type == SP_EV_UNTHROTTLE)
		*since = 0;
	else if (!*since)
		*since = e->time_ns;
}

uint64_t stages_throttled_ns(const struct pipeline *p, uint32_t cpu)
{
	uint64_t since = p->throttle_at_ns[cpu];

	return p->throttled_ns[cpu] + (since && p->newest_ns > since ? p->newest_ns - since : 0);
}

/* A percent of the recording is worth a row; a busy CPU is never silent. */
#define NOT_OBSERVED_SHARE 100U

/* What was not observed of a CPU, each part of it by its reason. */
static int unseen_on(struct pipeline *p, uint32_t cpu, struct sp_err *err)
{
	struct coverage_answer a = coverage_ask(p->coverage, cpu, p->first_ns, p->newest_ns);
	uint64_t hole_ns = timeline_hole_ns(p->timeline, cpu);
	uint64_t told_ns =
		hole_ns + stages_throttled_ns(p, cpu) + timeline_gone_ns(p->timeline, cpu);
	uint64_t idle_ns = a.not_observed_ns > told_ns ? a.not_observed_ns - told_ns : 0;
	int rc = SP_OK;

	if (idle_ns > (p->newest_ns - p->first_ns) / NOT_OBSERVED_SHARE)
		rc = quality_add(p->quality, SP_Q_NOT_OBSERVED, cpu, idle_ns, NULL, err);
	if (!rc && hole_ns)
		rc = quality_add(p->quality, SP_Q_HOLES, cpu, hole_ns, NULL, err);
	return rc;
}

int stages_unseen(struct pipeline *p, bool sees_softirqs, struct sp_err *err)
{
	int rc = SP_OK;
	uint32_t n;
	const uint32_t *cpus = coverage_cpus(p->coverage, &n);

	if (!n)
		rc = quality_add(p->quality, SP_Q_NO_CPU_TOLD, SP_NO_CPU, 0, NULL, err);
	for (uint32_t k = 0; !rc && k < n; k++) {
		uint64_t thinned_ns = timeline_thinned_ns(p->timeline, cpus[k]);
		uint64_t throttled_ns = stages_throttled_ns(p, cpus[k]);

		if (thinned_ns)
			rc = quality_add(p->quality, SP_Q_THIN_NET_RX, cpus[k], thinned_ns, NULL,
					 err);
		if (!rc && throttled_ns)
			rc = quality_add(p->quality, SP_Q_THROTTLED, cpus[k], throttled_ns, NULL,
					 err);
		if (!rc && sees_softirqs)
			rc = unseen_on(p, cpus[k], err);
	}
	return rc;
}

#include "judge_run.h"
#include "together.h"

#include <sirqprof/own.h>

#include <stdlib.h>

static bool by_chance(const struct sp_spike *k, const struct sp_verdict *v)
{
	return v->kind == SP_VERDICT_AMBIGUOUS && v->why == SP_WHY_CHANCE && judge_has_latency(k) &&
	       v->nstalls && v->explained_ns >= judge_needed(k, 0);
}

/* The spikes of known latency, for what they say together; *n of them. */
static struct together_spike *gather(const struct judge_run *r, uint32_t *n)
{
	struct together_spike *all = calloc(r->in->nspikes, sizeof(*all));

	*n = 0;
	for (uint32_t i = 0; all && i < r->in->nspikes; i++) {
		const struct sp_spike *k = &r->in->spikes[i];
		const struct sp_verdict *v = &r->judge->verdicts[i];

		if (!judge_has_latency(k) || v->why == SP_WHY_OUTSIDE ||
		    v->why == SP_WHY_CPU_NOT_RECORDED)
			continue;
		all[(*n)++] = (struct together_spike){
			.cpu = k->cpu,
			.begin_ns = k->begin_ns,
			.end_ns = k->end_ns,
			.need_ns = judge_needed(k, 0),
			.explained = v->explained_ns >= judge_needed(k, 0) && v->nstalls,
		};
	}
	return all;
}

int judge_run_together(const struct judge_run *r, struct sp_err *err)
{
	sp_auto_free struct together_spike *all = NULL;
	struct candidates_best b;
	uint32_t n, doubtful = 0;
	double share;
	int rc;

	for (uint32_t i = 0; i < r->in->nspikes; i++)
		doubtful += by_chance(&r->in->spikes[i], &r->judge->verdicts[i]);
	if (!doubtful)
		return SP_OK;
	all = gather(r, &n);
	if (!all)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to compare the spikes");
	rc = together_share(&share, all, n, r->candidates, r->begin_ns, r->end_ns, err);
	for (uint32_t i = 0; !rc && share > 0 && i < r->in->nspikes; i++) {
		const struct sp_spike *k = &r->in->spikes[i];
		struct sp_verdict *v = &r->judge->verdicts[i];

		if (!by_chance(k, v) || together_chance(share, v->chance) > r->cfg.chance_max)
			continue;
		v->chance = together_chance(share, v->chance);
		rc = candidates_find(r->candidates, k->cpu, k->begin_ns, k->end_ns, &b, err);
		if (!rc)
			judge_run_name(r, k, &b, judge_needed(k, 0), v);
	}
	return rc;
}

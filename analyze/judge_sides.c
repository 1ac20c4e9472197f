#include "judge_run.h"

int judge_run_drops(const struct judge_run *r, const struct sp_spike *k, struct sp_verdict *v,
		    struct sp_err *err)
{
	uint64_t rto_ns = judge_has_latency(k) ? sides_rto(k->latency_ns) : 0;
	uint64_t end_ns = k->end_ns;
	struct sides_drops drops;
	double chance;
	int rc;

	if (!r->in->sides)
		return SP_OK;
	drops = sides_dropped(r->in->sides, k->begin_ns, k->end_ns);
	v->drops = drops.count;
	v->drop_reason = drops.reason && r->cfg.str ? r->cfg.str(r->cfg.self, drops.reason) : NULL;
	if (!drops.count || (!rto_ns && !k->is_retransmit) || v->kind == SP_VERDICT_STALL)
		return SP_OK;
	if (rto_ns)
		end_ns = k->end_ns - (rto_ns < judge_length(k) ? rto_ns : judge_length(k)) +
			 SIDES_RTO_EARLY_NS;
	end_ns = end_ns < k->end_ns ? end_ns : k->end_ns;
	if (!sides_dropped(r->in->sides, k->begin_ns, end_ns).count)
		return SP_OK;
	rc = sides_drop_chance(r->in->sides, end_ns - k->begin_ns, &chance, err);
	if (rc || chance > r->cfg.chance_max)
		return rc;
	v->kind = SP_VERDICT_DROP;
	v->why = SP_WHY_NOTHING;
	v->explained = true;
	v->rto_ns = rto_ns;
	v->chance = chance;
	if (rto_ns)
		v->explained_ns = rto_ns < k->latency_ns ? rto_ns : k->latency_ns;
	/* Counters tell the second, not the packet. */
	v->confidence = (drops.reason ? 0.9 : 0.7) * (1 - chance);
	return SP_OK;
}

int judge_run_reclaim(const struct judge_run *r, const struct sp_spike *k, struct sp_verdict *v,
		      struct sp_err *err)
{
	struct sides_reclaim held;
	double chance;
	int rc;

	if (!r->in->sides || v->explained)
		return SP_OK;
	held = sides_reclaimed(r->in->sides, k->begin_ns, k->end_ns);
	v->reclaim_ns = held.held_ns;
	if (held.tid != SP_NO_TASK && r->cfg.comm)
		v->task_comm = r->cfg.comm(r->cfg.self, held.tid, held.at_ns);
	if (!judge_has_latency(k) || !held.held_ns || held.held_ns < judge_needed(k, 0))
		return SP_OK;
	rc = sides_reclaim_chance(r->in->sides, judge_length(k), judge_needed(k, 0), &chance, err);
	if (rc || chance > r->cfg.chance_max)
		return rc;
	v->kind = SP_VERDICT_TASK_DELAY;
	v->why = SP_WHY_NOTHING;
	v->explained = true;
	v->explained_ns = held.held_ns < k->latency_ns ? held.held_ns : k->latency_ns;
	v->chance = chance;
	/* Which task the spike's was is not known: it may be another's reclaim. */
	v->confidence = 0.6 * (1 - chance);
	return SP_OK;
}

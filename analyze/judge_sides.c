#include "judge_run.h"

/* Counters tell the second, not the packet; that TCP sent it again is the other half of the story.
 */
#define SURE_EVENT   0.90
#define SURE_COUNTER 0.70
#define SURE_RESENT  0.05 /* more, where it was seen */

/* The late packet was dropped in or soon after a stall: memory ran out behind it. */
#define SOON_NS UINT64_C(10000000)

/* What stalls took before the packet was lost: the wait of TCP comes on top of it. */
static uint64_t stalled_before(const struct judge_run *r, const struct sp_verdict *v,
			       uint64_t drop_ns)
{
	const struct judge *j = r->judge;
	uint64_t ns = 0;

	for (uint32_t i = 0; i < v->nstalls; i++) {
		const struct sp_overlap *o = &j->overlaps[j->noverlaps - v->nstalls + i];
		const struct sp_stall *s = o->stall <= r->in->nstalls ? &r->in->stalls[o->stall - 1]
								      : NULL;

		if (s && s->begin_ns <= drop_ns && drop_ns <= s->end_ns + SOON_NS)
			ns += o->overlap_ns;
	}
	return ns;
}

/* It fits, but so would many another window: that is no "nothing was seen". */
static int leave_open(struct sp_verdict *v, double chance)
{
	if (v->kind == SP_VERDICT_NO_DATA) {
		v->kind = SP_VERDICT_AMBIGUOUS;
		v->why = SP_WHY_CHANCE;
		v->chance = chance;
	}
	return SP_OK;
}

static void name_drop(const struct judge_run *r, const struct sp_spike *k, struct sp_verdict *v,
		      const struct sides_drops *first, uint64_t rto_ns, double chance)
{
	uint64_t before_ns = stalled_before(r, v, first->first_ns);

	v->kind = SP_VERDICT_DROP;
	v->why = SP_WHY_NOTHING;
	v->explained = true;
	v->rto_ns = rto_ns;
	v->stalled_ns = before_ns;
	v->chance = chance;
	if (rto_ns)
		v->explained_ns = rto_ns + before_ns < k->latency_ns ? rto_ns + before_ns
								     : k->latency_ns;
	if (first->resent_ns)
		v->resent_ns = first->resent_ns - first->first_ns;
	v->resent = first->resent;
	v->confidence =
		((first->reason ? SURE_EVENT : SURE_COUNTER) + (first->resent ? SURE_RESENT : 0)) *
		(1 - chance);
}

int judge_run_drops(const struct judge_run *r, const struct sp_spike *k, struct sp_verdict *v,
		    struct sp_err *err)
{
	uint64_t rto_ns = judge_has_latency(k) ? sides_rto(k->latency_ns) : 0;
	uint64_t end_ns = k->end_ns;
	struct sides_drops drops, early;
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
	early = sides_dropped(r->in->sides, k->begin_ns, end_ns);
	if (!early.count)
		return SP_OK;
	rc = sides_drop_chance(r->in->sides, end_ns - k->begin_ns, &chance, err);
	if (rc || chance > r->cfg.chance_max)
		return rc ? rc : leave_open(v, chance);
	/* It is sent again behind the early part of the window, in which it must have been lost. */
	drops.first_ns = early.first_ns;
	drops.reason = early.reason;
	name_drop(r, k, v, &drops, rto_ns, chance);
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
		return rc ? rc : leave_open(v, chance);
	v->kind = SP_VERDICT_TASK_DELAY;
	v->why = SP_WHY_NOTHING;
	v->explained = true;
	v->explained_ns = held.held_ns < k->latency_ns ? held.held_ns : k->latency_ns;
	v->chance = chance;
	/* Which task the spike's was is not known: it may be another's reclaim. */
	v->confidence = 0.6 * (1 - chance);
	return SP_OK;
}

#include "judge.h"

#include "judge_run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CLEAR 0.01 /* chance below which a second question may answer a first in doubt */

/* What was seen of a window. */
struct observed {
	uint64_t missing_ns; /* on the CPU that was seen least */
	bool lost;	     /* because records were lost there */
	uint64_t worst_delay_ns;
	bool delay_unknown; /* of a CPU the worst was not recorded */
};

static void observe_cpu(const struct judge_run *r, const struct sp_spike *k, uint32_t cpu,
			struct observed *o)
{
	struct coverage_answer a = coverage_ask(r->in->coverage, cpu, k->begin_ns, k->end_ns);
	uint64_t seen_ns = a.recorded ? a.observed_ns : 0;
	uint64_t missing_ns = judge_length(k) > seen_ns ? judge_length(k) - seen_ns : 0;

	if (missing_ns > o->missing_ns) {
		o->missing_ns = missing_ns;
		o->lost = a.lost_ns * 2 > missing_ns;
	}
	o->delay_unknown |= a.delay_unknown;
	if (a.worst_delay_ns != SP_UNKNOWN_NS &&
	    (o->worst_delay_ns == SP_UNKNOWN_NS || a.worst_delay_ns > o->worst_delay_ns))
		o->worst_delay_ns = a.worst_delay_ns;
}

static struct observed observe(const struct judge_run *r, const struct sp_spike *k)
{
	struct observed o = { .worst_delay_ns = SP_UNKNOWN_NS };

	if (k->cpu != SP_NO_CPU) {
		observe_cpu(r, k, k->cpu, &o);
		return o;
	}
	for (uint32_t i = 0; i < r->ncpus; i++)
		observe_cpu(r, k, r->cpus[i], &o);
	return o;
}

static int add_overlap(struct judge *j, const struct sp_overlap *o, struct sp_err *err)
{
	uint32_t room = j->overlaps_room ? j->overlaps_room * 2 : 256;
	struct sp_overlap *at = j->overlaps;

	if (j->noverlaps == j->overlaps_room) {
		at = realloc(at, room * sizeof(*at));
		if (!at)
			return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for verdicts");
		j->overlaps = at;
		j->overlaps_room = room;
	}
	at[j->noverlaps++] = *o;
	return SP_OK;
}

/* The CPU that explains comes first, as the first stall of a verdict is its culprit. */
static int add_overlaps(const struct judge_run *r, const struct candidates_best *b,
			struct sp_verdict *v, struct sp_err *err)
{
	int rc = SP_OK;

	for (int pass = 0; pass < 2; pass++) {
		for (uint32_t i = 0; !rc && i < b->n && v->nstalls < JUDGE_OVERLAPS; i++) {
			const struct candidate *k = &b->all[i];
			struct sp_overlap o = {
				.stall = r->in->stalls[k->stall].id,
				.overlap_ns = k->end_ns - k->begin_ns,
			};

			if ((k->cpu == b->cpu) != (pass == 0))
				continue;
			rc = add_overlap(r->judge, &o, err);
			v->nstalls += !rc;
		}
	}
	return rc;
}

static double sure_of_stall(const struct sp_spike *k, const struct candidates_best *b,
			    const struct sp_verdict *v)
{
	double share = 0.8;

	/* A latency that is all explained leaves no room for another cause. */
	if (judge_has_latency(k) && k->latency_ns)
		share = (double)v->explained_ns / (double)k->latency_ns;
	return b->confidence * (0.7 + 0.3 * share) * (1 - v->chance);
}

/*
 * The chance of half as much; where that is great, that of all that is there: a stall that ends
 * with the spike and is as long is no accident even where stalls are many. Both are asked, so the
 * second must be clear.
 */
static int chance_of_stalls(const struct judge_run *r, const struct sp_spike *k, uint64_t need_ns,
			    uint64_t all_ns, double *ret, struct sp_err *err)
{
	uint32_t lane = k->cpu == SP_NO_CPU ? CHANCE_ANY : k->cpu;
	double of_all;
	int rc = chance_of(r->chance, lane, judge_length(k), need_ns, ret, err);

	if (rc || *ret <= r->cfg.chance_max)
		return rc;
	rc = chance_of(r->chance, lane, judge_length(k), all_ns, &of_all, err);
	if (!rc && of_all <= CLEAR)
		*ret = of_all;
	return rc;
}

void judge_run_name(const struct judge_run *r, const struct sp_spike *k,
		    const struct candidates_best *b, uint64_t need_ns, struct sp_verdict *v)
{
	v->kind = SP_VERDICT_AMBIGUOUS;
	if (v->chance > r->cfg.chance_max) {
		v->why = SP_WHY_CHANCE;
	} else if (b->rival_ns >= need_ns && b->rival_ns >= b->held_ns / 5 * 4) {
		v->why = SP_WHY_RIVALS;
	} else {
		v->kind = SP_VERDICT_STALL;
		v->why = SP_WHY_NOTHING;
		v->explained = true;
		v->confidence = sure_of_stall(k, b, v);
	}
}

/* Sets kind stall or ambiguous when stalls explain the spike; else leaves it. */
static int judge_stalls(const struct judge_run *r, const struct sp_spike *k, struct sp_verdict *v,
			struct sp_err *err)
{
	struct candidates_best b;
	uint64_t need_ns;
	int rc = candidates_find(r->candidates, k->cpu, k->begin_ns, k->end_ns, &b, err);

	rc = rc ? rc : add_overlaps(r, &b, v, err);
	if (rc || !b.n)
		return rc;
	v->explained_ns = b.held_ns;
	if (judge_has_latency(k) && v->explained_ns > k->latency_ns)
		v->explained_ns = k->latency_ns;
	need_ns = judge_needed(k, b.held_ns);
	v->why = SP_WHY_TOO_SHORT;
	/* A stall that only ends as the window begins says nothing without a latency. */
	if (v->explained_ns < need_ns ||
	    (!judge_has_latency(k) && b.held_ns < r->cfg.min_stall_ns / 2 + 1))
		return SP_OK;
	rc = chance_of_stalls(r, k, need_ns, v->explained_ns, &v->chance, err);
	if (!rc)
		judge_run_name(r, k, &b, need_ns, v);
	return rc;
}

/* Nothing explains it: was it seen well enough to say so? */
static void judge_nothing(const struct judge_run *r, const struct sp_spike *k,
			  const struct observed *o, struct sp_verdict *v)
{
	/* Gaps too short to hide a stall do not count, unless the window itself is as short. */
	if (o->missing_ns <= r->cfg.min_stall_ns && o->missing_ns <= judge_length(k) / 10) {
		v->kind = SP_VERDICT_NONE;
		v->why = v->nstalls ? SP_WHY_TOO_SHORT : SP_WHY_HEALTHY;
		v->confidence = 0.95;
	} else {
		v->kind = SP_VERDICT_NO_DATA;
		v->why = o->lost ? SP_WHY_LOST : SP_WHY_NOT_OBSERVED;
	}
}

/* Whether the spike can be judged at all; counts why not. */
static bool judge_where(const struct judge_run *r, const struct sp_spike *k, struct sp_verdict *v)
{
	bool before = k->end_ns <= r->begin_ns, after = k->begin_ns >= r->end_ns;

	v->unobserved_ns = judge_length(k);
	if (r->begin_ns >= r->end_ns || before || after) {
		v->why = SP_WHY_OUTSIDE;
		return false;
	}
	if (k->cpu != SP_NO_CPU &&
	    !coverage_ask(r->in->coverage, k->cpu, k->begin_ns, k->end_ns).recorded) {
		v->why = SP_WHY_CPU_NOT_RECORDED;
		r->judge->not_recorded++;
		return false;
	}
	return true;
}

static int judge_one(const struct judge_run *r, const struct sp_spike *k, struct sp_verdict *v,
		     struct sp_err *err)
{
	struct observed o;
	int rc;

	*v = (struct sp_verdict){
		.kind = SP_VERDICT_NO_DATA,
		.chance = NAN,
		.confidence = NAN,
		.worst_delay_ns = SP_UNKNOWN_NS,
	};
	if (!judge_where(r, k, v))
		return SP_OK;
	rc = judge_stalls(r, k, v, err);
	rc = rc ? rc : judge_run_drops(r, k, v, err);
	rc = rc ? rc : judge_run_reclaim(r, k, v, err);
	if (rc)
		return rc;
	o = observe(r, k);
	v->unobserved_ns = o.missing_ns;
	v->worst_delay_ns = o.delay_unknown ? SP_UNKNOWN_NS : o.worst_delay_ns;
	if (v->kind == SP_VERDICT_NO_DATA)
		judge_nothing(r, k, &o, v);
	return SP_OK;
}

static int prepare(struct judge_run *r, struct sp_err *err)
{
	const struct judge_input *in = r->in;
	int rc;

	if (!coverage_extent(in->coverage, &r->begin_ns, &r->end_ns))
		r->begin_ns = r->end_ns = 0;
	r->cpus = coverage_cpus(in->coverage, &r->ncpus);
	rc = candidates_new(&r->candidates, in->stalls, in->nstalls, err);
	rc = rc ? rc : chance_new(&r->chance, r->begin_ns, r->end_ns, err);
	for (uint32_t i = 0; !rc && i < in->nstalls; i++)
		rc = chance_add(r->chance, in->stalls[i].cpu, in->stalls[i].begin_ns,
				in->stalls[i].end_ns, err);
	if (!rc)
		chance_seal(r->chance);
	if (!rc && in->sides)
		rc = sides_seal(in->sides, r->begin_ns, r->end_ns, err);
	return rc;
}

/* The array of overlaps has moved while it grew: only now can verdicts point into it. */
static void point_overlaps(struct judge *j, uint32_t nverdicts)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < nverdicts; i++) {
		j->verdicts[i].stalls = j->overlaps ? j->overlaps + at : NULL;
		at += j->verdicts[i].nstalls;
	}
}

int judge_new(struct judge **ret, const struct judge_cfg *cfg, const struct judge_input *in,
	      struct sp_err *err)
{
	sp_auto(judge) j = calloc(1, sizeof(*j));
	sp_auto(candidates) candidates = NULL;
	sp_auto(chance) chance = NULL;
	struct judge_run r = { .judge = j, .cfg = *cfg, .in = in };
	int rc;

	if (j)
		j->verdicts = calloc(in->nspikes ? in->nspikes : 1, sizeof(j->verdicts[0]));
	if (!j || !j->verdicts)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for %u verdicts",
			       in->nspikes);
	r.cfg.chance_max = cfg->chance_max > 0 ? cfg->chance_max : JUDGE_CHANCE;
	rc = prepare(&r, err);
	candidates = r.candidates;
	chance = r.chance;
	for (uint32_t i = 0; !rc && i < in->nspikes; i++)
		rc = judge_one(&r, &in->spikes[i], &j->verdicts[i], err);
	rc = rc ? rc : judge_run_together(&r, err);
	if (rc)
		return rc;
	point_overlaps(j, in->nspikes);
	*ret = sp_take(j);
	return SP_OK;
}

void judge_free(struct judge *j)
{
	if (!j)
		return;
	free(j->overlaps);
	free(j->verdicts);
	free(j);
}

const struct sp_verdict *judge_verdicts(const struct judge *j)
{
	return j->verdicts;
}

uint32_t judge_not_recorded(const struct judge *j)
{
	return j->not_recorded;
}

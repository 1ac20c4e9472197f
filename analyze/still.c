#include "lane.h"
#include "leaf.h"
#include "stalls.h"

/*
 * What stood still: a gap without interrupts is irqs-off, steal or a machine that did not run, and
 * so may be the inside of an interrupt or softirq in which none came. The steal counter's readings
 * next to it, the other CPUs' own gaps and the late sample tell.
 */

/* A gap is the host's when steal covers this share of it; where the late sample says that
 * interrupts came on right there, it takes more. */
#define STEAL_SHARE_PCT		50
#define STEAL_SHARE_RELEASE_PCT 80
#define SURE_STEAL_IN_SPAN	0.7
/* Stood still together with another CPU, though it ended where interrupts come on. */
#define SURE_TOGETHER_RELEASED 0.7
/* Two CPUs stood still together when the other's gap covers this share of the stall: a short pause
 * elsewhere explains nothing of a long one here. */
#define TOGETHER_PCT 70
/* Where the late sample says that interrupts came on, it takes more: gaps that begin and end as
 * one, within so many periods. One virtual CPU alone may pause while another has interrupts off. */
#define TOGETHER_PERIODS 2U

/* Steal over the readings that enclose the stall most closely; 0 when it moved by less than a
 * step. */
static uint64_t steal_over(const struct lane *l, const struct sp_stall *s, uint64_t *between_ns)
{
	uint64_t before = UINT64_MAX, before_at = 0, after = 0, after_at = UINT64_MAX;

	for (uint32_t i = 0; i < STEAL_READS; i++) {
		const struct steal_read *r = &l->steals[i];

		if (r->at_ns && r->at_ns <= s->begin_lo_ns && r->at_ns > before_at) {
			before = r->total_ns;
			before_at = r->at_ns;
		}
		if (r->at_ns && r->at_ns >= s->end_ns && r->at_ns < after_at) {
			after = r->total_ns;
			after_at = r->at_ns;
		}
	}
	if (before == UINT64_MAX || after_at == UINT64_MAX)
		return 0;
	*between_ns = after_at - before_at;
	if (after < before || after - before < l->steal_step_ns)
		return 0;
	return after - before;
}

static uint64_t apart(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* Another CPU with a gap at the same time, and not one of its own making: CPUs that wait with
 * interrupts off for one lock are released together. whole: the machine stood still, so both gaps
 * begin and end as one. */
static const struct lane *paused_with(const struct timeline *t, const struct lane *l,
				      const struct sp_stall *s, bool *whole)
{
	uint64_t near_ns = TOGETHER_PERIODS * t->cfg.period_ns;

	for (uint32_t i = 0; i < t->nlanes; i++) {
		const struct lane *o = t->lanes[i];
		uint64_t from, to;

		if (!o || o == l || !o->pause_end_ns || o->pause_released)
			continue;
		from = o->pause_begin_ns > s->begin_ns ? o->pause_begin_ns : s->begin_ns;
		to = o->pause_end_ns < s->end_ns ? o->pause_end_ns : s->end_ns;
		if (to <= from || to - from < (s->end_ns - s->begin_ns) / 100 * TOGETHER_PCT)
			continue;
		*whole = apart(o->pause_begin_ns, s->begin_ns) <= near_ns &&
			 apart(o->pause_end_ns, s->end_ns) <= near_ns;
		return o;
	}
	return NULL;
}

/* A CPU that went on ticking through the stall. */
static const struct lane *ran_on(const struct timeline *t, const struct lane *l,
				 const struct sp_stall *s)
{
	for (uint32_t i = 0; i < t->nlanes; i++) {
		const struct lane *o = t->lanes[i];

		if (o && o != l && o->gap.steady_ns && o->gap.steady_ns <= s->begin_ns &&
		    o->gap.last_tick_ns >= s->end_ns)
			return o;
	}
	return NULL;
}

/* Interrupts were off inside a softirq whose begin was not recorded: the task below is innocent,
 * and how long the softirq ran in all is not known. */
static void blame_softirq(struct sp_stall *s)
{
	s->mechanism = SP_MECH_SOFTIRQ;
	s->confidence = 0.75;
	s->pid = SP_NO_TASK;
	s->tid = SP_NO_TASK;
	s->comm = 0;
}

/* The one place where gaps are told apart. */
static void judge_gap(struct timeline *t, struct lane *l, struct pending_stall *p)
{
	struct sp_stall *s = &p->stall;
	uint64_t length = s->end_ns - s->begin_ns, between = 0, steal = steal_over(l, s, &between);
	bool whole = false;
	const struct lane *with = paused_with(t, l, s, &whole);
	const struct lane *ran = with ? NULL : ran_on(t, l, s);
	bool released = p->sampled && p->leaf == LEAF_RELEASE && !p->user;
	uint64_t share = released ? STEAL_SHARE_RELEASE_PCT : STEAL_SHARE_PCT;

	if (steal)
		lane_evidence(s, SP_EVID_STEAL, s->end_ns, steal, between, 0, 0);
	if (with)
		lane_evidence(s, SP_EVID_WITNESS_GAP, with->pause_begin_ns, with->cpu,
			      with->pause_end_ns - with->pause_begin_ns, 0, 0);
	else if (ran)
		lane_evidence(s, SP_EVID_WITNESS_RAN, s->end_ns, ran->cpu, 0, 0, 0);
	if (steal >= length / 100 * share) {
		s->mechanism = SP_MECH_STEAL;
		s->confidence = released ? 0.7 : 0.92;
		stalls_drop_culprit(s);
	} else if (released && !whole) {
		s->mechanism = SP_MECH_IRQS_OFF;
		s->confidence = !p->by_samples ? 0.96 : t->cfg.has_switch ? 0.85 : 0.75;
		if (steal)
			s->confidence -= 0.15;
		if (with)
			s->confidence -= 0.1;
		if (p->in_softirq)
			blame_softirq(s);
	} else {
		s->mechanism = SP_MECH_STOPPED;
		/* With a release point on one side the two disagree. */
		s->confidence = with ? (released ? SURE_TOGETHER_RELEASED : 0.9)
				: p->user || p->leaf == LEAF_CLEARING || p->silent ? 0.8
										   : 0.5;
		if (!p->silent)
			lane_evidence(s,
				      p->user || p->leaf == LEAF_CLEARING ? SP_EVID_HOST_PAUSE
									  : SP_EVID_NO_REASON,
				      s->end_ns, 0, 0, 0, 0);
		stalls_drop_culprit(s);
	}
}

/* An interrupt of which only the length is known, and the hypervisor says that it ran something
 * else for most of it: both ends are right, and nothing was running in between. */
static void judge_span(const struct lane *l, struct sp_stall *s)
{
	uint64_t length = s->end_ns - s->begin_ns, between = 0, steal = steal_over(l, s, &between);

	if (!steal || steal < length / 100 * STEAL_SHARE_RELEASE_PCT)
		return;
	lane_evidence(s, SP_EVID_STEAL, s->end_ns, steal, between, 0, 0);
	s->mechanism = SP_MECH_STEAL;
	s->confidence = SURE_STEAL_IN_SPAN;
	stalls_drop_culprit(s);
}

/* A softirq whose gap is the hypervisor's, or began and ended with another CPU's: nothing ran in
 * it. */
static void judge_still(const struct timeline *t, const struct lane *l, struct pending_stall *p)
{
	struct sp_stall *s = &p->stall, still = { .begin_lo_ns = p->still_begin_ns,
						  .begin_ns = p->still_begin_ns,
						  .end_ns = p->still_end_ns };
	uint64_t length = still.end_ns - still.begin_ns, between = 0;
	uint64_t steal = steal_over(l, &still, &between);
	bool whole = false;
	const struct lane *with = paused_with(t, l, &still, &whole);

	if (steal && steal >= length / 100 * STEAL_SHARE_RELEASE_PCT) {
		lane_evidence(s, SP_EVID_STEAL, s->end_ns, steal, between, 0, 0);
		s->mechanism = SP_MECH_STEAL;
		s->confidence = SURE_STEAL_IN_SPAN;
		stalls_drop_culprit(s);
	} else if (with && whole) {
		lane_evidence(s, SP_EVID_WITNESS_GAP, with->pause_begin_ns, with->cpu,
			      with->pause_end_ns - with->pause_begin_ns, 0, 0);
		s->mechanism = SP_MECH_STOPPED;
		s->confidence = SURE_TOGETHER_RELEASED;
		stalls_drop_culprit(s);
	}
}

bool still_is(const struct pending_stall *p)
{
	return p->is_gap || p->may_be_steal || p->still_end_ns;
}

void still_judge(struct timeline *t, struct lane *l, struct pending_stall *p)
{
	if (p->is_gap)
		judge_gap(t, l, p);
	else if (p->may_be_steal)
		judge_span(l, &p->stall);
	else
		judge_still(t, l, p);
}

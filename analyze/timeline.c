#include "timeline.h"

#include "lane.h"
#include "load.h"

#include <sirqprof/limits.h>

#include <stdlib.h>
#include <sys/mman.h>

/* Idle intervals after which a CPU that never said anything in one is known to be blind there. */
#define IDLE_TRIES 3

int timeline_new(struct timeline **ret, const struct timeline_parts *parts, struct sp_err *err)
{
	struct timeline *t = calloc(1, sizeof(*t));

	if (!t)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the timeline");
	t->parts = *parts;
	t->cfg.witness = SP_NO_CPU;
	*ret = t;
	return SP_OK;
}

void timeline_free(struct timeline *t)
{
	if (!t)
		return;
	for (uint32_t i = 0; i < t->nlanes; i++)
		lane_free(t->lanes[i]);
	free(t->lanes);
	free(t);
}

int timeline_configure(struct timeline *t, const struct timeline_cfg *cfg, struct sp_err *err)
{
	(void)err;
	t->cfg = *cfg;
	return SP_OK;
}

static int enter_idle(struct timeline *t, struct lane *l, uint64_t ns, struct sp_err *err)
{
	int rc = gap_close(t, l, err);

	rc = rc ? rc : bh_free(t, l, ns, err);
	rc = rc ? rc : sparse_free(t, l, ns, false, err);
	l->idle = true;
	l->idle_since_ns = ns;
	l->seen_in_this_idle = false;
	l->sample_ns = ns;
	return rc;
}

/* The end of idle is the first event of another task. */
static int leave_idle(struct timeline *t, struct lane *l, uint64_t ns, struct sp_err *err)
{
	bool blind = false;
	int rc = SP_OK;

	l->idle = false;
	l->idle_spells++;
	l->idle_seen += l->seen_in_this_idle;
	/* Idle time in which this CPU never says anything is time that was not observed. */
	blind = !l->idle_seen && l->idle_spells >= IDLE_TRIES;
	if ((blind || !l->idle_seen) && l->idle_since_ns)
		rc = coverage_gap(t->parts.coverage, l->cpu, COVERAGE_NOT_OBSERVED,
				  l->idle_since_ns, ns, err);
	if (blind)
		memset(l->raised_ns, 0, sizeof(l->raised_ns));
	l->gap.last_tick_ns = 0;
	l->sample_ns = ns;
	gap_alive(l, ns);
	return rc;
}

/* Every record names its task: idle is noticed even when its switch was not seen. */
static int follow_task(struct timeline *t, struct lane *l, const struct sp_event *e,
		       struct sp_err *err)
{
	int rc = SP_OK;

	if (e->tid == SP_NO_TASK || e->type == SP_EV_SWITCH)
		return SP_OK;
	if (e->tid > 0 && l->tid > 0 && t->switch_seen &&
	    (e->tid != l->tid || load_lost_thread(l, e->tid)))
		rc = load_unseen_switch(t, l, e, err);
	l->tid = e->tid;
	if (rc)
		return rc;
	if (e->tid == 0 && !l->idle)
		return enter_idle(t, l, e->time_ns, err);
	if (e->tid > 0 && l->idle)
		return leave_idle(t, l, e->time_ns, err);
	if (l->idle)
		l->seen_in_this_idle = true;
	return SP_OK;
}

static int on_switch(struct timeline *t, struct lane *l, const struct sp_event *e,
		     struct sp_err *err)
{
	int rc = gap_close(t, l, err);

	rc = rc ? rc : gap_off_end(t, l, e->time_ns, e->time_ns, err);
	rc = rc ? rc : load_switch(t, l, e, err);
	/* A switch is made with interrupts off, but proves that the CPU goes on, and in no softirq.
	 */
	gap_alive(l, e->time_ns);
	span_no_softirq(l);
	t->switch_seen = true;
	l->tid = e->sched.next_tid;
	if (!rc && l->idle && e->sched.next_tid != 0)
		rc = leave_idle(t, l, e->time_ns, err);
	rc = rc ? rc : bh_free(t, l, e->time_ns, err);
	rc = rc ? rc : sparse_free(t, l, e->time_ns, false, err);
	rc = rc ? rc : wait_sched(t, l, e, err);
	if (!rc && e->sched.next_tid == 0 && !l->idle)
		rc = enter_idle(t, l, e->time_ns, err);
	return rc;
}

static int on_sample(struct timeline *t, struct lane *l, const struct sp_event *e,
		     struct sp_err *err)
{
	bool in_span = l->soft.open || l->bh.open || l->gap.open || l->sparse.open;
	uint64_t from = l->sample_ns, owned;
	int rc;

	if (e->sample.irqs_on != SP_UNKNOWN)
		t->with_flags++;
	if (e->sample.irqs_on == SP_NO && e->sample.is_sampler == 1) {
		t->learnt_nmi++;
		l->nmis++;
	}
	if (e->sample.is_sampler == 0 && t->cfg.has_sampler)
		return SP_OK; /* a tracepoint's stack: no measure of time beside a sampler */
	rc = gap_sample(t, l, e, err);
	bh_sample(l, e);
	rc = rc ? rc : wait_sample(t, l, e, err);
	load_sample(l, e);
	sparse_sample(l, e);
	rc = rc ? rc : span_sample(t, l, e, err);
	l->sample_ns = e->time_ns;
	if (rc || in_span || l->idle || !from || !t->parts.baseline.put)
		return rc;
	owned = e->time_ns > from ? e->time_ns - from : 0;
	if (t->cfg.period_ns && owned > 2 * t->cfg.period_ns)
		owned = t->cfg.period_ns;
	return t->parts.baseline.put(t->parts.baseline.self, e, owned, err);
}

static int on_irq(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err)
{
	int rc = SP_OK;

	if (e->type == SP_EV_IRQ_EXIT) {
		rc = span_irq(t, l, e, err);
		gap_alive(l, e->time_ns);
		return rc;
	}
	/* The record says whom it interrupted, first-hand. */
	if (t->cfg.has_bh_flag && !(e->flags & SP_TF_SOFTIRQ))
		span_no_softirq(l);
	rc = gap_irq(t, l, e, err);
	if (e->irq.kind == SP_IRQ_TICK) {
		rc = rc ? rc : wait_tick(t, l, e, err);
		rc = rc || l->shed ? rc : bh_tick(t, l, e, err);
		rc = rc || l->shed ? rc : sparse_tick(t, l, e, err);
	}
	return rc ? rc : span_irq(t, l, e, err);
}

static int dispatch(struct timeline *t, struct lane *l, const struct sp_event *e,
		    struct sp_err *err)
{
	switch (e->type) {
	case SP_EV_SAMPLE:
		return on_sample(t, l, e, err);
	case SP_EV_RAISE:
	case SP_EV_ENTRY:
	case SP_EV_EXIT:
		return span_softirq(t, l, e, err);
	case SP_EV_IRQ_ENTRY:
	case SP_EV_IRQ_EXIT:
		return on_irq(t, l, e, err);
	case SP_EV_FUNC_ENTRY:
	case SP_EV_FUNC_EXIT:
		span_func(l, e);
		return SP_OK;
	case SP_EV_NAPI_POLL:
		span_poll(l, e);
		load_poll(l, e);
		return SP_OK;
	case SP_EV_SWITCH:
		return on_switch(t, l, e, err);
	case SP_EV_DROP:
	case SP_EV_RETRANS:
	case SP_EV_RECLAIM_BEGIN:
	case SP_EV_RECLAIM_END:
		return side_put(t, e, err);
	default:
		return SP_OK;
	}
}

/* A wake-up is recorded where the waker ran, and waits where the thread will run. */
static int on_wake(struct timeline *t, const struct sp_event *e, struct sp_err *err)
{
	struct lane *l;
	int rc;

	if (e->sched.target_cpu >= SP_MAX_CPUS)
		return SP_OK;
	rc = timeline_lane(t, e->sched.target_cpu, &l, err);
	if (rc)
		return rc < 0 ? rc : SP_OK;
	return wait_sched(t, l, e, err);
}

static int on_own(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err)
{
	int rc;

	if (e->type == SP_EV_LOST)
		rc = blind_lost(t, l, e, err);
	else if (e->type == SP_EV_THROTTLE || e->type == SP_EV_UNTHROTTLE)
		rc = blind_throttle(t, l, e, err);
	else
		rc = follow_task(t, l, e, err);
	return rc ? rc : dispatch(t, l, e, err);
}

/* What can be judged now. */
static inline int settle(struct timeline *t, struct lane *l, struct sp_err *err)
{
	int rc = l->gap.run_ready ? gap_run(t, l, err) : SP_OK;

	return rc || !l->npending ? rc : pending_age(t, l, l->now_ns, err);
}

/* The stack that a softirq's tracepoint was recorded with: the event, read as a sample. */
static int put_softirq_stack(struct timeline *t, struct lane *l, const struct sp_event *e,
			     struct sp_err *err)
{
	int rc = load_age(t, l, e, err);

	if (e->tid != SP_NO_TASK && l->idle)
		l->seen_in_this_idle = true;
	rc = rc ? rc : on_sample(t, l, e, err);
	return rc ? rc : settle(t, l, err);
}

static inline int put_in_lane(struct timeline *t, struct lane *l, const struct sp_event *e,
			      struct sp_err *err)
{
	bool softirq = sp_is_softirq(e);
	uint64_t period = t->cfg.period_ns;
	int rc = SP_OK;

	if (period && e->time_ns - l->gap.last_on_ns > period)
		rc = blind_hole(t, l, e, err);
	rc = rc ? rc : load_age(t, l, e, err);
	rc = rc ? rc : on_own(t, l, e, err);
	l->now_ns = e->time_ns;
	rc = rc ? rc : settle(t, l, err);
	return rc || !softirq || !e->softirq.sampled ? rc : put_softirq_stack(t, l, e, err);
}

/* Of what is not about a lane. */
static int put_elsewhere(struct timeline *t, const struct sp_event *e, struct sp_err *err)
{
	/* Of what has no time only the state that a part of a recording begins with matters. */
	if (e->type >= SP_EV_COMM || !e->time_ns)
		return e->time_ns || e->type == SP_EV_THIN || e->type == SP_EV_SHED
			       ? told_put(t, e, err)
			       : SP_OK;
	return e->cpu == SP_NO_CPU ? SP_OK : on_wake(t, e, err);
}

/* A recording out of order: no detector may see time run backwards. */
__attribute__((noinline)) static int put_late(struct timeline *t, uint64_t now_ns,
					      const struct sp_event *e, struct sp_err *err)
{
	struct sp_event late = *e;

	late.time_ns = now_ns;
	return timeline_put(t, &late, err);
}

int timeline_put(struct timeline *t, const struct sp_event *e, struct sp_err *err)
{
	struct lane *l;
	int rc;

	if (e->type >= SP_EV_COMM || !e->time_ns || e->cpu == SP_NO_CPU || e->type == SP_EV_WAKE)
		return put_elsewhere(t, e, err);
	l = e->cpu < t->nlanes ? t->lanes[e->cpu] : NULL;
	rc = l ? SP_OK : timeline_lane(t, e->cpu, &l, err);
	if (rc)
		return rc < 0 ? rc : SP_OK;
	if (e->time_ns < l->now_ns)
		return put_late(t, l->now_ns, e, err);
	if (!l->first_ns)
		l->first_ns = e->time_ns;
	l->used = true;
	return put_in_lane(t, l, e, err);
}

/* A CPU that is not idle and said nothing to the end: stuck perhaps, but nobody saw it. */
#define SILENT_NS 10000000ULL

/* From when on the rest of the recording was not observed; end_ns: it was. */
static uint64_t unseen_from(const struct lane *l, uint64_t end_ns)
{
	if (!l->used)
		return l->first_ns;
	if (l->gone)
		return l->now_ns;
	if (l->throttled)
		return l->throttled_since_ns;
	if (l->idle)
		return l->idle_seen || l->seen_in_this_idle ? end_ns : l->idle_since_ns;
	return end_ns - l->now_ns > SILENT_NS ? l->now_ns : end_ns;
}

static int flush_lane(struct timeline *t, struct lane *l, uint64_t end_ns, struct sp_err *err)
{
	int rc = gap_close(t, l, err);

	rc = rc ? rc : bh_free(t, l, l->now_ns, err);
	rc = rc ? rc : wait_flush(t, l, err);
	rc = rc ? rc : sparse_flush(t, l, end_ns, err);
	rc = rc ? rc : told_flush(t, l, end_ns, err);
	rc = rc ? rc : load_end(t, l, err);
	rc = rc ? rc : pending_flush(t, l, err);
	if (rc || l->cpu == t->cfg.witness || !l->first_ns)
		return rc;
	if (l->gone)
		l->gone_ns = end_ns - unseen_from(l, end_ns);
	rc = coverage_cpu(t->parts.coverage, l->cpu, l->first_ns, end_ns, err);
	return rc ? rc
		  : coverage_gap(t->parts.coverage, l->cpu, COVERAGE_NOT_OBSERVED,
				 unseen_from(l, end_ns), end_ns, err);
}

int timeline_flush(struct timeline *t, uint64_t end_ns, struct sp_err *err)
{
	uint64_t newest = 0;
	int rc = SP_OK;

	for (uint32_t i = 0; i < t->nlanes; i++)
		if (t->lanes[i] && t->lanes[i]->now_ns > newest)
			newest = t->lanes[i]->now_ns;
	if (end_ns == SP_UNKNOWN_NS || end_ns < newest)
		end_ns = newest;
	for (uint32_t i = 0; !rc && i < t->nlanes; i++)
		if (t->lanes[i])
			rc = flush_lane(t, t->lanes[i], end_ns, err);
	return rc;
}

enum sp_tristate timeline_nmi(const struct timeline *t)
{
	if (t->learnt_nmi)
		return SP_YES;
	return t->with_flags ? SP_NO : SP_UNKNOWN;
}

bool timeline_saw_switches(const struct timeline *t)
{
	return t->switch_seen;
}

uint64_t timeline_quality(const struct timeline *t, uint32_t code)
{
	if (code == SP_Q_LIMIT)
		return t->beyond;
	return code == SP_Q_UNSAMPLED ? t->unsampled : 0;
}

uint64_t timeline_hole_ns(const struct timeline *t, uint32_t cpu)
{
	return cpu < t->nlanes && t->lanes[cpu] ? t->lanes[cpu]->hole_ns : 0;
}

uint64_t timeline_gone_ns(const struct timeline *t, uint32_t cpu)
{
	return cpu < t->nlanes && t->lanes[cpu] ? t->lanes[cpu]->gone_ns : 0;
}

uint64_t timeline_thinned_ns(const struct timeline *t, uint32_t cpu)
{
	return cpu < t->nlanes && t->lanes[cpu] ? t->lanes[cpu]->sparse.total_ns : 0;
}

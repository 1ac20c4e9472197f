#include "lane.h"

/*
 * What is told of a CPU but did not happen there: the recorder's own readings, and what it no
 * longer records. And what is no state of a CPU: drops, reclaim.
 */

/* Drops and counters go on as they are; reclaim at its end, with its begin: a task may move to
 * another CPU between the two. */
int told_side(struct timeline *t, const struct sp_event *e, struct sp_err *err)
{
	struct reclaim *slot = &t->reclaims[(uint32_t)e->tid % RECLAIM_SLOTS];
	uint64_t begin = e->time_ns;

	if (!t->parts.side.put)
		return SP_OK;
	if (e->type == SP_EV_RECLAIM_BEGIN) {
		*slot = (struct reclaim){ e->tid, e->time_ns };
		return SP_OK;
	}
	if (e->type == SP_EV_RECLAIM_END) {
		if (slot->tid != e->tid || !slot->begin_ns)
			return SP_OK;
		begin = slot->begin_ns;
		slot->begin_ns = 0;
	}
	return t->parts.side.put(t->parts.side.self, e, begin, err);
}

/* Softirqs, interrupts and timers are not recorded (2), or are again: gaps are still seen, nothing
 * else is, and nothing is healthy meanwhile. */
static int on_shed(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err)
{
	bool shed = e->count >= 2;
	uint64_t last_on = l->gap.last_on_ns;
	int rc;

	if (shed == l->shed)
		return SP_OK;
	l->shed = shed;
	if (!shed)
		return coverage_gap(t->parts.coverage, l->cpu, COVERAGE_LOST, l->shed_ns,
				    e->time_ns, err);
	l->shed_ns = e->time_ns ? e->time_ns : l->first_ns;
	rc = gap_close(t, l, err);
	timeline_blind(l, l->blind_until_ns);
	l->gap.last_on_ns = last_on;
	return rc;
}

int told_flush(struct timeline *t, struct lane *l, uint64_t end_ns, struct sp_err *err)
{
	return l->shed ? coverage_gap(t->parts.coverage, l->cpu, COVERAGE_LOST, l->shed_ns, end_ns,
				      err)
		       : SP_OK;
}

/* Events that are about a CPU but did not happen there (read by the recorder elsewhere). */
int told_put(struct timeline *t, const struct sp_event *e, struct sp_err *err)
{
	struct lane *l;
	int rc;

	if (e->type == SP_EV_NETSTAT)
		return told_side(t, e, err);
	if (e->cpu == SP_NO_CPU)
		return SP_OK;
	rc = timeline_lane(t, e->cpu, &l, err);
	if (rc)
		return rc;
	if (!l->first_ns && e->time_ns)
		l->first_ns = e->time_ns;
	if (e->type == SP_EV_SHED)
		return on_shed(t, l, e, err);
	if (e->type == SP_EV_THIN)
		return sparse_change(t, l, e, err);
	if (e->type == SP_EV_STEAL)
		return pending_steal(t, l, e, err);
	if (e->type != SP_EV_SOFTNET)
		return SP_OK;
	rc = pending_softnet(t, l, e, err);
	return rc ? rc : told_side(t, e, err);
}

#include "lane.h"
#include "load.h"

/*
 * What is told of a CPU but did not happen there: the recorder's own readings, and what it no
 * longer records.
 */

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
	rc = rc ? rc : load_before_hole(t, l, l->shed_ns, err);
	blind_forget(l, l->blind_until_ns);
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
	struct sp_event late;
	struct lane *l;
	int rc;

	if (e->type == SP_EV_NETSTAT)
		return side_put(t, e, err);
	if (e->cpu == SP_NO_CPU)
		return SP_OK;
	rc = timeline_lane(t, e->cpu, &l, err);
	if (rc)
		return rc < 0 ? rc : SP_OK;
	if (!l->first_ns && e->time_ns)
		l->first_ns = e->time_ns;
	/* No detector may see time run backwards, whatever a recording says. */
	if (e->time_ns < l->now_ns) {
		late = *e;
		late.time_ns = l->now_ns;
	}
	if (e->time_ns < l->now_ns && (e->type == SP_EV_SHED || e->type == SP_EV_THIN))
		e = &late;
	if (e->type == SP_EV_SHED)
		return on_shed(t, l, e, err);
	if (e->type == SP_EV_THIN)
		return sparse_change(t, l, e, err);
	if (e->type == SP_EV_ONLINE)
		l->gone |= !e->count;
	if (e->type == SP_EV_STEAL)
		return pending_steal(t, l, e, err);
	if (e->type != SP_EV_SOFTNET)
		return SP_OK;
	rc = pending_softnet(t, l, e, err);
	return rc ? rc : side_put(t, e, err);
}

#include "lane.h"

/*
 * What makes things late without a stall: it goes on to the verdicts by another road (sides.h).
 */

/* Drops and counters go on as they are; reclaim at its end, with its begin: a task may move to
 * another CPU between the two. */
int side_put(struct timeline *t, const struct sp_event *e, struct sp_err *err)
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

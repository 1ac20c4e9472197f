#include "lane.h"

#include <stdlib.h>

/* Of a list of stalls that wait. */
#define LEAST_ROOM 4U

/* SP_END: too many CPUs. */
int timeline_lane(struct timeline *t, uint32_t cpu, struct lane **ret, struct sp_err *err)
{
	if (cpu >= t->nlanes) {
		uint32_t n = cpu + 8;
		struct lane **lanes = realloc(t->lanes, n * sizeof(*lanes));

		if (!lanes)
			return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for CPU %u", cpu);
		memset(lanes + t->nlanes, 0, (n - t->nlanes) * sizeof(*lanes));
		t->lanes = lanes;
		t->nlanes = n;
	}
	if (!t->lanes[cpu] && t->nused == TIMELINE_MAX_CPUS) {
		t->beyond++;
		return SP_END;
	}
	if (!t->lanes[cpu]) {
		t->nused++;
		t->lanes[cpu] = calloc(1, sizeof(*t->lanes[cpu]));
		if (!t->lanes[cpu])
			return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for CPU %u", cpu);
		t->lanes[cpu]->cpu = cpu;
		t->lanes[cpu]->tid = SP_NO_TASK;
		t->lanes[cpu]->load.thread_tid = SP_NO_TASK;
	}
	*ret = t->lanes[cpu];
	return SP_OK;
}

/* It is called for every stall that is added, so a list that has grown shorter may have its room
 * made fit. */
bool lane_room(struct pending_stall **at, uint32_t n)
{
	uint32_t room = n ? 2 * n : LEAST_ROOM;
	struct pending_stall *more;

	if (n && (n < LEAST_ROOM || (n & (n - 1))))
		return true;
	more = realloc(*at, room * sizeof(*more));
	if (more)
		*at = more;
	return more != NULL;
}

void lane_evidence(struct sp_stall *s, enum sp_evidence_kind kind, uint64_t at_ns, uint64_t n0,
		   uint64_t n1, sp_str name, uint64_t addr)
{
	stall_evidence(s, &(struct sp_evidence){
				  .kind = (uint8_t)kind,
				  .at_ns = at_ns,
				  .n = { n0, n1 },
				  .name = name,
				  .addr = addr,
			  });
}

uint32_t lane_pending_vectors(const struct lane *l)
{
	uint32_t mask = 0;

	for (uint32_t v = 0; v < SP_NR_VECS; v++)
		if (l->raised_ns[v])
			mask |= 1U << v;
	return mask;
}

void lane_pending_evidence(const struct lane *l, struct sp_stall *s, uint64_t end_ns)
{
	for (uint32_t v = 0; v < SP_NR_VECS; v++)
		if (s->vectors >> v & 1 && l->raised_ns[v] && end_ns > l->raised_ns[v])
			lane_evidence(s, SP_EVID_PENDING, l->raised_ns[v], v,
				      end_ns - l->raised_ns[v], 0, 0);
}

uint64_t lane_least(const struct timeline *t, uint64_t slack_ns)
{
	uint64_t min = t->cfg.min_stall_ns;

	return min / 2 > slack_ns ? min - slack_ns : min - min / 2;
}

void lane_culprit(struct sp_stall *s)
{
	uint64_t best = 0;

	s->pid = SP_NO_TASK;
	s->tid = SP_NO_TASK;
	for (uint32_t i = 0; i < s->nshares; i++) {
		uint64_t sum = 0;

		for (uint32_t k = 0; k < s->nshares; k++)
			if (s->shares[k].tid == s->shares[i].tid)
				sum += s->shares[k].owned_ns;
		if (sum > best || (i == 0 && !best)) {
			best = sum;
			s->pid = s->shares[i].pid;
			s->tid = s->shares[i].tid;
		}
	}
}

int lane_baseline(struct timeline *t, struct lane *l, const struct shares *s, struct sp_err *err)
{
	int rc = SP_OK;

	if (!t->parts.baseline.put)
		return SP_OK;
	for (uint32_t i = 0; !rc && i < s->n; i++) {
		struct sp_event e = {
			.type = SP_EV_SAMPLE,
			.time_ns = s->from_ns,
			.cpu = l->cpu,
			.pid = s->rows[i].pid,
			.tid = s->rows[i].tid,
			.sample = { .stack = s->rows[i].stack, .mode = s->rows[i].mode },
		};

		rc = t->parts.baseline.put(t->parts.baseline.self, &e, s->rows[i].owned_ns, err);
	}
	return rc;
}

/* Calls fn for each of the lane's sets of shares. */
static void each_set(struct lane *l, void (*fn)(struct shares *s, void *self), void *self)
{
	struct shares *const sets[] = {
		&l->gap.off,	 &l->gap.run,	    &l->bh.shares,	    &l->soft.shares,
		&l->hard.shares, &l->sparse.shares, &l->sparse.load.shares, &l->load.shares,
	};

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		fn(sets[i], self);
	for (uint32_t i = 0; i < WAITS_MAX; i++)
		fn(&l->waits[i].shares, self);
}

static void free_set(struct shares *s, void *self)
{
	(void)self;
	shares_free(s);
}

void lane_free(struct lane *l)
{
	if (!l)
		return;
	for (uint32_t k = 0; k < l->npending; k++)
		stall_free(&l->pending[k].stall);
	for (uint32_t k = 0; k < l->load.nheld; k++)
		stall_free(&l->load.held[k].stall);
	free(l->pending);
	free(l->load.held);
	each_set(l, free_set, NULL);
	free(l);
}

struct sweep {
	struct stacks *of;
	stacks_visit *visit;
};

static void visit_set(struct shares *s, void *self)
{
	const struct sweep *w = self;

	for (uint32_t i = 0; i < s->n; i++)
		w->visit(w->of, &s->rows[i].stack);
}

static void lane_stacks(struct lane *l, struct sweep *w)
{
	each_set(l, visit_set, w);
	for (uint32_t i = 0; i < l->npending; i++)
		stall_stacks(&l->pending[i].stall, w->of, w->visit);
	for (uint32_t i = 0; i < l->load.nheld; i++)
		stall_stacks(&l->load.held[i].stall, w->of, w->visit);
}

void timeline_stacks(struct timeline *t, struct stacks *of, stacks_visit *visit)
{
	struct sweep w = { of, visit };

	for (uint32_t i = 0; i < t->nlanes; i++)
		if (t->lanes[i])
			lane_stacks(t->lanes[i], &w);
}

struct asker {
	tasks_visit *visit;
	void *self;
	uint64_t at_ns;
};

static void visit_owners(struct shares *s, void *self)
{
	const struct asker *a = self;

	for (uint32_t i = 0; i < s->n; i++)
		a->visit(a->self, &(struct task_asked){ .tid = s->rows[i].tid,
							.pid = s->rows[i].pid,
							.at_ns = a->at_ns,
							.stack = s->rows[i].stack,
							.parents = true });
}

static void lane_tasks(struct lane *l, struct asker *a)
{
	a->at_ns = l->now_ns;
	each_set(l, visit_owners, a);
	for (uint32_t i = 0; i < l->npending; i++)
		stall_tasks(&l->pending[i].stall, a->visit, a->self);
	for (uint32_t i = 0; i < l->load.nheld; i++)
		stall_tasks(&l->load.held[i].stall, a->visit, a->self);
}

void timeline_tasks(struct timeline *t, tasks_visit *visit, void *self)
{
	struct asker a = { .visit = visit, .self = self };

	for (uint32_t i = 0; i < t->nlanes; i++)
		if (t->lanes[i])
			lane_tasks(t->lanes[i], &a);
}

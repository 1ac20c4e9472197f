#include "stages.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

/*
 * Stacks are nearly as many as samples where a CPU does many things: 120 kB a second of a packet
 * flood. Those that no stall, no row of the baseline and nothing that is open holds are forgotten,
 * so that a recording of any length fits.
 */

/* A sweep is due at so much; what is kept beyond KEPT_MOST goes too, the least important first. */
#define SWEEP_AT_BYTES	 (6ULL << 20)
#define KEPT_MOST_BYTES	 (6ULL << 20)
#define SWEEP_STEP_BYTES (2ULL << 20)
/* With those of events that wait for their turn: past it the older half goes on. */
#define HELD_MOST_BYTES (16ULL << 20)
/* Of so few rows nothing is left to let go of. */
#define SHED_FEW 64U

static void visit_kept(struct pipeline *p, stacks_visit *visit)
{
	stalls_stacks(p->stalls, p->stacks, visit);
	fold_stacks(p->fold, p->stacks, visit);
	timeline_stacks(p->timeline, p->stacks, visit);
}

/* Takes turns: the baseline is for a flame graph only, so its smallest rows go first, and of them
 * first what is of processes. *ret: something was let go. */
static int let_go(struct pipeline *p, bool *ret, struct sp_err *err)
{
	uint32_t shed = 0;
	int rc = fold_shed_users(p->fold, p->stacks, &shed, err);

	p->shed_users += shed;
	*ret = shed > SHED_FEW;
	if (rc || *ret)
		return rc;
	shed = fold_shed(p->fold);
	p->shed_stacks += shed;
	*ret = shed > SHED_FEW || stalls_trim(p->stalls) || stalls_forget(p->stalls);
	return SP_OK;
}

/* Marks what is held. */
static int mark(struct pipeline *p, struct sp_err *err)
{
	int rc = sites_settle(p->sites, p->stacks, err);
	bool less = true;

	while (!rc && less) {
		rc = stacks_sweep_begin(p->stacks, err);
		if (rc)
			return rc;
		visit_kept(p, stacks_keep);
		less = false;
		if (stacks_kept_bytes(p->stacks) > KEPT_MOST_BYTES)
			rc = let_go(p, &less, err);
	}
	if (rc)
		return rc;
	order_stacks(p->order, p->stacks, stacks_keep);
	return SP_OK;
}

void stages_sweep_due(struct pipeline *p)
{
	uint64_t kept = stacks_bytes(p->stacks);
	/* What cannot be let go may grow still: the next sweep is due in proportion, and all of
	 * them together take linear time. */
	uint64_t due = kept + (kept / 4 > SWEEP_STEP_BYTES ? kept / 4 : SWEEP_STEP_BYTES);

	stacks_set_due(p->stacks, due > SWEEP_AT_BYTES ? due : SWEEP_AT_BYTES);
}

int stages_sweep(struct pipeline *p, struct sp_err *err)
{
	int rc = mark(p, err), sent = SP_OK;

	while (!rc && !sent && stacks_kept_bytes(p->stacks) > HELD_MOST_BYTES) {
		stacks_sweep_end(p->stacks);
		sent = order_send_half(p->order, err);
		rc = sent < 0 ? sent : mark(p, err);
	}
	if (rc)
		return rc;
	stacks_sweep(p->stacks);
	visit_kept(p, stacks_move);
	order_stacks(p->order, p->stacks, stacks_move);
	p->stacks_named = stacks_moved_count(p->stacks, p->stacks_named);
	stacks_sweep_end(p->stacks);
	stages_sweep_due(p);
#ifdef __GLIBC__
	/* What days of a recording leave between what is kept: some megabytes. */
	malloc_trim(0);
#endif
	return SP_OK;
}

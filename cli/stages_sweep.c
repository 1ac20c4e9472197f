#include "stages.h"

/*
 * Stacks are nearly as many as samples where a CPU does many things: 120 kB a second of a packet
 * flood. Those that no stall, no row of the baseline and nothing that is open holds are forgotten,
 * so that a recording of any length fits.
 */

/* A sweep is due at so much; what is kept beyond KEPT_MOST goes too, the least important first. */
#define SWEEP_AT_BYTES	 (10ULL << 20)
#define KEPT_MOST_BYTES	 (8ULL << 20)
#define SWEEP_STEP_BYTES (4ULL << 20)

static void visit_all(struct pipeline *p, stacks_visit *visit)
{
	stalls_stacks(p->stalls, p->stacks, visit);
	fold_stacks(p->fold, p->stacks, visit);
	timeline_stacks(p->timeline, p->stacks, visit);
	order_stacks(p->order, p->stacks, visit);
}

/* Takes turns: the baseline is for a flame graph only, so its smallest rows go first. */
static bool let_go(struct pipeline *p)
{
	uint32_t shed = fold_shed(p->fold);

	p->shed_stacks += shed;
	return shed > 64 || stalls_trim(p->stalls);
}

int stages_sweep(struct pipeline *p, struct sp_err *err)
{
	uint64_t due = p->sweep_at_bytes ? p->sweep_at_bytes : SWEEP_AT_BYTES, kept;
	int rc;

	if (stacks_bytes(p->stacks) < due)
		return SP_OK;
	rc = sites_settle(p->sites, p->stacks, err);
	rc = rc ? rc : stacks_sweep_begin(p->stacks, err);
	if (rc)
		return rc;
	visit_all(p, stacks_keep);
	while (stacks_kept_bytes(p->stacks) > KEPT_MOST_BYTES && let_go(p)) {
		stacks_keep_none(p->stacks);
		visit_all(p, stacks_keep);
	}
	stacks_sweep(p->stacks);
	visit_all(p, stacks_move);
	p->stacks_named = stacks_moved_count(p->stacks, p->stacks_named);
	stacks_sweep_end(p->stacks);
	/* What cannot be let go may grow still: the next sweep is due in proportion, and all of
	 * them together take linear time. */
	kept = stacks_bytes(p->stacks);
	due = kept + (kept / 2 > SWEEP_STEP_BYTES ? kept / 2 : SWEEP_STEP_BYTES);
	p->sweep_at_bytes = due > SWEEP_AT_BYTES ? due : SWEEP_AT_BYTES;
	return SP_OK;
}

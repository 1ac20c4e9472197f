#include "lane.h"
#include "leaf.h"
#include "load.h"

#include <linux/perf_event.h>

/*
 * A tick is due every period on a CPU that is not idle. If the next interrupt of any kind comes
 * later than that, interrupts were off, or the machine did not run:
 *
 *	tick        tick   last_on                             late interrupt
 *	 │           │──────┤ begin is in here                  │ end
 *	 ┴───────────┴──────┬┄┄┄┄┄┄┬────────────┬───────────────┴──►
 *	                begin_lo  begin_hi (first tick missed)
 *
 * Which of the two it was is for the sample that the late interrupt takes, and for pending.c.
 *
 * A sampler that fires by NMI sees inside: its samples with the interrupt flag clear name who it
 *was, and a gap in which it took none, though it fires with interrupts off, is a CPU that did not
 *run. In a recording without any clock (perf record -e cycles) such samples in a row are all there
 *is.
 */

/* Without a grid, or with one that is not known, a missed tick is later than this share of a
 * period: a VM delivers its timer some 100 us late now and then. */
#define SLACK_DIV 4

/* A CPU that runs has taken some NMI samples in so many periods. */
#define NMI_DUE 4U
/* NMI samples with interrupts off that the sampler must have shown before their absence tells. */
#define NMI_KNOWN 8U

void gap_alive(struct lane *l, uint64_t ns)
{
	struct gap_state *g = &l->gap;

	if (ns <= g->last_on_ns)
		return;
	/* Without a clock nobody else will tell of them: gap_run() does. */
	if (g->clockless && g->off.samples >= GAP_RUN_LEAST && !g->run_ready) {
		shares_copy(&g->run, &g->off);
		g->run_lo_ns = g->off_lo_ns;
		g->run_first_ns = g->off_first_ns;
		g->run_end_ns = ns;
		g->run_ready = true;
	}
	g->last_on_ns = ns;
	/* What was seen from inside is kept until the gap is judged. */
	if (g->off.n && !g->open)
		shares_begin(&g->off, ns);
}

/* The first grid point behind ns; ns + period where the grid is not known. */
static uint64_t next_due(const struct gap_state *g, uint64_t ns, uint64_t period_ns)
{
	uint64_t from = g->last_tick_ns ? g->last_tick_ns : ns;

	if (!g->phase_ns || ns < g->phase_ns)
		return from + period_ns > ns ? from + period_ns : ns + period_ns;
	return g->phase_ns + ((ns - g->phase_ns) / period_ns + 1) * period_ns;
}

/* Two of the sampler's own ticks a period apart lie on its grid. Other timers' interrupts do not,
 * nor does a late tick: they must not move it. */
static void learn_phase(struct gap_state *g, uint64_t tick_ns, uint64_t period_ns)
{
	uint64_t since = tick_ns - g->sampled_ns;

	if (g->sampled_ns && since > period_ns - period_ns / 8 && since < period_ns + period_ns / 8)
		g->phase_ns = tick_ns;
	g->sampled_ns = tick_ns;
}

/* Where no switch was ever recorded idle time looks like a gap: only a CPU that ticked without a
 * break before it is believed to be busy. */
#define STEADY_PERIODS 8U

static bool is_busy(const struct timeline *t, const struct gap_state *g, uint64_t period_ns)
{
	return t->switch_seen ||
	       (g->steady_ns && g->last_tick_ns >= g->steady_ns + STEADY_PERIODS * period_ns);
}

static bool is_gap(const struct timeline *t, const struct lane *l, uint64_t ns, uint64_t *due_ns)
{
	const struct gap_state *g = &l->gap;
	uint64_t period = t->cfg.period_ns, late, half;

	if (!period || l->idle || l->throttled || !g->last_on_ns || ns <= g->last_on_ns ||
	    g->last_on_ns < l->blind_until_ns || !is_busy(t, g, period))
		return false;
	/* Whatever the grid: in more than a period a tick was due. */
	if (ns - g->last_on_ns < period + period / SLACK_DIV)
		return false;
	*due_ns = next_due(g, g->last_on_ns, period);
	if (ns <= *due_ns)
		return false;
	late = ns - *due_ns;
	half = (*due_ns - g->last_on_ns) / 2;
	return late >= t->cfg.min_stall_ns / 2 && late >= period / SLACK_DIV &&
	       late + half >= lane_least(t, period / 2);
}

/* Since when ticks come without a break: the proof that this CPU ran meanwhile. */
static void note_tick(const struct timeline *t, struct gap_state *g, uint64_t ns)
{
	if (!g->last_tick_ns || ns - g->last_tick_ns > 2 * t->cfg.period_ns)
		g->steady_ns = ns;
	g->last_tick_ns = ns;
	g->ticked |= g->open;
}

int gap_irq(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err)
{
	struct gap_state *g = &l->gap;
	bool tick = e->irq.kind == SP_IRQ_TICK;
	uint64_t due = 0;
	int rc = SP_OK;

	/* The late sample is taken inside the first tick: after that it was lost. */
	if (g->open && tick && g->ticked)
		rc = gap_close(t, l, err);
	if (!rc && !g->open && is_gap(t, l, e->time_ns, &due)) {
		g->open = true;
		g->begin_lo_ns = g->last_on_ns;
		g->begin_hi_ns = due;
		g->end_ns = e->time_ns;
		g->tid = e->tid;
		g->by_tick = tick;
		g->in_softirq = e->flags & SP_TF_SOFTIRQ;
		g->ticked = false;
	}
	if (tick) {
		note_tick(t, g, e->time_ns);
		g->untold = 0;
	}
	gap_alive(l, e->time_ns);
	return rc;
}

/* Every sample of the clock has its tick's record before it; so many without say that ticks are not
 * recorded, whatever the recording's events promise. */
#define UNTOLD 8U

bool gap_tells_ticks(const struct timeline *t, const struct lane *l)
{
	return t->cfg.has_tick && l->gap.untold < UNTOLD;
}

static struct pending_stall begin_stall(const struct timeline *t, const struct lane *l)
{
	const struct gap_state *g = &l->gap;
	struct pending_stall p = {
		.is_gap = true,
		.hit_softirq = g->in_softirq,
		.by_samples = !gap_tells_ticks(t, l),
		.leaf = LEAF_UNKNOWN,
		.stall = {
			.cpu = l->cpu,
			.begin_ns = g->begin_lo_ns / 2 + g->begin_hi_ns / 2,
			.begin_lo_ns = g->begin_lo_ns,
			.begin_hi_ns = g->begin_hi_ns,
			.end_ns = g->end_ns,
			.end_lo_ns = g->end_ns,
			.end_hi_ns = g->end_ns,
			.mechanism = SP_MECH_STOPPED,
			.pid = SP_NO_TASK,
			.tid = SP_NO_TASK,
		},
	};

	lane_evidence(&p.stall, SP_EVID_TICK_LATE, g->end_ns, g->end_ns - g->begin_hi_ns, 0, 0, 0);
	return p;
}

/*
 * Another interrupt may have been first when interrupts came on, run softirqs at its end, and been
 * interrupted there by the tick. What starved lies outside of it:
 *
 *	handle_softirqs ◄ irq_exit ◄ asm_sysvec_… ◄ irq_restore ◄ s_show ◄ … ◄ entry_SYSCALL_64
 *	└──────────── after the stall ──────────┘   └────────── the stall ──────────────────┘
 *
 * Returns how many of the kernel frames, from the innermost, to leave out. by_tick: the tick was
 *the first interrupt that was seen, so only one that is never seen can have come before it.
 */
uint32_t gap_frames_after(const struct timeline *t, const struct stack *stack, bool by_tick)
{
	const struct sp_resolver *r = t->parts.resolver;
	struct sp_frame frame;

	for (uint32_t i = stack->nkernel; r && r->kernel && i-- > 1;)
		if (r->kernel(r->self, stack->addr[i] - 1, &frame, 1) && frame.known &&
		    (by_tick ? leaf_is_unseen_irq_entry(frame.name)
			     : leaf_is_irq_entry(frame.name)))
			return i + 1;
	return 0;
}

static int cut_frames(struct timeline *t, struct sp_event *e, struct stack *stack, bool by_tick,
		      struct sp_err *err)
{
	uint32_t after = gap_frames_after(t, stack, by_tick), n = stack->nkernel + stack->nuser;
	uint64_t chain[SP_MAX_CHAIN + 1];
	uint32_t len = 0;
	int rc;

	/* All of it lies inside the interrupt: user mode was interrupted. */
	if (!after || after >= n)
		return SP_OK;
	for (uint32_t i = after; i < n && len < SP_MAX_CHAIN; i++) {
		if (i == stack->nkernel)
			chain[len++] = (uint64_t)PERF_CONTEXT_USER;
		chain[len++] = stack->addr[i];
	}
	rc = stacks_add(t->parts.stacks, chain, len, false, &e->sample.stack, err);
	*stack = stacks_get(t->parts.stacks, e->sample.stack);
	return rc;
}

/* Whether a softirq is being served in the stack, and which. */
static bool find_softirq(const struct timeline *t, const struct stack *stack, uint32_t *vec)
{
	const struct sp_resolver *r = t->parts.resolver;
	uint32_t inner = SP_NR_VECS;
	struct sp_frame frame;

	for (uint32_t i = 0; r && r->kernel && i < stack->nkernel; i++) {
		if (!r->kernel(r->self, stack->addr[i] - (i > 0), &frame, 1) || !frame.known)
			continue;
		if (leaf_is_softirqs(frame.name)) {
			*vec = inner;
			return true;
		}
		if (leaf_vector(frame.name) != SP_NR_VECS)
			inner = leaf_vector(frame.name);
	}
	return false;
}

/* A softirq that began before the gap: it was there when interrupts went off. */
static bool inside_softirq(const struct lane *l, const struct sp_stall *s)
{
	return l->soft.open && l->soft.begin_ns <= s->begin_hi_ns;
}

/* The late sample owns the whole gap: its stack is the point of release. */
static int take_release(struct timeline *t, const struct lane *l, const struct sp_event *sample,
			struct pending_stall *p, struct sp_err *err)
{
	struct sp_event late = *sample, *e = &late;
	struct stack stack = stacks_get(t->parts.stacks, e->sample.stack);
	struct shares s = { 0 };
	int rc = SP_OK;

	/* The interrupt entry below such a softirq is older than the gap. */
	if (!inside_softirq(l, &p->stall))
		rc = cut_frames(t, e, &stack, l->gap.by_tick, err);

	if (rc)
		return rc;

	p->sampled = true;
	p->in_softirq = find_softirq(t, &stack, &p->stall.vec);
	p->user = e->sample.mode == SP_MODE_USER || !stack.nkernel;
	p->leaf = p->user ? LEAF_OTHER : (uint8_t)leaf_of(t->parts.resolver, stack.addr[0]);
	if (p->leaf == LEAF_OTHER && stack.nkernel > 1) {
		/* A leaf without a frame of its own (a thunk) leaves its caller to look at. */
		enum leaf_class outer = leaf_of(t->parts.resolver, stack.addr[1] - 1);

		if (outer == LEAF_RELEASE)
			p->leaf = LEAF_RELEASE;
	}
	if (stack.nkernel)
		lane_evidence(&p->stall,
			      p->leaf == LEAF_RELEASE ? SP_EVID_RELEASE_POINT : SP_EVID_LATE_SAMPLE,
			      e->time_ns, e->time_ns - p->stall.begin_hi_ns, 0, 0, stack.addr[0]);
	shares_begin(&s, p->stall.begin_ns);
	shares_add(&s, e);
	if (s.n)
		s.rows[0].owned_ns = p->stall.end_ns - p->stall.begin_ns;
	rc = shares_give(&s, &p->stall, err);
	shares_free(&s);
	return rc;
}

/* The sampler fires with interrupts off, was due several times, and never came: nothing ran. */
static bool nmi_silent(const struct timeline *t, const struct lane *l, const struct sp_stall *s)
{
	return l->nmis >= NMI_KNOWN && s->end_ns - s->begin_ns >= NMI_DUE * t->cfg.period_ns;
}

static int take_silence(struct pending_stall *p)
{
	struct sp_stall *s = &p->stall;

	p->silent = true;
	p->leaf = LEAF_OTHER;
	s->unsampled_ns = s->end_ns - s->begin_ns;
	lane_evidence(s, SP_EVID_NMI_SILENT, s->end_ns, s->end_ns - s->begin_ns, 0, 0, 0);
	return SP_OK;
}

static bool is_other_task(const struct gap_state *g, const struct sp_event *sample)
{
	return g->tid != SP_NO_TASK && sample->tid != SP_NO_TASK && g->tid != sample->tid;
}

static int finish(struct timeline *t, struct lane *l, const struct sp_event *sample,
		  struct sp_err *err)
{
	struct gap_state *g = &l->gap;
	struct pending_stall p = begin_stall(t, l);
	int rc;

	g->open = false;
	if (p.stall.begin_ns < l->stall_end_ns)
		p.stall.begin_ns = p.stall.begin_lo_ns = l->stall_end_ns;
	if (p.stall.begin_ns >= p.stall.end_ns) {
		stall_free(&p.stall);
		shares_begin(&g->off, g->last_on_ns);
		return SP_OK;
	}
	p.stall.vectors = lane_pending_vectors(l);
	if (!g->off.samples && nmi_silent(t, l, &p.stall)) {
		rc = take_silence(&p);
	} else if (g->off.samples >= GAP_OFF_LEAST || (g->off.samples && !sample)) {
		/* Seen from inside, by NMI: no need to judge by the point of release. */
		p.sampled = true;
		p.leaf = g->off.samples >= GAP_OFF_LEAST ? LEAF_RELEASE : LEAF_OTHER;
		lane_evidence(&p.stall, SP_EVID_IF_CLEAR, g->off.from_ns, g->off.samples, 0, 0, 0);
		rc = shares_give(&g->off, &p.stall, err);
	} else if (sample && !is_other_task(g, sample)) {
		rc = take_release(t, l, sample, &p, err);
	} else {
		/* The late sample is lost, or not of the task that was current: no culprit. */
		p.stall.unsampled_ns = p.stall.end_ns - p.stall.begin_ns;
		t->unsampled++;
		rc = SP_OK;
	}
	shares_begin(&g->off, g->last_on_ns);
	if (rc)
		stall_free(&p.stall);
	else
		lane_culprit(&p.stall);
	if (!rc && load_takes(l, &p))
		return load_hold(t, l, &p, err);
	return rc ? rc : pending_add(t, l, &p, err);
}

int gap_sample(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err)
{
	struct gap_state *g = &l->gap;
	uint64_t period = t->cfg.period_ns, due;
	bool clock;

	if (e->sample.irqs_on == SP_NO) {
		if (g->open)
			return SP_OK; /* in the late interrupt itself */
		if (!g->off.n) {
			shares_begin(&g->off, g->last_on_ns);
			g->off_lo_ns = g->last_on_ns;
			g->off_first_ns = e->time_ns;
		}
		g->clockless = !period;
		shares_add(&g->off, e);
		return SP_OK;
	}
	clock = e->sample.is_sampler &&
		!(e->sample.is_sampler == 1 && t->learnt_nmi && e->sample.irqs_on != SP_UNKNOWN);
	g->untold += clock && g->untold < UNTOLD;
	/* A recording without the tick's interrupt: the clock's samples are the ticks. */
	if (!g->open && !gap_tells_ticks(t, l) && clock) {
		if (e->tid != 0 && is_gap(t, l, e->time_ns, &due)) {
			g->open = true;
			g->begin_lo_ns = g->last_on_ns;
			g->begin_hi_ns = due;
			g->end_ns = e->time_ns;
			g->tid = e->tid;
			g->by_tick = false;
			g->in_softirq = true; /* a sample does not say */
		}
		note_tick(t, g, e->time_ns);
	}
	gap_alive(l, e->time_ns);
	/* An NMI is never late: the clock's sample beside it is awaited. */
	if (!clock)
		return SP_OK;
	if (!g->open) {
		if (period && !l->idle && g->last_tick_ns)
			learn_phase(g, g->last_tick_ns, period);
		return SP_OK;
	}
	g->sampled_ns = 0;
	return finish(t, l, e, err);
}

int gap_close(struct timeline *t, struct lane *l, struct sp_err *err)
{
	return l->gap.open ? finish(t, l, NULL, err) : SP_OK;
}

#include "lane.h"
#include "load.h"

/*
 * Entry … exit of softirq vectors and of hard interrupts: both ends are told by the kernel, so the
 * length is exact. What ran inside is named by tracepoints (timer, tasklet) and by samples.
 */

/* An inner stall that takes this much of a span leaves no stall of the span's own. */
#define INNER_SHARE 2 /* half */

/* Both ends are the kernel's own word; where softirqs are preempted, not all between is theirs. */
#define SURE	      0.98
#define SURE_REALTIME 0.75

static void open_span(struct span_state *s, uint64_t ns, int32_t tid)
{
	s->open = true;
	s->begin_ns = ns;
	s->tid = tid;
	s->foreign = 0;
	s->func_addr = 0;
	s->func_ns = 0;
	s->func_open_addr = 0;
	s->poll_ns = 0;
	s->poll_end_ns = ns;
	s->stalled_ns = 0;
	s->still_begin_ns = s->still_end_ns = 0;
	shares_begin(&s->shares, ns);
}

static struct pending_stall begin_stall(const struct lane *l, const struct span_state *s,
					enum sp_mechanism m, uint64_t end_ns)
{
	return (struct pending_stall){
		.sampled = s->shares.samples || s->func_addr,
		.stall = {
			.cpu = l->cpu,
			.begin_ns = s->begin_ns,
			.begin_lo_ns = s->begin_ns,
			.begin_hi_ns = s->begin_ns,
			.end_ns = end_ns,
			.end_lo_ns = end_ns,
			.end_hi_ns = end_ns,
			.mechanism = (uint8_t)m,
			.confidence = SURE,
			.vectors = lane_pending_vectors(l),
			.pid = SP_NO_TASK,
			.tid = SP_NO_TASK,
			.vec = s->vec,
			.irq = s->irq,
		},
	};
}

/* A function that took most of the span is the one to name. */
static void take_func(struct pending_stall *p, const struct span_state *s)
{
	uint64_t length = p->stall.end_ns - p->stall.begin_ns;

	if (!s->func_addr || s->func_ns < length / 2)
		return;
	p->stall.func_addr = s->func_addr;
	p->stall.func_kind = s->func_kind;
	lane_evidence(&p->stall, SP_EVID_FUNC, s->func_begin_ns, s->func_ns, 0, 0, s->func_addr);
}

/* A poll that took most of the span names the device. */
static void take_poll(struct pending_stall *p, const struct span_state *s)
{
	uint64_t length = p->stall.end_ns - p->stall.begin_ns;

	if (!s->poll_dev || s->poll_ns < length / 2)
		return;
	p->stall.dev = s->poll_dev;
	lane_evidence(&p->stall, SP_EVID_POLL, s->poll_end_ns, s->poll_packets, s->poll_ns,
		      s->poll_dev, 0);
}

/* Without interrupts for most of it, up to where they come on: it had them off, or the CPU paused
 * in it. */
static void take_still(struct pending_stall *p, const struct span_state *s)
{
	uint64_t length = p->stall.end_ns - p->stall.begin_ns;
	uint64_t still_ns = s->still_end_ns - s->still_begin_ns;

	if (still_ns < length / INNER_SHARE)
		return;
	p->still_begin_ns = s->still_begin_ns;
	p->still_end_ns = s->still_end_ns;
	lane_evidence(&p->stall, SP_EVID_TICK_LATE, s->still_end_ns, still_ns, 0, 0, 0);
}

static int close_softirq(struct timeline *t, struct lane *l, uint64_t ns, struct sp_err *err)
{
	struct span_state *s = &l->soft;
	uint64_t length = ns - s->begin_ns;
	/* On PREEMPT_RT somebody else may have run meanwhile. */
	bool inner = s->stalled_ns > length / INNER_SHARE || s->foreign > s->shares.samples;
	bool net = s->vec == SP_VEC_NET_RX;
	bool paused = net && l->load.span_paused_ns && l->load.span_paused_ns == s->stalled_ns;
	struct pending_stall p;
	int rc;

	s->open = false;
	if (length < t->cfg.min_stall_ns || inner) {
		rc = s->shares.n ? lane_baseline(t, l, &s->shares, err) : SP_OK;
		return rc || !net || (inner && !paused)
			       ? rc
			       : load_net_rx(t, l, s->begin_ns, ns, NULL, err);
	}
	p = begin_stall(l, s, SP_MECH_SOFTIRQ, ns);
	if (s->vec < SP_NR_VECS) /* what ran did not wait */
		p.stall.vectors &= ~(1U << s->vec);
	lane_evidence(&p.stall, SP_EVID_ENTRY_EXIT, s->begin_ns, s->vec, length, 0, 0);
	lane_pending_evidence(l, &p.stall, ns);
	take_func(&p, s);
	take_poll(&p, s);
	take_still(&p, s);
	if (t->cfg.realtime)
		p.stall.confidence = SURE_REALTIME;
	rc = shares_give(&s->shares, &p.stall, err);
	if (rc)
		return rc;
	/* The task that was interrupted is innocent: a softirq runs on anybody's back. */
	if (!p.sampled)
		t->unsampled++;
	return net ? load_net_rx(t, l, s->begin_ns, ns, &p, err) : pending_add(t, l, &p, err);
}

static int enter_softirq(struct timeline *t, struct lane *l, const struct sp_event *e,
			 struct sp_err *err)
{
	uint32_t vec = e->vec;
	int rc = SP_OK;

	if (vec < SP_NR_VECS && l->raised_ns[vec]) {
		if (e->time_ns > l->raised_ns[vec] && l->raised_ns[vec] >= l->blind_until_ns)
			rc = coverage_delay(t->parts.coverage, l->cpu, e->time_ns,
					    e->time_ns - l->raised_ns[vec], err);
		/* The bit is kept until a BH stall that ends here has seen it. */
	}
	l->softirq_ns = e->time_ns;
	rc = rc ? rc : bh_free(t, l, e->time_ns, err);
	rc = rc ? rc : wait_softirq(t, l, e, err);
	if (vec < SP_NR_VECS)
		l->raised_ns[vec] = 0;
	/* An interrupt whose exit was not recorded is over by now. */
	l->hard.open = false;
	open_span(&l->soft, e->time_ns, e->tid);
	l->load.span_paused_ns = 0;
	l->soft.vec = vec;
	return rc;
}

/* Of thinned records the next exit is not the entry's own. */
static bool trusted(const struct timeline *t, uint32_t vec)
{
	return t->cfg.has_entry && t->cfg.has_exit && !(t->cfg.thinned && vec == SP_VEC_NET_RX);
}

int span_softirq(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err)
{
	int rc;

	if (sparse_softirq(t, l, e, &rc, err))
		return rc;
	if (e->type == SP_EV_RAISE) {
		if (e->vec < SP_NR_VECS && !l->raised_ns[e->vec])
			l->raised_ns[e->vec] = e->time_ns;
		return SP_OK;
	}
	/* Handlers run with interrupts on. */
	gap_alive(l, e->time_ns);
	if (e->type == SP_EV_ENTRY)
		return enter_softirq(t, l, e, err);
	l->softirq_ns = e->time_ns;
	rc = wait_softirq(t, l, e, err);
	if (rc || !l->soft.open || l->soft.vec != e->vec || l->soft.begin_ns < l->blind_until_ns) {
		l->soft.open = false;
		return rc;
	}
	if (!trusted(t, e->vec)) {
		l->soft.open = false;
		return SP_OK;
	}
	return close_softirq(t, l, e->time_ns, err);
}

static int close_irq(struct timeline *t, struct lane *l, uint64_t ns, struct sp_err *err)
{
	struct span_state *s = &l->hard;
	uint64_t length = ns - s->begin_ns;
	struct pending_stall p;
	int rc = SP_OK;

	s->open = false;
	if (length < t->cfg.min_stall_ns)
		return SP_OK;
	/* A gap that was over when this interrupt began is not explained by it. */
	if (l->gap.open && l->gap.end_ns <= s->begin_ns)
		rc = gap_close(t, l, err);
	if (rc)
		return rc;
	p = begin_stall(l, s, SP_MECH_HARDIRQ, ns);
	lane_evidence(&p.stall, SP_EVID_ENTRY_EXIT, s->begin_ns, s->irq.id, length, s->irq.name, 0);
	take_func(&p, s);
	rc = shares_give(&s->shares, &p.stall, err);
	if (rc)
		return rc;
	if (!p.sampled)
		t->unsampled++;
	p.may_be_steal = !p.sampled;
	l->soft.stalled_ns += length;
	/* Interrupts are off in there: the gap is explained. */
	l->gap.open = false;
	return pending_add(t, l, &p, err);
}

int span_irq(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err)
{
	struct span_state *s = &l->hard;

	if (e->type == SP_EV_IRQ_ENTRY) {
		open_span(s, e->time_ns, e->tid);
		s->irq = e->irq;
		return SP_OK;
	}
	if (!s->open || s->irq.kind != e->irq.kind || s->irq.id != e->irq.id ||
	    s->begin_ns < l->blind_until_ns) {
		s->open = false;
		return SP_OK;
	}
	return close_irq(t, l, e->time_ns, err);
}

void span_no_softirq(struct lane *l)
{
	l->soft.open = false;
}

/* Functions nest at most one deep in what is watched: a timer inside TIMER, a tasklet inside HI.
 * The longest of a span is kept. */
void span_func(struct lane *l, const struct sp_event *e)
{
	struct span_state *s = l->hard.open ? &l->hard : &l->soft;
	uint64_t ran_ns;

	/* Work items and timers of threads are none of the softirq's (it may be preempted by them
	 * where softirqs are threads). */
	if (!s->open || (e->func.kind == SP_FUNC_WORK && !(e->flags & SP_TF_SOFTIRQ)))
		return;
	if (e->type == SP_EV_FUNC_ENTRY) {
		s->func_open_addr = e->func.addr;
		s->func_open_kind = e->func.kind;
		s->func_open_ns = e->time_ns;
		return;
	}
	if (!s->func_open_addr || s->func_open_kind != e->func.kind)
		return;
	ran_ns = e->time_ns - s->func_open_ns;
	if (ran_ns > s->func_ns) {
		s->func_ns = ran_ns;
		s->func_addr = s->func_open_addr;
		s->func_kind = s->func_open_kind;
		s->func_begin_ns = s->func_open_ns;
	}
	s->func_open_addr = 0;
}

/* The tracepoint comes at the end of a poll: what came before it, back to the poll before, was it.
 */
void span_poll(struct lane *l, const struct sp_event *e)
{
	struct span_state *s = &l->soft;
	uint64_t ns;

	if (!s->open || s->vec != SP_VEC_NET_RX || e->time_ns < s->poll_end_ns)
		return;
	ns = e->time_ns - s->poll_end_ns;
	s->poll_end_ns = e->time_ns;
	if (ns <= s->poll_ns)
		return;
	s->poll_ns = ns;
	s->poll_dev = e->napi.dev;
	s->poll_packets = e->napi.work;
}

int span_sample(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err)
{
	(void)err;
	if (e->sample.mode == SP_MODE_USER)
		span_no_softirq(l);
	/* Inside an interrupt only an NMI takes samples that say "interrupts off". */
	if (l->hard.open && e->sample.irqs_on == SP_NO)
		shares_add(&l->hard.shares, e);
	else if (l->soft.open && t->cfg.realtime && e->tid != l->soft.tid)
		l->soft.foreign++;
	else if (l->soft.open)
		shares_add(&l->soft.shares, e);
	return SP_OK;
}

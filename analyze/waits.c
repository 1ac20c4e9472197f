#include "lane.h"
#include "load.h"

#include <stdlib.h>

/*
 * Softirqs that wait for a thread: ksoftirqd, or the thread that polls a device (threaded NAPI), is
 * runnable and does not get the CPU.
 *
 *	woken, or preempted          softirq served on an interrupt       switched to
 *	   │                             │   │                                │
 *	   ├─────────── waits ───────────┤   ├──────────── waits ─────────────┤
 *
 * Kernels from 4.18 to 6.4 leave softirqs to a ksoftirqd that is merely runnable
 * (ksoftirqd_running() in kernel/softirq.c). Mainline then serves them at the end of every
 * interrupt, and a wait of ksoftirqd starves nobody: each softirq served ends it. A NAPI thread
 * waits whatever the softirqs do.
 */

/* A NAPI thread may move to a CPU that is not recorded, run there and come back: it did not wait.
 * One that was seen to be preempted here mostly stays. */
#define SURE_KSOFTIRQD	 0.93
#define SURE_NAPI	 0.80
#define SURE_NAPI_HELD	 0.90
#define SURE_BY_TICKS	 0.85 /* no sample, but every tick's record names one task */
#define SURE_NOBODY	 0.70
#define SURE_TO_SEEN	 0.80 /* when it got the CPU was not seen */
#define SURE_UNTICKED	 0.85 /* no tick says whether bottom halves were on: it may be bh-off */
#define SURE_UNSEEN_WORK 0.60 /* raises or entries may be missing: did anything wait? */

static bool is_ksoftirqd(const struct timeline *t, sp_str comm)
{
	return comm && strncmp(strings_get(t->parts.strings, comm), "ksoftirqd/", 10) == 0;
}

/* "napi/eth0-8193", one a NAPI instance (net/core/dev.c, napi_kthread_create); "backlog_napi/3",
 * one a CPU (6.10). */
bool wait_is_napi(const struct timeline *t, sp_str comm)
{
	const char *name = comm ? strings_get(t->parts.strings, comm) : "";

	return strncmp(name, "napi/", 5) == 0 || strncmp(name, "backlog_napi/", 13) == 0;
}

static struct wait_state *wait_of(struct lane *l, int32_t tid)
{
	for (uint32_t i = 0; i < WAITS_MAX; i++)
		if (l->waits[i].since_ns && l->waits[i].tid == tid)
			return &l->waits[i];
	return NULL;
}

static void restart(struct wait_state *w, uint64_t ns)
{
	w->since_ns = w->seen_ns = ns;
	w->ticks = 0;
	w->tick_mixed = false;
	shares_begin(&w->shares, ns);
}

static void begin_wait(struct timeline *t, struct lane *l, int32_t tid, sp_str comm, uint64_t ns,
		       bool preempted)
{
	struct wait_state *w = wait_of(l, tid);

	for (uint32_t i = 0; !w && i < WAITS_MAX; i++)
		if (!l->waits[i].since_ns)
			w = &l->waits[i];
	if (!w)
		return; /* more threads than are followed */
	w->tid = tid;
	w->comm = comm;
	w->napi = wait_is_napi(t, comm);
	w->preempted = preempted;
	restart(w, ns);
}

/* The first moment from which a vector waited for ksoftirqd; UINT64_MAX: none did. */
static uint64_t first_raise(const struct lane *l)
{
	uint64_t first = UINT64_MAX;

	for (uint32_t v = 0; v < SP_NR_VECS; v++)
		if (l->raised_ns[v] && l->raised_ns[v] < first)
			first = l->raised_ns[v];
	return first;
}

static double sure_of(const struct timeline *t, const struct lane *l, const struct wait_state *w,
		      bool end_unseen)
{
	double sure = w->napi ? (w->preempted ? SURE_NAPI_HELD : SURE_NAPI) : SURE_KSOFTIRQD;

	if (!w->shares.samples)
		sure = w->ticks && !w->tick_mixed ? SURE_BY_TICKS : SURE_NOBODY;
	if (w->napi && !w->preempted && sure > SURE_NAPI)
		sure = SURE_NAPI;
	if (!gap_tells_ticks(t, l) && sure > SURE_UNTICKED)
		sure = SURE_UNTICKED;
	/* Without switches its run is never seen. */
	if ((end_unseen || !t->switch_seen) && sure > SURE_TO_SEEN)
		sure = SURE_TO_SEEN;
	if (!w->napi && (!t->cfg.has_raise || !t->cfg.has_entry || t->cfg.thinned))
		sure = SURE_UNSEEN_WORK;
	return sure;
}

/* Who held the CPU: the task of the samples, else the one task of all ticks. */
static void name_hog(const struct wait_state *w, struct sp_stall *s)
{
	lane_culprit(s);
	if (s->nshares || !w->ticks || w->tick_mixed)
		return;
	s->tid = w->tick_tid;
}

/* The class of the culprit, where the switch that ended the wait tells it. */
static void add_class(struct sp_stall *s, const struct sp_event *by)
{
	if (by && by->tid == s->tid)
		lane_evidence(s, SP_EVID_HOG_CLASS, by->time_ns, (uint64_t)by->sched.prev_prio, 0,
			      by->sched.prev_comm, 0);
}

/* The wait up to end_ns as a stall, if it is one; it may have gone on until hi_ns. by: the switch
 * that ended it, or NULL. */
static int finish(struct timeline *t, struct lane *l, struct wait_state *w, uint64_t end_ns,
		  uint64_t hi_ns, const struct sp_event *by, struct sp_err *err)
{
	uint64_t begin = w->since_ns, raised = first_raise(l), since = l->load.thread_since_ns;
	struct pending_stall p = {
		.sampled = w->shares.samples != 0,
	};
	struct sp_stall *s = &p.stall;
	int rc;

	if (!w->napi && t->cfg.has_raise && raised > begin)
		begin = raised; /* UINT64_MAX: it had nothing to serve */
	if (begin < l->stall_end_ns)
		begin = l->stall_end_ns;
	/* Whatever a gap turns out to be, it explains its own time. */
	if (l->gap.open && l->gap.begin_lo_ns < end_ns)
		end_ns = hi_ns = l->gap.begin_lo_ns;
	if (end_ns <= begin || begin < l->blind_until_ns || end_ns - begin < t->cfg.min_stall_ns)
		return SP_OK;
	*s = (struct sp_stall){
		.cpu = l->cpu,
		.begin_ns = begin,
		.begin_lo_ns = begin,
		.begin_hi_ns = begin,
		.end_ns = end_ns,
		.end_lo_ns = end_ns,
		.end_hi_ns = hi_ns,
		.mechanism = SP_MECH_KSOFTIRQD,
		.confidence = sure_of(t, l, w, hi_ns > end_ns),
		.vectors = w->napi ? 1U << SP_VEC_NET_RX : lane_pending_vectors(l),
		.pid = SP_NO_TASK,
		.tid = SP_NO_TASK,
	};
	lane_evidence(s, SP_EVID_KSOFTIRQD_WAIT, begin, end_ns - begin, 0, w->comm, 0);
	if (!w->napi)
		lane_pending_evidence(l, s, end_ns);
	rc = shares_give(&w->shares, s, err);
	if (rc)
		return rc;
	name_hog(w, s);
	/* The idle task keeps nobody waiting: the CPU itself was slow to wake, or was not seen. */
	if (s->tid == 0 || s->tid == w->tid) {
		stall_free(s);
		return SP_OK;
	}
	add_class(s, by);
	/* Behind a thread that polls, most of it: part of that load, if it is one. */
	if (!w->napi && since && (end_ns - (begin > since ? begin : since)) * 2 >= end_ns - begin)
		return load_hold(t, l, &p, err);
	return pending_add(t, l, &p, err);
}

/* It got the CPU by hi_ns, and nobody saw when. It waited as long as records met another task. */
static int finish_seen(struct timeline *t, struct lane *l, struct wait_state *w, uint64_t hi_ns,
		       struct sp_err *err)
{
	int rc = w->since_ns ? finish(t, l, w, w->seen_ns, hi_ns, NULL, err) : SP_OK;

	w->since_ns = 0;
	return rc;
}

/* A record of the thread itself says that it runs: its switch was not recorded. Any other, that it
 * still waits. True: nobody waits here. */
static bool runs_itself(struct timeline *t, struct lane *l, struct wait_state *w,
			const struct sp_event *e, int *rc, struct sp_err *err)
{
	if (!w->since_ns)
		return true;
	if (w->tid == e->tid)
		*rc = finish_seen(t, l, w, e->time_ns, err);
	else if (e->tid != SP_NO_TASK)
		w->seen_ns = e->time_ns;
	return !w->since_ns;
}

/* The thread runs: it waits nowhere any more. Only NAPI threads move from CPU to CPU. */
static void forget_elsewhere(struct timeline *t, const struct lane *here, int32_t tid)
{
	for (uint32_t i = 0; i < t->nlanes; i++) {
		struct wait_state *w =
			t->lanes[i] && t->lanes[i] != here ? wait_of(t->lanes[i], tid) : NULL;

		if (w)
			w->since_ns = 0;
	}
}

static int on_run(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err)
{
	struct wait_state *w = wait_of(l, e->sched.next_tid);
	int rc = w ? finish(t, l, w, e->time_ns, e->time_ns, e, err) : SP_OK;

	if (w)
		w->since_ns = 0;
	if (wait_is_napi(t, e->sched.next_comm))
		forget_elsewhere(t, l, e->sched.next_tid);
	return rc;
}

static bool serves(const struct timeline *t, sp_str comm)
{
	return is_ksoftirqd(t, comm) || wait_is_napi(t, comm);
}

/* The thread leaves the CPU: it has run until now, whatever was recorded of that. */
static int on_leave(struct timeline *t, struct lane *l, const struct sp_event *e,
		    struct sp_err *err)
{
	struct wait_state *w = wait_of(l, e->tid);
	int rc = w ? finish_seen(t, l, w, e->time_ns, err) : SP_OK;

	if (e->sched.prev_runnable)
		begin_wait(t, l, e->tid, e->sched.prev_comm, e->time_ns, true);
	else if (is_ksoftirqd(t, e->sched.prev_comm)) /* it sleeps when nothing is pending */
		memset(l->raised_ns, 0, sizeof(l->raised_ns));
	return rc;
}

int wait_sched(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err)
{
	int rc = SP_OK;

	if (e->type == SP_EV_WAKE) {
		/* Woken before it has left the CPU it waits for nothing yet. And who is woken
		 * twice has run in between, wherever. */
		if (serves(t, e->sched.next_comm) && l->tid != e->sched.next_tid)
			begin_wait(t, l, e->sched.next_tid, e->sched.next_comm, e->time_ns, false);
		return SP_OK;
	}
	if (serves(t, e->sched.next_comm))
		rc = on_run(t, l, e, err);
	return rc || !serves(t, e->sched.prev_comm) ? rc : on_leave(t, l, e, err);
}

/* Whoever it is, not ksoftirqd. */
static bool is_another(const struct timeline *t, const struct sp_event *e)
{
	struct task_info who;

	return e->tid == 0 || (tasks_at(t->parts.tasks, e->tid, e->time_ns, &who) && who.comm &&
			       !is_ksoftirqd(t, who.comm));
}

/* Softirqs are served: ksoftirqd's wait harms nobody until they are done. */
int wait_softirq(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err)
{
	int rc = SP_OK;

	/* Kernels that leave softirqs to a runnable ksoftirqd serve none elsewhere meanwhile. */
	if (!l->ksoftirqd_known && !t->cfg.has_bh_flag && e->type == SP_EV_ENTRY)
		l->ksoftirqd_known = is_another(t, e);
	for (uint32_t i = 0; !rc && i < WAITS_MAX; i++) {
		struct wait_state *w = &l->waits[i];

		if (runs_itself(t, l, w, e, &rc, err) || w->napi)
			continue;
		if (e->type == SP_EV_ENTRY)
			rc = finish(t, l, w, e->time_ns, e->time_ns, NULL, err);
		restart(w, e->time_ns);
	}
	return rc;
}

int wait_tick(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err)
{
	int rc = SP_OK;

	for (uint32_t i = 0; !rc && i < WAITS_MAX; i++) {
		struct wait_state *w = &l->waits[i];

		if (runs_itself(t, l, w, e, &rc, err) || e->tid == SP_NO_TASK)
			continue;
		w->tick_mixed |= w->ticks && w->tick_tid != e->tid;
		w->tick_tid = e->tid;
		w->ticks++;
	}
	return rc;
}

int wait_sample(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err)
{
	int rc = SP_OK;

	for (uint32_t i = 0; !rc && i < WAITS_MAX; i++)
		if (!runs_itself(t, l, &l->waits[i], e, &rc, err))
			shares_add(&l->waits[i].shares, e);
	return rc;
}

int wait_hole(struct timeline *t, struct lane *l, uint64_t to_ns, struct sp_err *err)
{
	int rc = SP_OK;

	for (uint32_t i = 0; !rc && i < WAITS_MAX; i++)
		rc = finish_seen(t, l, &l->waits[i], to_ns, err);
	return rc;
}

/* What was found inside a wait (interrupts off, say) explains its own time better. */
int wait_cut(struct timeline *t, struct lane *l, const struct sp_stall *s, struct sp_err *err)
{
	int rc = SP_OK;

	for (uint32_t i = 0; !rc && i < WAITS_MAX; i++) {
		struct wait_state *w = &l->waits[i];

		if (!w->since_ns || s->mechanism == SP_MECH_KSOFTIRQD || w->since_ns >= s->end_ns)
			continue;
		if (w->since_ns < s->begin_ns)
			rc = finish(t, l, w, s->begin_ns, s->begin_ns, NULL, err);
		restart(w, s->end_ns);
	}
	return rc;
}

int wait_flush(struct timeline *t, struct lane *l, struct sp_err *err)
{
	int rc = SP_OK;

	for (uint32_t i = 0; !rc && i < WAITS_MAX; i++) {
		/* ksoftirqd stays on its CPU; of a NAPI thread nothing more is known. */
		if (l->waits[i].since_ns && !l->waits[i].napi)
			rc = finish(t, l, &l->waits[i], l->now_ns, l->now_ns, NULL, err);
		l->waits[i].since_ns = 0;
	}
	return rc;
}

bool wait_ksoftirqd_busy(const struct timeline *t, const struct lane *l, int32_t tid)
{
	struct task_info who;

	if (!l->ksoftirqd_known)
		return true;
	for (uint32_t i = 0; i < WAITS_MAX; i++)
		if (l->waits[i].since_ns && !l->waits[i].napi)
			return true;
	return tasks_at(t->parts.tasks, tid, l->now_ns, &who) && is_ksoftirqd(t, who.comm);
}

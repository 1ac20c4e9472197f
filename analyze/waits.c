#include "lane.h"

#include <sirqprof/event.h>

/*
 * Softirqs that wait for a thread: ksoftirqd was woken and does not get the CPU. And NET_RX that
 * does not end: packets come as fast as they are served, and nothing else runs.
 */

/* NET_RX runs this close together are one run. */
#define LOAD_JOIN_NS 300000ULL
/* A run is load, not service, from this length and this share of NET_RX on. */
#define LOAD_LEAST_NS  10000000ULL
#define LOAD_SHARE_PCT 90

static bool is_ksoftirqd(const struct timeline *t, sp_str comm)
{
	return comm && strncmp(strings_get(t->parts.strings, comm), "ksoftirqd/", 10) == 0;
}

static int finish_wait(struct timeline *t, struct lane *l, uint64_t end_ns, struct sp_err *err)
{
	uint64_t begin = l->ksoftirqd_since_ns;
	struct pending_stall p = {
		.sampled = l->ksoftirqd_shares.samples != 0,
		.seen_ns = end_ns,
		.stall = {
			.cpu = l->cpu,
			.begin_ns = begin,
			.begin_lo_ns = begin,
			.begin_hi_ns = begin,
			.end_ns = end_ns,
			.end_lo_ns = end_ns,
			.end_hi_ns = end_ns,
			.mechanism = SP_MECH_KSOFTIRQD,
			.confidence = 0.93,
			.vectors = lane_pending_vectors(l),
		},
	};
	int rc;

	l->ksoftirqd_since_ns = 0;
	/* Served meanwhile (6.5 and later do that on every interrupt), or nothing to serve. */
	if (end_ns <= begin || begin < l->blind_until_ns || l->softirq_ns > begin ||
	    !p.stall.vectors || end_ns - begin < t->cfg.min_stall_ns || begin < l->stall_end_ns)
		return SP_OK;
	lane_evidence(&p.stall, SP_EVID_KSOFTIRQD_WAIT, begin, end_ns - begin, 0, 0, 0);
	for (uint32_t v = 0; v < SP_NR_VECS; v++)
		if (p.stall.vectors >> v & 1 && end_ns > l->raised_ns[v])
			lane_evidence(&p.stall, SP_EVID_PENDING, l->raised_ns[v], v,
				      end_ns - l->raised_ns[v], 0, 0);
	rc = shares_give(&l->ksoftirqd_shares, &p.stall, err);
	if (rc)
		return rc;
	lane_culprit(&p.stall);
	if (!p.sampled)
		p.stall.confidence = 0.7;
	return pending_add(t, l, &p, err);
}

int wait_sched(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err)
{
	int rc = SP_OK;

	if (e->type == SP_EV_WAKE) {
		if (is_ksoftirqd(t, e->sched.next_comm) && !l->ksoftirqd_since_ns) {
			l->ksoftirqd_tid = e->sched.next_tid;
			l->ksoftirqd_since_ns = e->time_ns;
			shares_begin(&l->ksoftirqd_shares, e->time_ns);
		}
		return SP_OK;
	}
	if (is_ksoftirqd(t, e->sched.next_comm) && l->ksoftirqd_since_ns)
		rc = finish_wait(t, l, e->time_ns, err);
	if (!rc && is_ksoftirqd(t, e->sched.prev_comm) && e->sched.prev_runnable) {
		l->ksoftirqd_since_ns = e->time_ns;
		shares_begin(&l->ksoftirqd_shares, e->time_ns);
	}
	return rc;
}

void wait_sample(struct lane *l, const struct sp_event *e)
{
	if (l->ksoftirqd_since_ns)
		shares_add(&l->ksoftirqd_shares, e);
	if (l->load_begin_ns)
		shares_add(&l->load_shares, e);
}

static int finish_load(struct timeline *t, struct lane *l, struct sp_err *err)
{
	uint64_t begin = l->load_begin_ns, end = l->load_end_ns, length = end - begin;
	struct pending_stall p = {
		.sampled = l->load_shares.samples != 0,
		.seen_ns = end,
		.stall = {
			.cpu = l->cpu,
			.begin_ns = begin,
			.begin_lo_ns = begin,
			.begin_hi_ns = begin,
			.end_ns = end,
			.end_lo_ns = end,
			.end_hi_ns = end,
			.mechanism = SP_MECH_LOAD,
			.confidence = 0.9,
			.pid = SP_NO_TASK,
			.tid = SP_NO_TASK,
			.dev = l->load_dev,
			.vec = SP_VEC_NET_RX,
		},
	};
	int rc;

	l->load_begin_ns = 0;
	if (length < LOAD_LEAST_NS || length < t->cfg.min_stall_ns ||
	    l->load_busy_ns < length / 100 * LOAD_SHARE_PCT || begin < l->stall_end_ns)
		return SP_OK;
	p.stall.vectors = 1U << SP_VEC_NET_RX;
	lane_evidence(&p.stall, SP_EVID_ENTRY_EXIT, begin, SP_VEC_NET_RX, l->load_busy_ns, 0, 0);
	if (l->load_polls)
		lane_evidence(&p.stall, SP_EVID_NAPI, begin, l->load_polls, l->load_packets,
			      l->load_dev, 0);
	rc = shares_give(&l->load_shares, &p.stall, err);
	return rc ? rc : pending_add(t, l, &p, err);
}

int wait_net_rx(struct timeline *t, struct lane *l, uint64_t begin_ns, uint64_t end_ns,
		struct sp_err *err)
{
	int rc = SP_OK;

	if (l->load_begin_ns && begin_ns > l->load_end_ns + LOAD_JOIN_NS)
		rc = finish_load(t, l, err);
	if (!l->load_begin_ns) {
		l->load_begin_ns = begin_ns;
		l->load_busy_ns = 0;
		l->load_packets = 0;
		l->load_polls = 0;
		l->load_dev = 0;
		shares_begin(&l->load_shares, begin_ns);
	}
	l->load_end_ns = end_ns;
	l->load_busy_ns += end_ns - begin_ns;
	return rc;
}

int wait_flush(struct timeline *t, struct lane *l, struct sp_err *err)
{
	return l->load_begin_ns ? finish_load(t, l, err) : SP_OK;
}

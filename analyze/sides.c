#include "sides.h"

#include <stdlib.h>
#include <string.h>

#define RTO_SLACK_NS UINT64_C(20000000) /* the trip itself, and whoever read the answer */

/* A packet was dropped in [begin, end]: between two reads, where a counter tells. */
struct drop {
	uint64_t begin_ns, end_ns;
	uint32_t count;
	sp_str reason;
};

struct reclaim {
	uint64_t begin_ns, end_ns;
	uint64_t held_ns; /* of it: the pauses between what was joined are not */
	int32_t tid;
};

/* Where a task's newest reclaim stands, by tid; a collision only joins less. */
#define NEWEST_SLOTS 256U

/* The last read of a counter that only grows. */
struct counter {
	bool known;
	uint64_t at_ns, value;
};

struct sides {
	struct drop *drops;
	uint32_t ndrops, drops_room;
	struct reclaim *reclaims;
	uint32_t nreclaims, reclaims_room;
	uint32_t newest[NEWEST_SLOTS]; /* index + 1 in reclaims */
	struct drop *resents;	       /* segments sent again; reason unused */
	uint32_t nresents, resents_room;
	uint64_t full; /* rows that found no room */
	struct counter pfmemalloc, retrans;
	struct counter *backlog; /* by CPU */
	uint32_t ncpus;
	struct chance *drop_chance, *reclaim_chance;
};

int sides_new(struct sides **ret, struct sp_err *err)
{
	struct sides *s = calloc(1, sizeof(*s));

	if (!s)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for drops and reclaim");
	*ret = s;
	return SP_OK;
}

void sides_free(struct sides *s)
{
	if (!s)
		return;
	chance_free(s->drop_chance);
	chance_free(s->reclaim_chance);
	free(s->backlog);
	free(s->reclaims);
	free(s->resents);
	free(s->drops);
	free(s);
}

/* Room for one more of size bytes; *full instead when there are SIDES_MAX. */
static int grow(void **at, uint32_t n, uint32_t *room, size_t size, bool *full, struct sp_err *err)
{
	uint32_t more = *room ? *room * 2 : 64;
	void *to;

	*full = n == SIDES_MAX;
	if (*full || n < *room)
		return SP_OK;
	to = realloc(*at, more * size);
	if (!to)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for %u drops", more);
	*at = to;
	*room = more;
	return SP_OK;
}

static int put_drop(struct sides *s, const struct drop *d, struct sp_err *err)
{
	void *at = s->drops;
	bool full;
	int rc = grow(&at, s->ndrops, &s->drops_room, sizeof(*d), &full, err);

	s->drops = at;
	s->full += full;
	if (!rc && !full)
		s->drops[s->ndrops++] = *d;
	return rc;
}

static int put_resent(struct sides *s, const struct drop *d, struct sp_err *err)
{
	void *at = s->resents;
	bool full;
	int rc = grow(&at, s->nresents, &s->resents_room, sizeof(*d), &full, err);

	s->resents = at;
	s->full += full;
	if (!rc && !full)
		s->resents[s->nresents++] = *d;
	return rc;
}

/* Goes on with the task's newest reclaim when that began not long ago. */
static bool join_reclaim(struct sides *s, const struct reclaim *r)
{
	uint32_t at = s->newest[(uint32_t)r->tid % NEWEST_SLOTS];
	struct reclaim *last = at ? &s->reclaims[at - 1] : NULL;

	if (!last || last->tid != r->tid || r->begin_ns < last->end_ns ||
	    r->end_ns - last->begin_ns > SIDES_JOIN_NS)
		return false;
	last->end_ns = r->end_ns;
	last->held_ns += r->held_ns;
	return true;
}

static int put_reclaim(struct sides *s, const struct reclaim *r, struct sp_err *err)
{
	void *at = s->reclaims;
	bool full;
	int rc;

	if (join_reclaim(s, r))
		return SP_OK;
	rc = grow(&at, s->nreclaims, &s->reclaims_room, sizeof(*r), &full, err);
	s->reclaims = at;
	s->full += full;
	if (rc || full)
		return rc;
	s->reclaims[s->nreclaims++] = *r;
	s->newest[(uint32_t)r->tid % NEWEST_SLOTS] = s->nreclaims;
	return SP_OK;
}

/* What a counter that only grows has grown by, as an interval between two reads; count 0: by
 * nothing, or this is the first read. */
static struct drop grown(struct counter *c, uint64_t at_ns, uint64_t value)
{
	uint64_t more = c->known && value > c->value ? value - c->value : 0;
	struct drop d = {
		.begin_ns = c->at_ns,
		.end_ns = at_ns,
		.count = more < UINT32_MAX ? (uint32_t)more : UINT32_MAX,
	};

	*c = (struct counter){ true, at_ns, value };
	return d;
}

static int count(struct sides *s, struct counter *c, uint64_t at_ns, uint64_t value,
		 struct sp_err *err)
{
	struct drop d = grown(c, at_ns, value);

	return d.count ? put_drop(s, &d, err) : SP_OK;
}

static int put_netstat(struct sides *s, const struct sp_event *e, struct sp_err *err)
{
	int rc = count(s, &s->pfmemalloc, e->time_ns, e->netstat.pfmemalloc, err);
	struct drop d = grown(&s->retrans, e->time_ns, e->netstat.retrans);

	return rc || !d.count ? rc : put_resent(s, &d, err);
}

static int put_softnet(struct sides *s, const struct sp_event *e, struct sp_err *err)
{
	struct counter *to;

	if (e->cpu >= SP_MAX_CPUS)
		return SP_OK;
	if (e->cpu >= s->ncpus) {
		to = realloc(s->backlog, (e->cpu + 1) * sizeof(*to));
		if (!to)
			return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for cpu %u", e->cpu);
		memset(to + s->ncpus, 0, (e->cpu + 1 - s->ncpus) * sizeof(*to));
		s->backlog = to;
		s->ncpus = e->cpu + 1;
	}
	return count(s, &s->backlog[e->cpu], e->time_ns, e->softnet.dropped, err);
}

int sides_put(struct sides *s, const struct sp_event *e, uint64_t begin_ns, struct sp_err *err)
{
	struct drop d = { e->time_ns, e->time_ns, 1, 0 };
	struct reclaim r = { begin_ns, e->time_ns, e->time_ns - begin_ns, e->tid };

	switch (e->type) {
	case SP_EV_DROP:
		d.reason = e->drop.reason_name;
		return put_drop(s, &d, err);
	case SP_EV_RETRANS:
		return put_resent(s, &d, err);
	case SP_EV_NETSTAT:
		return put_netstat(s, e, err);
	case SP_EV_SOFTNET:
		return put_softnet(s, e, err);
	case SP_EV_RECLAIM_END:
		return begin_ns < e->time_ns ? put_reclaim(s, &r, err) : SP_OK;
	default:
		return SP_OK;
	}
}

void sides_tasks(const struct sides *s, tasks_visit *visit, void *self)
{
	for (uint32_t i = 0; i < s->nreclaims; i++)
		visit(self, &(struct task_asked){ .tid = s->reclaims[i].tid,
						  .pid = SP_NO_TASK,
						  .at_ns = s->reclaims[i].end_ns });
}

int sides_seal(struct sides *s, uint64_t begin_ns, uint64_t end_ns, struct sp_err *err)
{
	int rc = chance_new(&s->drop_chance, begin_ns, end_ns, err);

	rc = rc ? rc : chance_new(&s->reclaim_chance, begin_ns, end_ns, err);
	for (uint32_t i = 0; !rc && i < s->ndrops; i++)
		rc = chance_add(s->drop_chance, 0, s->drops[i].begin_ns, s->drops[i].end_ns + 1,
				err);
	for (uint32_t i = 0; !rc && i < s->nreclaims; i++)
		rc = chance_add(s->reclaim_chance, (uint32_t)s->reclaims[i].tid,
				s->reclaims[i].end_ns - s->reclaims[i].held_ns,
				s->reclaims[i].end_ns, err);
	if (!rc) {
		chance_seal(s->drop_chance);
		chance_seal(s->reclaim_chance);
	}
	return rc;
}

/* Whether TCP sent something again after the drop and before the window ends: an event is exact, a
 * counter's interval lies in it somewhere. */
static void add_resent(const struct sides *s, uint64_t end_ns, struct sides_drops *ret)
{
	for (uint32_t i = 0; i < s->nresents; i++) {
		const struct drop *d = &s->resents[i];
		bool event = d->begin_ns == d->end_ns;

		if (d->end_ns < ret->first_ns || d->begin_ns > end_ns)
			continue;
		ret->resent += d->count < UINT32_MAX - ret->resent ? d->count : 0;
		if (event && !ret->resent_ns)
			ret->resent_ns = d->begin_ns;
	}
}

struct sides_drops sides_dropped(const struct sides *s, uint64_t begin_ns, uint64_t end_ns)
{
	struct sides_drops all = { 0 };

	for (uint32_t i = 0; i < s->ndrops; i++) {
		const struct drop *d = &s->drops[i];

		if (d->begin_ns > end_ns || d->end_ns < begin_ns)
			continue;
		if (!all.count || d->end_ns < all.first_ns)
			all.first_ns = d->end_ns;
		all.count += d->count < UINT32_MAX - all.count ? d->count : 0;
		all.reason = all.reason ? all.reason : d->reason;
	}
	if (all.count)
		add_resent(s, end_ns, &all);
	return all;
}

uint64_t sides_dropped_rows(const struct sides *s)
{
	return s->full;
}

struct sides_reclaim sides_reclaimed(const struct sides *s, uint64_t begin_ns, uint64_t end_ns)
{
	struct sides_reclaim best = { .tid = SP_NO_TASK };
	uint32_t lane = 0;

	if (!s->nreclaims)
		return best;
	best.held_ns = chance_held(s->reclaim_chance, begin_ns, end_ns, &lane);
	for (uint32_t i = 0; best.held_ns && i < s->nreclaims; i++) {
		const struct reclaim *r = &s->reclaims[i];

		if (r->tid == (int32_t)lane && r->begin_ns < end_ns && r->end_ns > begin_ns) {
			best.tid = r->tid;
			best.at_ns = r->end_ns;
		}
	}
	return best;
}

int sides_drop_chance(struct sides *s, uint64_t window_ns, double *ret, struct sp_err *err)
{
	return chance_of(s->drop_chance, CHANCE_ANY, window_ns, 1, ret, err);
}

int sides_reclaim_chance(struct sides *s, uint64_t window_ns, uint64_t need_ns, double *ret,
			 struct sp_err *err)
{
	return chance_of(s->reclaim_chance, CHANCE_ANY, window_ns, need_ns, ret, err);
}

uint64_t sides_rto(uint64_t latency_ns)
{
	static const uint32_t waits_ms[] = { 200, 600, 1000, 1400, 3000, 6200, 7000, 12600, 15000 };

	for (size_t i = sizeof(waits_ms) / sizeof(waits_ms[0]); i--;) {
		uint64_t wait_ns = waits_ms[i] * UINT64_C(1000000);

		if (latency_ns + SIDES_RTO_EARLY_NS >= wait_ns &&
		    latency_ns <= wait_ns + wait_ns / 5 + RTO_SLACK_NS)
			return wait_ns;
	}
	return 0;
}

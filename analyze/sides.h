#ifndef SIDES_H
#define SIDES_H

/*
 * What makes a thing late without a stall: packets dropped for lack of memory, and reclaim that a
 * task does itself.
 *
 * In:    DROP, RETRANS, NETSTAT and SOFTNET events in order of time; reclaim as intervals of a task
 * Out:   what of it a window holds, and how likely that is by accident
 * Keeps: SIDES_MAX of each. Reclaims of one task within SIDES_JOIN_NS are one, as long as all of
 * them together: a task at the limit of its cgroup reclaims thousands of times a second
 */
#include "chance.h"
#include "tasks.h"

#include <sirqprof/event.h>
#include <sirqprof/limits.h>

#define SIDES_MAX     100000U
#define SIDES_JOIN_NS UINT64_C(1000000)

struct sides;

struct sides_drops {
	uint32_t count;
	uint64_t first_ns; /* the first one; the later read, where a counter tells */
	uint64_t
		resent_ns; /* TCP sent a segment again first after it, in the window; 0: not seen */
	uint32_t resent;   /* segments that TCP sent again from then to the window's end, as far as
			    * events or counters tell */
	sp_str reason;	   /* of the first; 0: known from counters only */
};

struct sides_reclaim {
	int32_t tid;
	uint64_t held_ns;
	uint64_t at_ns; /* an instant of it */
};

int sides_new(struct sides **ret, struct sp_err *err);
void sides_free(struct sides *s);

/* begin_ns: where a reclaim began, for SP_EV_RECLAIM_END. Other types are passed over. */
int sides_put(struct sides *s, const struct sp_event *e, uint64_t begin_ns, struct sp_err *err);

/* How many were not kept. */
uint64_t sides_dropped_rows(const struct sides *s);

/* Who reclaimed. */
void sides_tasks(const struct sides *s, tasks_visit *visit, void *self);

/* No event may follow; the recording lies in [begin, end). */
int sides_seal(struct sides *s, uint64_t begin_ns, uint64_t end_ns, struct sp_err *err);

struct sides_drops sides_dropped(const struct sides *s, uint64_t begin_ns, uint64_t end_ns);
struct sides_reclaim sides_reclaimed(const struct sides *s, uint64_t begin_ns, uint64_t end_ns);

int sides_drop_chance(struct sides *s, uint64_t window_ns, double *ret, struct sp_err *err);
int sides_reclaim_chance(struct sides *s, uint64_t window_ns, uint64_t need_ns, double *ret,
			 struct sp_err *err);

/*
 * The time that TCP waits before it has sent a segment again once, twice, …: 200 ms at least and
 * twice as long each time (TCP_RTO_MIN, include/net/tcp.h), 1 s for a first SYN (TCP_TIMEOUT_INIT).
 * 0: the latency is none of these.
 */
uint64_t sides_rto(uint64_t latency_ns);
#define SIDES_RTO_EARLY_NS UINT64_C(4000000) /* a timer may be so much early: a jiffy of 250 Hz */

SP_DEFINE_FREEP(sides);

#endif

#ifndef LOAD_H
#define LOAD_H

/*
 * Load of a CPU by packets: a run of NET_RX or of a thread that polls (load.c, loadthread.c), with
 * holes in it (loadholes.c), and what was found in it meanwhile (held.c). Private to the timeline.
 */
#include "lane.h"

/* load.c: one NET_RX from entry to exit; p (may be NULL) is the stall that it would be by itself,
 * and load.c owns it. */
int load_net_rx(struct timeline *t, struct lane *l, uint64_t begin_ns, uint64_t end_ns,
		struct pending_stall *p, struct sp_err *err);
/* A long poll of a NAPI thread, a wait behind it, or a long NET_RX: part of the run, or a stall if
 * that is no load. */
int load_hold(struct timeline *t, struct lane *l, struct pending_stall *p, struct sp_err *err);
/* NET_RX this close together are one run. */
#define LOAD_JOIN_NS 300000ULL
/* A run is load, not service, from this length on, pauses left out. */
#define LOAD_LEAST_NS 10000000ULL
/* Whether the run is a load as it stands; whether what begins at from_ns follows it. */
bool load_is(const struct load_state *r);
bool load_joins(const struct load_state *r, uint64_t from_ns);
/* A thread's run up to end_ns joins the run, or begins one; it goes on there. */
int load_so_far(struct timeline *t, struct lane *l, uint64_t end_ns, struct sp_err *err);
/* The same; it goes on from behind skip_to_ns. */
int load_thread_so_far(struct timeline *t, struct lane *l, uint64_t end_ns, uint64_t skip_to_ns,
		       struct sp_err *err);
/* Joins a span, of a NET_RX or a thread, to the run, or ends that and begins another. */
int load_join(struct timeline *t, struct lane *l, uint64_t begin_ns, uint64_t end_ns, bool thread,
	      struct sp_err *err);
/* loadholes.c: whether that much is a load; the same of a run that has ended, with what may have
 * been in a hole beside it; too little to tell anything there; the run goes on behind a hole; it
 * has ended, and what is its begin and end. */
bool load_adds_up(const struct load_state *r, const struct load_sum *s);
bool load_may_be(const struct load_state *r);
bool load_is_crumb(const struct load_sum *s);
/* From … to nothing was recorded, or nothing ran. */
void load_silence(struct load_state *r, uint64_t from_ns, uint64_t to_ns);
void load_over_hole(struct load_state *r, uint64_t to_ns);
void load_end_holes(struct load_state *r);
/* held.c: the run is the load, and what lies in it is part of that; what begins before before_ns
 * is stalls of their own; a softirq or poll takes in the pauses in it. */
void held_end(struct load_state *r, struct sp_stall *load);
int held_give(struct timeline *t, struct lane *l, uint64_t before_ns, struct sp_err *err);
void held_swallow(struct load_state *r, struct sp_stall *s);
/* A gap that is no irqs-off, inside a NET_RX or a thread that polls, or behind a NET_RX of a run:
 * it goes to load_hold(), not to pending_add(). */
bool load_takes(struct lane *l, const struct pending_stall *p);
/* Nothing was recorded from … to, though the CPU ran. Whether the run may go on behind it. */
bool load_hole(struct lane *l, uint64_t from_ns, uint64_t to_ns);
/* It may not: the run ends with the newest record, the thread's may have gone on until to_ns. */
int load_before_hole(struct timeline *t, struct lane *l, uint64_t to_ns, struct sp_err *err);
/* Another stall was found: it ends the run, and a thread's goes on behind it. */
int load_cut(struct timeline *t, struct lane *l, const struct pending_stall *p, struct sp_err *err);
/* A pause of the host that lies inside a run which is load already: it may be the load's. */
bool load_keeps(const struct lane *l, const struct sp_stall *gap);
/* The record is of another task than the one before, and no switch between them was recorded. */
int load_unseen_switch(struct timeline *t, struct lane *l, const struct sp_event *e,
		       struct sp_err *err);
/* That thread polled until records were lost, or a hole began, and nothing says that it has left
 * the CPU: its next record says that it has not. */
static inline bool load_lost_thread(const struct lane *l, int32_t tid)
{
	return l->load.thread_tid == tid && !l->load.thread_since_ns;
}
int load_switch(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err);
void load_poll(struct lane *l, const struct sp_event *e);
void load_sample(struct lane *l, const struct sp_event *e);
/* Ends the run if nothing can join it any more. */
int load_age(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err);
int load_flush(struct timeline *t, struct lane *l, struct sp_err *err);
int load_end(struct timeline *t, struct lane *l, struct sp_err *err); /* of the recording */
/* The device that a NAPI thread polls: "napi/eth0-8193" is eth0's; 0 for another task. */
sp_str load_thread_dev(struct timeline *t, const struct lane *l, int32_t tid, uint64_t at_ns);

#endif

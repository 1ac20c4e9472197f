#ifndef LANE_H
#define LANE_H

/*
 * One CPU's state in the timeline, and the detectors that work on it. Private to the timeline:
 *
 *	timeline.c	hands each event to its lane, keeps the lanes
 *	gaps.c		no interrupt although a tick was due      → irqs-off, steal, stopped
 *	nmi.c		samples with interrupts off, no clock	  → irqs-off, hardirq
 *	bhoff.c		ticks say BH off and no softirq runs	  → bh-off
 *	spans.c		entry … exit of softirqs and interrupts	  → softirq, hardirq
 *	waits.c		ksoftirqd or a NAPI thread wants to run and does not → ksoftirqd
 *	load.c		NET_RX, or a NAPI thread, without end	  → load
 *	loadholes.c	the same with holes in the records
 *	held.c		what was found in it meanwhile
 *	sparse.c	the same of NET_RX while most of it is not recorded
 *	told.c		what the recorder tells of a CPU
 *	pending.c	a stall waits for the reads that decide between irqs-off, steal and stopped
 *	still.c		decides
 */
#include "shares.h"
#include "stalls.h"
#include "timeline.h"

#include <sirqprof/facts.h>

#define PENDING_MAX 32U
#define STEAL_READS 64U /* at 5 ms while a CPU is silent: 320 ms of stall */

/* Of a CPU's softnet counters, each second: how often the receive budget ran out. */
#define SOFTNET_READS 8U

struct softnet_read {
	uint64_t at_ns, squeezed;
};

struct steal_read {
	uint64_t at_ns, total_ns;
};

struct span_state {
	bool open;
	uint64_t begin_ns;
	uint32_t vec;	   /* softirq */
	struct sp_irq irq; /* hard interrupt */
	struct shares shares;
	/* the longest function inside, by tracepoint */
	uint64_t func_addr, func_ns, func_begin_ns, func_open_addr, func_open_ns;
	uint8_t func_kind, func_open_kind;
	/* the longest poll inside a NET_RX: the time before its napi_poll */
	sp_str poll_dev;
	uint64_t poll_ns, poll_end_ns, poll_packets;
	uint64_t stalled_ns; /* time of inner stalls */
	/* its longest gap that ended where interrupts come on: irqs off inside, or a pause */
	uint64_t still_begin_ns, still_end_ns;
	int32_t tid;	  /* current when it began */
	uint32_t foreign; /* PREEMPT_RT: samples inside that met another task */
};

struct gap_state {
	bool open;	       /* a late interrupt came; its sample is awaited */
	bool by_tick;	       /* it was the tick itself */
	bool in_softirq;       /* it came while a softirq was served */
	bool ticked;	       /* the tick has come: its sample is the late one */
	uint64_t last_on_ns;   /* interrupts were on then: the newest evidence */
	uint64_t last_tick_ns; /* entry of the newest tick */
	uint32_t untold;       /* samples of the clock since the newest tick was recorded */
	uint64_t steady_ns;    /* ticks came without a break since then; 0: unknown */
	uint64_t phase_ns;     /* a time on the sampler's grid; 0 unknown */
	uint64_t sampled_ns;   /* tick of the newest sample that was on time */
	uint64_t begin_lo_ns, begin_hi_ns, end_ns;
	int32_t tid;			  /* current at the end, by the tick's record */
	struct shares off;		  /* samples with IF=0 since last_on_ns */
	uint64_t off_lo_ns, off_first_ns; /* the newest proof of IF=1 before them; the first */
	/* no clock at all: such a row by itself, when it has ended */
	bool clockless, run_ready;
	struct shares run;
	uint64_t run_lo_ns, run_first_ns, run_end_ns;
};

struct bh_state {
	bool open;
	uint64_t begin_lo_ns, first_ns, last_ns; /* first and last tick that say BH off */
	uint64_t last_free_ns; /* newest event that proves BH on, or a softirq served */
	uint64_t raised_ns;    /* inferred: the first raise that waits */
	uint32_t ticks;
	int32_t tid; /* current at the first tick */
	struct shares shares;
};

/* Ticks that are nearly all in a softirq. */
struct sparse_load {
	uint32_t score, best; /* 0: none */
	uint32_t entries;     /* thinned ones */
	uint64_t tick_ns;     /* newest tick */
	uint64_t begin_lo_ns, first_ns, last_ns;
	struct shares shares;
};

/* NET_RX while it is thinned: see sparse.c. */
struct sparse_state {
	bool on;
	uint64_t since_ns, total_ns;
	uint64_t entry_ns; /* newest thinned entry; 0 none yet */
	uint64_t usual_ns; /* between two of them; 0 unknown */
	uint64_t free_ns;  /* newest proof that no handler that began before runs */
	bool open;	   /* ticks say that one runs */
	uint64_t begin_lo_ns, first_ns, last_ns;
	uint32_t ticks;
	struct shares shares;
	struct sparse_load load;
};

/* A stall that is found but not judged: see pending.c. */
struct pending_stall {
	struct sp_stall stall;
	bool is_gap;	   /* irqs-off, steal and stopped are still possible */
	bool may_be_steal; /* an interrupt of which nothing but the length is known */
	/* a softirq in which no interrupt came for half of it or more: meanwhile; else 0 */
	uint64_t still_begin_ns, still_end_ns;
	uint32_t bytes;	    /* that it takes while it waits */
	uint8_t leaf;	    /* enum leaf_class */
	bool user;	    /* the late sample stood in user mode */
	bool wants_softnet; /* load: how often the budget ran out is to be told */
	bool sampled;
	bool in_softirq;  /* the late sample stands in a softirq that nobody saw begin */
	bool by_samples;  /* no tick was recorded: the samples are the ticks */
	bool hit_softirq; /* the interrupt that ended the gap came while a softirq was served */
	bool silent;	  /* NMI samples were due in it, and none came */
};

/* A thread that serves softirqs and waits for the CPU: ksoftirqd, or one that polls a device. */
#define WAITS_MAX 4U

struct wait_state {
	uint64_t since_ns; /* runnable, not running; 0: nobody waits here */
	uint64_t seen_ns;  /* the newest record that met another task */
	int32_t tid;
	bool napi;
	sp_str comm;
	bool preempted; /* by a switch that was seen, not woken */
	/* who held the CPU, by the records of the ticks: all of one task? */
	int32_t tick_tid;
	uint32_t ticks;
	bool tick_mixed;
	struct shares shares;
};

/* NET_RX runs, or a NAPI thread's, that follow each other without a pause. */
#define LOAD_HELD 16U

/* What a run, or a part of one, adds up to. */
struct load_sum {
	uint64_t begin_ns, end_ns, busy_ns, longest_ns;
	uint64_t paused_ns, unseen_ns; /* of it: nothing ran, or was recorded; only the latter */
	uint32_t spans;
	uint64_t packets, polls;
};

struct load_state {
	bool open, thread;
	bool keeps; /* a pause inside it did not end it */
	struct load_sum all;
	/* What holes in the records leave open: see loadholes.c. */
	struct load_sum part, before;		      /* behind the newest hole, in front of it */
	bool sure;				      /* a part is a load by itself */
	uint64_t begin_lo_ns, begin_hi_ns, end_lo_ns; /* end_lo: 0 without a hole */
	uint64_t hole_end_ns;		   /* behind the run nothing was recorded up to here */
	uint64_t silent_ns, silent_end_ns; /* the newest hole or pause, of a run or not */
	uint64_t gap_end_ns; /* up to here somebody kept interrupts off, or it was a pause */
	uint64_t end_hi_ns;
	uint64_t span_paused_ns, thread_paused_ns; /* of the NET_RX that is open; of the thread */
	sp_str dev;
	struct shares shares;
	/* Long softirqs of the run, and pauses in them: nothing if it turns out to be load. */
	struct pending_stall *held; /* LOAD_HELD at most; see lane_room() */
	uint32_t nheld;
	bool gives; /* they are on their way, one after the other */
	/* the NAPI thread that runs now */
	uint64_t thread_since_ns, thread_lo_ns; /* lo: it may have got the CPU unseen */
	uint64_t unseen_switch_ns; /* the newest record of a task that no switch had told of */
	int32_t thread_tid;	   /* SP_NO_TASK: none */
	sp_str thread_comm;
};

struct lane {
	uint32_t cpu;
	bool used;
	uint64_t first_ns, now_ns;
	bool idle;
	uint64_t idle_since_ns;
	uint32_t idle_spells, idle_seen; /* idle intervals; with an event in them */
	bool seen_in_this_idle;
	bool throttled;
	uint64_t throttled_since_ns;
	bool gone;		 /* it went offline: its events are dead from then on */
	uint64_t gone_ns;	 /* so long before the end */
	uint64_t hole_ns;	 /* in all, though it ran: see blind.c */
	uint64_t blind_until_ns; /* lost records, throttling: no gap before this is a stall */
	int32_t tid;		 /* current, by the newest record; SP_NO_TASK unknown */
	uint64_t raised_ns[SP_NR_VECS]; /* first pending raise, 0: not pending */
	uint64_t softirq_ns;		/* newest softirq entry or exit */
	struct gap_state gap;
	struct bh_state bh;
	struct span_state soft, hard;
	struct sparse_state sparse;
	bool shed; /* only what --light has is recorded */
	uint64_t shed_ns;
	uint64_t sample_ns; /* newest sample, for the baseline */
	uint32_t nmis;	    /* samples with IF=0 taken here: the witness may have no such sampler */
	struct wait_state waits[WAITS_MAX];
	bool ksoftirqd_known; /* a softirq was served without ksoftirqd: it was not runnable */
	struct load_state load;
	/* steal: the newest reading, and those before it */
	uint64_t steal_at_ns, steal_step_ns;
	struct steal_read steals[STEAL_READS];
	uint32_t nsteals;
	struct softnet_read softnets[SOFTNET_READS];
	uint32_t nsoftnets;
	uint64_t stall_end_ns;	       /* end of the newest stall: they do not overlap */
	uint64_t emitted_end_ns;       /* the same of those that left */
	struct pending_stall *pending; /* PENDING_MAX at most; see lane_room() */
	uint32_t npending;
	uint64_t pause_begin_ns, pause_end_ns; /* newest gap of any kind, for other lanes */
	bool pause_released;		       /* it ended where interrupts come on */
};

/* Tasks in direct reclaim, by tid; a collision loses one interval. */
#define RECLAIM_SLOTS 256U

struct reclaim {
	int32_t tid;
	uint64_t begin_ns;
};

struct timeline {
	struct reclaim reclaims[RECLAIM_SLOTS];
	struct timeline_parts parts;
	struct timeline_cfg cfg;
	uint32_t nused;	     /* lanes there are */
	uint64_t beyond;     /* events of more CPUs than that */
	struct lane **lanes; /* by CPU, NULL: no event yet */
	uint32_t nlanes;
	uint32_t learnt_nmi;	/* samples with IF=0 */
	uint64_t with_flags;	/* samples that carry IF at all */
	uint64_t unsampled;	/* stalls without a sample */
	uint64_t trimmed;	/* shares of stalls that are held, added up */
	uint64_t pending_bytes; /* of the stalls that wait, of all lanes */
	bool switch_seen;	/* a switch was recorded, so switches to idle are */
};

/* gaps.c: an interrupt entry, other proof that interrupts are on, a sample. */
int gap_irq(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err);
void gap_alive(struct lane *l, uint64_t ns);
/* Whether ticks have records of their own here, and not only the samples taken in them. */
bool gap_tells_ticks(const struct timeline *t, const struct lane *l);
int gap_sample(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err);
int gap_close(struct timeline *t, struct lane *l, struct sp_err *err);
/* Frames of the stack, from the innermost, that an interrupt brought. by_tick: only one that no
 * tracepoint tells of. */
uint32_t gap_frames_after(const struct timeline *t, const struct stack *stack, bool by_tick);

/* nmi.c: samples with interrupts off where no clock is recorded, when run_ready */
#define GAP_RUN_LEAST 4U
int gap_run(struct timeline *t, struct lane *l, struct sp_err *err);
/* So many NMI samples with interrupts off are needed to do without the point of release. */
#define GAP_OFF_LEAST 2U
/* Beside a clock: interrupts were off up to end_ns, perhaps to hi_ns, and no interrupt came after
 * them: a switch did, or a hole. */
int gap_off_end(struct timeline *t, struct lane *l, uint64_t end_ns, uint64_t hi_ns,
		struct sp_err *err);

/* bhoff.c */
int bh_tick(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err);
int bh_free(struct timeline *t, struct lane *l, uint64_t ns, struct sp_err *err);
/* From … to nothing was recorded. */
int bh_hole(struct timeline *t, struct lane *l, uint64_t from_ns, uint64_t to_ns,
	    struct sp_err *err);
void bh_sample(struct lane *l, const struct sp_event *e);

/* spans.c */
int span_softirq(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err);
int span_irq(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err);
/* No softirq is being served now: an exit that was not recorded has passed. */
void span_no_softirq(struct lane *l);
void span_func(struct lane *l, const struct sp_event *e);
void span_poll(struct lane *l, const struct sp_event *e);
int span_sample(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err);

/* waits.c: switches and wake-ups, ticks, samples; a softirq that begins or ends; a stall found
 * meanwhile takes its time out of the wait. */
int wait_sched(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err);
int wait_softirq(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err);
int wait_tick(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err);
int wait_sample(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err);
/* Until to_ns nothing was recorded. */
int wait_hole(struct timeline *t, struct lane *l, uint64_t to_ns, struct sp_err *err);
int wait_cut(struct timeline *t, struct lane *l, const struct sp_stall *s, struct sp_err *err);
int wait_flush(struct timeline *t, struct lane *l, struct sp_err *err);
/* ksoftirqd runs or is runnable, or nobody knows. */
bool wait_ksoftirqd_busy(const struct timeline *t, const struct lane *l, int32_t tid);
bool wait_is_napi(const struct timeline *t, sp_str comm);

/* sparse.c */
int sparse_change(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err);
/* A softirq event before spans.c has seen it; true: it is done with (or *rc tells why not). */
bool sparse_softirq(struct timeline *t, struct lane *l, const struct sp_event *e, int *rc,
		    struct sp_err *err);
int sparse_tick(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err);
/* Proof that no NET_RX handler of before ns runs; exact: one that ran ended at ns. */
int sparse_free(struct timeline *t, struct lane *l, uint64_t ns, bool exact, struct sp_err *err);
/* Whether a gap lies in a NET_RX handler; it is then part of that. */
bool sparse_takes(struct lane *l, const struct sp_stall *gap);
/* Whether ns without a softirq are too few to prove that none ran. */
bool sparse_doubts(const struct lane *l, uint64_t ns);
void sparse_sample(struct lane *l, const struct sp_event *e);
void sparse_blind(struct lane *l, uint64_t until_ns);
/* The records end at ns, for now or for good. */
int sparse_end(struct timeline *t, struct lane *l, uint64_t ns, struct sp_err *err);
int sparse_flush(struct timeline *t, struct lane *l, uint64_t end_ns, struct sp_err *err);

/* pending.c */
int pending_add(struct timeline *t, struct lane *l, struct pending_stall *p, struct sp_err *err);
/* What stood still inside a longer stall of another kind becomes part of it. */
void pending_swallow(struct timeline *t, struct lane *l, struct sp_stall *s);
int pending_steal(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err);
int pending_softnet(struct timeline *t, struct lane *l, const struct sp_event *e,
		    struct sp_err *err);
int pending_age(struct timeline *t, struct lane *l, uint64_t now_ns, struct sp_err *err);
int pending_flush(struct timeline *t, struct lane *l, struct sp_err *err);

/* still.c: whether the stall stood still, all of it or most; what that was. */
bool still_is(const struct pending_stall *p);
void still_judge(struct timeline *t, struct lane *l, struct pending_stall *p);

/* told.c */
int told_put(struct timeline *t, const struct sp_event *e, struct sp_err *err);
int told_flush(struct timeline *t, struct lane *l, uint64_t end_ns, struct sp_err *err);

/* squeeze.c: a reading; whether there is one behind the stall, or will be none; the evidence */
void squeeze_put(struct lane *l, const struct sp_event *e);
bool squeeze_settled(const struct lane *l, const struct sp_stall *s, uint64_t now_ns);
void squeeze_add(const struct lane *l, struct sp_stall *s);

/* blind.c: forgets what cannot be trusted across time that was not seen; LOST, THROTTLE and
 * UNTHROTTLE */
void blind_forget(struct lane *l, uint64_t until_ns);
/* An event of a CPU that must have recorded more before it: see blind.c. */
int blind_hole(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err);
int blind_lost(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err);
int blind_throttle(struct timeline *t, struct lane *l, const struct sp_event *e,
		   struct sp_err *err);

/* beside.c: drops, counters, reclaim */
int side_put(struct timeline *t, const struct sp_event *e, struct sp_err *err);

/* lane.c: the lane of a CPU (SP_END: too many CPUs) */
int timeline_lane(struct timeline *t, uint32_t cpu, struct lane **ret, struct sp_err *err);
void lane_free(struct lane *l);
/* Room for one more behind the n stalls of a list; false: no memory. Most CPUs have none that wait,
 * and there may be many CPUs. */
bool lane_room(struct pending_stall **at, uint32_t n);

void lane_evidence(struct sp_stall *s, enum sp_evidence_kind kind, uint64_t at_ns, uint64_t n0,
		   uint64_t n1, sp_str name, uint64_t addr);
uint32_t lane_pending_vectors(const struct lane *l);
/* A row for each vector of the stall that was raised before end_ns and not served. */
void lane_pending_evidence(const struct lane *l, struct sp_stall *s, uint64_t end_ns);
/* The least length that counts, by --min-stall; slack: what the estimate may be short of it. */
uint64_t lane_least(const struct timeline *t, uint64_t slack_ns);
/* Names the task that owns most of the shares. */
void lane_culprit(struct sp_stall *s);
/* Gives samples that turned out to lie in no stall to the baseline. */
int lane_baseline(struct timeline *t, struct lane *l, const struct shares *s, struct sp_err *err);

#endif

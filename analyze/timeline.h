#ifndef TIMELINE_H
#define TIMELINE_H

/*
 * Events in, stalls out: one state machine a CPU.
 *
 * In:    struct sp_event in time order on each CPU
 * Out:   stalls with mechanism, culprit, shares, evidence; coverage; baseline samples
 * Keeps: per CPU a fixed-size state and what an open stall needs
 */
#include "coverage.h"
#include "stacks.h"
#include "strings.h"
#include "tasks.h"

#include <sirqprof/own.h>
#include <sirqprof/quality.h>
#include <sirqprof/resolver.h>
#include <sirqprof/stall.h>

/* What the capture can and cannot see; decode and the header records tell it. */
struct timeline_cfg {
	uint64_t period_ns;    /* of the cpu-clock tick or the sampler's fixed period; 0 unknown */
	uint64_t min_stall_ns; /* --min-stall */
	bool has_raise, has_entry, has_exit; /* softirq tracepoints, whole (period 1) */
	bool thinned;	 /* another copy of one is thinned: NET_RX may be missing */
	bool has_tick;	 /* the tick's interrupt entry */
	bool has_switch; /* sched_switch to and from idle */
	bool has_wake;	 /* sched_wakeup, of ksoftirqd at least */
	bool realtime;	 /* PREEMPT_RT: softirqs are preempted as threads are */
	bool has_sampler;
	bool has_bh_flag; /* common_flags carry BH off (kernel 5.17 and later) */
	uint32_t witness; /* CPU that is watched, not profiled; SP_NO_CPU none */
};

/* A sample outside every stall, with the time it owns. */
struct timeline_baseline_sink {
	int (*put)(void *self, const struct sp_event *sample, uint64_t owned_ns,
		   struct sp_err *err);
	void *self;
};

/* Reclaim, drops and the like inside the recording, for verdicts without a stall. */
struct timeline_side_sink {
	int (*put)(void *self, const struct sp_event *e, uint64_t begin_ns, struct sp_err *err);
	void *self;
};

struct timeline_parts {
	struct strings *strings; /* borrowed, as all of these */
	struct stacks *stacks;
	struct tasks *tasks;
	struct coverage *coverage;
	const struct sp_resolver *resolver;
	struct sp_stall_sink stalls;
	struct timeline_baseline_sink baseline; /* put may be NULL */
	struct timeline_side_sink side;		/* put may be NULL: drops, and reclaim at its end */
};

struct timeline;

int timeline_new(struct timeline **ret, const struct timeline_parts *parts, struct sp_err *err);
void timeline_free(struct timeline *t);

/* The configuration may come with the stream: before the first event of a CPU, and again when a
 * header record tells more. */
int timeline_configure(struct timeline *t, const struct timeline_cfg *cfg, struct sp_err *err);
int timeline_put(struct timeline *t, const struct sp_event *e, struct sp_err *err);

/* The recording has ended at end_ns (SP_UNKNOWN_NS: at the newest event): closes what is open. */
int timeline_flush(struct timeline *t, uint64_t end_ns, struct sp_err *err);

/* Whether the sampler was seen to fire with interrupts off. */
enum sp_tristate timeline_nmi(const struct timeline *t);

/* Whether any switch was recorded, and so those to idle. */
bool timeline_saw_switches(const struct timeline *t);

/* CPUs that have a timeline; the events of more are counted (SP_Q_LIMIT) and passed over. */
#define TIMELINE_MAX_CPUS 1024U

/* How often something was met that a quality row of this code tells; 0 for other codes. */
uint64_t timeline_quality(const struct timeline *t, uint32_t code);

/* How long NET_RX of the CPU was thinned; known after timeline_flush(). */
uint64_t timeline_thinned_ns(const struct timeline *t, uint32_t cpu);

/* Shares of stalls that were added up, as stalls_trimmed(). */
uint64_t timeline_trimmed(const struct timeline *t);

/* How long the CPU ran and recorded nothing: part of what coverage.h calls not observed. */
uint64_t timeline_hole_ns(const struct timeline *t, uint32_t cpu);

/* How long the CPU, or what recorded it, was gone before the end: it went offline. Known after
 * timeline_flush(). Part of what coverage.h calls not observed. */
uint64_t timeline_gone_ns(const struct timeline *t, uint32_t cpu);

/* The stacks of what is open or waits, for a sweep of them. */
void timeline_stacks(struct timeline *t, struct stacks *of, stacks_visit *visit);
/* And who may be asked for of it. */
void timeline_tasks(struct timeline *t, tasks_visit *visit, void *self);

SP_DEFINE_FREEP(timeline);

#endif

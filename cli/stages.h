#ifndef STAGES_H
#define STAGES_H

/*
 * The pipeline's parts and the steps between them. Private to the pipeline: pipeline.c holds the
 * flow, stages*.c one step each, assemble.c fills the report.
 */
#include "attribute.h"
#include "clock.h"
#include "coverage.h"
#include "decode.h"
#include "fold.h"
#include "judge.h"
#include "lag.h"
#include "order.h"
#include "pauses.h"
#include "pipeline.h"
#include "quality.h"
#include "rank.h"
#include "sides.h"
#include "spikefile.h"
#include "spikes.h"
#include "stacks.h"
#include "stalls.h"
#include "strings.h"
#include "tasks.h"
#include "timeline.h"
#include "windows.h"

struct assembled;
struct follow;

struct pipeline {
	const struct options *options;
	const struct sp_resolver *resolver;
	struct strings *strings;
	struct stacks *stacks;
	struct tasks *tasks;
	struct quality *quality;
	struct clock *clock;
	struct coverage *coverage;
	struct sides *sides;
	struct stalls *stalls;
	struct fold *fold;
	struct sites *sites;
	struct timeline *timeline;
	struct order *order;
	struct decode *decode;
	const struct decode_info *info; /* what decode has learnt of the stream so far */
	struct spikes *spikes;
	struct judge *judge;
	struct attribute *attribute;
	struct assembled *assembled;
	/* what the stream told */
	uint32_t configured;	      /* decode_info.generation that the timeline knows */
	uint64_t first_ns, newest_ns; /* of the recording */
	int64_t made_ns, written_ns;  /* its file's times, 0: not known */
	int32_t self_pid;
	bool steal_told, steal_seen; /* it was read; it is more than 0 since boot */
	uint64_t self_first_ns, self_first_cpu_ns, self_last_ns, self_last_cpu_ns;
	uint64_t lost[SP_MAX_CPUS], throttled_ns[SP_MAX_CPUS], throttle_at_ns[SP_MAX_CPUS];
	/* what finish made */
	struct sp_stall *all;
	uint32_t nall;
	struct sp_stall_names *names;
	struct sp_clock_report offset;
	struct windows_cfg windows;
	bool spikes_given;
	struct spikefile_cfg spike_cfg; /* of all spike files */
	char spike_zone[32];		/* the recording's, for .spike_cfg */
	struct follow **follows; /* one a spike file, NULL where it is read at the end; or NULL */
	bool keep_capture;	 /* go on without spikes that cannot be read */
	struct sp_err spikes_err;
	pipeline_named *on_named; /* may be NULL */
	void *on_named_self;
	bool name_early;
	uint32_t stacks_named; /* ids up to this */
	uint32_t ended_due;    /* so many ended tasks: look who is forgotten */
	uint64_t forgot_ns;    /* when that was done last */
	uint64_t shed_users;   /* rows of the baseline that lost their user frames */
	uint64_t shed_stacks;  /* and those that lost all */
	int32_t zone_offset_s; /* zone-less stamps were read with it; INT32_MAX: none */
};

/* Tells the timeline what decode has learnt of the stream. */
int stages_reconfigure(struct pipeline *p, struct sp_err *err);

static inline bool stages_configured(const struct pipeline *p)
{
	return p->info->generation == p->configured && p->configured;
}

static inline int stages_configure(struct pipeline *p, struct sp_err *err)
{
	return stages_configured(p) ? SP_OK : stages_reconfigure(p, err);
}

/* From when to when the recording lasts. */
static inline void stages_time(struct pipeline *p, const struct sp_event *e)
{
	if (!e->time_ns || e->type == SP_EV_ROUND)
		return;
	if (!p->first_ns || e->time_ns < p->first_ns)
		p->first_ns = e->time_ns;
	if (e->time_ns > p->newest_ns)
		p->newest_ns = e->time_ns;
}

/* Mappings, execs, forks, travelled symbols: to the resolver. */
int stages_names(struct pipeline *p, const struct sp_event *e, struct sp_err *err);
/* Asks early for names that may not last. */
int stages_name_early(struct pipeline *p, struct sp_err *err);
/* From when on stacks_due() asks for stages_sweep(). */
void stages_sweep_due(struct pipeline *p);
/* Forgets the stacks that nobody holds. No event may be under way. */
int stages_sweep(struct pipeline *p, struct sp_err *err);
/* Whether so many tasks have ended since that stages_forget() is due. */
bool stages_ended_many(const struct pipeline *p);
void stages_forget_due(struct pipeline *p);
/* Forgets the tasks that ended and that nobody can ask for any more. */
int stages_forget(struct pipeline *p, struct sp_err *err);
/* Percent of one CPU that sirqprof itself took; NaN: not known. */
double stages_self_pct(const struct pipeline *p);
/* The sampler of a CPU is throttled, or is not any more. */
void stages_throttle(struct pipeline *p, const struct sp_event *e);
/* For how long the kernel throttled the sampler of a CPU below SP_MAX_CPUS, to the recording's end
 * when that was not told. */
uint64_t stages_throttled_ns(const struct pipeline *p, uint32_t cpu);
/* Clock pairs, quality, losses, sirqprof's own CPU time. */
int stages_facts(struct pipeline *p, const struct sp_event *e, struct sp_err *err);

/* Rows about each CPU: thinned, throttled, holes, and the rest that was not observed, which cannot
 * be told where softirqs are not seen. */
int stages_unseen(struct pipeline *p, bool sees_softirqs, struct sp_err *err);
/* Pauses of the host that look like something else. */
int stages_pauses(struct pipeline *p, struct sp_err *err);
int stages_clock(struct pipeline *p, struct sp_err *err);
int stages_spikes(struct pipeline *p, struct sp_err *err);
/* SP_EUSAGE where the options about spikes ask for what cannot be. */
int stages_spikes_check(struct pipeline *p, struct sp_err *err);
/* Takes what has come through pipes; what goes wrong is told by stages_spikes(). */
void stages_follow(struct pipeline *p);
void stages_follow_free(struct pipeline *p);
/* --clock-offset auto: sets p->offset and p->windows, or says why not. */
int stages_lag(struct pipeline *p, struct sp_err *err);
/* Spikes that lie outside the recording, and what would put them there. */
int stages_outside(struct pipeline *p, struct sp_err *err);
int stages_judge(struct pipeline *p, struct sp_err *err);
int stages_attribute(struct pipeline *p, struct sp_err *err);
int stages_quality(struct pipeline *p, struct sp_err *err);
int stages_host(struct pipeline *p, struct sp_err *err);

#endif

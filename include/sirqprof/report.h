#ifndef SIRQPROF_REPORT_H
#define SIRQPROF_REPORT_H

/*
 * Everything that a renderer needs, and nothing that it must compute: the output contract
 * (docs/report.schema.json) as C. Made by analyze/, read by report/. All pointers belong to the
 * analysis and live until it is freed; strings are never NULL unless "may be NULL" is said.
 * Instants named *_ns are on the capture clock (CLOCK_MONOTONIC); renderers make them relative to
 * capture.begin_mono_ns.
 */
#include <sirqprof/quality.h>
#include <sirqprof/spike.h>
#include <sirqprof/stall.h>

enum sp_verdict_kind {
	SP_VERDICT_STALL = 0,
	SP_VERDICT_DROP,
	SP_VERDICT_TASK_DELAY,
	SP_VERDICT_NONE,
	SP_VERDICT_NO_DATA,
	SP_VERDICT_AMBIGUOUS,
	SP_NR_VERDICTS,
};

struct sp_overlap {
	uint32_t stall;	     /* sp_stall.id */
	uint64_t overlap_ns; /* of the stall with the window */
};

struct sp_verdict {
	uint8_t kind; /* enum sp_verdict_kind */
	bool explained;
	uint64_t explained_ns; /* of the latency; of the window where latency is unknown */
	double chance;	       /* 0..1; NAN unknown */
	double confidence;     /* 0..1; NAN where there is nothing to be sure of */
	const struct sp_overlap *stalls; /* by overlap, largest first */
	uint32_t nstalls;
	uint64_t worst_delay_ns; /* worst raise → entry seen in the window; SP_UNKNOWN_NS */
	uint64_t unobserved_ns;	 /* of the window, on the CPUs that count */
	uint64_t rto_ns;	 /* drop: the retransmission time that fits; else 0 */
	uint64_t stalled_ns;	 /* drop: what stalls took before the packet was lost */
	uint64_t resent_ns;	 /* drop: so long after it TCP sent a segment again; 0: not seen */
	uint32_t resent;	 /* drop: segments sent again after it, by events or counters */
	uint32_t drops;		 /* packets dropped in the window for lack of memory */
	const char *drop_reason; /* may be NULL */
	uint64_t reclaim_ns;	 /* task-delay: time in direct reclaim */
	const char *task_comm;	 /* task-delay: who; may be NULL */
	uint32_t why;		 /* enum sp_why: reason behind none/no-data/ambiguous */
};

enum sp_why {
	SP_WHY_NOTHING = 0,
	SP_WHY_OUTSIDE, /* window outside the recording */
	SP_WHY_CPU_NOT_RECORDED,
	SP_WHY_NOT_OBSERVED, /* too much of the window was not observed */
	SP_WHY_LOST,	     /* records were lost in it */
	SP_WHY_CHANCE,	     /* candidates, but chance could do as well */
	SP_WHY_TOO_SHORT,    /* stalls there, but they explain less than half */
	SP_WHY_HEALTHY,	     /* observed, nothing there */
	SP_WHY_RIVALS,	     /* stalls of several CPUs, by several culprits, fit equally well */
};

/* One stall, as analysis attributed it. */
struct sp_stall_names {
	const char *entry;	  /* entry function; may be NULL */
	const char *caller;	  /* may be NULL */
	const char *const *chain; /* outermost first, the heaviest share's stack */
	uint32_t nchain;
	const char *comm;	    /* may be NULL */
	int32_t pid, tid;	    /* SP_NO_TASK */
	const char *const *parents; /* comms, nearest first */
	uint32_t nparents;
	const char *cgroup;    /* may be NULL */
	const char *container; /* may be NULL: id or name */
	const char *pod;       /* may be NULL */
	const char *syscall;   /* may be NULL */
	const char *file;      /* may be NULL */
	bool file_inferred;    /* from the show function, not seen */
	bool is_self;	       /* sirqprof itself */
};

/* One line of a folded file: comm;outer;…;inner weight */
struct sp_fold {
	const char *comm;
	const char *const *frames; /* outermost first */
	uint32_t nframes;
	uint64_t weight_ns;
};

struct sp_caller_task {
	const char *comm;
	int32_t pid;
	uint64_t starved_ns;
	const char *container; /* may be NULL */
	const char *syscall;   /* may be NULL */
	const char *file;      /* may be NULL */
};

struct sp_caller {
	uint32_t rank;
	const char *entry;     /* may be NULL */
	const char *caller;    /* may be NULL */
	const char *family;    /* may be NULL: the group it was put into */
	uint32_t mechanisms;   /* bit m: enum sp_mechanism */
	uint64_t explained_ns; /* of spikes */
	uint64_t starved_ns;
	double share;	 /* of all starved time, 0..1 */
	uint32_t spikes; /* touched */
	uint32_t stalls;
	double lift;			    /* NAN without spikes */
	double chance;			    /* NAN unknown */
	const struct sp_caller_task *tasks; /* by starved_ns, largest first */
	uint32_t ntasks;
};

struct sp_cpu_info {
	uint32_t cpu;
	uint64_t lost; /* records */
	uint64_t throttled_ns;
	uint64_t covered_ns;	 /* observed */
	uint64_t worst_delay_ns; /* worst raise → entry; 0 none seen */
};

struct sp_capture {
	const char *id;			     /* may be NULL */
	const char *version;		     /* of the recorder */
	const char *host;		     /* may be NULL */
	const char *kernel;		     /* may be NULL */
	const char *boot_id;		     /* may be NULL */
	uint64_t begin_mono_ns, end_mono_ns; /* first and last instant on the capture clock */
	int64_t begin_real_ns, end_real_ns;  /* wall clock, ns since the epoch; INT64_MIN unknown */
	uint64_t min_stall_ns;
	const struct sp_cpu_info *cpus;
	uint32_t ncpus;
	const char *sampler_event; /* may be NULL: none in the recording */
	uint64_t period_ns;	   /* 0 unknown */
	uint8_t nmi;		   /* enum sp_tristate */
	double self_cpu_pct;	   /* NAN unknown */
};

enum sp_offset_method {
	SP_OFFSET_NONE = 0,
	SP_OFFSET_GIVEN,
	SP_OFFSET_AUTO,
};

struct sp_clock_report {
	int64_t spike_offset_ns;
	uint8_t method;			    /* enum sp_offset_method */
	double score, runner_up, drift_ppm; /* NAN unknown */
};

struct sp_report {
	struct sp_capture capture;
	struct sp_clock_report clock;
	const struct sp_spike *spikes;
	const struct sp_verdict *verdicts; /* one a spike, same index */
	uint32_t nspikes;
	bool spikes_given;		    /* a spike file was read, even if no row was kept */
	const struct sp_stall *stalls;	    /* by begin; stalls[i].id == i + 1 */
	const struct sp_stall_names *names; /* one a stall, same index */
	uint32_t nstalls;
	const struct sp_caller *callers; /* by rank */
	uint32_t ncallers;
	const struct sp_quality_row *quality;
	uint32_t nquality;
	const struct sp_fold *folded; /* starved time */
	uint32_t nfolded;
	const struct sp_fold *baseline; /* the same CPUs outside all windows */
	uint32_t nbaseline;
	/* The wall time of an instant of the capture clock, ns since the epoch; INT64_MIN unknown.
	 */
	int64_t (*wall)(const struct sp_report *r, uint64_t mono_ns);
	/* The text of an interned string; "" for 0. */
	const char *(*str)(const struct sp_report *r, sp_str s);
	/* The name of a kernel address, for evidence rows that carry one. */
	const char *(*addr)(const struct sp_report *r, uint64_t addr);
	void *self;
};

static inline const char *sp_verdict_name(enum sp_verdict_kind k)
{
	static const char *const names[SP_NR_VERDICTS] = {
		[SP_VERDICT_STALL] = "stall",		[SP_VERDICT_DROP] = "drop",
		[SP_VERDICT_TASK_DELAY] = "task-delay", [SP_VERDICT_NONE] = "none",
		[SP_VERDICT_NO_DATA] = "no-data",	[SP_VERDICT_AMBIGUOUS] = "ambiguous",
	};

	return k < SP_NR_VERDICTS ? names[k] : "none";
}

#endif

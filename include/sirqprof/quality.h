#ifndef SIRQPROF_QUALITY_H
#define SIRQPROF_QUALITY_H

/*
 * What was lost, thinned, missing or guessed: rows that every report shows, each with a remedy.
 * Analysis and the recorder count; report/quality_text.c holds the sentences.
 */
#include <sirqprof/event.h>

/* Values travel in recordings (SP_FACT_QUALITY): never renumber, add at the end. */
enum sp_quality_code {
	SP_Q_NONE = 0,
	SP_Q_LOST = 1,		 /* records lost by a ring; count */
	SP_Q_THROTTLED = 2,	 /* the kernel throttled the sampler; count = ns */
	SP_Q_EVENT_FALLBACK = 3, /* detail "cycles -> cpu-clock" */
	SP_Q_NO_TRACEPOINT = 4,	 /* detail: name; go on without it */
	SP_Q_NO_REGS_INTR = 5,
	SP_Q_NO_REGS_USER = 6,
	SP_Q_NOT_OBSERVED = 7,	       /* cpu was idle and gives no events then; count = ns */
	SP_Q_NO_NMI = 8,	       /* sampler cannot see into irqs-off: release point only */
	SP_Q_KPTR = 9,		       /* kernel names withheld (kptr_restrict, lockdown) */
	SP_Q_TRUNCATED = 10,	       /* recording stops inside a record; count = offset */
	SP_Q_UNCLOSED = 11,	       /* recorder was killed: no features at the end */
	SP_Q_GARBAGE = 12,	       /* bytes after the data that are no records; count = bytes */
	SP_Q_THINNED = 13,	       /* tracepoint with period != 1; detail: name */
	SP_Q_MISSING_EVENT = 14,       /* recording lacks an event; detail: name */
	SP_Q_NO_CLOCK_DATA = 15,       /* wall clock estimated; count = uncertainty ns */
	SP_Q_CLOCK_NOT_MONOTONIC = 16, /* detail: clock; say -k CLOCK_MONOTONIC */
	SP_Q_CLOCK_STEP = 17,	       /* wall clock stepped while recording; count = ns */
	SP_Q_TZ_ASSUMED = 18,	       /* spikes without zone; detail: zone taken */
	SP_Q_SPIKES_OUTSIDE = 19,      /* spikes whose window lies outside; count */
	SP_Q_SPIKES_BAD_ROWS = 20,     /* rows passed over; count; detail: first place */
	SP_Q_SPIKES_LOST_REPLIES = 21, /* probes without reply in the log; count */
	SP_Q_CPU_NOT_RECORDED = 22,    /* spikes name a CPU that was not recorded; count */
	SP_Q_FILE_UNKNOWN = 23, /* stalls with an fd syscall whose file was not caught; count */
	SP_Q_UNSAMPLED = 24,	/* stalls in which no sample could be taken; count */
	SP_Q_NO_WITNESS = 25,	/* a single CPU: cannot tell a stopped machine */
	SP_Q_STEAL_UNREPORTED = 26,
	SP_Q_OFFLINE = 27,	  /* cpu went offline */
	SP_Q_PIDNS = 28,	  /* container sees only its own pids */
	SP_Q_SELF = 29,		  /* sirqprof's own CPU use was high; count = percent × 100 */
	SP_Q_SHED = 30,		  /* load shed: events thinned or closed; detail */
	SP_Q_LIMIT = 31,	  /* something was capped; detail: what; count: how many */
	SP_Q_DISORDER = 32,	  /* records out of time order; count */
	SP_Q_UNKNOWN_RECORD = 33, /* record types passed over; count; detail */
	SP_Q_NO_SYMBOLS = 34,	  /* detail: ELF path without symbols; count: addresses */
	SP_Q_BUILD_ID = 35,	  /* detail: file on disk is not the one mapped */
	SP_Q_OLD_KERNEL_BH = 36,  /* no BH flag (before 5.17): bh-off is inferred */
	SP_Q_NO_SCHED = 37,	  /* no sched_switch: idle is inferred */
	SP_Q_PRIVATE = 38,	  /* detail: free text of the recorder */
	SP_Q_CLOCK_OFFSET = 39,	  /* --clock-offset auto refused or applied; detail */
	SP_Q_SMALL_RING = 40,	  /* locked memory limit: smaller rings; count = bytes */
	SP_Q_FILE_INFERRED = 41,  /* file named from the show function, not seen; count */
	SP_Q_SLOW_WATCH = 49,	  /* the stuck watch has no real-time priority */
	SP_Q_GONE_CODE = 51,	  /* addresses of modules or BPF programs that are gone; count */
	SP_Q_TOO_MUCH = 52,	  /* debug information that would grow too large; detail: path */
	SP_Q_NO_VMLINUX = 50,	  /* no debug information of the kernel; detail: path */
	SP_Q_THIN_NET_RX = 42,	  /* NET_RX came too often to be recorded whole; count = ns */
	SP_Q_SPIKES_NONE = 43,	  /* a spike file of which no row is a spike; count: rows; detail */
	SP_Q_SPIKES_UNIT = 44,	  /* latencies without a unit; detail: file */
	SP_Q_SPIKES_NO_LATENCY = 45, /* spikes without latency; count; detail: file */
	SP_Q_NO_FORMATS = 46,	     /* tracepoints whose formats are lost; count: events */
	SP_Q_SELF_CULPRIT = 47,	     /* sirqprof itself starved softirqs; count = stalls */
	SP_Q_REALTIME = 48,	     /* PREEMPT_RT: less can be proven */
	SP_Q_HOLES = 53,	     /* cpu ran and nothing was recorded of it; count = ns */
	SP_Q_NO_CPU_TOLD = 54,	     /* no record tells its CPU: of processes, or empty */
};

enum sp_severity {
	SP_SEV_INFO = 0,
	SP_SEV_WARNING = 1,
	SP_SEV_ERROR = 2, /* verdicts suffer */
};

struct sp_quality_row {
	uint32_t code;	  /* enum sp_quality_code */
	uint32_t cpu;	  /* SP_NO_CPU: all */
	uint8_t severity; /* enum sp_severity */
	uint64_t count;
	const char *detail; /* "" where none; lives as long as the report */
};

#endif

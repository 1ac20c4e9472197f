#ifndef SIRQPROF_STALL_H
#define SIRQPROF_STALL_H

/*
 * A stall: an interval on one CPU in which softirqs could not run, or one ran so long that the
 * others could not. It has exactly one mechanism. docs/model.md defines each by its evidence.
 */
#include <sirqprof/event.h>
#include <sirqprof/limits.h>

enum sp_mechanism {
	SP_MECH_NONE = 0,
	SP_MECH_IRQS_OFF,
	SP_MECH_BH_OFF,
	SP_MECH_SOFTIRQ,
	SP_MECH_HARDIRQ,
	SP_MECH_KSOFTIRQD,
	SP_MECH_LOAD,
	SP_MECH_STEAL,
	SP_MECH_STOPPED,
	SP_NR_MECHS,
};

/* What an evidence row says; report/ makes the sentence from kind, n and name. */
enum sp_evidence_kind {
	SP_EVID_TICK_LATE = 1, /* n[0]: ns by which the tick's interrupt was late on its grid */
	SP_EVID_LATE_SAMPLE,   /* n[0]: ns late; name: leaf function */
	SP_EVID_RELEASE_POINT, /* the leaf is where interrupts come on; name: that function */
	SP_EVID_IF_CLEAR,      /* n[0]: samples in a row with IF=0 */
	SP_EVID_BH_FLAG,       /* n[0]: tick records that say BH off and no softirq served */
	SP_EVID_PENDING,       /* n[0]: vector, n[1]: ns pending before it was served */
	SP_EVID_NO_PROGRESS,   /* n[0]: ns without a softirq entry or exit */
	SP_EVID_ENTRY_EXIT,    /* n[0]: vector or irq, n[1]: ns between entry and exit */
	SP_EVID_FUNC, /* n[0]: ns inside the function; name: its name; tracepoints carry it */
	SP_EVID_KSOFTIRQD_WAIT, /* n[0]: ns between woken/preempted and running; name: who waited */
	SP_EVID_HOG_CLASS,	/* n[0]: prio of the task that kept the CPU; name: its comm */
	SP_EVID_SQUEEZE,	/* n[0]: time_squeeze increments, n[1]: ns between the reads */
	SP_EVID_NAPI,	     /* n[0]: polls, n[1]: packets; name: device, where it was one alone */
	SP_EVID_STEAL,	     /* n[0]: ns of steal over the enclosing reads, n[1]: ns between them */
	SP_EVID_WITNESS_GAP, /* n[0]: the witness CPU, n[1]: ns of its gap at the same time */
	SP_EVID_WITNESS_RAN, /* n[0]: the witness CPU went on ticking */
	SP_EVID_SAMPLES,     /* n[0]: samples inside the stall, n[1]: of them in the culprit */
	SP_EVID_INFERRED,    /* n[0]: 1 = no BH flag on this kernel (before 5.17) */
	SP_EVID_NO_REASON,   /* nothing ran and no reason was seen */
	SP_EVID_HOST_PAUSE,  /* leaf is user code or a clearing loop: the host paused */
	SP_EVID_FD_READ,     /* n[0]: fd; name: path, read by the stuck watch */
	SP_EVID_SERVING,     /* n[0]: ticks in a row inside a softirq; n[1]: one NET_RX in so many
			      * is recorded */
	SP_EVID_PAUSES,	     /* n[0]: pauses of the host that were about as long as this stall */
	SP_EVID_POLL,	     /* n[0]: packets, n[1]: ns of the longest poll; name: device */
	SP_EVID_LOAD,	     /* n[0]: ns of NET_RX in the run, n[1]: runs; name: device, where it
			      * was a NAPI thread's */
	SP_EVID_NMI_SILENT,  /* n[0]: ns in which samples by NMI were due and none came */
	SP_EVID_STOOD,	     /* n[0]: ns of a load in which nothing ran, or nothing was recorded */
};

/* Thousands of stalls are kept, each with some of these. */
struct sp_evidence {
	uint64_t at_ns; /* capture clock */
	uint64_t n[2];
	uint64_t addr; /* where the name is a kernel address to resolve instead; else 0 */
	sp_str name;
	uint8_t kind; /* enum sp_evidence_kind */
};

/* Time of a stall that samples own: one row for each distinct task and stack. */
struct sp_share {
	sp_stack stack;
	int32_t pid, tid; /* 0 is the idle task */
	sp_str comm;	  /* 0: ask tasks */
	uint64_t owned_ns;
	uint32_t samples;
	uint32_t arg0; /* of the last sample of the row */
	uint8_t has_arg0;
	uint8_t mode; /* enum sp_mode */
};

struct sp_stall {
	uint32_t id; /* 1, 2, … in the order of begin over all CPUs */
	uint32_t cpu;
	uint64_t begin_ns, end_ns;	   /* best estimate, capture clock */
	uint64_t begin_lo_ns, begin_hi_ns; /* it began inside this interval */
	uint64_t end_lo_ns, end_hi_ns;
	uint8_t mechanism; /* enum sp_mechanism */
	double confidence; /* 0..1: share of such verdicts that are right */
	uint32_t vectors;  /* bit v: vector v waited */
	int32_t pid, tid;  /* the culprit; SP_NO_TASK where none can be named */
	sp_str comm;
	uint64_t func_addr; /* function named by a tracepoint (timer, tasklet …), else 0 */
	uint8_t func_kind;  /* enum sp_func_kind */
	uint32_t vec;	    /* softirq: the vector that ran too long */
	struct sp_irq irq;  /* hardirq: the interrupt that ran too long; id 0 and name 0: none */
	sp_str dev;	    /* load: the device */
	struct sp_share *shares; /* owned; by owned_ns, largest first */
	uint32_t nshares;
	uint32_t nevidence;
	uint64_t unsampled_ns;	      /* what no sample owns */
	struct sp_evidence *evidence; /* owned; SP_MAX_EVIDENCE at most */
};

/* Takes a finished stall and owns its shares and evidence from then on. On any one CPU in order of
 * end. */
struct sp_stall_sink {
	int (*put)(void *self, struct sp_stall *s, struct sp_err *err);
	void *self;
};

static inline const char *sp_mechanism_name(enum sp_mechanism m)
{
	static const char *const names[SP_NR_MECHS] = {
		[SP_MECH_NONE] = "none",       [SP_MECH_IRQS_OFF] = "irqs-off",
		[SP_MECH_BH_OFF] = "bh-off",   [SP_MECH_SOFTIRQ] = "softirq",
		[SP_MECH_HARDIRQ] = "hardirq", [SP_MECH_KSOFTIRQD] = "ksoftirqd",
		[SP_MECH_LOAD] = "load",       [SP_MECH_STEAL] = "steal",
		[SP_MECH_STOPPED] = "stopped",
	};

	return m < SP_NR_MECHS ? names[m] : "none";
}

static inline const char *sp_vec_name(uint32_t vec)
{
	static const char *const names[SP_NR_VECS] = {
		"HI",	    "TIMER",   "NET_TX", "NET_RX",  "BLOCK",
		"IRQ_POLL", "TASKLET", "SCHED",	 "HRTIMER", "RCU",
	};

	return vec < SP_NR_VECS ? names[vec] : "?";
}

#endif

#ifndef SIRQPROF_EVENT_H
#define SIRQPROF_EVENT_H

/*
 * One typed event: what analysis sees of a record. Fixed size, owns nothing: strings and
 * callchains are interned (strings.h, stacks.h in analyze/) and referred to by id.
 */
#include <sirqprof/err.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SP_NO_CPU     UINT32_MAX
#define SP_NO_TASK    (-1)
#define SP_UNKNOWN_NS UINT64_MAX /* a time or duration that is not known */

typedef uint32_t sp_str;   /* interned string; 0 is the empty string */
typedef uint32_t sp_stack; /* interned callchain; 0 is none */

/* Softirq vectors (include/linux/interrupt.h): the numbers are the kernel's. */
enum sp_vec {
	SP_VEC_HI = 0,
	SP_VEC_TIMER = 1,
	SP_VEC_NET_TX = 2,
	SP_VEC_NET_RX = 3,
	SP_VEC_BLOCK = 4,
	SP_VEC_IRQ_POLL = 5,
	SP_VEC_TASKLET = 6,
	SP_VEC_SCHED = 7,
	SP_VEC_HRTIMER = 8,
	SP_VEC_RCU = 9,
	SP_NR_VECS = 10,
};

/* common_flags of a tracepoint record (include/linux/trace_events.h, enum trace_flag_type) */
enum sp_trace_flag {
	SP_TF_IRQS_OFF = 0x01,
	SP_TF_NEED_RESCHED = 0x04, /* 0x02 is NEED_RESCHED_LAZY or IRQS_NOSUPPORT */
	SP_TF_HARDIRQ = 0x08,
	SP_TF_SOFTIRQ = 0x10, /* serving a softirq */
	SP_TF_PREEMPT_RESCHED = 0x20,
	SP_TF_NMI = 0x40,
	SP_TF_BH_OFF = 0x80, /* since 5.17 */
};

enum sp_event_type {
	SP_EV_SAMPLE = 1, /* .sample: the sampler, or any event with a callchain */
	SP_EV_RAISE,	  /* .softirq, .vec */
	SP_EV_ENTRY,	  /* .softirq, .vec */
	SP_EV_EXIT,	  /* .softirq, .vec */
	SP_EV_IRQ_ENTRY,  /* .irq: device interrupt, or system vector such as the tick */
	SP_EV_IRQ_EXIT,	  /* .irq */
	SP_EV_FUNC_ENTRY, /* .func: timer, hrtimer, tasklet, BH work */
	SP_EV_FUNC_EXIT,  /* .func */
	SP_EV_NAPI_POLL,  /* .napi: at the end of a poll */
	SP_EV_SWITCH,	  /* .sched: pid/tid is the previous task */
	SP_EV_WAKE,	  /* .sched: next_* is the woken task; cpu is the waker's */
	SP_EV_RECLAIM_BEGIN,
	SP_EV_RECLAIM_END,
	SP_EV_DROP,    /* .drop: skb freed for a memory-pressure reason */
	SP_EV_RETRANS, /* TCP sends a segment again */
	SP_EV_LOST,    /* .count: records lost by this CPU's ring since the last one */
	SP_EV_THROTTLE,
	SP_EV_UNTHROTTLE,
	SP_EV_COMM, /* .task.comm; .task.exec */
	SP_EV_FORK, /* .task.ppid */
	SP_EV_TASK_EXIT,
	SP_EV_MMAP,	/* .map; NULL once it is in order: mappings go ahead */
	SP_EV_CLOCK,	/* .clock */
	SP_EV_STEAL,	/* .steal */
	SP_EV_SOFTNET,	/* .softnet */
	SP_EV_NETSTAT,	/* .netstat */
	SP_EV_FD,	/* .fd: one open file of tid, read while its CPU was stuck */
	SP_EV_CGROUP,	/* .str: text of /proc/TID/cgroup */
	SP_EV_SYSCALL,	/* .syscall: of tid, read while its CPU was stuck */
	SP_EV_KSYM,	/* .ksym: the name of one address */
	SP_EV_KRANGE,	/* .krange: the name of a range of them */
	SP_EV_BUILD_ID, /* .file: one that was hit */
	SP_EV_QUALITY,	/* .quality */
	SP_EV_META,	/* .meta */
	SP_EV_SELF,	/* .self: sirqprof's own pid and CPU time */
	SP_EV_IRQNAME,	/* .irq: id and name */
	SP_EV_ONLINE,	/* .count: 1 online, 0 offline */
	SP_EV_SHED,	/* .count: 2 softirqs, interrupts and timers are not recorded from here on;
			 * 0, 1: they are */
	SP_EV_THIN,	/* .count: one NET_RX entry in so many is recorded from here on; 1: all */
	SP_EV_ROUND,	/* every ring has been read once; time_ns = newest time before it */
};

enum sp_tristate {
	SP_UNKNOWN = 0,
	SP_NO = 1,
	SP_YES = 2,
};

/* Where the sample was taken (PERF_RECORD_MISC_CPUMODE_MASK) */
enum sp_mode {
	SP_MODE_UNKNOWN = 0,
	SP_MODE_KERNEL = 1,
	SP_MODE_USER = 2,
	SP_MODE_HYPERVISOR = 3,
	SP_MODE_GUEST_KERNEL = 4,
	SP_MODE_GUEST_USER = 5,
};

struct sp_sample {
	sp_stack stack;	    /* innermost first; markers are not kept, see stacks.h */
	uint8_t mode;	    /* enum sp_mode */
	uint8_t irqs_on;    /* enum sp_tristate: IF of the interrupted context (REGS_INTR) */
	uint8_t is_sampler; /* 1: the fixed-period sampler, 2: the cpu-clock tick beside it,
			     * 0: another event that has a callchain */
	uint8_t has_arg0;   /* arg0 is valid */
	uint32_t arg0;	    /* first syscall argument register (REGS_USER): the fd */
	uint64_t period;    /* ns for clocks, counts for others; 0 unknown */
};

/* A softirq tracepoint; recorded with a callchain it is a look at the stack as well: sampled, and
 * what struct sp_sample has, at the same places. One event, because such recordings hold little
 * else.
 */
struct sp_softirq {
	sp_stack stack;
	uint8_t mode;
	uint8_t none[3];
	uint32_t vec; /* enum sp_vec; may be out of range: check */
	uint8_t sampled;
	uint64_t period;
};
_Static_assert(offsetof(struct sp_softirq, mode) == offsetof(struct sp_sample, mode) &&
		       offsetof(struct sp_softirq, period) == offsetof(struct sp_sample, period),
	       "a softirq's stack can be read as a sample");

enum sp_irq_kind {
	SP_IRQ_DEVICE = 1, /* irq:irq_handler_*; id is the irq number */
	SP_IRQ_TICK = 2,   /* irq_vectors:local_timer_*, or the arch timer's handler */
	SP_IRQ_VECTOR = 3, /* another irq_vectors:* pair; id is the vector */
	SP_IRQ_IPI = 4,	   /* arm64 ipi:* */
};

struct sp_irq {
	uint32_t id;
	sp_str name;  /* "virtio0-input.0", "local_timer", … */
	uint8_t kind; /* enum sp_irq_kind */
};

enum sp_func_kind {
	SP_FUNC_TIMER = 1,
	SP_FUNC_HRTIMER = 2,
	SP_FUNC_TASKLET = 3,
	SP_FUNC_WORK = 4, /* a workqueue item; of a BH workqueue when softirq is served */
};

struct sp_func {
	uint64_t addr;	 /* the function; 0 in an exit that does not carry it */
	uint64_t object; /* timer, tasklet or work: pairs entry with exit */
	uint8_t kind;	 /* enum sp_func_kind */
};

struct sp_napi {
	sp_str dev;
	uint32_t work;
	uint32_t budget;
};

struct sp_sched {
	int32_t next_tid;  /* 0 is idle */
	int16_t next_prio; /* kernel priority: < 100 is real-time (0-98 RT, -1 deadline) */
	int16_t prev_prio;
	sp_str next_comm;
	sp_str prev_comm;
	uint32_t target_cpu;   /* of a wake-up */
	uint8_t prev_runnable; /* 1: preempted, still runnable; 0: sleeps */
};

struct sp_drop {
	uint64_t location; /* address that freed the skb */
	uint32_t reason;
	sp_str reason_name;
};

struct sp_task {
	sp_str comm;
	int32_t ppid;
	uint8_t exec;
};

struct sp_map {
	uint64_t start, len, pgoff;
	uint64_t ino; /* inode; 0 unknown */
	sp_str path;
	uint32_t build_id; /* id in analyze/strings: hex build-id, 0 unknown */
	uint8_t kernel;	   /* a kernel or module mapping */
	uint8_t executable;
};

struct sp_event {
	uint64_t time_ns;      /* on the capture clock (CLOCK_MONOTONIC unless quality says) */
	uint32_t cpu;	       /* SP_NO_CPU where not about a CPU */
	uint16_t type;	       /* enum sp_event_type */
	uint8_t flags;	       /* common_flags of a tracepoint: enum sp_trace_flag */
	uint8_t preempt_count; /* common_preempt_count of a tracepoint */
	int32_t pid, tid;      /* of the current task; SP_NO_TASK unknown. Tracepoints without TID
				* have tid from common_pid and pid SP_NO_TASK */
	union {
		struct sp_sample sample;
		struct sp_softirq softirq;
		struct {
			uint32_t not_vec[2];
			uint32_t vec; /* that of .softirq */
		};
		struct sp_irq irq;
		struct sp_func func;
		struct sp_napi napi;
		struct sp_sched sched;
		struct sp_drop drop;
		struct sp_task task;
		const struct sp_map *map; /* holds only for the call, also in a copy */
		uint64_t count;
		sp_str str;
		struct {
			uint64_t real_ns, width_ns;
		} clock;
		struct {
			uint64_t total_ns, step_ns;
		} steal;
		struct {
			uint64_t processed, dropped, squeezed;
		} softnet;
		struct {
			uint64_t pfmemalloc, retrans;
		} netstat;
		struct {
			uint32_t fd;
			sp_str path;
		} fd;
		struct {
			uint64_t nr, arg0;
			sp_str name;
		} syscall;
		struct {
			uint64_t addr, start;
			sp_str name, module;
		} ksym;
		struct {
			uint64_t start, len;
			sp_str name, module;
		} krange;
		struct {
			sp_str path, build_id;
			uint8_t kernel;
		} file;
		struct {
			uint64_t count;
			uint32_t code;
			sp_str detail;
		} quality;
		struct {
			sp_str key, value;
		} meta;
		struct {
			uint64_t cpu_ns;
		} self;
	};
};

/* Hundreds of thousands wait for their turn. */
_Static_assert(sizeof(struct sp_event) <= 48, "an event of 48 bytes");

static inline bool sp_is_softirq(const struct sp_event *e)
{
	return e->type == SP_EV_RAISE || e->type == SP_EV_ENTRY || e->type == SP_EV_EXIT;
}

/* Takes events one by one; the event holds only for the call. */
struct sp_event_sink {
	int (*put)(void *self, const struct sp_event *e, struct sp_err *err);
	void *self;
};

#endif

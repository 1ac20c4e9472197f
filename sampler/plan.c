#include "plan.h"

#include "filters.h"
#include "pmu.h"

#include <sirqprof/facts.h>

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Frames kept of a sample: 127 is the kernel's default limit (kernel.perf_event_max_stack). */
#define MAX_FRAMES 127
/* Bytes of user stack copied with --call-graph dwarf, as perf does. */
#define USER_STACK_BYTES 8192
#define ALWAYS		 0 /* in every set but the light one */
#define DETAIL		 1 /* with --detail */
#define LIGHT		 2 /* in every set */
/* Levels at which events are shed (shedder.h): --detail's first, then all that --light has not. */
#define SHED_DETAIL 1
#define SHED_LIGHT  2

static const uint8_t shed_of[] = { [ALWAYS] = SHED_LIGHT, [DETAIL] = SHED_DETAIL, [LIGHT] = 0 };

struct wanted {
	const char *system, *name;
	int set;
	bool optional; /* older kernels do not have it: no quality row */
};

/*
 * Lean by default: what says who ran when, at a rate that a flood does not multiply. Timers and
 * tasklets are few and name a function exactly, so they are in; one record for each hrtimer, NAPI
 * poll or work item is not.
 */
static const struct wanted tracepoints[] = {
	{ "irq", "softirq_raise", ALWAYS, false },
	{ "irq", "softirq_entry", ALWAYS, false },
	{ "irq", "softirq_exit", ALWAYS, false },
	{ "irq", "irq_handler_entry", ALWAYS, false },
	{ "irq", "irq_handler_exit", ALWAYS, false },
	{ "irq", "tasklet_entry", ALWAYS, true }, /* since 6.2 */
	{ "irq", "tasklet_exit", ALWAYS, true },
	{ "sched", "sched_switch", LIGHT, false },
	{ "sched", "sched_wakeup", ALWAYS, false },
	{ "timer", "timer_expire_entry", ALWAYS, false },
	{ "timer", "timer_expire_exit", ALWAYS, false },
	{ "skb", "kfree_skb", ALWAYS, true },	       /* reasons since 5.17 */
	{ "tcp", "tcp_retransmit_skb", ALWAYS, true }, /* since 4.15 */
	{ "vmscan", "mm_vmscan_direct_reclaim_begin", ALWAYS, false },
	{ "vmscan", "mm_vmscan_direct_reclaim_end", ALWAYS, false },
	{ "vmscan", "mm_vmscan_memcg_reclaim_begin", ALWAYS, true },
	{ "vmscan", "mm_vmscan_memcg_reclaim_end", ALWAYS, true },
	{ "napi", "napi_poll", DETAIL, false },
	{ "timer", "hrtimer_expire_entry", DETAIL, false },
	{ "timer", "hrtimer_expire_exit", DETAIL, false },
	{ "workqueue", "workqueue_execute_start", ALWAYS, false }, /* filtered: in softirqs only */
	{ "workqueue", "workqueue_execute_end", ALWAYS, false },
};

static int open_on(const struct perf_event_attr *attr, uint32_t cpu)
{
	struct perf_event_attr copy = *attr;

	copy.disabled = 1;
	return (int)syscall(SYS_perf_event_open, &copy, -1, (int)cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

/* Whether the kernel takes the attr; keeps errno. */
static bool opens(const struct perf_event_attr *attr, uint32_t cpu)
{
	int fd = open_on(attr, cpu);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void note(struct plan *p, enum sp_quality_code code, const char *detail)
{
	struct plan_note *n;

	if (p->nnotes == PLAN_MAX_NOTES)
		return;
	n = &p->notes[p->nnotes++];
	n->code = code;
	snprintf(n->detail, sizeof(n->detail), "%s", detail);
}

static struct plan_event *add(struct plan *p, enum plan_role role, const char *name)
{
	struct plan_event *e;

	if (p->nevents == PLAN_MAX_EVENTS)
		return NULL;
	e = &p->events[p->nevents++];
	e->role = role;
	snprintf(e->name, sizeof(e->name), "%s", name);
	e->attr = (struct perf_event_attr){
		/* VER6 has all that is used here, and perf 6.1 refuses what it does not know. */
		.size = PERF_ATTR_SIZE_VER6,
		.sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TIME,
		.disabled = 1,
		.sample_id_all = 1, /* perf wants it the same for all events */
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
		/* A wake-up an event would double what the capture costs the profiled CPU. */
		.watermark = 1,
	};
	return e;
}

static void add_side(struct plan *p)
{
	struct plan_event *e = add(p, PLAN_SIDE, "dummy:HG");

	e->attr.type = PERF_TYPE_SOFTWARE;
	e->attr.config = PERF_COUNT_SW_DUMMY;
	e->attr.sample_type |= PERF_SAMPLE_TID | PERF_SAMPLE_CPU;
	e->attr.mmap = 1;
	e->attr.mmap2 = 1;
	e->attr.comm = 1;
	e->attr.comm_exec = 1;
	e->attr.task = 1;
	e->on_witness = true;
}

/* x86: RDI and the flags (arch/x86/include/uapi/asm/perf_regs.h); arm64: x0, and no PSTATE. */
#if defined(__x86_64__)
#define ARG0_MASK  (1ULL << 5)
#define FLAGS_MASK (1ULL << 9)
#define STACK_MASK 0xff0fffULL
#elif defined(__aarch64__)
#define ARG0_MASK  (1ULL << 0)
#define FLAGS_MASK 0ULL
#define STACK_MASK 0x1ffffffffULL
#else
#define ARG0_MASK  0ULL
#define FLAGS_MASK 0ULL
#define STACK_MASK 0ULL
#endif

/* Registers as far as this kernel gives them: the fd of a system call, the interrupt flag. */
static void add_registers(struct plan *p, struct plan_event *e, const struct plan_cfg *cfg)
{
	struct perf_event_attr with = e->attr;

	with.sample_type |= PERF_SAMPLE_REGS_USER;
	with.sample_regs_user = cfg->user_stack ? STACK_MASK : ARG0_MASK;
	if (cfg->user_stack) {
		with.sample_type |= PERF_SAMPLE_STACK_USER;
		with.sample_stack_user = USER_STACK_BYTES;
		with.exclude_callchain_user = 1;
	}
	if (ARG0_MASK != 0 && opens(&with, cfg->cpu))
		e->attr = with;
	else
		note(p, SP_Q_NO_REGS_USER, "");
	with = e->attr;
	with.sample_type |= PERF_SAMPLE_REGS_INTR;
	with.sample_regs_intr = FLAGS_MASK;
	if (FLAGS_MASK != 0 && opens(&with, cfg->cpu))
		e->attr = with;
	else
		note(p, SP_Q_NO_REGS_INTR, "");
}

static void sampler_attr(struct plan_event *e, uint64_t period)
{
	e->attr.sample_type |= PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_CPU |
			       PERF_SAMPLE_CALLCHAIN;
	e->attr.sample_period = period;
	e->attr.sample_max_stack = MAX_FRAMES;
}

static int denied(uint32_t cpu, const char *name, struct sp_err *err)
{
	if (errno == EACCES || errno == EPERM)
		return sp_fail_sys(
			err,
			"may not profile CPU %u (event %s): run as root, or give CAP_PERFMON "
			"(CAP_SYS_ADMIN before Linux 5.8), or sysctl "
			"kernel.perf_event_paranoid=-1",
			cpu, name);
	if (errno == ENOENT || errno == EOPNOTSUPP || errno == ENODEV)
		return sp_fail(err, SP_EUNSUP, SP_NOWHERE,
			       "CPU %u cannot sample event %s (a VM without a virtual PMU?): "
			       "--event cpu-clock works everywhere",
			       cpu, name);
	return sp_fail_sys(err, "event %s does not open on CPU %u", name, cpu);
}

static int add_sampler(struct plan *p, const struct plan_cfg *cfg, struct sp_err *err)
{
	const char *name = cfg->event ? cfg->event : "cycles";
	bool cycles = strcmp(name, "cycles") == 0;
	struct plan_event *e;
	int rc;

	if (cycles && !pmu_has_cycles()) {
		note(p, SP_Q_EVENT_FALLBACK, "cycles -> cpu-clock");
		name = "cpu-clock";
	}
	e = add(p, PLAN_SAMPLER, name);
	rc = pmu_encode(name, &e->attr, err);
	if (rc)
		return rc;
	p->period_ns = 1000000000ULL / cfg->freq_hz;
	p->period = pmu_rate(&e->attr, cfg->cpu) / cfg->freq_hz;
	sampler_attr(e, p->period);
	if (!opens(&e->attr, cfg->cpu))
		return denied(cfg->cpu, name, err);
	add_registers(p, e, cfg);
	snprintf(p->sampler, sizeof(p->sampler), "%s", name);
	if (e->attr.type == PERF_TYPE_SOFTWARE) {
		e->on_witness = true;
		return SP_OK;
	}
	/* A PMU that stops in idle or halts says nothing of time: the clock always ticks beside. */
	e = add(p, PLAN_TICK, "cpu-clock");
	e->attr.type = PERF_TYPE_SOFTWARE;
	e->attr.config = PERF_COUNT_SW_CPU_CLOCK;
	sampler_attr(e, p->period_ns);
	e->on_witness = true;
	return SP_OK;
}

static bool is_softirq(const char *full)
{
	return strncmp(full, "irq:softirq_", 12) == 0;
}

/* A copy of an event that is on while NET_RX is thinned; its format is told by the first one. */
static int add_copy(struct plan *p, uint32_t of, const char *filter, uint64_t period,
		    struct sp_err *err)
{
	struct plan_event *e = add(p, PLAN_TRACEPOINT, "");

	if (!e)
		return sp_fail(err, SP_ELIMIT, SP_NOWHERE, "more than %u events", PLAN_MAX_EVENTS);
	*e = p->events[of];
	e->format = NULL;
	e->phase = PLAN_THIN;
	e->attr.sample_period = period;
	e->optional = true;
	snprintf(e->filter, sizeof(e->filter), "%s", filter);
	return SP_OK;
}

/*
 * A packet costs three records (raise, entry, exit) of NET_RX, 0.6 us each on a VM: a third of what
 * a flood costs by itself. So there are two sets, and thinner.c changes between them: whole, and
 * all vectors but NET_RX with one in SP_SPARSE_EVERY of its entries. A filter cannot be changed
 * once it is set (kernel/trace/trace_events_filter.c, ftrace_profile_set_filter: EEXIST).
 */
static int add_thinned(struct plan *p, uint32_t of, struct sp_err *err)
{
	int rc;

	p->events[of].phase = PLAN_WHOLE;
	rc = add_copy(p, of, "vec != 3", 1, err);
	if (!rc && strcmp(p->events[of].name, "irq:softirq_entry") == 0)
		rc = add_copy(p, of, "vec == 3", SP_SPARSE_EVERY, err);
	return rc;
}

static int add_tracepoint(struct plan *p, struct tracefs *t, const char *system, const char *name,
			  bool optional, bool thins, uint8_t shed, struct sp_err *err)
{
	struct sp_err why = SP_ERR_INIT;
	struct plan_event *e;
	char full[64], path[128];
	uint32_t id;
	size_t len;

	snprintf(full, sizeof(full), "%s:%s", system, name);
	if (tracefs_id(t, system, name, &id, &why)) {
		if (!optional)
			note(p, SP_Q_NO_TRACEPOINT, full);
		return SP_OK;
	}
	e = add(p, PLAN_TRACEPOINT, full);
	if (!e)
		return sp_fail(err, SP_ELIMIT, SP_NOWHERE, "more than %u events", PLAN_MAX_EVENTS);
	e->attr.type = PERF_TYPE_TRACEPOINT;
	e->attr.config = id;
	e->attr.sample_type |= PERF_SAMPLE_RAW;
	e->attr.sample_period = 1;
	snprintf(path, sizeof(path), "events/%s/%s/format", system, name);
	if (tracefs_read(t, path, &e->format, &len, err))
		return err->code;
	filters_of(full, e->format, e->filter, sizeof(e->filter));
	e->on_witness = strncmp(name, "local_timer_", 12) == 0;
	e->optional = optional;
	e->shed = shed;
	e->spares = strcmp(full, FILTERS_SPARING) == 0;
	if (is_softirq(full) && thins)
		return add_thinned(p, p->nevents - 1, err);
	if (strcmp(full, "skb:kfree_skb") == 0 && !e->filter[0]) {
		/* Without reasons every freed packet would be a record. */
		free(e->format);
		p->nevents--;
		*e = (struct plan_event){ 0 };
	}
	return SP_OK;
}

/* Every irq_vectors:X_entry and X_exit of this machine; the other names there are administration.
 */
static int add_vectors(struct plan *p, const struct plan_cfg *cfg, struct tracefs *t,
		       struct sp_err *err)
{
	static const char *const never[] = { "irq_work_", "vector_", "spurious_", "error_apic_" };
	int fd = tracefs_system(t, "irq_vectors"), rc = SP_OK;
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *d;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return SP_OK; /* not x86: the tick is an irq_handler */
	}
	while (!rc && (d = readdir(dir))) {
		size_t len = strlen(d->d_name);
		bool skip = len < 6 || (strcmp(d->d_name + len - 6, "_entry") != 0 &&
					strcmp(d->d_name + len - 5, "_exit") != 0);
		bool tick = strncmp(d->d_name, "local_timer_", 12) == 0;

		for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
			skip |= strncmp(d->d_name, never[i], strlen(never[i])) == 0;
		if (!skip && (tick || !cfg->light))
			rc = add_tracepoint(p, t, "irq_vectors", d->d_name, !tick, false,
					    tick ? 0 : SHED_LIGHT, err);
	}
	closedir(dir);
	return rc;
}

static int add_tracepoints(struct plan *p, const struct plan_cfg *cfg, struct tracefs *t,
			   struct sp_err *err)
{
	int rc = add_vectors(p, cfg, t, err);

	for (size_t i = 0; !rc && i < sizeof(tracepoints) / sizeof(tracepoints[0]); i++) {
		const struct wanted *w = &tracepoints[i];

		if ((w->set == DETAIL && !cfg->detail) || (w->set == ALWAYS && cfg->light))
			continue;
		rc = add_tracepoint(p, t, w->system, w->name, w->optional, !cfg->detail,
				    shed_of[w->set], err);
	}
	return rc;
}

int plan_new(struct plan **ret, const struct plan_cfg *cfg, struct tracefs *t, struct sp_err *err)
{
	sp_auto(plan) p = calloc(1, sizeof(*p));
	int rc;

	if (!p)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the capture plan");
	p->events = calloc(PLAN_MAX_EVENTS, sizeof(*p->events));
	if (!p->events)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the capture plan");
	add_side(p);
	rc = add_sampler(p, cfg, err);
	if (!rc)
		rc = add_tracepoints(p, cfg, t, err);
	if (!rc)
		*ret = sp_take(p);
	return rc;
}

void plan_free(struct plan *p)
{
	if (!p)
		return;
	for (uint32_t i = 0; p->events && i < p->nevents; i++)
		free(p->events[i].format);
	free(p->events);
	free(p);
}

#ifndef FAKEREPORT_H
#define FAKEREPORT_H

/*
 * A report made by hand: a stall of each fate, a spike of each verdict, text of others that would
 * drive a terminal, numbers that JSON does not have.
 */
#include <sirqprof/report.h>

#include "unit.h"

#include <math.h>

#define MS		1000000ULL
#define FAKE_BEGIN_REAL 1764000000000000000LL /* 2025-11-24T16:00:00Z */
#define FAKE_BEGIN_MONO (5000 * MS)

enum fake_str { FAKE_LEAF = 1, FAKE_EVIL, FAKE_IRQ };

static inline int64_t fake_wall(const struct sp_report *r, uint64_t mono_ns)
{
	return r->capture.begin_real_ns + (int64_t)(mono_ns - r->capture.begin_mono_ns);
}

static inline const char *fake_str(const struct sp_report *r, sp_str s)
{
	static const char *const strings[] = { "", "_raw_spin_unlock_irqrestore", "a\x1b[2Jb\xff",
					       "nvme0q1" };

	(void)r;
	return s < sizeof(strings) / sizeof(strings[0]) ? strings[s] : "";
}

static inline const char *fake_addr(const struct sp_report *r, uint64_t addr)
{
	(void)r;
	(void)addr;
	return "estimation_timer";
}

static inline struct sp_stall fake_stall(uint32_t id, uint64_t at_ms, uint64_t ms,
					 uint8_t mechanism)
{
	uint64_t begin = FAKE_BEGIN_MONO + at_ms * MS, end = begin + ms * MS;

	return (struct sp_stall){
		.id = id,
		.cpu = 1,
		.begin_ns = begin,
		.end_ns = end,
		.begin_lo_ns = begin - MS,
		.begin_hi_ns = begin,
		.end_lo_ns = end,
		.end_hi_ns = end,
		.mechanism = mechanism,
		.confidence = 0.94,
		.vectors = 1U << SP_VEC_NET_RX,
		.pid = 4711,
		.tid = 4711,
	};
}

static inline void fake_evidence(struct sp_stall *s, struct sp_evidence rows[3])
{
	const uint64_t end = s->end_ns;

	rows[0] = (struct sp_evidence){ .kind = SP_EVID_TICK_LATE,
					.at_ns = end,
					.n = { end - s->begin_ns } };
	rows[1] = (struct sp_evidence){ .kind = SP_EVID_RELEASE_POINT,
					.at_ns = end,
					.name = FAKE_LEAF };
	rows[2] = (struct sp_evidence){
		.kind = SP_EVID_FD_READ, .at_ns = end, .n = { 3 }, .name = FAKE_EVIL
	};
	s->evidence = rows;
	s->nevidence = 3;
}

static inline const struct sp_stall *fake_stalls(void)
{
	static struct sp_evidence rows[3][3];
	static struct sp_stall stalls[3];

	stalls[0] = fake_stall(1, 100, 20, SP_MECH_IRQS_OFF);
	stalls[1] = fake_stall(2, 300, 3, SP_MECH_HARDIRQ);
	stalls[1].irq = (struct sp_irq){ .id = 33, .kind = SP_IRQ_DEVICE };
	stalls[2] = fake_stall(3, 500, 40, SP_MECH_STOPPED);
	stalls[2].pid = stalls[2].tid = SP_NO_TASK;
	for (uint32_t i = 0; i < 3; i++)
		fake_evidence(&stalls[i], rows[i]);
	return stalls;
}

static inline const struct sp_stall_names *fake_names(void)
{
	static const char *const chain[] = { "vfs_read", "proc_reg_read", "s_show" };
	static const char *const parents[] = { "sh", "cron" };
	static const struct sp_stall_names names[3] = {
		{ .entry = "proc_reg_read",
		  .caller = "s_show",
		  .chain = chain,
		  .nchain = 3,
		  .comm = "ca\x1b[31mt\xff",
		  .pid = 4711,
		  .tid = 4711,
		  .parents = parents,
		  .nparents = 2,
		  .syscall = "read",
		  .file = "/proc/slabinfo",
		  .container = "web" },
		{ .entry = "nvme_irq", .pid = SP_NO_TASK, .tid = SP_NO_TASK },
		{ .pid = SP_NO_TASK, .tid = SP_NO_TASK },
	};

	return names;
}

static inline struct sp_spike fake_spike(uint32_t id, uint64_t at_ms, uint64_t latency_ms)
{
	uint64_t at = FAKE_BEGIN_MONO + at_ms * MS, latency = latency_ms * MS;

	return (struct sp_spike){ .id = id,
				  .source = "spikes.csv",
				  .line = id + 1,
				  .count = 1,
				  .time_ns = FAKE_BEGIN_REAL + (int64_t)(at_ms * MS),
				  .latency_ns = latency_ms ? latency : SP_UNKNOWN_NS,
				  .cpu = SP_NO_CPU,
				  .begin_ns = at - latency,
				  .end_ns = at,
				  .uncertainty_ns = MS };
}

/* One of each kind. */
static inline void fake_verdicts(struct sp_report *r)
{
	static const struct sp_overlap lead = { 1, 12 * MS },
				       rivals[] = { { 2, 3 * MS }, { 3, MS } };
	static struct sp_spike spikes[SP_NR_VERDICTS];
	static struct sp_verdict v[SP_NR_VERDICTS];

	for (uint32_t i = 0; i < SP_NR_VERDICTS; i++) {
		spikes[i] = fake_spike(i + 1, 120 + i * 50, 30);
		v[i] = (struct sp_verdict){ .kind = (uint8_t)i,
					    .chance = NAN,
					    .confidence = NAN,
					    .worst_delay_ns = MS / 5 };
	}
	spikes[0].label = "GET /\x07\xc3\xa9";
	v[SP_VERDICT_STALL] = (struct sp_verdict){ .kind = SP_VERDICT_STALL,
						   .explained = true,
						   .explained_ns = 12 * MS,
						   .chance = 0.01,
						   .confidence = 0.94,
						   .stalls = &lead,
						   .nstalls = 1,
						   .worst_delay_ns = SP_UNKNOWN_NS };
	v[SP_VERDICT_DROP].explained = true;
	v[SP_VERDICT_DROP].rto_ns = 200 * MS;
	v[SP_VERDICT_TASK_DELAY].reclaim_ns = 25 * MS;
	v[SP_VERDICT_TASK_DELAY].task_comm = "java";
	v[SP_VERDICT_NONE].why = SP_WHY_HEALTHY;
	v[SP_VERDICT_NO_DATA].why = SP_WHY_NOT_OBSERVED;
	v[SP_VERDICT_NO_DATA].unobserved_ns = 28 * MS;
	v[SP_VERDICT_AMBIGUOUS].why = SP_WHY_CHANCE;
	v[SP_VERDICT_AMBIGUOUS].chance = 0.78;
	v[SP_VERDICT_AMBIGUOUS].stalls = rivals;
	v[SP_VERDICT_AMBIGUOUS].nstalls = 2;
	r->spikes_given = true;
	r->spikes = spikes;
	r->verdicts = v;
	r->nspikes = SP_NR_VERDICTS;
}

/* An undecided spike alone, and no callers. */
static inline void fake_undecided(struct sp_report *r)
{
	fake_verdicts(r);
	r->spikes += SP_VERDICT_AMBIGUOUS;
	r->verdicts += SP_VERDICT_AMBIGUOUS;
	r->nspikes = 1;
	r->ncallers = 0;
}

/* One CPU, seen for 900 of 1000 ms; nothing found. */
static inline struct sp_report fake_healthy(void)
{
	static const struct sp_cpu_info cpu = { .cpu = 1, .covered_ns = 900 * MS };

	return (struct sp_report){
		.capture = { .version = "0.1",
			     .begin_mono_ns = FAKE_BEGIN_MONO,
			     .end_mono_ns = FAKE_BEGIN_MONO + 1000 * MS,
			     .begin_real_ns = FAKE_BEGIN_REAL,
			     .end_real_ns = FAKE_BEGIN_REAL + (int64_t)(1000 * MS),
			     .min_stall_ns = MS,
			     .cpus = &cpu,
			     .ncpus = 1,
			     .self_cpu_pct = NAN },
		.clock = { .score = NAN, .runner_up = INFINITY, .drift_ppm = NAN },
		.wall = fake_wall,
		.str = fake_str,
		.addr = fake_addr,
	};
}

/* Three stalls, two callers, a row of quality, two lines of folded stacks. */
static inline struct sp_report fake_report(void)
{
	static const struct sp_caller_task task = { .comm = "ca\x1b[31mt\xff",
						    .pid = 4711,
						    .starved_ns = 20 * MS,
						    .file = "/proc/slabinfo" };
	static const struct sp_caller callers[] = {
		{ .rank = 1,
		  .entry = "proc_reg_read",
		  .caller = "s_show",
		  .mechanisms = 1U << SP_MECH_IRQS_OFF,
		  .explained_ns = 12 * MS,
		  .starved_ns = 20 * MS,
		  .share = 0.32,
		  .spikes = 1,
		  .lift = 150.8,
		  .chance = NAN,
		  .tasks = &task,
		  .ntasks = 1 },
		{ .rank = 2,
		  .mechanisms = 1U << SP_MECH_STOPPED,
		  .starved_ns = 40 * MS,
		  .share = 0.63,
		  .lift = NAN,
		  .chance = NAN },
	};
	static const struct sp_quality_row rows[] = {
		{ .code = SP_Q_LOST,
		  .cpu = 1,
		  .severity = SP_SEV_WARNING,
		  .count = 1,
		  .detail = "" },
		{ .code = SP_Q_PRIVATE, .cpu = SP_NO_CPU, .detail = "a word\x1b[2J" },
	};
	static const char *const evil[] = { "do;it", "new\nline", "\xff", "" };
	static const char *const plain[] = { "vfs_read", "s_show" };
	static const struct sp_fold folded[] = {
		{ .comm = "", .frames = evil, .nframes = 4, .weight_ns = 1499 },
		{ .comm = "my task", .frames = plain, .nframes = 2, .weight_ns = 20 * MS },
		{ .comm = "short", .frames = plain, .nframes = 2, .weight_ns = 499 },
	};
	struct sp_report r = fake_healthy();

	r.stalls = fake_stalls();
	r.names = fake_names();
	r.nstalls = 3;
	r.callers = callers;
	r.ncallers = 2;
	r.quality = rows;
	r.nquality = 2;
	r.folded = folded;
	r.nfolded = 3;
	r.baseline = &folded[1];
	r.nbaseline = 1;
	return r;
}

#endif

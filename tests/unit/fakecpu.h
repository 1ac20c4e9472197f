#ifndef FAKECPU_H
#define FAKECPU_H

/*
 * CPUs made of events, and a timeline that watches them: time is in microseconds, the sampler's
 * period 500, the least stall 1000.
 */
#include "stalls.h"
#include "timeline.h"

#include "fakenames.h"
#include "unit.h"

#define US    1000ULL
#define STEP  500ULL
#define START 1000000ULL /* us */

struct fakecpu {
	struct strings *strings;
	struct stacks *stacks;
	struct tasks *tasks;
	struct coverage *coverage;
	struct timeline *timeline;
	struct timeline_cfg cfg;
	struct sp_stall stalls[256];
	uint32_t n;
	uint64_t baseline_ns;
	uint32_t cpu;
	int32_t tid;
};

static inline int fakecpu_stall(void *self, struct sp_stall *s, struct sp_err *err)
{
	struct fakecpu *w = self;

	if (w->n == 256)
		return sp_fail(err, SP_ELIMIT, SP_NOWHERE, "too many stalls");
	w->stalls[w->n++] = *s;
	return SP_OK;
}

static inline int fakecpu_outside(void *self, const struct sp_event *e, uint64_t owned_ns,
				  struct sp_err *err)
{
	struct fakecpu *w = self;

	(void)e;
	(void)err;
	w->baseline_ns += owned_ns;
	return SP_OK;
}

static inline int fakecpu_setup(void **state)
{
	struct fakecpu *w = calloc(1, sizeof(*w));
	struct sp_err err = SP_ERR_INIT;
	struct timeline_parts parts;

	if (!w || strings_new(&w->strings, &err) || stacks_new(&w->stacks, &err) ||
	    tasks_new(&w->tasks, w->strings, &err) || coverage_new(&w->coverage, &err))
		return -1;
	parts = (struct timeline_parts){
		.strings = w->strings,
		.stacks = w->stacks,
		.tasks = w->tasks,
		.coverage = w->coverage,
		.resolver = &fake_resolver,
		.stalls = { fakecpu_stall, w },
		.baseline = { fakecpu_outside, w },
	};
	if (timeline_new(&w->timeline, &parts, &err))
		return -1;
	w->cfg = (struct timeline_cfg){
		.period_ns = STEP * US,
		.min_stall_ns = 1000 * US,
		.has_raise = true,
		.has_entry = true,
		.has_exit = true,
		.has_tick = true,
		.has_switch = true,
		.has_sampler = true,
		.has_bh_flag = true,
		.witness = SP_NO_CPU,
	};
	w->cpu = 1;
	w->tid = 100;
	*state = w;
	return timeline_configure(w->timeline, &w->cfg, &err);
}

static inline int fakecpu_teardown(void **state)
{
	struct fakecpu *w = *state;

	for (uint32_t i = 0; i < w->n; i++)
		stall_free(&w->stalls[i]);
	timeline_free(w->timeline);
	coverage_free(w->coverage);
	tasks_free(w->tasks);
	stacks_free(w->stacks);
	strings_free(w->strings);
	free(w);
	return 0;
}

static inline void configure(struct fakecpu *w)
{
	struct sp_err err = SP_ERR_INIT;

	assert_int_equal(timeline_configure(w->timeline, &w->cfg, &err), 0);
}

static inline struct sp_event event(const struct fakecpu *w, uint64_t us, enum sp_event_type type)
{
	return (struct sp_event){ .time_ns = us * US,
				  .cpu = w->cpu,
				  .type = (uint16_t)type,
				  .pid = w->tid,
				  .tid = w->tid };
}

static inline void put(struct fakecpu *w, struct sp_event e)
{
	struct sp_err err = SP_ERR_INIT;

	assert_int_equal(timeline_put(w->timeline, &e, &err), 0);
}

static inline void flush(struct fakecpu *w, uint64_t us)
{
	struct sp_err err = SP_ERR_INIT;

	assert_int_equal(timeline_flush(w->timeline, us * US, &err), 0);
}

static inline void vec(struct fakecpu *w, uint64_t us, enum sp_event_type type, uint32_t v)
{
	struct sp_event e = event(w, us, type);

	e.vec = v;
	put(w, e);
}

static inline void sample(struct fakecpu *w, uint64_t us, const char *stack)
{
	struct sp_event e = event(w, us, SP_EV_SAMPLE);

	e.sample.stack = fake_stack(w->stacks, stack);
	e.sample.mode = strncmp(stack, "u:", 2) == 0 && !strchr(stack, ';') ? SP_MODE_USER
									    : SP_MODE_KERNEL;
	e.sample.is_sampler = 1;
	e.sample.period = STEP * US;
	put(w, e);
}

static inline void irq(struct fakecpu *w, uint64_t us, enum sp_event_type type, uint8_t kind,
		       uint32_t id, uint8_t flags)
{
	struct sp_event e = event(w, us, type);

	e.irq.kind = kind;
	e.irq.id = id;
	e.flags = flags;
	put(w, e);
}

/* A tick with its sample; stack NULL: the sample is lost. */
static inline void tick(struct fakecpu *w, uint64_t us, uint8_t flags, const char *stack)
{
	irq(w, us, SP_EV_IRQ_ENTRY, SP_IRQ_TICK, 0, flags | SP_TF_IRQS_OFF);
	if (stack)
		sample(w, us + 1, stack);
	irq(w, us + 2, SP_EV_IRQ_EXIT, SP_IRQ_TICK, 0, flags | SP_TF_IRQS_OFF);
}

/* Healthy ticks on the grid, from first to before last. */
static inline void busy(struct fakecpu *w, uint64_t first, uint64_t last, const char *stack)
{
	for (uint64_t us = first; us < last; us += STEP)
		tick(w, us, 0, stack);
}

static inline void switch_to(struct fakecpu *w, uint64_t us, int32_t tid)
{
	struct sp_event e = event(w, us, SP_EV_SWITCH);

	e.sched.next_tid = tid;
	put(w, e);
	w->tid = tid;
}

/* A reading of the steal counter, by the recorder from another CPU. */
static inline void steal(struct fakecpu *w, uint64_t us, uint64_t total_us)
{
	struct sp_event e = event(w, us, SP_EV_STEAL);

	e.steal.total_ns = total_us * US;
	e.steal.step_ns = 10000 * US;
	put(w, e);
}

/* What must hold of all stalls, whatever the events were. */
static inline void check_invariants(const struct fakecpu *w)
{
	for (uint32_t i = 0; i < w->n; i++) {
		const struct sp_stall *s = &w->stalls[i];
		uint64_t sum = s->unsampled_ns;

		assert_true(s->begin_ns < s->end_ns);
		assert_true(s->begin_lo_ns <= s->begin_ns && s->begin_ns <= s->begin_hi_ns);
		assert_true(s->end_lo_ns <= s->end_ns && s->end_ns <= s->end_hi_ns);
		assert_true(s->mechanism > SP_MECH_NONE && s->mechanism < SP_NR_MECHS);
		assert_true(s->confidence > 0 && s->confidence <= 1);
		assert_true(s->nevidence <= SP_MAX_EVIDENCE);
		for (uint32_t k = 0; k < s->nshares; k++)
			sum += s->shares[k].owned_ns;
		assert_int_equal(sum, s->end_ns - s->begin_ns);
		for (uint32_t k = 0; k < i; k++)
			assert_true(w->stalls[k].cpu != s->cpu ||
				    w->stalls[k].end_ns <= s->begin_ns ||
				    s->end_ns <= w->stalls[k].begin_ns);
	}
}

static inline bool has_evidence(const struct sp_stall *s, enum sp_evidence_kind kind)
{
	for (uint32_t i = 0; i < s->nevidence; i++)
		if (s->evidence[i].kind == kind)
			return true;
	return false;
}

/* One stall, of that mechanism and about that long. */
static inline const struct sp_stall *one(const struct fakecpu *w, enum sp_mechanism m,
					 uint64_t length_us, uint64_t slack_us)
{
	uint64_t ns;

	check_invariants(w);
	assert_int_equal(w->n, 1);
	assert_string_equal(sp_mechanism_name(w->stalls[0].mechanism), sp_mechanism_name(m));
	ns = w->stalls[0].end_ns - w->stalls[0].begin_ns;
	assert_in_range(ns, (length_us - slack_us) * US, (length_us + slack_us) * US);
	return &w->stalls[0];
}

#endif

#include "softirq.h"

#include <sirqprof/limits.h>
#include <sirqprof/span.h>

#include <linux/perf_event.h>

void softirq_bind(struct attr *a, const struct point *p)
{
	struct softirq_layout *l = &a->softirq;
	const struct sample_layout *s = &a->layout;

	*l = (struct softirq_layout){ 0 };
	if (s->plain && s->raw && s->time >= 0)
		point_softirq(p, l);
}

/* Steps over the callchain; false when it does not fit. */
static inline bool take_chain(const uint8_t **at, size_t *left, struct softirq_chain *ret)
{
	uint64_t n;

	if (*left < 8)
		return false;
	n = sp_u64_at(*at);
	if (n > (*left - 8) / 8)
		return false;
	*ret = (struct softirq_chain){ *at + 8, (uint32_t)n };
	*at += 8 + 8 * n;
	*left -= 8 + 8 * n;
	return true;
}

bool softirq_read(const struct attr *a, const struct sp_record *r, uint32_t cpu, struct sp_event *e,
		  struct softirq_chain *chain)
{
	const struct sample_layout *s = &a->layout;
	const struct softirq_layout *l = &a->softirq;
	const uint8_t *fixed = r->data + 8, *raw = fixed + s->fixed;
	size_t left = r->size - 8;
	uint32_t raw_size;
	uint64_t period;

	chain->at = NULL;
	if (r->swap || left < s->fixed)
		return false;
	left -= s->fixed;
	if (s->chain && !take_chain(&raw, &left, chain))
		return false;
	raw_size = left >= 4 ? sp_u32_at(raw) : 0;
	if (raw_size < l->least || raw_size > left - 4)
		return false;
	raw += 4;
	cpu = s->cpu >= 0 ? sp_u32_at(fixed + s->cpu) : cpu;
	/* An initializer would clear the union alone, by a slow string instruction. */
	memset(e, 0, sizeof(*e));
	e->time_ns = sp_u64_at(fixed + s->time);
	e->cpu = cpu < SP_MAX_CPUS ? cpu : SP_NO_CPU;
	e->type = l->type;
	e->flags = raw[l->flags];
	e->preempt_count = raw[l->preempt_count];
	e->pid = s->tid >= 0 ? (int32_t)sp_u32_at(fixed + s->tid) : SP_NO_TASK;
	e->tid = s->tid >= 0 ? (int32_t)sp_u32_at(fixed + s->tid + 4) : SP_NO_TASK;
	e->softirq.vec = sp_u32_at(raw + l->vec);
	if (e->tid == SP_NO_TASK)
		e->tid = (int32_t)sp_u32_at(raw + l->pid);
	if (!chain->at)
		return true;
	period = s->period >= 0 ? sp_u64_at(fixed + s->period) : 0;
	e->softirq.sampled = 1;
	e->softirq.mode = r->misc & PERF_RECORD_MISC_CPUMODE_MASK;
	e->softirq.period = period ? period : a->freq ? 0 : a->sample_period;
	return true;
}

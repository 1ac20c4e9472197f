#include "bind.h"

#include "points.h"
#include "sample.h"
#include "softirq.h"

#include <sirqprof/facts.h>

#include <linux/perf_event.h>

static uint64_t clock_period(const struct attr *a)
{
	if (!a->freq)
		return a->sample_period;
	return a->sample_period ? 1000000000ULL / a->sample_period : 0;
}

/* The sampler's period as time: clocks count ns; a hardware event's fixed period says nothing of
 * time, the tick beside it does. */
static void note_sampler(struct bind *b, struct attr *a)
{
	bool clock = a->type == PERF_TYPE_SOFTWARE && (a->config == PERF_COUNT_SW_CPU_CLOCK ||
						       a->config == PERF_COUNT_SW_TASK_CLOCK);

	if (b->have_sampler && clock && b->info->hardware_sampler) {
		a->kind = KIND_TICK;
		b->info->period_ns = clock_period(a);
		return;
	}
	a->kind = KIND_SAMPLER;
	if (b->have_sampler)
		return;
	b->have_sampler = true;
	b->info->hardware_sampler = !clock;
	/* A clock asked for by frequency ticks by a fixed period all the same
	 * (kernel/events/core.c, perf_swevent_init_hrtimer()). */
	b->info->freq_mode = a->freq && !clock;
	snprintf(b->info->sampler, sizeof(b->info->sampler), "%s",
		 a->name[0] ? a->name
		 : clock    ? "cpu-clock"
			    : "cycles");
	if (a->freq || clock)
		b->info->period_ns = clock_period(a);
}

static void note_point(struct bind *b, const struct attr *a, enum point_bit bit, const char *name)
{
	bool whole = !a->freq && a->sample_period == 1;

	if (bit == POINT_ENTRY && !a->freq && a->sample_period == SP_SPARSE_EVERY &&
	    b->info->has_entry) {
		b->info->has_sparse = true;
		return;
	}
	if (!whole) {
		b->info->thinned = true;
		snprintf(b->info->thinned_name, sizeof(b->info->thinned_name), "%s", name);
		return;
	}
	b->info->has_raise |= bit == POINT_RAISE;
	b->info->has_entry |= bit == POINT_ENTRY;
	b->info->has_exit |= bit == POINT_EXIT;
	b->info->has_irq |= bit == POINT_IRQ;
	b->info->has_tick |= bit == POINT_TICK;
	b->info->has_switch |= bit == POINT_SWITCH;
	b->info->has_wake |= bit == POINT_WAKE;
}

static int bind_point(struct bind *b, struct attr *a, struct sp_err *err)
{
	const struct format *f = formats_get(b->formats, (uint32_t)a->config);
	struct point *p = NULL;
	int rc;

	a->kind = KIND_POINT;
	if (!f) {
		b->info->no_formats++;
		return SP_OK;
	}
	if (!a->name[0])
		snprintf(a->name, sizeof(a->name), "%s:%s", f->system, f->name);
	rc = point_bind(f, &p, err);
	if (!rc && p)
		note_point(b, a, point_bit(p), a->name);
	a->bound = p;
	return rc;
}

int bind_attr(struct bind *b, struct attr *a, struct sp_err *err)
{
	int rc;

	sample_bind(a);
	if (a->type == PERF_TYPE_TRACEPOINT) {
		rc = bind_point(b, a, err);
		if (!rc && a->bound)
			softirq_bind(a, a->bound);
		return rc;
	}
	if (a->type == PERF_TYPE_SOFTWARE && a->config == PERF_COUNT_SW_BPF_OUTPUT) {
		a->kind = KIND_FACT;
		b->info->has_facts |= strcmp(a->name, SP_FACT_EVENT) == 0;
	} else if (a->type == PERF_TYPE_SOFTWARE && a->config != PERF_COUNT_SW_CPU_CLOCK &&
		   a->config != PERF_COUNT_SW_TASK_CLOCK) {
		a->kind = KIND_OTHER; /* dummy, page-faults …: no measure of time */
	} else {
		note_sampler(b, a);
	}
	if (a->use_clockid) {
		b->info->clockid = a->clockid;
		b->info->has_clockid = true;
	}
	return SP_OK;
}

#include "shedder.h"

#include <stdlib.h>
#include <time.h>

#define NS_MS 1000000ULL
#define NS_S  1000000000ULL
/* Levels follow each other no faster: the drain after a change must show whether it was enough. */
#define STEP_NS (200 * NS_MS)
/* Shed events come back after this long, twice as long each time that it happens again. */
#define HOLD_NS	     (10 * NS_S)
#define HOLD_MOST_NS (160 * NS_S)
/*
 * Our own CPU time is looked at over this long. Half a CPU is too much: it takes 2 % for a busy CPU
 * at 1 kHz, 6 % for 400,000 records a second, and others want the CPU that we run on as well.
 */
#define SELF_EVERY_NS (2 * NS_S)
#define SELF_MOST_PCT 50U
#define SHED_MOST     2U

struct shed_cpu {
	uint32_t level;
	uint64_t lost; /* since the last look */
	uint64_t bytes;
	uint64_t changed_ns, hold_ns;
};

struct shedder {
	const struct plan *plan;
	const struct events *events;
	struct thinner *thinner;
	uint64_t self_ns, self_at_ns;
	struct shed_cpu cpus[];
};

int shedder_new(struct shedder **ret, const struct plan *p, const struct events *ev,
		struct thinner *thinner, struct sp_err *err)
{
	struct shedder *s = calloc(1, sizeof(*s) + ev->ncpus * sizeof(s->cpus[0]));

	if (!s)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for %u CPUs", ev->ncpus);
	s->plan = p;
	s->events = ev;
	s->thinner = thinner;
	for (uint32_t i = 0; i < ev->ncpus; i++)
		s->cpus[i].hold_ns = HOLD_NS;
	*ret = s;
	return SP_OK;
}

void shedder_free(struct shedder *s)
{
	free(s);
}

void shedder_lost(struct shedder *s, uint32_t i, uint64_t records)
{
	s->cpus[i].lost += records;
}

void shedder_drained(struct shedder *s, uint32_t i, uint64_t bytes)
{
	s->cpus[i].bytes += bytes;
}

uint32_t shedder_level(const struct shedder *s, uint32_t i)
{
	return s->cpus[i].level;
}

/* The plan may have nothing to shed at a level (--light, or no --detail). */
static bool has_level(const struct plan *p, uint32_t level)
{
	for (uint32_t i = 0; i < p->nevents; i++)
		if (p->events[i].shed == level)
			return true;
	return false;
}

static int tell(const struct shedder *s, uint32_t i, const char *why, struct stream *out,
		struct sp_err *err)
{
	uint32_t cpu = s->events->cpus[i].cpu, level = s->cpus[i].level;
	char text[160];
	int rc;

	fact_begin(out, SP_FACT_SHED, stream_now(), cpu);
	fact_u32(out, level);
	rc = fact_end(out, err);
	if (rc || !level)
		return rc;
	snprintf(text, sizeof(text), "%s went on CPU %u, as %s",
		 level == 1 ? "the events of --detail" : "all events that --light has not", cpu,
		 why);
	return fact_quality(out, SP_Q_SHED, cpu, 1, text, err);
}

/* What is on at a level below goes, or comes back; of the two sets of softirq events the one that
 * is in use (thinner.h). */
static void switch_events(const struct shedder *s, uint32_t i, uint32_t level, bool on)
{
	events_shed(s->events, s->plan, s->events->cpus[i].cpu, level,
		    thinner_is_on(s->thinner, i) ? PLAN_WHOLE : PLAN_THIN, on);
}

static int shed(struct shedder *s, uint32_t i, uint64_t now_ns, const char *why, struct stream *out,
		struct sp_err *err)
{
	struct shed_cpu *c = &s->cpus[i];
	uint32_t level = c->level + 1;
	int rc;

	while (level < SHED_MOST && !has_level(s->plan, level))
		level++;
	if (level > SHED_MOST || !has_level(s->plan, level))
		return SP_OK;
	/* Told before the events go: from then on nothing is to be concluded from their absence. */
	c->level = level;
	rc = tell(s, i, why, out, err);
	switch_events(s, i, level, false);
	c->changed_ns = now_ns;
	return rc;
}

static int restore(struct shedder *s, uint32_t i, uint64_t now_ns, struct stream *out,
		   struct sp_err *err)
{
	struct shed_cpu *c = &s->cpus[i];

	for (uint32_t level = 1; level <= c->level; level++)
		switch_events(s, i, level, true);
	thinner_reset(s->thinner, i, now_ns);
	c->level = 0;
	c->changed_ns = now_ns;
	c->hold_ns = c->hold_ns < HOLD_MOST_NS ? 2 * c->hold_ns : HOLD_MOST_NS;
	return tell(s, i, "", out, err);
}

/* The ring that gave us most to do. */
static uint32_t busiest(const struct shedder *s)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i < s->events->ncpus; i++)
		if (!s->events->cpus[i].witness && s->cpus[i].bytes > s->cpus[best].bytes)
			best = i;
	return best;
}

static uint64_t own_cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * NS_S + (uint64_t)ts.tv_nsec;
}

static int look_at_self(struct shedder *s, uint64_t now_ns, struct stream *out, struct sp_err *err)
{
	uint64_t took = now_ns - s->self_at_ns, self_ns, used;
	bool first = !s->self_at_ns;
	char why[64];
	int rc = SP_OK;

	if (took < SELF_EVERY_NS)
		return SP_OK;
	self_ns = own_cpu_ns();
	used = self_ns - s->self_ns;
	s->self_at_ns = now_ns;
	s->self_ns = self_ns;
	if (!first && used > took / 100 * SELF_MOST_PCT) {
		snprintf(why, sizeof(why), "sirqprof took %u %% of a CPU",
			 (unsigned int)(used * 100 / took));
		rc = shed(s, busiest(s), now_ns, why, out, err);
	}
	for (uint32_t i = 0; i < s->events->ncpus; i++)
		s->cpus[i].bytes = 0;
	return rc;
}

int shedder_look(struct shedder *s, uint64_t now_ns, struct stream *out, struct sp_err *err)
{
	int rc = look_at_self(s, now_ns, out, err);

	for (uint32_t i = 0; !rc && i < s->events->ncpus; i++) {
		struct shed_cpu *c = &s->cpus[i];
		uint64_t lost = c->lost, since = now_ns - c->changed_ns;

		c->lost = 0;
		if (s->events->cpus[i].witness)
			continue;
		if (lost && (!c->changed_ns || since >= STEP_NS))
			rc = shed(s, i, now_ns, "its ring overflowed", out, err);
		else if (c->level && since >= c->hold_ns)
			rc = restore(s, i, now_ns, out, err);
	}
	return rc;
}

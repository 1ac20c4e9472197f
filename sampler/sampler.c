#include "sampler.h"

#include "events.h"
#include "meta.h"
#include "observe.h"
#include "plan.h"
#include "probe.h"
#include "shedder.h"
#include "stream.h"
#include "stuck.h"
#include "synth.h"
#include "thinner.h"
#include "watches.h"

#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

/* 4 MB hold 0.2 s of a flood whole (450,000 records a second of 40 bytes), a hundred times what a
 * drain comes late; the least that loses nothing there is 256 kB, thinned 64 kB
 * (docs/decisions.md). All rings together stay below RINGS_TOTAL, on large machines each is
 * smaller: floods hit a few CPUs, and memory is locked. */
#define RING_BYTES_DEFAULT (4ULL << 20)
#define RINGS_TOTAL	   (128ULL << 20)
#define RING_BYTES_LEAST   (512ULL << 10)
/* How often the loop looks: the watch wakes it when rings fill or a CPU is stuck. What
 * happens while one is, is looked at more closely. */
#define LOOK_MS	      10
#define LOOK_STUCK_MS 2
#define NS_MS	      1000000ULL

struct sampler {
	struct tracefs *tracefs;
	struct plan *plan;
	struct events *events;
	struct stream *stream;
	struct observe *observe;
	struct stuck *stuck; /* what this loop has seen */
	struct watches *watches;
	struct stuck_ids ids;
	unsigned look_at; /* what the loop looks at itself: enum stuck_part */
	struct thinner *thinner;
	struct shedder *shedder;
	uint32_t *cpus; /* profiled */
	uint32_t ncpus;
	uint32_t witness;
	uint64_t *sampler_id, *switch_id; /* one a ring; ids has them too */
	uint64_t begin_ns;
	uint64_t bad_bytes;
	uint64_t ring_asked;
};

static uint64_t power_of_two(uint64_t v)
{
	uint64_t p = 4096;

	while (p < v)
		p *= 2;
	return p;
}

static uint64_t default_ring(uint32_t ncpus)
{
	uint64_t bytes = RING_BYTES_DEFAULT;

	while (bytes > RING_BYTES_LEAST && bytes * (ncpus + 1) > RINGS_TOTAL)
		bytes /= 2;
	return bytes;
}

static bool contains(const uint32_t *cpus, uint32_t n, uint32_t cpu)
{
	for (uint32_t i = 0; i < n; i++)
		if (cpus[i] == cpu)
			return true;
	return false;
}

/* An online CPU beside the profiled ones, SP_NO_CPU (~0) if there is none. The one after the last
 * profiled, so that it is likely to share its socket. */
static uint32_t pick_witness(const struct sampler *s)
{
	uint32_t n, first = UINT32_MAX, last = s->cpus[s->ncpus - 1];
	struct sp_err ignored = SP_ERR_INIT;
	sp_auto_free uint32_t *online = NULL;

	if (probe_cpus(NULL, &online, &n, &ignored))
		return UINT32_MAX;
	for (uint32_t i = 0; i < n; i++) {
		if (contains(s->cpus, s->ncpus, online[i]))
			continue;
		if (online[i] > last)
			return online[i];
		if (first == UINT32_MAX)
			first = online[i];
	}
	return first;
}

/* Off the profiled CPUs where there are others: what we do must not starve what we watch. */
static void step_aside(const struct sampler *s)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return;
	for (uint32_t i = 0; i < s->ncpus; i++)
		if (s->cpus[i] < CPU_SETSIZE)
			CPU_CLR(s->cpus[i], &set);
	if (CPU_COUNT(&set))
		sched_setaffinity(0, sizeof(set), &set);
	/* The stuck watch must look while the others are busy too; best effort. */
	setpriority(PRIO_PROCESS, 0, -10);
}

/* "field:pid_t next_pid;	offset:56;" */
static uint32_t field_offset(const char *format, const char *field)
{
	const char *at = format ? strstr(format, field) : NULL;
	const char *offset = at ? strstr(at, "offset:") : NULL;

	return offset ? (uint32_t)strtoul(offset + 7, NULL, 10) : 0;
}

static int find_ids(struct sampler *s, struct sp_err *err)
{
	struct events *ev = s->events;

	s->sampler_id = calloc(ev->ncpus, sizeof(*s->sampler_id));
	s->switch_id = calloc(ev->ncpus, sizeof(*s->switch_id));
	if (!s->sampler_id || !s->switch_id)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for event ids");
	for (uint32_t i = 0; i < ev->nfds; i++) {
		const struct plan_event *e = &s->plan->events[ev->ids[i].event];

		for (uint32_t c = 0; c < ev->ncpus; c++) {
			if (ev->cpus[c].cpu != ev->ids[i].cpu)
				continue;
			if (e->role == PLAN_SAMPLER)
				s->sampler_id[c] = ev->ids[i].id;
			if (strcmp(e->name, "sched:sched_switch") == 0) {
				s->switch_id[c] = ev->ids[i].id;
				s->ids.next_pid_at = field_offset(e->format, " next_pid;");
			}
		}
	}
	s->ids.sampler = s->sampler_id;
	s->ids.switches = s->switch_id;
	return SP_OK;
}

static uint64_t silent_ns(const struct sampler *s)
{
	return 2 * s->plan->period_ns > NS_MS ? 2 * s->plan->period_ns : NS_MS;
}

/* Without a thread the loop looks at everything itself. */
static int start_watches(struct sampler *s, struct sp_err *err)
{
	enum watch_class class = watches_start(s->watches);

	s->look_at = class == WATCH_NONE ? STUCK_LIKELY | STUCK_OTHERS : STUCK_OTHERS;
	if (class == WATCH_REALTIME)
		return SP_OK;
	return fact_quality(s->stream, SP_Q_SLOW_WATCH, UINT32_MAX, 1, "", err);
}

int sampler_new(struct sampler **ret, const struct sampler_cfg *cfg, struct sp_err *err)
{
	sp_auto(sampler) s = calloc(1, sizeof(*s));
	struct plan_cfg plan_cfg = {
		.event = cfg->event,
		.freq_hz = cfg->freq_hz,
		.detail = cfg->detail,
		.light = cfg->light,
		.user_stack = cfg->user_stack,
		.cpu = cfg->cpus[0],
	};
	struct watch_cfg watch;
	uint64_t ring = power_of_two(cfg->ring_bytes ? cfg->ring_bytes : default_ring(cfg->ncpus));
	int rc;

	if (!s)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the sampler");
	s->cpus = calloc(cfg->ncpus, sizeof(*s->cpus));
	if (!s->cpus)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for %u CPUs", cfg->ncpus);
	memcpy(s->cpus, cfg->cpus, cfg->ncpus * sizeof(*s->cpus));
	s->ncpus = cfg->ncpus;
	s->ring_asked = ring;
	s->witness = pick_witness(s);
	rc = tracefs_new(&s->tracefs, err);
	rc = rc ? rc : plan_new(&s->plan, &plan_cfg, s->tracefs, err);
	rc = rc ? rc : events_new(&s->events, s->plan, s->cpus, s->ncpus, s->witness, ring, err);
	rc = rc ? rc : find_ids(s, err);
	rc = rc ? rc : thinner_new(&s->thinner, s->plan, s->events, err);
	rc = rc ? rc : shedder_new(&s->shedder, s->plan, s->events, s->thinner, err);
	rc = rc ? rc : observe_new(&s->observe, s->cpus, s->ncpus, err);
	rc = rc ? rc : stuck_new(&s->stuck, s->ncpus, silent_ns(s), err);
	watch = (struct watch_cfg){
		.events = s->events,
		.ids = s->ids,
		.to = s->ncpus,
		.silent_ns = rc ? 0 : silent_ns(s),
	};
	rc = rc ? rc : watches_new(&s->watches, &watch, NULL, err);
	if (!rc)
		*ret = sp_take(s);
	return rc;
}

void sampler_free(struct sampler *s)
{
	if (!s)
		return;
	watches_free(s->watches); /* before what its threads read */
	shedder_free(s->shedder);
	thinner_free(s->thinner);
	stuck_free(s->stuck);
	observe_free(s->observe);
	stream_free(s->stream);
	events_free(s->events);
	plan_free(s->plan);
	tracefs_free(s->tracefs);
	free(s->sampler_id);
	free(s->switch_id);
	free(s->cpus);
	free(s);
}

uint64_t sampler_begin(const struct sampler *s)
{
	return s->begin_ns;
}

int sampler_start(struct sampler *s, struct sp_record_sink out, struct sp_err *err)
{
	uint64_t lead_id = s->events->ids[0].id, now;
	int rc = stream_new(&s->stream, out, err);

	rc = rc ? rc
		: stream_header(s->stream, s->plan, s->events->ids, s->events->nfds, s->tracefs,
				err);
	step_aside(s);
	s->begin_ns = stream_now();
	rc = rc ? rc
		: meta_tell(s->stream, s->plan,
			    &(struct meta){
				    .begin_ns = s->begin_ns,
				    .ncpus = s->ncpus,
				    .witness = s->witness,
				    .ring_asked = s->ring_asked,
				    .ring_bytes = s->events->ring_bytes,
			    },
			    err);
	rc = rc ? rc : observe_all(s->observe, s->stream, err);
	rc = rc ? rc : start_watches(s, err);
	rc = rc ? rc : events_enable(s->events, s->plan, err);
	/* From here on it records; what already runs is told while it does. */
	rc = rc ? rc : synth_kernel(s->stream, lead_id, err);
	rc = rc ? rc : synth_all(s->stream, lead_id, err);
	now = stream_now();
	for (uint32_t i = 0; i < s->ncpus; i++)
		stuck_moved(s->stuck, i, now);
	return rc;
}

/* Notes what a record tells; returns the task of a sample. */
static uint32_t see(struct sampler *s, uint32_t i, const uint8_t *rec, uint16_t size)
{
	struct perf_event_header header;
	uint64_t id;

	memcpy(&header, rec, sizeof(header));
	if (header.type == PERF_RECORD_LOST && size >= 24) {
		memcpy(&id, rec + 16, sizeof(id)); /* id, lost */
		shedder_lost(s->shedder, i, id);
	}
	if (header.type == PERF_RECORD_SAMPLE && size >= 40) {
		memcpy(&id, rec + 8, sizeof(id));
		thinner_see(s->thinner, i, id, rec);
	}
	return stuck_record(s->stuck, i, &s->ids, rec, size);
}

static int drain_cpu(struct sampler *s, uint32_t i, struct sp_err *err)
{
	struct events_cpu *c = &s->events->cpus[i];
	const uint8_t *rec;
	uint32_t last = 0;
	uint16_t size;
	int rc = SP_OK;

	while (!rc && (rec = ring_next(&c->ring, &size, &s->bad_bytes))) {
		if (!c->witness) {
			uint32_t tid = see(s, i, rec, size);

			/* Most samples repeat the task before. */
			if (tid && tid != last) {
				last = tid;
				rc = observe_task(s->observe, s->stream, tid, err);
			}
		}
		rc = rc ? rc : stream_record(s->stream, rec, size, err);
	}
	ring_done(&c->ring);
	return rc;
}

/* One pass over the rings; a round ends what the readers behind must sort. */
static int drain(struct sampler *s, uint64_t now, struct sp_err *err)
{
	bool any = false;
	int rc = SP_OK;

	for (uint32_t i = 0; !rc && i < s->events->ncpus; i++) {
		struct events_cpu *c = &s->events->cpus[i];
		bool moved = ring_look(&c->ring);

		if (moved && !c->witness)
			stuck_moved(s->stuck, i, now);
		if (c->ring.head != c->ring.at) {
			any = true;
			shedder_drained(s->shedder, i, c->ring.head - c->ring.at);
			rc = drain_cpu(s, i, err);
		}
	}
	return rc || !any ? rc : stream_round(s->stream, err);
}

static bool any_stuck(const struct sampler *s)
{
	for (uint32_t i = 0; i < s->ncpus; i++)
		if (watches_stuck(s->watches, i))
			return true;
	return false;
}

/* Sleeps until a ring is a quarter full, a CPU is stuck, a signal comes, or the time is over. */
static void sleep_on_rings(struct sampler *s, int timeout_ms)
{
	/* Without watches this loop is the watch. */
	int most = s->look_at & STUCK_LIKELY || any_stuck(s) ? LOOK_STUCK_MS : LOOK_MS;
	int wakes[WATCHES_MOST];
	struct pollfd fds[64 + WATCHES_MOST];
	uint32_t nwakes = watches_fds(s->watches, wakes);
	nfds_t n = 0;

	for (uint32_t i = 0; i < s->events->ncpus && n < 64; i++)
		fds[n++] = (struct pollfd){ .fd = s->events->cpus[i].lead, .events = POLLIN };
	for (uint32_t i = 0; i < nwakes; i++)
		fds[n++] = (struct pollfd){ .fd = wakes[i], .events = POLLIN };
	poll(fds, n, timeout_ms < most ? timeout_ms : most); /* EINTR is a reason to return too */
}

int sampler_poll(struct sampler *s, int timeout_ms, struct sp_err *err)
{
	bool soon = false;
	uint64_t now;
	int rc;

	sleep_on_rings(s, timeout_ms);
	now = stream_now();
	/* Before the round that the drain ends: what was watched is older. */
	rc = watches_take(s->watches, s->stream, err);
	rc = rc ? rc : drain(s, now, err);
	for (uint32_t i = 0; !rc && i < s->ncpus; i++) {
		bool stuck = stuck_is(s->stuck, i, now) || watches_stuck(s->watches, i);

		soon |= stuck;
		/* What is shed is not to be switched on again by the other. */
		if (shedder_level(s->shedder, i) < 2)
			rc = thinner_look(s->thinner, i, now, !stuck, s->stream, err);
		rc = rc ? rc
			: stuck_look(s->stuck, i, s->cpus[i], now, s->look_at, s->observe,
				     s->stream, err);
	}
	rc = rc ? rc : shedder_look(s->shedder, now, s->stream, err);
	return rc ? rc : observe_tick(s->observe, s->stream, now, soon, err);
}

int sampler_stop(struct sampler *s, struct sp_err *err)
{
	int rc;

	events_disable(s->events);
	/* What they say last is to be taken too. */
	watches_stop(s->watches);
	rc = watches_take(s->watches, s->stream, err);
	rc = rc ? rc : drain(s, stream_now(), err);
	rc = rc ? rc : observe_all(s->observe, s->stream, err);
	if (!rc && s->bad_bytes)
		rc = fact_quality(s->stream, SP_Q_GARBAGE, UINT32_MAX, s->bad_bytes, "ring", err);
	return rc ? rc : stream_round(s->stream, err);
}

#include "events.h"

#include <sirqprof/limits.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Every CPU has one descriptor an event, and programs are kept open: raise the soft limit as far as
 * it goes. */
static void raise_fd_limit(uint64_t need)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) || lim.rlim_cur >= need)
		return;
	lim.rlim_cur = lim.rlim_max < need ? lim.rlim_max : need;
	setrlimit(RLIMIT_NOFILE, &lim);
}

static int open_one(const struct plan_event *e, uint32_t cpu, uint64_t ring_bytes)
{
	struct perf_event_attr attr = e->attr;

	attr.wakeup_watermark = (uint32_t)(ring_bytes / 4);
	return (int)syscall(SYS_perf_event_open, &attr, -1, (int)cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

static void mark_absent(struct plan *p, struct plan_event *e)
{
	e->absent = true;
	if (!e->optional && p->nnotes < PLAN_MAX_NOTES) {
		struct plan_note *n = &p->notes[p->nnotes++];

		n->code = SP_Q_NO_TRACEPOINT;
		snprintf(n->detail, sizeof(n->detail), "%s", e->name);
	}
}

/* Sends the event's records to the CPU's ring, filters it, notes its id. */
static int attach(struct events *ev, const struct events_cpu *c, const struct plan_event *e, int fd,
		  uint32_t index, struct sp_err *err)
{
	struct stream_id *id = &ev->ids[ev->nfds - 1];

	if (fd != c->lead && ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, c->lead))
		return sp_fail_sys(err, "event %s cannot share the ring of CPU %u", e->name,
				   c->cpu);
	if (e->filter[0] && ioctl(fd, PERF_EVENT_IOC_SET_FILTER, e->filter) && !e->spares)
		return sp_fail_sys(err, "filter of %s refused (%s)", e->name, e->filter);
	id->event = index;
	id->cpu = c->cpu;
	if (ioctl(fd, PERF_EVENT_IOC_ID, &id->id))
		return sp_fail_sys(err, "no id for event %s", e->name);
	return SP_OK;
}

/* A ring of *bytes, or the largest that the limit of locked memory allows; all CPUs after this one
 * get no more than that. */
static int map_ring(struct events_cpu *c, int fd, uint64_t *bytes, struct sp_err *err)
{
	struct sp_err why = SP_ERR_INIT;
	int rc = ring_map(&c->ring, fd, *bytes, &why);

	while (rc && why.sys == EPERM && *bytes / 2 >= EVENTS_RING_LEAST) {
		why = (struct sp_err)SP_ERR_INIT;
		*bytes /= 2;
		rc = ring_map(&c->ring, fd, *bytes, &why);
	}
	if (rc)
		*err = why;
	return rc;
}

static int open_cpu(struct events *ev, struct events_cpu *c, struct plan *p, struct sp_err *err)
{
	int rc = SP_OK;

	c->lead = -1;
	for (uint32_t i = 0; !rc && i < p->nevents; i++) {
		struct plan_event *e = &p->events[i];
		int fd;

		if (e->absent || (c->witness && !e->on_witness))
			continue;
		fd = open_one(e, c->cpu, ev->ring_bytes);
		if (fd < 0 && e->role == PLAN_TRACEPOINT && errno != EMFILE && errno != ENFILE) {
			mark_absent(p, e);
			continue;
		}
		if (fd < 0 && errno == EMFILE)
			return sp_fail_sys(err, "opening %s on CPU %u: raise ulimit -n", e->name,
					   c->cpu);
		if (fd < 0)
			return sp_fail_sys(err,
					   "opening %s on CPU %u (needs root or CAP_PERFMON, and "
					   "kernel.perf_event_paranoid -1)",
					   e->name, c->cpu);
		ev->fds[ev->nfds++] = fd;
		if (c->lead < 0) {
			c->lead = fd;
			rc = map_ring(c, fd, &ev->ring_bytes, err);
		}
		rc = rc ? rc : attach(ev, c, e, fd, i, err);
	}
	return rc;
}

int events_new(struct events **ret, struct plan *p, const uint32_t *cpus, uint32_t ncpus,
	       uint32_t witness, uint64_t ring_bytes, struct sp_err *err)
{
	sp_auto(events) ev = calloc(1, sizeof(*ev));
	uint32_t all = ncpus + (witness != UINT32_MAX);
	int rc = SP_OK;

	if (!ev)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the events");
	ev->ring_bytes = ring_bytes;
	ev->cpus = calloc(all, sizeof(*ev->cpus));
	ev->fds = calloc((size_t)all * p->nevents, sizeof(*ev->fds));
	ev->ids = calloc((size_t)all * p->nevents, sizeof(*ev->ids));
	if (!ev->cpus || !ev->fds || !ev->ids)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for events on %u CPUs", all);
	raise_fd_limit((uint64_t)all * p->nevents + 2 * SP_MAX_OPEN + 64);
	for (uint32_t i = 0; !rc && i < all; i++) {
		struct events_cpu *c = &ev->cpus[ev->ncpus++];

		c->witness = i == ncpus;
		c->cpu = c->witness ? witness : cpus[i];
		rc = open_cpu(ev, c, p, err);
	}
	if (!rc)
		*ret = sp_take(ev);
	return rc;
}

void events_free(struct events *ev)
{
	if (!ev)
		return;
	for (uint32_t i = 0; ev->cpus && i < ev->ncpus; i++)
		ring_unmap(&ev->cpus[i].ring);
	for (uint32_t i = 0; i < ev->nfds; i++)
		close(ev->fds[i]);
	free(ev->cpus);
	free(ev->fds);
	free(ev->ids);
	free(ev);
}

int events_enable(struct events *ev, const struct plan *p, struct sp_err *err)
{
	/* Backwards: the sampler starts when the tracepoints already run. */
	for (uint32_t i = ev->nfds; i-- > 0;)
		if (p->events[ev->ids[i].event].phase != PLAN_THIN &&
		    ioctl(ev->fds[i], PERF_EVENT_IOC_ENABLE, 0))
			return sp_fail_sys(err, "enabling the events");
	return SP_OK;
}

void events_disable(struct events *ev)
{
	for (uint32_t i = 0; i < ev->nfds; i++)
		ioctl(ev->fds[i], PERF_EVENT_IOC_DISABLE, 0);
}

/* An exit without its entry is passed over, an entry without its exit is not: so events stop
 * forwards and start backwards, as the plan has raise, entry, exit. */
static void switch_all(const struct events *ev, const struct plan *p, uint32_t cpu, bool on,
		       bool (*wanted)(const struct plan_event *e, uint32_t a, enum plan_phase b),
		       uint32_t a, enum plan_phase b)
{
	for (uint32_t i = 0; i < ev->nfds; i++) {
		uint32_t k = on ? ev->nfds - 1 - i : i;

		if (ev->ids[k].cpu == cpu && wanted(&p->events[ev->ids[k].event], a, b))
			ioctl(ev->fds[k], on ? PERF_EVENT_IOC_ENABLE : PERF_EVENT_IOC_DISABLE, 0);
	}
}

static bool of_phase(const struct plan_event *e, uint32_t a, enum plan_phase phase)
{
	(void)a;
	return e->phase == phase;
}

static bool of_level(const struct plan_event *e, uint32_t level, enum plan_phase but)
{
	return e->shed == level && e->phase != but;
}

void events_phase(const struct events *ev, const struct plan *p, uint32_t cpu,
		  enum plan_phase phase, bool on)
{
	switch_all(ev, p, cpu, on, of_phase, 0, phase);
}

void events_shed(const struct events *ev, const struct plan *p, uint32_t cpu, uint32_t level,
		 enum plan_phase but, bool on)
{
	switch_all(ev, p, cpu, on, of_level, level, but);
}

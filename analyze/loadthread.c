#include "lane.h"
#include "load.h"

#include <stdlib.h>
#include <string.h>

/*
 * A thread that polls a device (threaded NAPI) as load: from a switch to it to the switch away from
 * it is a span of a run (load.c), as a NET_RX is.
 */

static sp_str dev_of(struct timeline *t, sp_str comm)
{
	const char *name = strings_get(t->parts.strings, comm), *slash = strchr(name, '/');
	const char *dash = slash ? strrchr(slash, '-') : NULL;
	sp_str dev = 0;

	/* Without a name's end the comm was cut short: it is still the best there is. */
	if (slash && strings_add(t->parts.strings, slash + 1,
				 dash ? (size_t)(dash - slash - 1) : strlen(slash + 1), &dev, NULL))
		dev = 0;
	return dev;
}

int load_thread_so_far(struct timeline *t, struct lane *l, uint64_t end_ns, uint64_t skip_to_ns,
		       struct sp_err *err)
{
	struct load_state *r = &l->load;
	uint64_t since = r->thread_since_ns;
	int rc = SP_OK;

	if (!since || since >= skip_to_ns)
		return SP_OK;
	if (since < end_ns && since >= l->blind_until_ns) {
		rc = load_join(t, l, since, end_ns, true, err);
		r->dev = dev_of(t, r->thread_comm);
	}
	r->thread_since_ns = r->thread_lo_ns = skip_to_ns;
	r->thread_paused_ns = 0;
	return rc;
}

int load_so_far(struct timeline *t, struct lane *l, uint64_t end_ns, struct sp_err *err)
{
	return load_thread_so_far(t, l, end_ns, end_ns, err);
}

/* A NAPI thread leaves the CPU. */
static int thread_out(struct timeline *t, struct lane *l, const struct sp_event *e,
		      struct sp_err *err)
{
	struct load_state *r = &l->load;
	uint64_t since = r->thread_since_ns;
	sp_str dev;
	int rc;

	r->thread_since_ns = 0;
	if (!since || !wait_is_napi(t, e->sched.prev_comm) || e->time_ns <= since ||
	    since < l->blind_until_ns)
		return SP_OK;
	rc = load_join(t, l, since, e->time_ns, true, err);
	dev = dev_of(t, e->sched.prev_comm);
	r->dev = r->all.spans == 1 || r->dev == dev ? dev : 0;
	return rc;
}

/* A NAPI thread has got the CPU by e, at the earliest at lo_ns. */
static int thread_in(struct timeline *t, struct lane *l, const struct sp_event *e, uint64_t lo_ns,
		     int32_t tid, sp_str comm, struct sp_err *err)
{
	struct load_state *r = &l->load;
	int rc = r->open && !r->thread ? load_flush(t, l, err) : SP_OK;

	if (!r->open)
		shares_begin(&r->shares, e->time_ns);
	r->thread_since_ns = e->time_ns;
	r->thread_lo_ns = lo_ns;
	r->thread_paused_ns = 0;
	r->thread_tid = tid;
	r->thread_comm = comm;
	return rc;
}

int load_switch(struct timeline *t, struct lane *l, const struct sp_event *e, struct sp_err *err)
{
	int rc = thread_out(t, l, e, err);

	l->load.thread_tid = SP_NO_TASK;
	if (rc || l->shed || !wait_is_napi(t, e->sched.next_comm))
		return rc;
	return thread_in(t, l, e, e->time_ns, e->sched.next_tid, e->sched.next_comm, err);
}

/* Of the thread that runs now nothing more will be recorded. */
static int end_thread(struct timeline *t, struct lane *l, struct sp_err *err)
{
	struct load_state *r = &l->load;
	uint64_t since = r->thread_since_ns;
	int rc = SP_OK;

	r->thread_since_ns = 0;
	if (since && since >= l->blind_until_ns && l->now_ns > since) {
		rc = load_join(t, l, since, l->now_ns, true, err);
		r->dev = dev_of(t, r->thread_comm);
	}
	return rc;
}

int load_end(struct timeline *t, struct lane *l, struct sp_err *err)
{
	int rc = end_thread(t, l, err);

	return rc ? rc : load_flush(t, l, err);
}

int load_before_hole(struct timeline *t, struct lane *l, uint64_t to_ns, struct sp_err *err)
{
	bool runs = l->load.thread_since_ns != 0;
	int rc = end_thread(t, l, err);

	if (runs && l->load.open)
		l->load.hole_end_ns = to_ns;
	return rc ? rc : load_flush(t, l, err);
}

int load_unseen_switch(struct timeline *t, struct lane *l, const struct sp_event *e,
		       struct sp_err *err)
{
	struct load_state *r = &l->load;
	struct task_info who;
	int rc = SP_OK;

	r->unseen_switch_ns = e->time_ns;
	if (r->thread_since_ns && r->thread_tid != e->tid)
		rc = load_before_hole(t, l, e->time_ns, err);
	/* Where only some switches are recorded, it may leave and come back between two ticks. */
	if (l->shed || !t->cfg.has_entry)
		return rc;
	if (rc || r->thread_since_ns || !tasks_at(t->parts.tasks, e->tid, e->time_ns, &who) ||
	    !wait_is_napi(t, who.comm))
		return rc;
	return thread_in(t, l, e, l->now_ns, e->tid, who.comm, err);
}

sp_str load_thread_dev(struct timeline *t, const struct lane *l, int32_t tid, uint64_t at_ns)
{
	struct task_info who;

	if (l->load.thread_since_ns && l->load.thread_tid == tid)
		return dev_of(t, l->load.thread_comm);
	if (tid > 0 && tasks_at(t->parts.tasks, tid, at_ns, &who) && wait_is_napi(t, who.comm))
		return dev_of(t, who.comm);
	return 0;
}

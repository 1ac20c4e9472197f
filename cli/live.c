#include "live.h"

#include "probe.h"
#include "runnable.h"
#include "stop.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The longest that a poll sleeps: how late a signal or the command's end can be noticed. */
#define POLL_MS 20

int live_open(struct sampler **ret, const struct options *o, struct sp_err *err)
{
	sp_auto_free uint32_t *cpus = NULL;
	struct sampler_cfg cfg = {
		.event = o->event,
		.freq_hz = o->freq_hz,
		.detail = o->detail,
		.light = o->light,
		.user_stack = o->call_graph && strcmp(o->call_graph, "dwarf") == 0,
		.ring_bytes = o->buffer_bytes,
	};
	int rc = probe_cpus(o->cpu, &cpus, &cfg.ncpus, err);
	rc = rc ? rc : probe_privilege(err);
	cfg.cpus = cpus;
	if (!rc && o->command)
		rc = runnable_check(o->command[0], err);
	return rc ? rc : sampler_new(ret, &cfg, err);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static int poll_until_end(struct sampler *s, const struct options *o, struct child *child,
			  struct live_beside beside, int *ret_status, struct sp_err *err)
{
	uint64_t begin = now_ns(), left_ms;
	int rc = SP_OK;

	while (!rc && !stop_asked() && !(child && child_ended(child, ret_status))) {
		uint64_t ran = now_ns() - begin;

		if (o->duration_ns && ran >= o->duration_ns)
			break;
		left_ms = o->duration_ns ? (o->duration_ns - ran) / 1000000 + 1 : POLL_MS;
		rc = sampler_poll(s, left_ms < POLL_MS ? (int)left_ms : POLL_MS, err);
		if (beside.fn)
			beside.fn(beside.self);
	}
	return rc;
}

/* Who takes the records; what it could not take is not given to it again. */
struct taker {
	struct sp_record_sink sink;
	int rc;
};

static int take(void *self, const struct sp_record *r, struct sp_err *err)
{
	struct taker *t = self;

	if (!t->rc)
		t->rc = t->sink.put(t->sink.self, r, err);
	return t->rc;
}

/* The end of a recording. Where it ends by a failure, what is in the rings is still taken, and the
 * failure is what is told. */
static int stop(struct sampler *s, int rc, struct sp_err *err)
{
	struct sp_err later = SP_ERR_INIT;

	if (!rc)
		return sampler_stop(s, err);
	sampler_stop(s, &later);
	return rc;
}

int live_run(struct sampler *s, const struct options *o, struct sp_record_sink sink,
	     struct live_beside beside, struct live_end *ret, struct sp_err *err)
{
	sp_auto(child) child = NULL;
	struct taker taker = { .sink = sink };
	int rc = SP_OK, status = 0;
	bool started, begun;

	*ret = (struct live_end){ 0 };
	if (o->command)
		rc = child_new(&child, o->command, err);
	rc = rc ? rc : sampler_start(s, (struct sp_record_sink){ take, &taker }, err);
	started = !rc;
	if (!rc && child && !stop_asked())
		rc = child_start(child, err);
	begun = !rc;
	rc = rc ? rc : poll_until_end(s, o, child, beside, &status, err);
	if (started)
		rc = stop(s, rc, err);
	/* Ctrl-C ends the command too: that is no failure of its own. */
	if (!rc)
		ret->status = stop_asked() ? 0 : status;
	ret->kept = begun && !taker.rc;
	return rc;
}

int live_command(const struct options *o, int status, struct sp_err *err)
{
	if (!status)
		return SP_OK;
	if (status > CHILD_KILLED)
		return sp_fail(err, SP_EUNSUP, SP_NOWHERE,
			       "'%s' was killed by signal %d; everything until then was recorded",
			       o->command[0], status - CHILD_KILLED);
	return sp_fail(err, SP_EUNSUP, SP_NOWHERE,
		       "'%s' ended with exit status %d; everything until then was recorded",
		       o->command[0], status);
}

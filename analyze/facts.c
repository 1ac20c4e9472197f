#include "facts.h"

#include "features.h"

#include <sirqprof/limits.h>
#include <sirqprof/span.h>

#include <stdlib.h>

static const char *text_of(struct sp_span *in)
{
	const char *s = sp_span_str(in);

	return s ? s : "";
}

static int add(struct strings *strings, const char *text, sp_str *ret, struct sp_err *err)
{
	return strings_add(strings, text, strlen(text), ret, err);
}

/* What META says that decode itself must know; all of it goes on as events too. */
static void note_meta(struct decode_info *info, const char *key, const char *value)
{
	info->has_facts = true;
	info->generation++;
	if (strcmp(key, "boot_id") == 0)
		snprintf(info->boot_id, sizeof(info->boot_id), "%s", value);
	else if (strcmp(key, "kernel_build_id") == 0)
		snprintf(info->kernel_build_id, sizeof(info->kernel_build_id), "%s", value);
	else if (strcmp(key, "capture_id") == 0)
		snprintf(info->capture_id, sizeof(info->capture_id), "%s", value);
	else if (strcmp(key, "sampler") == 0)
		snprintf(info->sampler, sizeof(info->sampler), "%s", value);
	else if (strcmp(key, "period_ns") == 0)
		info->period_ns = strtoull(value, NULL, 10);
	else if (strcmp(key, "witness") == 0)
		info->witness = (uint32_t)strtoul(value, NULL, 10);
	else if (strcmp(key, "host") == 0 && !info->host[0])
		snprintf(info->host, sizeof(info->host), "%s", value);
	else if (strcmp(key, "kernel") == 0 && !info->kernel[0]) {
		snprintf(info->kernel, sizeof(info->kernel), "%s", value);
		info->has_bh_flag = features_release_at_least(value, 5, 17);
		info->realtime |= features_is_realtime(value);
	} else if (strcmp(key, "realtime") == 0) {
		info->realtime = strcmp(value, "1") == 0;
	} else if (strcmp(key, "version") == 0) {
		snprintf(info->version, sizeof(info->version), "%s", value);
	} else if (strcmp(key, "tz_offset") == 0) {
		info->has_tz = true;
		info->tz_offset_s = (int32_t)strtol(value, NULL, 10);
	}
}

static int meta(struct sp_span *in, struct strings *strings, struct sp_event *e,
		struct decode_info *info, struct sp_err *err)
{
	const char *key = text_of(in), *value = text_of(in);
	int rc;

	e->type = SP_EV_META;
	if (in->over)
		return SP_END;
	note_meta(info, key, value);
	rc = add(strings, key, &e->meta.key, err);
	return rc ? rc : add(strings, value, &e->meta.value, err);
}

static int task(struct sp_span *in, struct strings *strings, struct sp_event *e, struct sp_err *err)
{
	e->type = SP_EV_COMM;
	e->tid = (int32_t)sp_span_u32(in);
	e->pid = (int32_t)sp_span_u32(in);
	e->task.ppid = (int32_t)sp_span_u32(in);
	return add(strings, text_of(in), &e->task.comm, err);
}

static int syscall_read(struct sp_span *in, struct strings *strings, struct sp_event *e,
			struct sp_err *err)
{
	const char *name;

	e->type = SP_EV_SYSCALL;
	e->tid = (int32_t)sp_span_u32(in);
	name = text_of(in);
	e->syscall.nr = sp_span_u64(in);
	e->syscall.arg0 = sp_span_u64(in);
	return add(strings, name, &e->syscall.name, err);
}

static int ksym(struct sp_span *in, struct strings *strings, struct sp_event *e, struct sp_err *err)
{
	int rc;

	e->type = SP_EV_KSYM;
	e->ksym.addr = sp_span_u64(in);
	e->ksym.start = sp_span_u64(in);
	rc = add(strings, text_of(in), &e->ksym.name, err);
	return rc ? rc : add(strings, text_of(in), &e->ksym.module, err);
}

static int quality(struct sp_span *in, struct strings *strings, struct sp_event *e,
		   struct sp_err *err)
{
	e->type = SP_EV_QUALITY;
	e->quality.code = sp_span_u32(in);
	e->cpu = sp_span_u32(in);
	e->quality.count = sp_span_u64(in);
	if (e->cpu >= SP_MAX_CPUS)
		e->cpu = SP_NO_CPU;
	return add(strings, text_of(in), &e->quality.detail, err);
}

/* "socket:[4711]" without its number: that is another for each connection of a server, would fill
 * the strings, and tells nobody anything once the socket is closed. */
static int add_path(struct strings *strings, const char *path, sp_str *ret, struct sp_err *err)
{
	const char *number = path[0] == '/' ? NULL : strchr(path, '[');

	if (!number || number[1] < '0' || number[1] > '9')
		return add(strings, path, ret, err);
	return strings_add(strings, path, (size_t)(number - path), ret, err);
}

/* One event an open file. */
static int fds(struct sp_span *in, struct strings *strings, struct sp_event *e,
	       struct sp_event_sink sink, struct sp_err *err)
{
	int32_t tid = (int32_t)sp_span_u32(in);
	uint32_t n = sp_span_u32(in);
	int rc = SP_OK;

	e->type = SP_EV_FD;
	e->tid = tid;
	for (uint32_t i = 0; !rc && i < n && i < SP_MAX_FDS && !in->over; i++) {
		e->fd.fd = sp_span_u32(in);
		rc = add_path(strings, text_of(in), &e->fd.path, err);
		if (!rc && !in->over)
			rc = sink.put(sink.self, e, err);
	}
	return rc;
}

static int body(enum sp_fact_kind kind, struct sp_span *in, struct strings *strings,
		struct sp_event *e, struct decode_info *info, struct sp_err *err)
{
	switch (kind) {
	case SP_FACT_META:
		return meta(in, strings, e, info, err);
	case SP_FACT_CLOCK:
		e->type = SP_EV_CLOCK;
		e->time_ns = sp_span_u64(in);
		e->clock.real_ns = sp_span_u64(in);
		e->clock.width_ns = sp_span_u64(in);
		return SP_OK;
	case SP_FACT_STEAL:
		e->type = SP_EV_STEAL;
		e->steal.total_ns = sp_span_u64(in);
		e->steal.step_ns = sp_span_u64(in);
		return SP_OK;
	case SP_FACT_SOFTNET:
		e->type = SP_EV_SOFTNET;
		e->softnet.processed = sp_span_u64(in);
		e->softnet.dropped = sp_span_u64(in);
		e->softnet.squeezed = sp_span_u64(in);
		return SP_OK;
	case SP_FACT_NETSTAT:
		e->type = SP_EV_NETSTAT;
		e->netstat.pfmemalloc = sp_span_u64(in);
		e->netstat.retrans = sp_span_u64(in);
		return SP_OK;
	case SP_FACT_CGROUP:
		e->type = SP_EV_CGROUP;
		e->tid = (int32_t)sp_span_u32(in);
		return add(strings, text_of(in), &e->str, err);
	case SP_FACT_TASK:
		return task(in, strings, e, err);
	case SP_FACT_KSYM:
		return ksym(in, strings, e, err);
	case SP_FACT_QUALITY:
		return quality(in, strings, e, err);
	case SP_FACT_SYSCALL:
		return syscall_read(in, strings, e, err);
	case SP_FACT_IRQNAME:
		e->type = SP_EV_IRQNAME;
		e->irq.id = sp_span_u32(in);
		return add(strings, text_of(in), &e->irq.name, err);
	case SP_FACT_SELF:
		e->type = SP_EV_SELF;
		e->pid = (int32_t)sp_span_u32(in);
		e->self.cpu_ns = sp_span_u64(in);
		return SP_OK;
	case SP_FACT_ONLINE:
		e->type = SP_EV_ONLINE;
		e->cpu = sp_span_u32(in);
		e->count = sp_span_u32(in);
		if (e->cpu >= SP_MAX_CPUS)
			e->cpu = SP_NO_CPU;
		return SP_OK;
	case SP_FACT_THIN:
	case SP_FACT_SHED:
		e->type = kind == SP_FACT_THIN ? SP_EV_THIN : SP_EV_SHED;
		e->count = sp_span_u32(in);
		return SP_OK;
	default:
		return SP_END;
	}
}

int facts_decode(const uint8_t *raw, size_t size, bool swap, struct strings *strings,
		 struct sp_event *e, struct decode_info *info, struct sp_event_sink sink,
		 struct sp_err *err)
{
	struct sp_span in = sp_span_of(raw, size, swap);
	uint32_t magic = sp_span_u32(&in);
	uint16_t kind = sp_span_u16(&in);
	int rc;

	sp_span_u16(&in); /* version: bodies only grow at their end */
	if (in.over || magic != SP_FACT_MAGIC)
		return SP_OK;
	if (kind == SP_FACT_FDS)
		return fds(&in, strings, e, sink, err);
	rc = body(kind, &in, strings, e, info, err);
	if (rc == SP_END || in.over)
		return SP_OK;
	return rc ? rc : sink.put(sink.self, e, err);
}

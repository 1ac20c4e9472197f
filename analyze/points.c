#include "points.h"

#include "attrs.h"

#include <stdlib.h>

#define MAX_POINT_FIELDS 8

enum decoder {
	DEC_VEC,    /* vec */
	DEC_IRQ,    /* irq, name */
	DEC_VECTOR, /* irq_vectors: vector; the name is the tracepoint's */
	DEC_IPI,    /* arm64 ipi: reason */
	DEC_FUNC,   /* object, function */
	DEC_NAPI,   /* dev_name, work, budget */
	DEC_SWITCH,
	DEC_WAKE,
	DEC_PLAIN, /* no field needed */
	DEC_DROP,  /* location, reason */
};

struct known {
	const char *system, *name; /* a name that starts with '*' is a suffix */
	enum sp_event_type type;
	enum decoder decoder;
	uint8_t sub; /* enum sp_irq_kind, enum sp_func_kind */
	enum point_bit bit;
	const char *fields[MAX_POINT_FIELDS];
};

/* clang-format off */
static const struct known table[] = {
	{ "irq", "softirq_raise", SP_EV_RAISE, DEC_VEC, 0, POINT_RAISE, { "vec" } },
	{ "irq", "softirq_entry", SP_EV_ENTRY, DEC_VEC, 0, POINT_ENTRY, { "vec" } },
	{ "irq", "softirq_exit", SP_EV_EXIT, DEC_VEC, 0, POINT_EXIT, { "vec" } },
	{ "irq", "irq_handler_entry", SP_EV_IRQ_ENTRY, DEC_IRQ, SP_IRQ_DEVICE, POINT_IRQ,
	  { "irq", "name" } },
	{ "irq", "irq_handler_exit", SP_EV_IRQ_EXIT, DEC_IRQ, SP_IRQ_DEVICE, POINT_IRQ, { "irq" } },
	{ "irq", "tasklet_entry", SP_EV_FUNC_ENTRY, DEC_FUNC, SP_FUNC_TASKLET, POINT_OTHER,
	  { "tasklet", "func" } },
	{ "irq", "tasklet_exit", SP_EV_FUNC_EXIT, DEC_FUNC, SP_FUNC_TASKLET, POINT_OTHER,
	  { "tasklet", "func" } },
	{ "irq_vectors", "local_timer_entry", SP_EV_IRQ_ENTRY, DEC_VECTOR, SP_IRQ_TICK, POINT_TICK,
	  { "vector" } },
	{ "irq_vectors", "local_timer_exit", SP_EV_IRQ_EXIT, DEC_VECTOR, SP_IRQ_TICK, POINT_OTHER,
	  { "vector" } },
	{ "irq_vectors", "*_entry", SP_EV_IRQ_ENTRY, DEC_VECTOR, SP_IRQ_VECTOR, POINT_OTHER,
	  { "vector" } },
	{ "irq_vectors", "*_exit", SP_EV_IRQ_EXIT, DEC_VECTOR, SP_IRQ_VECTOR, POINT_OTHER,
	  { "vector" } },
	{ "ipi", "ipi_entry", SP_EV_IRQ_ENTRY, DEC_IPI, SP_IRQ_IPI, POINT_OTHER, { "reason" } },
	{ "ipi", "ipi_exit", SP_EV_IRQ_EXIT, DEC_IPI, SP_IRQ_IPI, POINT_OTHER, { "reason" } },
	{ "timer", "timer_expire_entry", SP_EV_FUNC_ENTRY, DEC_FUNC, SP_FUNC_TIMER, POINT_OTHER,
	  { "timer", "function" } },
	{ "timer", "timer_expire_exit", SP_EV_FUNC_EXIT, DEC_FUNC, SP_FUNC_TIMER, POINT_OTHER,
	  { "timer", "function" } },
	{ "timer", "hrtimer_expire_entry", SP_EV_FUNC_ENTRY, DEC_FUNC, SP_FUNC_HRTIMER, POINT_OTHER,
	  { "hrtimer", "function" } },
	{ "timer", "hrtimer_expire_exit", SP_EV_FUNC_EXIT, DEC_FUNC, SP_FUNC_HRTIMER, POINT_OTHER,
	  { "hrtimer", "function" } },
	{ "workqueue", "workqueue_execute_start", SP_EV_FUNC_ENTRY, DEC_FUNC, SP_FUNC_WORK,
	  POINT_OTHER, { "work", "function" } },
	{ "workqueue", "workqueue_execute_end", SP_EV_FUNC_EXIT, DEC_FUNC, SP_FUNC_WORK,
	  POINT_OTHER, { "work", "function" } },
	{ "napi", "napi_poll", SP_EV_NAPI_POLL, DEC_NAPI, 0, POINT_OTHER,
	  { "dev_name", "work", "budget" } },
	{ "sched", "sched_switch", SP_EV_SWITCH, DEC_SWITCH, 0, POINT_SWITCH,
	  { "prev_pid", "prev_comm", "prev_prio", "prev_state", "next_pid", "next_comm",
	    "next_prio" } },
	{ "sched", "sched_wakeup", SP_EV_WAKE, DEC_WAKE, 0, POINT_WAKE,
	  { "pid", "comm", "prio", "target_cpu" } },
	{ "sched", "sched_wakeup_new", SP_EV_WAKE, DEC_WAKE, 0, POINT_OTHER,
	  { "pid", "comm", "prio", "target_cpu" } },
	{ "vmscan", "*reclaim_begin", SP_EV_RECLAIM_BEGIN, DEC_PLAIN, 0, POINT_OTHER, { NULL } },
	{ "vmscan", "*reclaim_end", SP_EV_RECLAIM_END, DEC_PLAIN, 0, POINT_OTHER, { NULL } },
	{ "tcp", "tcp_retransmit_skb", SP_EV_RETRANS, DEC_PLAIN, 0, POINT_OTHER, { NULL } },
	{ "skb", "kfree_skb", SP_EV_DROP, DEC_DROP, 0, POINT_OTHER, { "location", "reason" } },
};
/* clang-format on */

struct point {
	const struct known *known;
	struct field flags, preempt_count, pid;
	struct field fields[MAX_POINT_FIELDS];
	bool has[MAX_POINT_FIELDS];
	char name[48];	       /* irq_vectors: without _entry, _exit */
	struct format symbols; /* only .print, for drop reasons */
};

static bool matches(const struct known *k, const struct format *f)
{
	size_t suffix = strlen(k->name) - 1, len = strlen(f->name);

	if (strcmp(k->system, f->system) != 0)
		return false;
	if (k->name[0] != '*')
		return strcmp(k->name, f->name) == 0;
	return len > suffix && strcmp(f->name + len - suffix, k->name + 1) == 0;
}

static struct field field_or_none(const struct format *f, const char *name, bool *has)
{
	const struct field *field = format_field(f, name);

	*has = field != NULL;
	return field ? *field : (struct field){ 0 };
}

int point_bind(const struct format *f, struct point **ret, struct sp_err *err)
{
	const struct known *k = NULL;
	struct point *p;
	bool has;

	*ret = NULL;
	for (size_t i = 0; !k && i < sizeof(table) / sizeof(table[0]); i++)
		if (matches(&table[i], f))
			k = &table[i];
	if (!k)
		return SP_OK;
	p = calloc(1, sizeof(*p));
	if (!p)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for a tracepoint");
	p->known = k;
	p->flags = field_or_none(f, "common_flags", &has);
	p->preempt_count = field_or_none(f, "common_preempt_count", &has);
	p->pid = field_or_none(f, "common_pid", &has);
	for (int i = 0; i < MAX_POINT_FIELDS && k->fields[i]; i++)
		p->fields[i] = field_or_none(f, k->fields[i], &p->has[i]);
	snprintf(p->name, sizeof(p->name), "%s", f->name);
	if (strrchr(p->name, '_'))
		*strrchr(p->name, '_') = 0;
	p->symbols.print = f->print;
	*ret = p;
	return SP_OK;
}

enum point_bit point_bit(const struct point *p)
{
	return p->known->bit;
}

static uint32_t end_of(const struct field *f)
{
	return (uint32_t)f->offset + f->size;
}

void point_softirq(const struct point *p, struct softirq_layout *ret)
{
	const struct field *vec = &p->fields[0];
	const uint32_t ends[] = { end_of(&p->flags), end_of(&p->preempt_count), end_of(&p->pid),
				  end_of(vec) };

	if (p->known->decoder != DEC_VEC || p->flags.size != 1 || p->preempt_count.size != 1 ||
	    p->pid.size != 4 || vec->size != 4)
		return;
	*ret = (struct softirq_layout){
		.type = (uint16_t)p->known->type,
		.flags = p->flags.offset,
		.preempt_count = p->preempt_count.offset,
		.pid = p->pid.offset,
		.vec = vec->offset,
	};
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (ends[i] > ret->least)
			ret->least = ends[i];
}

struct raw {
	const uint8_t *at;
	size_t size;
	bool swap;
	struct strings *strings;
};

static int64_t num(const struct point *p, int i, const struct raw *r)
{
	return p->has[i] ? field_int(&p->fields[i], r->at, r->size, r->swap) : 0;
}

static int str(const struct point *p, int i, const struct raw *r, sp_str *ret, struct sp_err *err)
{
	size_t len = 0;
	const char *text = p->has[i] ? field_str(&p->fields[i], r->at, r->size, r->swap, &len)
				     : NULL;

	*ret = 0;
	return text ? strings_add(r->strings, text, len, ret, err) : SP_OK;
}

static int decode_irq(const struct point *p, const struct raw *r, struct sp_event *e,
		      struct sp_err *err)
{
	int rc;

	e->irq.id = (uint32_t)num(p, 0, r);
	e->irq.kind = p->known->sub;
	if (p->known->decoder != DEC_IRQ)
		return strings_add(r->strings, p->name, strlen(p->name), &e->irq.name, err);
	rc = str(p, 1, r, &e->irq.name, err);
	/* arm64: the tick is a device interrupt of this name. */
	if (!rc && strcmp(strings_get(r->strings, e->irq.name), "arch_timer") == 0)
		e->irq.kind = SP_IRQ_TICK;
	return rc;
}

static int decode_switch(const struct point *p, const struct raw *r, struct sp_event *e,
			 struct sp_err *err)
{
	int rc;

	e->tid = (int32_t)num(p, 0, r);
	e->sched.prev_prio = (int16_t)num(p, 2, r);
	/* 0 is TASK_RUNNING; the bits above the states say "preempted" (TRACE_STATE_MAX). */
	e->sched.prev_runnable = (num(p, 3, r) & 0xff) == 0;
	e->sched.next_tid = (int32_t)num(p, 4, r);
	e->sched.next_prio = (int16_t)num(p, 6, r);
	rc = str(p, 1, r, &e->sched.prev_comm, err);
	return rc ? rc : str(p, 5, r, &e->sched.next_comm, err);
}

static int decode_drop(const struct point *p, const struct raw *r, struct sp_event *e,
		       struct sp_err *err)
{
	const char *name;
	size_t len;

	if (!p->has[1])
		return SP_END; /* before 5.17: freed for whatever reason */
	e->drop.location = (uint64_t)num(p, 0, r);
	e->drop.reason = (uint32_t)num(p, 1, r);
	name = format_symbol(&p->symbols, e->drop.reason, &len);
	return name ? strings_add(r->strings, name, len, &e->drop.reason_name, err) : SP_OK;
}

int point_decode(const struct point *p, const uint8_t *raw, size_t size, bool swap,
		 struct strings *strings, struct sp_event *e, struct sp_err *err)
{
	const struct raw r = { raw, size, swap, strings };

	e->type = (uint16_t)p->known->type;
	e->flags = (uint8_t)field_int(&p->flags, raw, size, swap);
	e->preempt_count = (uint8_t)field_int(&p->preempt_count, raw, size, swap);
	if (e->tid == SP_NO_TASK)
		e->tid = (int32_t)field_int(&p->pid, raw, size, swap);
	switch (p->known->decoder) {
	case DEC_VEC:
		e->vec = (uint32_t)num(p, 0, &r);
		return SP_OK;
	case DEC_IRQ:
	case DEC_VECTOR:
	case DEC_IPI:
		return decode_irq(p, &r, e, err);
	case DEC_FUNC:
		e->func.object = (uint64_t)num(p, 0, &r);
		e->func.addr = (uint64_t)num(p, 1, &r);
		e->func.kind = p->known->sub;
		return SP_OK;
	case DEC_NAPI:
		e->napi.work = (uint32_t)num(p, 1, &r);
		e->napi.budget = (uint32_t)num(p, 2, &r);
		return str(p, 0, &r, &e->napi.dev, err);
	case DEC_SWITCH:
		return decode_switch(p, &r, e, err);
	case DEC_WAKE:
		e->sched.next_tid = (int32_t)num(p, 0, &r);
		e->sched.next_prio = (int16_t)num(p, 2, &r);
		e->sched.target_cpu = (uint32_t)num(p, 3, &r);
		return str(p, 1, &r, &e->sched.next_comm, err);
	case DEC_DROP:
		return decode_drop(p, &r, e, err);
	case DEC_PLAIN:
		return SP_OK;
	}
	return SP_END;
}

#include "stages.h"

#include <stdlib.h>
#include <string.h>

int stages_reconfigure(struct pipeline *p, struct sp_err *err)
{
	const struct decode_info *i = p->info;
	struct timeline_cfg cfg;

	p->configured = i->generation;
	cfg = (struct timeline_cfg){
		/* A frequency, or another event's period, is no grid to be late on. */
		.period_ns = i->freq_mode ? 0 : i->period_ns,
		.min_stall_ns = p->options->min_stall_ns,
		.has_raise = i->has_raise,
		.has_entry = i->has_entry,
		.has_exit = i->has_exit,
		/* Another's thinned copy comes without word of when it stands for the whole. */
		.thinned = i->thinned || (i->has_sparse && !i->has_facts),
		.has_tick = i->has_tick,
		.has_switch = i->has_switch,
		.has_wake = i->has_wake,
		.realtime = i->realtime,
		.has_sampler = i->sampler[0] != 0,
		.has_bh_flag = i->has_bh_flag,
		.witness = i->witness,
	};
	return timeline_configure(p->timeline, &cfg, err);
}

int stages_names(struct pipeline *p, const struct sp_event *e, struct sp_err *err)
{
	const struct sp_resolver *r = p->resolver;

	switch (e->type) {
	case SP_EV_MMAP:
		if ((!e->map->kernel && !e->map->executable) || !r->mapped)
			return SP_OK;
		return r->mapped(r->self,
				 &(struct sp_mapping){
					 .pid = e->pid,
					 .time_ns = e->time_ns,
					 .start = e->map->start,
					 .len = e->map->len,
					 .pgoff = e->map->pgoff,
					 .ino = e->map->ino,
					 .path = strings_get(p->strings, e->map->path),
					 .build_id = strings_get(p->strings, e->map->build_id),
				 },
				 err);
	case SP_EV_FORK:
		return r->forked ? r->forked(r->self, e->pid, e->task.ppid, e->time_ns, err)
				 : SP_OK;
	case SP_EV_TASK_EXIT:
		/* A process is gone with its first thread, or soon. */
		return e->pid == e->tid && r->exited ? r->exited(r->self, e->pid, e->time_ns, err)
						     : SP_OK;
	case SP_EV_COMM:
		return e->task.exec && r->execed ? r->execed(r->self, e->pid, e->time_ns, err)
						 : SP_OK;
	case SP_EV_KRANGE:
		return r->kernel_range
			       ? r->kernel_range(r->self, e->krange.start, e->krange.len,
						 strings_get(p->strings, e->krange.name),
						 strings_get(p->strings, e->krange.module), err)
			       : SP_OK;
	case SP_EV_KSYM:
		return r->kernel_symbol
			       ? r->kernel_symbol(r->self, e->ksym.addr, e->ksym.start,
						  strings_get(p->strings, e->ksym.name),
						  strings_get(p->strings, e->ksym.module), err)
			       : SP_OK;
	case SP_EV_BUILD_ID:
		return r->build_id ? r->build_id(r->self, strings_get(p->strings, e->file.path),
						 strings_get(p->strings, e->file.build_id),
						 e->file.kernel, err)
				   : SP_OK;
	default:
		return SP_OK;
	}
}

/* Names of the kernel's own text last; the others are told to the resolver as if they had travelled
 * with the recording. */
static int name_one(struct pipeline *p, uint64_t addr, struct sp_err *err)
{
	const struct sp_resolver *r = p->resolver;
	struct sp_frame f;

	if (!r->kernel(r->self, addr, &f, 1) || !f.known ||
	    strcmp(f.module, "[kernel.kallsyms]") == 0)
		return SP_OK;
	return r->kernel_symbol(r->self, addr, addr - f.offset, f.name, f.module, err);
}

int stages_name_early(struct pipeline *p, struct sp_err *err)
{
	int rc = SP_OK;

	while (!rc && p->stacks_named < stacks_count(p->stacks)) {
		struct stack s = stacks_get(p->stacks, ++p->stacks_named);

		for (uint32_t i = 0; !rc && i < s.nkernel; i++)
			rc = name_one(p, s.addr[i] - (i > 0), err);
	}
	return rc;
}

static void note_self(struct pipeline *p, const struct sp_event *e)
{
	p->self_pid = e->pid;
	if (!p->self_first_ns) {
		p->self_first_ns = e->time_ns;
		p->self_first_cpu_ns = e->self.cpu_ns;
	}
	p->self_last_ns = e->time_ns;
	p->self_last_cpu_ns = e->self.cpu_ns;
}

int stages_facts(struct pipeline *p, const struct sp_event *e, struct sp_err *err)
{
	switch (e->type) {
	case SP_EV_CLOCK:
		return clock_put(p->clock, e->time_ns, (int64_t)e->clock.real_ns, e->clock.width_ns,
				 err);
	case SP_EV_QUALITY:
		return quality_add(p->quality, (enum sp_quality_code)e->quality.code, e->cpu,
				   e->quality.count, strings_get(p->strings, e->quality.detail),
				   err);
	case SP_EV_LOST:
		if (e->cpu < SP_MAX_CPUS)
			p->lost[e->cpu] += e->count;
		return quality_add(p->quality, SP_Q_LOST, e->cpu, e->count, NULL, err);
	case SP_EV_THROTTLE:
	case SP_EV_UNTHROTTLE:
		stages_throttle(p, e);
		return SP_OK;
	case SP_EV_SELF:
		note_self(p, e);
		return SP_OK;
	case SP_EV_STEAL:
		p->steal_told = true;
		p->steal_seen |= e->steal.total_ns != 0;
		return SP_OK;
	default:
		return SP_OK;
	}
}

static const char *comm_of(void *self, int32_t tid, uint64_t at_ns)
{
	struct pipeline *p = self;
	struct task_info who;

	return tasks_at(p->tasks, tid, at_ns, &who) && who.comm ? strings_get(p->strings, who.comm)
								: NULL;
}

static const char *text_of(void *self, sp_str s)
{
	return strings_get(((struct pipeline *)self)->strings, s);
}

/* Softirqs were recorded, but thinned, or in a form that cannot be read: nothing follows from what
 * is not there. */
static bool sees_no_softirqs(const struct decode_info *i)
{
	return (i->thinned && !(i->has_entry && i->has_exit)) || i->no_formats;
}

int stages_judge(struct pipeline *p, struct sp_err *err)
{
	struct judge_input in = {
		.stalls = p->all,
		.nstalls = p->nall,
		.coverage = p->coverage,
		.sides = p->sides,
	};
	struct judge_cfg cfg = {
		.min_stall_ns = p->options->min_stall_ns,
		.comm = comm_of,
		.str = text_of,
		.self = p,
	};
	uint32_t not_recorded;
	int rc;

	if (sees_no_softirqs(decode_info(p->decode)))
		coverage_blind(p->coverage);
	if (p->spikes)
		in.spikes = spikes_all(p->spikes, &in.nspikes);
	rc = judge_new(&p->judge, &cfg, &in, err);
	if (rc)
		return rc;
	not_recorded = judge_not_recorded(p->judge);
	rc = stages_outside(p, err);
	if (!rc && not_recorded)
		rc = quality_add(p->quality, SP_Q_CPU_NOT_RECORDED, SP_NO_CPU, not_recorded, NULL,
				 err);
	return rc;
}

int stages_attribute(struct pipeline *p, struct sp_err *err)
{
	const struct attribute_parts parts = {
		.strings = p->strings,
		.stacks = p->stacks,
		.tasks = p->tasks,
		.resolver = p->resolver,
		.self_pid = p->self_pid,
	};
	uint64_t unknown_file = 0, inferred = 0, self = 0;
	int rc = attribute_new(&p->attribute, &parts, err);

	p->names = calloc(p->nall + 1, sizeof(*p->names));
	if (!p->names)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for %u stalls", p->nall);
	for (uint32_t i = 0; !rc && i < p->nall; i++) {
		rc = attribute_stall(p->attribute, &p->all[i], &p->names[i], err);
		inferred += p->names[i].file_inferred;
		self += p->names[i].is_self;
		unknown_file += p->names[i].syscall && !p->names[i].file && p->all[i].nshares &&
				p->all[i].shares[0].has_arg0;
	}
	if (!rc && unknown_file)
		rc = quality_add(p->quality, SP_Q_FILE_UNKNOWN, SP_NO_CPU, unknown_file, NULL, err);
	if (!rc && self)
		rc = quality_add(p->quality, SP_Q_SELF_CULPRIT, SP_NO_CPU, self, NULL, err);
	if (!rc && inferred)
		rc = quality_add(p->quality, SP_Q_FILE_INFERRED, SP_NO_CPU, inferred, NULL, err);
	return rc;
}

/* One row names all events that are not there: the remedy is the same command for all. */
static int missing(struct pipeline *p, const struct decode_info *i, struct sp_err *err)
{
	bool unknown = i->thinned || i->no_formats;
	bool tick = i->has_tick || (i->has_irq && strcmp(i->arch, "aarch64") == 0);
	const struct {
		bool has;
		const char *name;
	} events[] = {
		{ i->has_raise || unknown, "irq:softirq_raise" },
		{ i->has_entry || unknown, "irq:softirq_entry" },
		{ i->has_exit || unknown, "irq:softirq_exit" },
		{ tick || i->no_formats, "irq_vectors:local_timer_entry" },
		{ i->sampler[0] != 0, "cpu-clock" },
	};
	char names[160] = "";
	uint32_t n = 0;
	size_t len = 0;

	for (size_t k = 0; k < sizeof(events) / sizeof(events[0]); k++)
		if (!events[k].has)
			len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s",
						n++ ? ", " : "", events[k].name);
	return n ? quality_add(p->quality, SP_Q_MISSING_EVENT, SP_NO_CPU, n, names, err) : SP_OK;
}

/* Of a pause of the host nobody expects a sample, and a function that a tracepoint names needs
 * none. */
static uint64_t count_unsampled(const struct pipeline *p)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < p->nall; i++)
		n += !p->all[i].nshares && !p->all[i].func_addr &&
		     p->all[i].mechanism != SP_MECH_STEAL && p->all[i].mechanism != SP_MECH_STOPPED;
	return n;
}

/* Rows about the recording as a whole. */
int stages_quality(struct pipeline *p, struct sp_err *err)
{
	const struct decode_info *i = decode_info(p->decode);
	int rc = SP_OK;

	if (i->no_formats)
		rc = quality_add(p->quality, SP_Q_NO_FORMATS, SP_NO_CPU, i->no_formats, NULL, err);
	if (!rc && i->thinned)
		rc = quality_add(p->quality, SP_Q_THINNED, SP_NO_CPU, 1, i->thinned_name, err);
	rc = rc ? rc : missing(p, i, err);
	if (!rc && !i->has_switch && !i->no_formats)
		rc = quality_add(p->quality, SP_Q_NO_SCHED, SP_NO_CPU, 1, NULL, err);
	if (!rc && !i->has_bh_flag && i->kernel[0])
		rc = quality_add(p->quality, SP_Q_OLD_KERNEL_BH, SP_NO_CPU, 1, NULL, err);
	if (!rc && i->realtime)
		rc = quality_add(p->quality, SP_Q_REALTIME, SP_NO_CPU, 1, NULL, err);
	if (!rc && i->has_clockid && i->clockid != 1)
		rc = quality_add(p->quality, SP_Q_CLOCK_NOT_MONOTONIC, SP_NO_CPU, 1, NULL, err);
	if (!rc && timeline_nmi(p->timeline) != SP_YES)
		rc = quality_add(p->quality, SP_Q_NO_NMI, SP_NO_CPU, 1, NULL, err);
	if (!rc && i->unknown_records + i->bad_records)
		rc = quality_add(p->quality, SP_Q_UNKNOWN_RECORD, SP_NO_CPU,
				 i->unknown_records + i->bad_records, NULL, err);
	if (!rc && order_late(p->order))
		rc = quality_add(p->quality, SP_Q_DISORDER, SP_NO_CPU, order_late(p->order), NULL,
				 err);
	if (!rc && count_unsampled(p))
		rc = quality_add(p->quality, SP_Q_UNSAMPLED, SP_NO_CPU, count_unsampled(p), NULL,
				 err);
	if (!rc && sides_dropped_rows(p->sides))
		rc = quality_add(p->quality, SP_Q_LIMIT, SP_NO_CPU, sides_dropped_rows(p->sides),
				 "drops and reclaims", err);
	if (!rc && stalls_trimmed(p->stalls) + timeline_trimmed(p->timeline))
		rc = quality_add(p->quality, SP_Q_LIMIT, SP_NO_CPU,
				 stalls_trimmed(p->stalls) + timeline_trimmed(p->timeline),
				 "stacks of stalls", err);
	if (!rc && p->shed_stacks)
		rc = quality_add(p->quality, SP_Q_LIMIT, SP_NO_CPU, p->shed_stacks,
				 "stacks of the baseline", err);
	if (!rc && strings_refused(p->strings))
		rc = quality_add(p->quality, SP_Q_LIMIT, SP_NO_CPU, strings_refused(p->strings),
				 "new names and paths", err);
	if (!rc && stalls_dropped(p->stalls))
		rc = quality_add(p->quality, SP_Q_LIMIT, SP_NO_CPU, stalls_dropped(p->stalls),
				 "stalls", err);
	if (!rc && timeline_quality(p->timeline, SP_Q_LIMIT))
		rc = quality_add(p->quality, SP_Q_LIMIT, SP_NO_CPU,
				 timeline_quality(p->timeline, SP_Q_LIMIT),
				 "events of CPUs beyond the first 1024", err);
	return rc ? rc : stages_unseen(p, !sees_no_softirqs(i), err);
}

int stages_pauses(struct pipeline *p, struct sp_err *err)
{
	struct pauses_parts parts = { .sites = p->sites,
				      .stacks = p->stacks,
				      .resolver = p->resolver,
				      .idle_untold = !timeline_saw_switches(p->timeline) };
	uint32_t changed;

	return pauses_review(p->all, p->nall, &parts, &changed, err);
}

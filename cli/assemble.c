#include "assemble.h"

#include "stages.h"

#include <stdlib.h>

struct assembled {
	struct sp_cpu_info *cpus;
	const struct sp_report *report;
};

void assemble_free(struct assembled *a)
{
	if (!a)
		return;
	free(a->cpus);
	free(a);
}

static int64_t wall(const struct sp_report *r, uint64_t mono_ns)
{
	const struct pipeline *p = r->self;

	return clock_real(p->clock, mono_ns);
}

static const char *str(const struct sp_report *r, sp_str s)
{
	return strings_get(((const struct pipeline *)r->self)->strings, s);
}

static const char *addr(const struct sp_report *r, uint64_t a)
{
	return attribute_addr(((const struct pipeline *)r->self)->attribute, a);
}

static const char *or_null(const char *s)
{
	return s[0] ? s : NULL;
}

static int fill_cpus(struct pipeline *p, struct sp_capture *c, struct sp_err *err)
{
	const uint32_t *cpus = coverage_cpus(p->coverage, &c->ncpus);
	struct sp_cpu_info *info = calloc(c->ncpus + 1, sizeof(*info));

	if (!info)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for %u CPUs", c->ncpus);
	for (uint32_t i = 0; i < c->ncpus; i++) {
		struct coverage_answer a =
			coverage_ask(p->coverage, cpus[i], c->begin_mono_ns, c->end_mono_ns);

		info[i] = (struct sp_cpu_info){
			.cpu = cpus[i],
			.lost = p->lost[cpus[i]],
			.throttled_ns = stages_throttled_ns(p, cpus[i]),
			.covered_ns = a.observed_ns,
			.worst_delay_ns = a.worst_delay_ns == SP_UNKNOWN_NS ? 0 : a.worst_delay_ns,
		};
	}
	p->assembled->cpus = info;
	c->cpus = info;
	return SP_OK;
}

static int fill_capture(struct pipeline *p, struct sp_capture *c, struct sp_err *err)
{
	const struct decode_info *i = decode_info(p->decode);

	*c = (struct sp_capture){
		.id = or_null(i->capture_id),
		.version = i->version,
		.host = or_null(i->host),
		.kernel = or_null(i->kernel),
		.boot_id = or_null(i->boot_id),
		.begin_mono_ns = p->first_ns,
		.end_mono_ns = p->newest_ns,
		.begin_real_ns = clock_real(p->clock, p->first_ns),
		.end_real_ns = clock_real(p->clock, p->newest_ns),
		.min_stall_ns = p->options->min_stall_ns,
		.sampler_event = or_null(i->sampler),
		.period_ns = i->period_ns,
		.nmi = (uint8_t)timeline_nmi(p->timeline),
		.self_cpu_pct = stages_self_pct(p),
	};
	return fill_cpus(p, c, err);
}

static enum rank_by rank_by(const char *callers)
{
	if (!callers || strcmp(callers, "caller") == 0)
		return RANK_CALLER;
	return strcmp(callers, "entry") == 0  ? RANK_ENTRY
	       : strcmp(callers, "self") == 0 ? RANK_SELF
					      : RANK_CHAIN;
}

static int fill_ranking(struct pipeline *p, struct sp_report *r, struct sp_err *err)
{
	const struct rank_in in = {
		.stalls = p->all,
		.names = p->names,
		.nstalls = p->nall,
		.spikes = r->spikes,
		.verdicts = r->verdicts,
		.nspikes = r->nspikes,
		.cpus = coverage_cpus(p->coverage, &(uint32_t){ 0 }),
		.ncpus = r->capture.ncpus,
		.begin_ns = r->capture.begin_mono_ns,
		.end_ns = r->capture.end_mono_ns,
		.by = rank_by(p->options->callers),
		.groups = p->options->group.at,
		.ngroups = p->options->group.n,
	};

	return rank(&in, attribute_arena(p->attribute), &r->callers, &r->ncallers, err);
}

int assemble(struct pipeline *p, struct sp_report *r, struct sp_err *err)
{
	int rc;

	*r = (struct sp_report){
		.clock = p->offset,
		.spikes_given = p->spikes_given,
		.stalls = p->all,
		.names = p->names,
		.nstalls = p->nall,
		.wall = wall,
		.str = str,
		.addr = addr,
		.self = p,
	};
	p->assembled = calloc(1, sizeof(*p->assembled));
	if (!p->assembled)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the report");
	if (p->spikes)
		r->spikes = spikes_all(p->spikes, &r->nspikes);
	r->verdicts = judge_verdicts(p->judge);
	rc = fill_capture(p, &r->capture, err);
	rc = rc ? rc : fill_ranking(p, r, err);
	if (!rc && p->options->folded)
		rc = fold_starved(p->attribute, p->all, p->names, p->nall, &r->folded, &r->nfolded,
				  err);
	if (!rc && p->options->folded_baseline)
		rc = fold_outside(p->fold, p->attribute, r->spikes, r->verdicts, r->nspikes,
				  &r->baseline, &r->nbaseline, err);
	if (!rc && attribute_cut(p->attribute) + p->shed_users)
		rc = quality_add(p->quality, SP_Q_LIMIT, SP_NO_CPU,
				 attribute_cut(p->attribute) + p->shed_users,
				 "user parts of stacks", err);
	if (!rc && p->on_named)
		rc = p->on_named(p->on_named_self, p, err);
	r->quality = quality_rows(p->quality, &r->nquality);
	return rc;
}

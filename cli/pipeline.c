#include "pipeline.h"

#include "assemble.h"
#include "stages.h"

#include <stdlib.h>

/* Nearly all events: what happened on a CPU. Neither tasks nor facts have a use for them. */
static bool is_lane_only(const struct sp_event *e)
{
	return e->type < SP_EV_SWITCH;
}

/* What is not about a CPU alone, and the first event after the stream told more of itself. */
__attribute__((noinline)) static int spread_wide(struct pipeline *p, const struct sp_event *e,
						 struct sp_err *err)
{
	int rc = stages_configure(p, err);

	if (!rc && !is_lane_only(e)) {
		if (e->type == SP_EV_COMM || e->type == SP_EV_FORK)
			fold_renamed(p->fold);
		rc = tasks_put(p->tasks, e, err);
		rc = rc ? rc : stages_facts(p, e, err);
	}
	return rc ? rc : timeline_put(p->timeline, e, err);
}

/* An event in order of time goes to everyone whom it concerns. */
static int spread(void *self, const struct sp_event *e, struct sp_err *err)
{
	struct pipeline *p = self;

	stages_time(p, e);
	if (!is_lane_only(e) || !stages_configured(p))
		return spread_wide(p, e, err);
	return timeline_put(p->timeline, e, err);
}

/* Mappings are kept by their times, and stacks are unwound before events are in order: what names
 * need goes ahead. Out of line: its event would cost every call a frame. */
__attribute__((noinline)) static int names_to_order(struct pipeline *p, const struct sp_event *e,
						    struct sp_err *err)
{
	struct sp_event bare;
	int rc = stages_names(p, e, err);

	if (!rc && e->type == SP_EV_ROUND && p->name_early)
		rc = stages_name_early(p, err);
	if (!rc && e->type == SP_EV_ROUND && stages_ended_many(p))
		rc = stages_forget(p, err);
	if (e->type == SP_EV_MMAP) {
		bare = *e;
		bare.map = NULL;
		e = &bare;
	}
	return rc ? rc : order_put(p->order, e, err);
}

static int to_order(void *self, const struct sp_event *e, struct sp_err *err)
{
	struct pipeline *p = self;

	return e->type < SP_EV_COMM ? order_put(p->order, e, err) : names_to_order(p, e, err);
}

/* Between two records no event is under way. */
__attribute__((noinline)) static int sweep_and_decode(struct pipeline *p, const struct sp_record *r,
						      struct sp_err *err)
{
	int rc = stages_sweep(p, err);

	return rc ? rc : decode_put(p->decode, r, err);
}

static int to_decode(void *self, const struct sp_record *r, struct sp_err *err)
{
	struct pipeline *p = self;

	return stacks_due(p->stacks) ? sweep_and_decode(p, r, err) : decode_put(p->decode, r, err);
}

static int to_baseline(void *self, const struct sp_event *sample, uint64_t owned_ns,
		       struct sp_err *err)
{
	struct pipeline *p = self;
	int rc = sites_add(p->sites, sample->sample.stack, err);

	/* Its rows do not fit the cache and take a fifth of a long report: for who asks. */
	if (rc || !p->options->folded_baseline)
		return rc;
	return fold_baseline(p->fold, sample, owned_ns, err);
}

static int to_sides(void *self, const struct sp_event *e, uint64_t begin_ns, struct sp_err *err)
{
	return sides_put(((struct pipeline *)self)->sides, e, begin_ns, err);
}

/* The road, built from its end: every stage gets its sink at birth. */
static int build(struct pipeline *p, struct sp_err *err)
{
	int rc = strings_new(&p->strings, err);

	rc = rc ? rc : stacks_new(&p->stacks, err);
	if (!rc)
		stages_sweep_due(p);
	rc = rc ? rc : tasks_new(&p->tasks, p->strings, err);
	if (!rc)
		stages_forget_due(p);
	rc = rc ? rc : quality_new(&p->quality, err);
	rc = rc ? rc : clock_new(&p->clock, err);
	rc = rc ? rc : coverage_new(&p->coverage, err);
	rc = rc ? rc : sides_new(&p->sides, err);
	rc = rc ? rc : stalls_new(&p->stalls, err);
	rc = rc ? rc : fold_new(&p->fold, p->tasks, err);
	rc = rc ? rc : sites_new(&p->sites, err);
	rc = rc ? rc
		: timeline_new(&p->timeline,
			       &(struct timeline_parts){
				       .strings = p->strings,
				       .stacks = p->stacks,
				       .tasks = p->tasks,
				       .coverage = p->coverage,
				       .resolver = p->resolver,
				       .stalls = stalls_sink(p->stalls),
				       .baseline = { to_baseline, p },
				       .side = { to_sides, p },
			       },
			       err);
	rc = rc ? rc : order_new(&p->order, (struct sp_event_sink){ spread, p }, err);
	return rc ? rc
		  : decode_new(&p->decode,
			       &(struct decode_parts){
				       .strings = p->strings,
				       .stacks = p->stacks,
				       .resolver = p->resolver,
				       .sink = { to_order, p },
			       },
			       err);
}

int pipeline_new(struct pipeline **ret, const struct options *o, const struct sp_resolver *resolver,
		 struct sp_err *err)
{
	sp_auto(pipeline) p = calloc(1, sizeof(*p));
	int rc;

	if (!p)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the analysis");
	p->options = o;
	p->resolver = resolver;
	p->self_pid = SP_NO_TASK;
	p->spikes_err = (struct sp_err)SP_ERR_INIT;
	rc = build(p, err);
	if (rc)
		return rc;
	p->info = decode_info(p->decode);
	*ret = sp_take(p);
	return SP_OK;
}

void pipeline_free(struct pipeline *p)
{
	if (!p)
		return;
	assemble_free(p->assembled);
	judge_free(p->judge);
	attribute_free(p->attribute);
	stages_follow_free(p);
	spikes_free(p->spikes);
	decode_free(p->decode);
	order_free(p->order);
	timeline_free(p->timeline);
	sites_free(p->sites);
	fold_free(p->fold);
	free(p->names);
	stalls_free(p->stalls);
	sides_free(p->sides);
	coverage_free(p->coverage);
	clock_free(p->clock);
	quality_free(p->quality);
	tasks_free(p->tasks);
	stacks_free(p->stacks);
	strings_free(p->strings);
	free(p);
}

struct sp_record_sink pipeline_sink(struct pipeline *p)
{
	return (struct sp_record_sink){ .put = to_decode, .self = p };
}

int pipeline_quality(struct pipeline *p, enum sp_quality_code code, uint32_t cpu, uint64_t count,
		     const char *detail, struct sp_err *err)
{
	return quality_add(p->quality, code, cpu, count, detail, err);
}

void pipeline_file_times(struct pipeline *p, int64_t made_ns, int64_t written_ns)
{
	p->made_ns = made_ns;
	p->written_ns = written_ns;
}

const char *pipeline_boot_id(struct pipeline *p)
{
	return decode_info(p->decode)->boot_id;
}

void pipeline_kernel(struct pipeline *p, const char **build_id, const char **release)
{
	const struct decode_info *i = decode_info(p->decode);

	*build_id = i->kernel_build_id;
	*release = i->kernel;
}

bool pipeline_is_kernel(struct pipeline *p, const char *host, const char *release)
{
	const struct decode_info *i = decode_info(p->decode);

	return strcmp(i->host, host) == 0 && strcmp(i->kernel, release) == 0;
}

void pipeline_name_early(struct pipeline *p)
{
	p->name_early = true;
}

void pipeline_on_named(struct pipeline *p, pipeline_named *fn, void *self)
{
	p->on_named = fn;
	p->on_named_self = self;
}

int pipeline_check(struct pipeline *p, struct sp_err *err)
{
	return stages_spikes_check(p, err);
}

void pipeline_keep_capture(struct pipeline *p)
{
	p->keep_capture = true;
}

void pipeline_follow(void *self)
{
	stages_follow(self);
}

const struct sp_err *pipeline_spikes_error(const struct pipeline *p)
{
	return &p->spikes_err;
}

/* Spikes, or the stalls by themselves where a live capture would be lost with a bad file. */
static int read_spikes(struct pipeline *p, struct sp_err *err)
{
	struct sp_err why = p->spikes_err;
	int rc = why.code ? why.code : stages_spikes(p, &why);

	if (rc >= 0)
		return rc;
	if (!p->keep_capture || rc == SP_ENOMEM) {
		*err = why;
		return rc;
	}
	stages_follow_free(p);
	spikes_free(p->spikes);
	p->spikes = NULL;
	p->spikes_given = false;
	p->spikes_err = why;
	return SP_OK;
}

/* The program's second half on one screen: what was recorded → what is reported. */
int pipeline_finish(struct pipeline *p, struct sp_report *ret, struct sp_err *err)
{
	int rc = order_flush(p->order, err);

	rc = rc ? rc : stages_configure(p, err);
	rc = rc ? rc
		: timeline_flush(p->timeline, p->newest_ns ? p->newest_ns : SP_UNKNOWN_NS, err);
	p->all = rc ? NULL : stalls_done(p->stalls, &p->nall);
	rc = rc ? rc : stages_pauses(p, err);
	rc = rc ? rc : stages_clock(p, err);
	rc = rc ? rc : read_spikes(p, err);
	rc = rc ? rc : stages_judge(p, err);
	rc = rc ? rc : stages_attribute(p, err);
	rc = rc ? rc : stages_quality(p, err);
	rc = rc ? rc : stages_host(p, err);
	return rc ? rc : assemble(p, ret, err);
}

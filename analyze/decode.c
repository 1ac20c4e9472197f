#include "decode.h"

#include "attrs.h"
#include "bind.h"
#include "facts.h"
#include "features.h"
#include "fields.h"
#include "points.h"
#include "sample.h"
#include "siderecords.h"
#include "softirq.h"
#include "symrecords.h"
#include "truesize.h"
#include "unwound.h"

#include <sirqprof/limits.h>
#include <sirqprof/perfdata.h>

#include <linux/perf_event.h>
#include <stdlib.h>

#define X86_IF	      0x200ULL /* interrupt flag (arch/x86/include/asm/processor-flags.h) */
#define X86_FLAGS_BIT 9	       /* PERF_REG_X86_FLAGS */
#define X86_DI_BIT    5	       /* PERF_REG_X86_DI: first argument of a system call */
#define ARM64_X0_BIT  0

struct decode {
	struct decode_parts parts;
	struct decode_info info;
	struct attrs *attrs;
	struct formats *formats;
	int id_pos, trailer_pos; /* of the first attr; all must agree */
	uint32_t bound_attrs;	 /* attrs already looked at */
	bool arm64;
	struct bind bind;
};

int decode_new(struct decode **ret, const struct decode_parts *parts, struct sp_err *err)
{
	sp_auto(decode) d = calloc(1, sizeof(*d));
	int rc;

	if (!d)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to decode");
	d->parts = *parts;
	d->info.clockid = -1;
	d->info.witness = SP_NO_CPU;
	rc = attrs_new(&d->attrs, err);
	rc = rc ? rc : formats_new(&d->formats, err);
	d->bind = (struct bind){ .formats = d->formats, .info = &d->info };
	if (!rc)
		*ret = sp_take(d);
	return rc;
}

void decode_free(struct decode *d)
{
	if (!d)
		return;
	for (uint32_t i = 0; d->attrs && i < attrs_count(d->attrs); i++)
		free(attrs_at(d->attrs, i)->bound);
	attrs_free(d->attrs);
	formats_free(d->formats);
	free(d);
}

/* Events are bound when the first record comes: formats and names stand behind the attrs. */
static int bind_all(struct decode *d, struct sp_err *err)
{
	int rc = SP_OK;

	while (!rc && d->bound_attrs < attrs_count(d->attrs)) {
		struct attr *a = attrs_at(d->attrs, d->bound_attrs++);

		d->id_pos = sample_id_pos(a->sample_type);
		d->trailer_pos = sample_trailer_id_pos(a->sample_type);
		rc = bind_attr(&d->bind, a, err);
		d->info.generation++;
	}
	d->arm64 = strcmp(d->info.arch, "aarch64") == 0;
	return rc;
}

const struct decode_info *decode_info(struct decode *d)
{
	return &d->info;
}

/* The event a record belongs to: by its id, or the only one there is. */
static struct attr *attr_of(struct decode *d, const struct sp_record *r, uint32_t *cpu)
{
	bool sample = r->type == PERF_RECORD_SAMPLE;
	int pos = sample ? d->id_pos : d->trailer_pos;
	const struct attr_id *s;
	uint64_t id;

	*cpu = SP_NO_CPU;
	if (pos < 0 || (!sample && !attrs_at(d->attrs, 0)->sample_id_all))
		return attrs_at(d->attrs, 0);
	if (r->size < 8 + (size_t)pos + 8)
		return NULL;
	memcpy(&id, r->data + (sample ? 8 + (size_t)pos : r->size - (size_t)pos), sizeof(id));
	s = attrs_find(d->attrs, r->swap ? bswap_64(id) : id);
	if (!s)
		return attrs_count(d->attrs) == 1 || !sample ? attrs_at(d->attrs, 0) : NULL;
	*cpu = s->cpu;
	return attrs_at(d->attrs, s->attr);
}

/* The value of a register that the mask has. */
static bool reg(const uint8_t *regs, uint64_t mask, unsigned int bit, bool swap, uint64_t *ret)
{
	struct sp_span in;

	if (!regs || !(mask >> bit & 1))
		return false;
	in = sp_span_of(regs + 8 * __builtin_popcountll(mask & ((1ULL << bit) - 1)), 8, swap);
	*ret = sp_span_u64(&in);
	return true;
}

static int put_sample(struct decode *d, const struct attr *a, const struct raw_sample *s,
		      const struct sp_record *r, struct sp_event *e, struct sp_err *err)
{
	uint64_t v;
	int rc;

	e->type = SP_EV_SAMPLE;
	e->sample.mode = r->misc & PERF_RECORD_MISC_CPUMODE_MASK;
	e->sample.is_sampler = a->kind == KIND_SAMPLER ? 1 : a->kind == KIND_TICK ? 2 : 0;
	e->sample.period = s->period ? s->period : a->freq ? 0 : a->sample_period;
	/* A tracepoint's registers are made up by the kernel (perf_arch_fetch_caller_regs): IF is
	 * clear in them whatever it was. */
	if (!d->arm64 && a->kind != KIND_POINT &&
	    reg(s->intr_regs, a->sample_regs_intr, X86_FLAGS_BIT, r->swap, &v))
		e->sample.irqs_on = v & X86_IF ? SP_YES : SP_NO;
	if (reg(s->user_regs, a->sample_regs_user, d->arm64 ? ARM64_X0_BIT : X86_DI_BIT, r->swap,
		&v)) {
		e->sample.has_arg0 = 1;
		e->sample.arg0 = (uint32_t)v;
	}
	if (unwound_can(&d->parts, d->info.arch, s, r))
		rc = unwound_add(&d->parts, a, s, r, &e->sample.stack, err);
	else if (s->chain)
		rc = stacks_add(d->parts.stacks, s->chain, s->nchain, r->swap, &e->sample.stack,
				err);
	else
		rc = s->ip ? stacks_add(d->parts.stacks, &s->ip, 1, false, &e->sample.stack, err)
			   : SP_OK;
	return rc ? rc : d->parts.sink.put(d->parts.sink.self, e, err);
}

static int put_softirq(struct decode *d, const struct attr *a, const struct raw_sample *s,
		       const struct sp_record *r, struct sp_event *e, struct sp_err *err)
{
	int rc = stacks_add(d->parts.stacks, s->chain, s->nchain, r->swap, &e->softirq.stack, err);

	e->softirq.sampled = 1;
	e->softirq.mode = r->misc & PERF_RECORD_MISC_CPUMODE_MASK;
	e->softirq.period = s->period ? s->period : a->freq ? 0 : a->sample_period;
	return rc ? rc : d->parts.sink.put(d->parts.sink.self, e, err);
}

/* Any sample, field by field. */
__attribute__((noinline)) static int read_sample(struct decode *d, const struct sp_record *r,
						 struct sp_err *err)
{
	struct sp_event e = { .pid = SP_NO_TASK, .tid = SP_NO_TASK };
	uint32_t cpu = SP_NO_CPU;
	const struct attr *a = attrs_count(d->attrs) ? attr_of(d, r, &cpu) : NULL;
	struct raw_sample s;
	int rc;

	if (!a || !sample_parse(a, sp_span_of(r->data + 8, r->size - 8, r->swap), &s)) {
		d->info.bad_records++;
		return SP_OK;
	}
	e.time_ns = s.time_ns;
	e.cpu = s.has_cpu ? s.cpu : cpu;
	if (e.cpu >= SP_MAX_CPUS)
		e.cpu = SP_NO_CPU;
	if (s.has_tid) {
		e.pid = (int32_t)s.pid;
		e.tid = (int32_t)s.tid;
	}
	if (a->kind == KIND_FACT)
		return facts_decode(s.raw, s.raw ? s.raw_size : 0, r->swap, d->parts.strings, &e,
				    &d->info, d->parts.sink, err);
	if (a->kind != KIND_POINT)
		return put_sample(d, a, &s, r, &e, err);
	if (a->bound && s.raw) {
		rc = point_decode(a->bound, s.raw, s.raw_size, r->swap, d->parts.strings, &e, err);
		if (rc == SP_OK && s.chain && sp_is_softirq(&e) && !s.intr_regs && !s.user_regs)
			return put_softirq(d, a, &s, r, &e, err);
		if (rc == SP_OK)
			rc = d->parts.sink.put(d->parts.sink.self, &e, err);
		if (rc < 0)
			return rc;
	}
	/* A tracepoint with a callchain is a look at the stack as well. */
	return s.chain ? put_sample(d, a, &s, r, &e, err) : SP_OK;
}

/* attr_of() of a sample in this machine's byte order whose id is known; NULL: ask that. */
static inline const struct attr *plain_attr_of(const struct decode *d, const struct sp_record *r,
					       uint32_t *cpu)
{
	const struct attr_id *s;
	uint64_t id;

	if (d->id_pos < 0 || r->swap || r->size < 8 + (size_t)d->id_pos + 8)
		return NULL;
	memcpy(&id, r->data + 8 + d->id_pos, sizeof(id));
	s = attrs_find(d->attrs, id);
	if (!s)
		return NULL;
	*cpu = s->cpu;
	return attrs_at(d->attrs, s->attr);
}

static int on_sample(struct decode *d, const struct sp_record *r, struct sp_err *err)
{
	const struct sp_event_sink sink = d->parts.sink;
	struct softirq_chain chain;
	struct sp_event e;
	uint32_t cpu;
	const struct attr *a = plain_attr_of(d, r, &cpu);
	int rc = SP_OK;

	if (!a || !a->softirq.type || !softirq_read(a, r, cpu, &e, &chain))
		return read_sample(d, r, err);
	if (chain.at)
		rc = stacks_add(d->parts.stacks, chain.at, chain.n, false, &e.softirq.stack, err);
	return rc ? rc : sink.put(sink.self, &e, err);
}

/* A record of the kernel that is no sample: its trailer says when and where. */
static int on_side(struct decode *d, const struct sp_record *told, struct sp_err *err)
{
	struct sp_record whole = *told, *r = &whole;
	struct sp_span in;
	struct sp_event e = { .pid = SP_NO_TASK, .tid = SP_NO_TASK, .cpu = SP_NO_CPU };
	struct raw_sample s = { .cpu = SP_NO_CPU };
	struct sp_map map = { 0 };
	struct attr *a = NULL;
	uint32_t cpu = SP_NO_CPU;
	bool trailer;
	int rc;

	whole.size = truesize(told, d->attrs, &trailer);
	in = sp_span_of(r->data + 8, r->size - 8, r->swap);
	if (attrs_count(d->attrs))
		a = attr_of(d, r, &cpu);
	if (a && trailer && sample_trailer(a, &in, &s)) {
		e.time_ns = s.time_ns;
		e.cpu = s.has_cpu ? s.cpu : cpu;
		if (s.has_tid) {
			e.pid = (int32_t)s.pid;
			e.tid = (int32_t)s.tid;
		}
	}
	if (e.cpu >= SP_MAX_CPUS)
		e.cpu = SP_NO_CPU;
	rc = siderecords_decode(r, &in, d->parts.strings, &e, &map, err);
	/* What stands there instead, in which byte order, is not asked: neither is known. */
	if (map.build_id && !siderecords_build_id(r, d->attrs->build_ids))
		map.build_id = 0;
	if (in.over) {
		d->info.bad_records++;
		return SP_OK;
	}
	if (rc == SP_END)
		return SP_OK;
	return rc ? rc : d->parts.sink.put(d->parts.sink.self, &e, err);
}

static bool is_feature(struct sp_span in, enum sp_feature bit)
{
	return sp_span_u64(&in) == bit;
}

/* In a pipe build-ids come one by one, when the recording has ended. */
static int on_build_id(struct decode *d, const struct sp_record *r, struct sp_err *err)
{
	struct sp_span in = sp_span_of(r->data + 8, r->size - 8, r->swap);
	struct sp_event e;
	int rc = symrecords_build_id(&in, r->misc, d->parts.strings, &e, err);

	if (rc)
		return rc < 0 ? rc : SP_OK;
	return d->parts.sink.put(d->parts.sink.self, &e, err);
}

static int on_header(struct decode *d, const struct sp_record *r, struct sp_err *err)
{
	struct sp_span in = sp_span_of(r->data + 8, r->size - 8, r->swap);
	struct sp_err why = SP_ERR_INIT;
	int rc = SP_OK;

	d->info.generation++;
	switch (r->type) {
	case SP_REC_HEADER_ATTR:
		rc = attrs_add(d->attrs, in, &why);
		break;
	case SP_REC_EVENT_UPDATE:
		rc = attrs_update(d->attrs, in, &why);
		break;
	case SP_REC_ID_INDEX:
		rc = attrs_index(d->attrs, in, &why);
		break;
	case SP_REC_HEADER_TRACING_DATA:
		sp_span_u32(&in);
		rc = formats_read(d->formats, in, &why);
		break;
	case SP_REC_HEADER_FEATURE:
		if (sp_span_left(&in) >= 8 && is_feature(in, SP_FEAT_BUILD_ID)) {
			sp_span_u64(&in);
			return symrecords_build_ids(in, d->parts.strings, d->parts.sink, err);
		}
		rc = features_decode(in, d->attrs, &d->info, &why);
		break;
	}
	/* A damaged header section costs what it would have told, not the recording. */
	if (rc == SP_ENOMEM || rc == SP_ELIMIT)
		return sp_fail(err, rc, r->off, "%s", why.text);
	if (rc < 0)
		d->info.bad_records++;
	return SP_OK;
}

/* Anything but a sample of events that are known. */
__attribute__((noinline)) static int put_other(struct decode *d, const struct sp_record *r,
					       struct sp_err *err)
{
	struct sp_event round = { .type = SP_EV_ROUND, .cpu = SP_NO_CPU };
	int rc = SP_OK;

	switch (r->type) {
	case SP_REC_HEADER_ATTR:
	case SP_REC_EVENT_UPDATE:
	case SP_REC_ID_INDEX:
	case SP_REC_HEADER_TRACING_DATA:
	case SP_REC_HEADER_FEATURE:
		return on_header(d, r, err);
	case SP_REC_HEADER_BUILD_ID:
		return on_build_id(d, r, err);
	case SP_REC_FINISHED_ROUND:
		return d->parts.sink.put(d->parts.sink.self, &round, err);
	default:
		break;
	}
	if (d->bound_attrs < attrs_count(d->attrs) && (rc = bind_all(d, err)) != 0)
		return rc;
	if (r->type == PERF_RECORD_SAMPLE)
		return on_sample(d, r, err);
	if (r->type >= 1 && r->type < SP_REC_HEADER_ATTR)
		return on_side(d, r, err);
	if (r->type > SP_REC_BPF_METADATA)
		d->info.unknown_records++;
	return SP_OK;
}

int decode_put(struct decode *d, const struct sp_record *r, struct sp_err *err)
{
	if (r->size < 8)
		return SP_OK;
	d->info.counts[r->type < 256 ? r->type : 0]++;
	if (r->type == PERF_RECORD_SAMPLE && d->bound_attrs == attrs_count(d->attrs))
		return on_sample(d, r, err);
	return put_other(d, r, err);
}

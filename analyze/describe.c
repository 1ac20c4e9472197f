#include "describe.h"

#include "attrs.h"
#include "describe_head.h"
#include "fields.h"
#include "line.h"
#include "sample.h"
#include "truesize.h"

#include <sirqprof/facts.h>
#include <sirqprof/perfdata.h>

#include <linux/perf_event.h>
#include <stdlib.h>

struct describe {
	struct attrs *attrs;
	struct formats *formats;
};

/* Names as perf prints them, and what the records hold (include/uapi/linux/perf_event.h). */
static const struct {
	const char *name, *fields;
} kernel_types[] = {
	[PERF_RECORD_MMAP] = { "MMAP", "pid:i tid:i addr:x len:x pgoff:x path:s" },
	[PERF_RECORD_LOST] = { "LOST", "id:8 lost:8" },
	[PERF_RECORD_COMM] = { "COMM", "pid:i tid:i comm:s" },
	[PERF_RECORD_EXIT] = { "EXIT", "pid:i ppid:i tid:i ptid:i" },
	[PERF_RECORD_THROTTLE] = { "THROTTLE", "at:t id:8" },
	[PERF_RECORD_UNTHROTTLE] = { "UNTHROTTLE", "at:t id:8" },
	[PERF_RECORD_FORK] = { "FORK", "pid:i ppid:i tid:i ptid:i" },
	[PERF_RECORD_READ] = { "READ", "pid:i tid:i value:8" },
	[PERF_RECORD_SAMPLE] = { "SAMPLE", "" },
	[PERF_RECORD_MMAP2] = { "MMAP2", "pid:i tid:i addr:x len:x pgoff:x :8 :8 :8 prot:4 flags:4 "
					 "path:s" },
	[PERF_RECORD_AUX] = { "AUX", "offset:x size:8 flags:x" },
	[PERF_RECORD_ITRACE_START] = { "ITRACE_START", "pid:i tid:i" },
	[PERF_RECORD_LOST_SAMPLES] = { "LOST_SAMPLES", "lost:8" },
	[PERF_RECORD_SWITCH] = { "SWITCH", "" },
	[PERF_RECORD_SWITCH_CPU_WIDE] = { "SWITCH_CPU_WIDE", "pid:i tid:i" },
	[PERF_RECORD_NAMESPACES] = { "NAMESPACES", "pid:i tid:i n:8" },
	[PERF_RECORD_KSYMBOL] = { "KSYMBOL", "addr:x len:4 type:2 flags:2 name:s" },
	[PERF_RECORD_BPF_EVENT] = { "BPF_EVENT", "type:2 flags:2 id:4" },
	[PERF_RECORD_CGROUP] = { "CGROUP", "id:8 path:s" },
	[PERF_RECORD_TEXT_POKE] = { "TEXT_POKE", "addr:x old_len:2 new_len:2" },
	[21] = { "AUX_OUTPUT_HW_ID", "id:8" },
};

static const char *const user_types[] = {
	"ATTR",		"EVENT_TYPE",	 "TRACING_DATA", "BUILD_ID",	   "FINISHED_ROUND",
	"ID_INDEX",	"AUXTRACE_INFO", "AUXTRACE",	 "AUXTRACE_ERROR", "THREAD_MAP",
	"CPU_MAP",	"STAT_CONFIG",	 "STAT",	 "STAT_ROUND",	   "EVENT_UPDATE",
	"TIME_CONV",	"FEATURE",	 "COMPRESSED",	 "FINISHED_INIT",  "COMPRESSED2",
	"BPF_METADATA",
};

#define KERNEL_TYPES (sizeof(kernel_types) / sizeof(kernel_types[0]))
#define USER_TYPES   (sizeof(user_types) / sizeof(user_types[0]))

const char *describe_type(uint32_t type)
{
	const char *name = NULL;

	if (type < KERNEL_TYPES)
		name = kernel_types[type].name;
	else if (type >= SP_REC_HEADER_ATTR && type - SP_REC_HEADER_ATTR < USER_TYPES)
		name = user_types[type - SP_REC_HEADER_ATTR];
	return name ? name : "UNKNOWN";
}

int describe_new(struct describe **ret, struct sp_err *err)
{
	sp_auto(describe) d = calloc(1, sizeof(*d));
	int rc;

	if (!d)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to describe records");
	rc = attrs_new(&d->attrs, err);
	rc = rc ? rc : formats_new(&d->formats, err);
	if (!rc)
		*ret = sp_take(d);
	return rc;
}

void describe_free(struct describe *d)
{
	if (!d)
		return;
	attrs_free(d->attrs);
	formats_free(d->formats);
	free(d);
}

/* The event of a record, as in decode.c: by its id, or the only one. */
static const struct attr *attr_of(struct describe *d, const struct sp_record *r)
{
	bool sample = r->type == PERF_RECORD_SAMPLE;
	struct sp_span in = sp_span_of(r->data, r->size, r->swap);
	const struct attr *first = attrs_at(d->attrs, 0);
	const struct attr_id *id;
	int pos;

	if (!first)
		return NULL;
	pos = sample ? sample_id_pos(first->sample_type)
		     : sample_trailer_id_pos(first->sample_type);
	if (pos < 0 || (!sample && !first->sample_id_all) || r->size < 8 + (size_t)pos + 8)
		return first;
	sp_span_skip(&in, sample ? 8 + (size_t)pos : r->size - (size_t)pos);
	id = attrs_find(d->attrs, sp_span_u64(&in));
	return id ? attrs_at(d->attrs, id->attr) : attrs_count(d->attrs) == 1 ? first : NULL;
}

static void put_when(struct line *l, const struct raw_sample *s)
{
	if (s->has_time)
		line_put(l, " time=%" PRIu64 ".%09" PRIu64, s->time_ns / 1000000000,
			 s->time_ns % 1000000000);
	if (s->has_cpu)
		line_put(l, " cpu=%" PRIu32, s->cpu);
	if (s->has_tid)
		line_put(l, " pid=%" PRId32 " tid=%" PRId32, (int32_t)s->pid, (int32_t)s->tid);
}

static void put_point(struct line *l, const struct format *f, const struct raw_sample *s, bool swap)
{
	for (uint32_t i = 0; i < f->nfields; i++) {
		const struct field *field = &f->fields[i];
		const char *text;
		size_t len;

		/* What every tracepoint has says nothing new. */
		if (strncmp(field->name, "common_", 7) == 0)
			continue;
		line_put(l, " %s=", field->name);
		text = field->data_loc || field->size > 8
			       ? field_str(field, s->raw, s->raw_size, swap, &len)
			       : NULL;
		if (text)
			line_text(l, text, len);
		else
			line_put(l, "%" PRId64, field_int(field, s->raw, s->raw_size, swap));
	}
}

/* The bodies of docs/recording.md. */
static void put_fact(struct line *l, const struct raw_sample *s, bool swap)
{
	static const struct {
		const char *name, *fields;
	} kinds[] = {
		[SP_FACT_META] = { "META", "key:s value:s" },
		[SP_FACT_CLOCK] = { "CLOCK", "mono:t real:t width:8" },
		[SP_FACT_STEAL] = { "STEAL", "steal:8 step:8" },
		[SP_FACT_SOFTNET] = { "SOFTNET", "processed:8 dropped:8 squeezed:8" },
		[SP_FACT_NETSTAT] = { "NETSTAT", "pfmemalloc:8 retrans:8" },
		[SP_FACT_FDS] = { "FDS", "tid:4 n:4 fd:4 path:s" },
		[SP_FACT_CGROUP] = { "CGROUP", "tid:4 text:s" },
		[SP_FACT_TASK] = { "TASK", "tid:4 tgid:4 ppid:4 comm:s" },
		[SP_FACT_KSYM] = { "KSYM", "addr:x start:x name:s module:s" },
		[SP_FACT_QUALITY] = { "QUALITY", "code:4 of_cpu:i count:8 detail:s" },
		[SP_FACT_SYSCALL] = { "SYSCALL", "tid:4 name:s nr:8 arg0:8" },
		[SP_FACT_IRQNAME] = { "IRQNAME", "irq:4 name:s" },
		[SP_FACT_SELF] = { "SELF", "pid:4 cpu_ns:8" },
		[SP_FACT_ONLINE] = { "ONLINE", "of_cpu:4 online:4" },
		[SP_FACT_THIN] = { "THIN", "every:4" },
		[SP_FACT_SHED] = { "SHED", "level:4" },
	};
	struct sp_span in = sp_span_of(s->raw, s->raw_size, swap);
	uint32_t magic = sp_span_u32(&in), kind = sp_span_u16(&in);

	sp_span_u16(&in);
	if (in.over || magic != SP_FACT_MAGIC)
		return;
	if (kind >= sizeof(kinds) / sizeof(kinds[0]) || !kinds[kind].name) {
		line_put(l, " kind=%" PRIu32, kind);
		return;
	}
	line_put(l, " %s", kinds[kind].name);
	line_fields(l, &in, kinds[kind].fields);
}

static void put_sample(struct describe *d, const struct sp_record *r, struct line *l)
{
	const struct attr *a = attr_of(d, r);
	const struct format *f;
	struct raw_sample s;

	if (!a || !sample_parse(a, sp_span_of(r->data + 8, r->size - 8, r->swap), &s)) {
		line_put(l, "does not fit its event");
		return;
	}
	line_text(l, a->name[0] ? a->name : "?", sizeof(a->name));
	put_when(l, &s);
	if (s.period)
		line_put(l, " period=%" PRIu64, s.period);
	if (s.ip)
		line_put(l, " ip=%#" PRIx64, s.ip);
	if (s.chain)
		line_put(l, " chain=%" PRIu32, s.nchain);
	if (s.stack)
		line_put(l, " stack=%" PRIu64, s.stack_size);
	if (!s.raw)
		return;
	f = a->type == PERF_TYPE_TRACEPOINT ? formats_get(d->formats, (uint32_t)a->config) : NULL;
	if (f)
		put_point(l, f, &s, r->swap);
	else if (a->type == PERF_TYPE_SOFTWARE && a->config == PERF_COUNT_SW_BPF_OUTPUT)
		put_fact(l, &s, r->swap);
	else
		line_put(l, " raw=%" PRIu32, s.raw_size);
}

static void put_side(struct describe *d, const struct sp_record *told, struct line *l)
{
	struct sp_record whole = *told, *r = &whole;
	struct sp_span in;
	const struct attr *a;
	struct raw_sample s;
	bool timed;

	whole.size = truesize(told, d->attrs, &timed);
	in = sp_span_of(r->data + 8, r->size - 8, r->swap);
	a = attr_of(d, r);
	timed = timed && a && sample_trailer(a, &in, &s);

	if (r->type < KERNEL_TYPES && kernel_types[r->type].fields)
		line_fields(l, &in, kernel_types[r->type].fields);
	if (timed)
		put_when(l, &s);
}

int describe_record(struct describe *d, const struct sp_record *r, char ret[DESCRIBE_LEN],
		    struct sp_err *err)
{
	struct line l = { .at = ret, .size = DESCRIBE_LEN };

	ret[0] = 0;
	if (r->type == PERF_RECORD_SAMPLE)
		put_sample(d, r, &l);
	else if (r->type < SP_REC_HEADER_ATTR)
		put_side(d, r, &l);
	else
		return describe_head(r, d->attrs, d->formats, &l, err);
	return SP_OK;
}

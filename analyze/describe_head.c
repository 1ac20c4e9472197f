#include "describe_head.h"

#include <sirqprof/perfdata.h>

#include <linux/perf_event.h>

/* Bits of sample_type by name, from the lowest (enum perf_event_sample_format). */
static const char *const sample_bits[] = {
	"IP",
	"TID",
	"TIME",
	"ADDR",
	"READ",
	"CALLCHAIN",
	"ID",
	"CPU",
	"PERIOD",
	"STREAM_ID",
	"RAW",
	"BRANCH_STACK",
	"REGS_USER",
	"STACK_USER",
	"WEIGHT",
	"DATA_SRC",
	"IDENTIFIER",
	"TRANSACTION",
	"REGS_INTR",
	"PHYS_ADDR",
	"AUX",
	"CGROUP",
	"DATA_PAGE_SIZE",
	"CODE_PAGE_SIZE",
	"WEIGHT_STRUCT",
};

static const char *const feature_names[] = {
	[SP_FEAT_TRACING_DATA] = "TRACING_DATA",
	[SP_FEAT_BUILD_ID] = "BUILD_ID",
	[SP_FEAT_HOSTNAME] = "HOSTNAME",
	[SP_FEAT_OSRELEASE] = "OSRELEASE",
	[SP_FEAT_VERSION] = "VERSION",
	[SP_FEAT_ARCH] = "ARCH",
	[SP_FEAT_NRCPUS] = "NRCPUS",
	[SP_FEAT_CPUDESC] = "CPUDESC",
	[SP_FEAT_CPUID] = "CPUID",
	[SP_FEAT_TOTAL_MEM] = "TOTAL_MEM",
	[SP_FEAT_CMDLINE] = "CMDLINE",
	[SP_FEAT_EVENT_DESC] = "EVENT_DESC",
	[SP_FEAT_CPU_TOPOLOGY] = "CPU_TOPOLOGY",
	[SP_FEAT_NUMA_TOPOLOGY] = "NUMA_TOPOLOGY",
	[SP_FEAT_BRANCH_STACK] = "BRANCH_STACK",
	[SP_FEAT_PMU_MAPPINGS] = "PMU_MAPPINGS",
	[SP_FEAT_GROUP_DESC] = "GROUP_DESC",
	[SP_FEAT_AUXTRACE] = "AUXTRACE",
	[SP_FEAT_STAT] = "STAT",
	[SP_FEAT_CACHE] = "CACHE",
	[SP_FEAT_SAMPLE_TIME] = "SAMPLE_TIME",
	[SP_FEAT_MEM_TOPOLOGY] = "MEM_TOPOLOGY",
	[SP_FEAT_CLOCKID] = "CLOCKID",
	[SP_FEAT_DIR_FORMAT] = "DIR_FORMAT",
	[SP_FEAT_BPF_PROG_INFO] = "BPF_PROG_INFO",
	[SP_FEAT_BPF_BTF] = "BPF_BTF",
	[SP_FEAT_COMPRESSED] = "COMPRESSED",
	[SP_FEAT_CPU_PMU_CAPS] = "CPU_PMU_CAPS",
	[SP_FEAT_CLOCK_DATA] = "CLOCK_DATA",
	[SP_FEAT_HYBRID_TOPOLOGY] = "HYBRID_TOPOLOGY",
	[SP_FEAT_PMU_CAPS] = "PMU_CAPS",
};

static void put_bits(struct line *l, uint64_t type)
{
	const char *between = "";

	line_put(l, " sample_type=");
	for (size_t i = 0; i < sizeof(sample_bits) / sizeof(sample_bits[0]); i++)
		if (type >> i & 1) {
			line_put(l, "%s%s", between, sample_bits[i]);
			between = "|";
		}
}

static int put_attr(struct attrs *attrs, struct sp_span in, struct line *l, struct sp_err *err)
{
	uint32_t nids = 0, size;
	const struct attr *a;
	struct sp_span sized = in;
	int rc = attrs_add(attrs, in, err);

	if (rc)
		return rc;
	a = attrs_at(attrs, attrs_count(attrs) - 1);
	sp_span_u32(&sized);
	size = sp_span_u32(&sized);
	nids = (uint32_t)((sp_span_left(&in) - (size ? size : PERF_ATTR_SIZE_VER0)) / 8);
	line_put(l, "type=%" PRIu32 " size=%" PRIu32 " config=%#" PRIx64 " %s=%" PRIu64, a->type,
		 size, a->config, a->freq ? "freq" : "period", a->sample_period);
	put_bits(l, a->sample_type);
	line_put(l, " read_format=%#" PRIx64 " sample_id_all=%d", a->read_format, a->sample_id_all);
	if (a->use_clockid)
		line_put(l, " clockid=%" PRId32, a->clockid);
	line_put(l, " ids=%" PRIu32, nids);
	return SP_OK;
}

/* perf's string: its length with padding, then the bytes. */
static void put_string(struct line *l, struct sp_span *in)
{
	struct sp_span text = sp_span_take(in, sp_span_u32(in));

	line_put(l, " ");
	line_text(l, text.at, sp_span_left(&text));
}

static int put_feature(struct attrs *attrs, struct sp_span in, struct line *l, struct sp_err *err)
{
	uint64_t bit = sp_span_u64(&in);
	const char *name =
		bit < sizeof(feature_names) / sizeof(feature_names[0]) ? feature_names[bit] : NULL;
	struct sp_span all = in;

	if (name)
		line_put(l, "%s", name);
	else
		line_put(l, "feature %" PRIu64, bit);
	switch (bit) {
	case SP_FEAT_HOSTNAME:
	case SP_FEAT_OSRELEASE:
	case SP_FEAT_VERSION:
	case SP_FEAT_ARCH:
	case SP_FEAT_CPUDESC:
	case SP_FEAT_CPUID:
		put_string(l, &in);
		break;
	case SP_FEAT_CMDLINE:
		for (uint32_t n = sp_span_u32(&in); n-- && !in.over;)
			put_string(l, &in);
		break;
	case SP_FEAT_NRCPUS:
		line_fields(l, &in, "available:4 online:4");
		break;
	case SP_FEAT_SAMPLE_TIME:
		line_fields(l, &in, "first:t last:t");
		break;
	case SP_FEAT_CLOCKID:
		line_fields(l, &in, "resolution:8");
		break;
	case SP_FEAT_CLOCK_DATA:
		line_fields(l, &in, "version:4 clockid:i wall:t clock:t");
		break;
	case SP_FEAT_EVENT_DESC:
		line_fields(l, &in, "events:4");
		return attrs_describe(attrs, all, err);
	default:
		line_put(l, " %zu bytes", sp_span_left(&in));
	}
	return in.over ? sp_fail(err, SP_ETRUNC, SP_NOWHERE, "it is cut short") : SP_OK;
}

static int put_update(struct attrs *attrs, struct sp_span in, struct line *l, struct sp_err *err)
{
	static const char *const kinds[] = { "unit", "scale", "name", "cpus" };
	struct sp_span all = in;
	uint64_t kind = sp_span_u64(&in), id = sp_span_u64(&in);

	line_put(l, "id=%" PRIu64 " %s", id, kind < 4 ? kinds[kind] : "?");
	if (kind == SP_UPDATE_NAME || kind == SP_UPDATE_UNIT)
		line_fields(l, &in, "text:s");
	return attrs_update(attrs, all, err);
}

static int put(const struct sp_record *r, struct attrs *attrs, struct formats *formats,
	       struct line *l, struct sp_err *err)
{
	struct sp_span in = sp_span_of(r->data + 8, r->size - 8, r->swap);

	switch (r->type) {
	case SP_REC_HEADER_ATTR:
		return put_attr(attrs, in, l, err);
	case SP_REC_HEADER_FEATURE:
		return put_feature(attrs, in, l, err);
	case SP_REC_EVENT_UPDATE:
		return put_update(attrs, in, l, err);
	case SP_REC_ID_INDEX:
		line_fields(l, &in, "n:8");
		return SP_OK;
	case SP_REC_HEADER_TRACING_DATA:
		line_fields(l, &in, "size:4");
		return formats_read(formats, in, err);
	case SP_REC_HEADER_BUILD_ID:
		line_fields(l, &in, "pid:i :8 :8 :8 path:s");
		return SP_OK;
	case SP_REC_AUXTRACE:
		line_fields(l, &in, "size:8 offset:x :8 idx:4 tid:i cpu:i");
		return SP_OK;
	default:
		return SP_OK;
	}
}

int describe_head(const struct sp_record *r, struct attrs *attrs, struct formats *formats,
		  struct line *l, struct sp_err *err)
{
	struct sp_err why = SP_ERR_INIT;
	int rc = put(r, attrs, formats, l, &why);

	if (rc == SP_ENOMEM || rc == SP_ELIMIT)
		return sp_fail(err, rc, r->off, "%s", why.text);
	if (rc < 0)
		line_put(l, "%sdamaged: %s", l->len ? "; " : "", why.text);
	return SP_OK;
}

#include "header.h"

#include "bytes.h"

#include <sirqprof/perfdata.h>
#include <sirqprof/version.h>

#include <inttypes.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* Entries of one ID_INDEX record: its size is a u16. */
#define INDEX_PER_RECORD 2000U

/* Sends what is in b as one record; total is larger than header.size for the tracing data. */
static int send(struct sp_record_sink out, struct bytes *b, uint32_t type, size_t header_size,
		struct sp_err *err)
{
	struct perf_event_header header = { .type = type, .size = (uint16_t)header_size };
	struct sp_record r = {
		.type = type,
		.data = b->at,
		.size = b->len,
		.off = SP_NOWHERE,
	};

	if (b->failed)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the recording's header");
	if (header_size > SP_MAX_RECORD_SIZE)
		return sp_fail(err, SP_ELIMIT, SP_NOWHERE, "too many CPUs for one header record");
	memcpy(b->at, &header, sizeof(header));
	return out.put(out.self, &r, err);
}

static void begin(struct bytes *b)
{
	struct perf_event_header header = { 0 };

	b->len = 0;
	bytes_put(b, &header, sizeof(header));
}

static int send_attr(struct sp_record_sink out, struct bytes *b, const struct perf_event_attr *attr,
		     const uint64_t *ids, uint32_t nids, const char *name, struct sp_err *err)
{
	int rc;

	begin(b);
	bytes_put(b, attr, attr->size);
	bytes_put(b, ids, nids * sizeof(*ids));
	rc = send(out, b, SP_REC_HEADER_ATTR, b->len, err);
	if (rc)
		return rc;
	begin(b);
	bytes_u64(b, SP_UPDATE_NAME);
	bytes_u64(b, nids ? ids[0] : 0);
	bytes_put(b, name, strlen(name) + 1);
	bytes_align(b, 8);
	return send(out, b, SP_REC_EVENT_UPDATE, b->len, err);
}

static int send_attrs(struct sp_record_sink out, struct bytes *b, const struct plan *p,
		      const struct stream_id *ids, uint32_t nids, struct sp_err *err)
{
	static const uint64_t fact_id = HEADER_FACT_ID;
	struct perf_event_attr fact = {
		.type = PERF_TYPE_SOFTWARE,
		.size = PERF_ATTR_SIZE_VER6,
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_period = 1,
		.sample_id_all = 1,
		.sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU |
			       PERF_SAMPLE_RAW,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
	};
	sp_auto_free uint64_t *of = calloc(nids + 1, sizeof(*of));
	int rc = SP_OK;

	if (!of)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for event ids");
	for (uint32_t e = 0; !rc && e < p->nevents; e++) {
		uint32_t n = 0;

		for (uint32_t i = 0; i < nids; i++)
			if (ids[i].event == e)
				of[n++] = ids[i].id;
		if (n)
			rc = send_attr(out, b, &p->events[e].attr, of, n, p->events[e].name, err);
	}
	return rc ? rc : send_attr(out, b, &fact, &fact_id, 1, SP_FACT_EVENT, err);
}

static int send_index(struct sp_record_sink out, struct bytes *b, const struct stream_id *ids,
		      uint32_t nids, struct sp_err *err)
{
	int rc = SP_OK;

	for (uint32_t from = 0; !rc && from < nids; from += INDEX_PER_RECORD) {
		uint32_t n = nids - from < INDEX_PER_RECORD ? nids - from : INDEX_PER_RECORD;

		begin(b);
		bytes_u64(b, n);
		for (uint32_t i = from; i < from + n; i++) {
			bytes_u64(b, ids[i].id);
			bytes_u64(b, ids[i].cpu); /* idx: which ring */
			bytes_u64(b, ids[i].cpu);
			bytes_u64(b, (uint64_t)-1); /* any thread */
		}
		rc = send(out, b, SP_REC_ID_INDEX, b->len, err);
	}
	return rc;
}

static void feature(struct bytes *b, enum sp_feature f)
{
	begin(b);
	bytes_u64(b, f);
}

/* perf's string: length with padding to 64, then the bytes. */
static int send_string(struct sp_record_sink out, struct bytes *b, enum sp_feature f,
		       const char *text, struct sp_err *err)
{
	feature(b, f);
	bytes_perf_string(b, text);
	return send(out, b, SP_REC_HEADER_FEATURE, b->len, err);
}

static uint64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

/* "model name	: …" of the first CPU; "" where /proc/cpuinfo has none (arm64). */
static void cpu_model(char *ret, size_t size)
{
	char line[256];
	FILE *f = fopen("/proc/cpuinfo", "re");

	ret[0] = 0;
	while (f && !ret[0] && fgets(line, sizeof(line), f)) {
		const char *colon = strchr(line, ':');

		if (colon && strncmp(line, "model name", 10) == 0)
			snprintf(ret, size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
	}
	if (f)
		fclose(f);
}

/* Our own words: their number, then each. */
static int send_cmdline(struct sp_record_sink out, struct bytes *b, struct sp_err *err)
{
	char text[4096];
	FILE *f = fopen("/proc/self/cmdline", "re");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0, count_at;
	uint32_t words = 0;

	if (f)
		fclose(f);
	if (!n)
		return SP_OK;
	text[n] = 0;
	feature(b, SP_FEAT_CMDLINE);
	count_at = b->len;
	bytes_u32(b, 0);
	for (size_t at = 0; at < n; at += strlen(text + at) + 1, words++)
		bytes_perf_string(b, text + at);
	if (!b->failed)
		memcpy(b->at + count_at, &words, sizeof(words));
	return send(out, b, SP_REC_HEADER_FEATURE, b->len, err);
}

static int send_features(struct sp_record_sink out, struct bytes *b, struct sp_err *err)
{
	char model[128];
	struct utsname u;
	int rc;

	if (uname(&u))
		return sp_fail_sys(err, "uname");
	rc = send_string(out, b, SP_FEAT_HOSTNAME, u.nodename, err);
	rc = rc ? rc : send_string(out, b, SP_FEAT_OSRELEASE, u.release, err);
	rc = rc ? rc : send_string(out, b, SP_FEAT_VERSION, "sirqprof " SP_VERSION, err);
	rc = rc ? rc : send_string(out, b, SP_FEAT_ARCH, u.machine, err);
	cpu_model(model, sizeof(model));
	if (!rc && model[0])
		rc = send_string(out, b, SP_FEAT_CPUDESC, model, err);
	rc = rc ? rc : send_cmdline(out, b, err);
	feature(b, SP_FEAT_NRCPUS);
	bytes_u32(b, (uint32_t)sysconf(_SC_NPROCESSORS_CONF));
	bytes_u32(b, (uint32_t)sysconf(_SC_NPROCESSORS_ONLN));
	rc = rc ? rc : send(out, b, SP_REC_HEADER_FEATURE, b->len, err);
	feature(b, SP_FEAT_CLOCKID);
	bytes_u64(b, 1); /* resolution, ns */
	rc = rc ? rc : send(out, b, SP_REC_HEADER_FEATURE, b->len, err);
	feature(b, SP_FEAT_CLOCK_DATA);
	bytes_u32(b, 1); /* version */
	bytes_u32(b, CLOCK_MONOTONIC);
	bytes_u64(b, clock_ns(CLOCK_REALTIME));
	bytes_u64(b, clock_ns(CLOCK_MONOTONIC));
	return rc ? rc : send(out, b, SP_REC_HEADER_FEATURE, b->len, err);
}

/* name NUL size(u64) bytes. What cannot be read (root's alone on some kernels) is left empty: perf
 * then takes the layout of its own machine, and tracepoints in perf records do not need it. */
static void put_file(struct bytes *b, struct tracefs *t, const char *path, const char *name)
{
	struct sp_err ignored = SP_ERR_INIT;
	sp_auto_free char *text = NULL;
	size_t len = 0;

	if (tracefs_read(t, path, &text, &len, &ignored))
		len = 0;
	bytes_put(b, name, strlen(name) + 1);
	bytes_u64(b, len);
	bytes_put(b, text, len);
}

/* The event formats, system by system. */
static void put_formats(struct bytes *b, const struct plan *p)
{
	uint32_t systems = 0;
	size_t count_at = b->len;

	bytes_u32(b, 0);
	for (uint32_t e = 0; e < p->nevents; e++) {
		const struct plan_event *first = &p->events[e];
		const char *colon = strchr(first->name, ':');
		size_t len = colon ? (size_t)(colon - first->name) + 1 : 0;
		uint32_t n = 0;
		bool seen = false;

		if (first->role != PLAN_TRACEPOINT || !colon)
			continue;
		for (uint32_t i = 0; i < e; i++)
			seen |= p->events[i].role == PLAN_TRACEPOINT &&
				strncmp(p->events[i].name, first->name, len) == 0;
		if (seen)
			continue;
		for (uint32_t i = e; i < p->nevents; i++)
			n += p->events[i].format &&
			     strncmp(p->events[i].name, first->name, len) == 0;
		bytes_put(b, first->name, len - 1);
		bytes_put(b, "", 1);
		bytes_u32(b, n);
		for (uint32_t i = e; i < p->nevents; i++) {
			if (!p->events[i].format ||
			    strncmp(p->events[i].name, first->name, len) != 0)
				continue;
			bytes_u64(b, strlen(p->events[i].format));
			bytes_put(b, p->events[i].format, strlen(p->events[i].format));
		}
		systems++;
	}
	if (!b->failed)
		memcpy(b->at + count_at, &systems, sizeof(systems));
}

static int send_tracing(struct sp_record_sink out, struct bytes *b, const struct plan *p,
			struct tracefs *t, struct sp_err *err)
{
	static const char magic[] = "\027\010\104tracing0.6";
	uint32_t size;

	begin(b);
	bytes_u32(b, 0); /* size of what follows */
	bytes_put(b, magic, sizeof(magic));
	bytes_u8(b, __BYTE_ORDER == __BIG_ENDIAN);
	bytes_u8(b, sizeof(long));
	bytes_u32(b, (uint32_t)sysconf(_SC_PAGESIZE));
	put_file(b, t, "events/header_page", "header_page");
	put_file(b, t, "events/header_event", "header_event");
	bytes_u32(b, 0); /* ftrace's own events */
	put_formats(b, p);
	bytes_u32(b, 0); /* kallsyms */
	bytes_u32(b, 0); /* printk formats */
	bytes_u64(b, 0); /* saved comms */
	/* perf's reader wants the blob padded to 8 bytes, counted from its own begin. */
	while ((b->len - 12) % 8)
		bytes_u8(b, 0);
	size = (uint32_t)(b->len - 12);
	if (!b->failed)
		memcpy(b->at + 8, &size, sizeof(size));
	return send(out, b, SP_REC_HEADER_TRACING_DATA, 12, err);
}

int header_write(struct sp_record_sink out, const struct plan *p, const struct stream_id *ids,
		 uint32_t nids, struct tracefs *t, struct sp_err *err)
{
	struct bytes b = { 0 };
	int rc = send_features(out, &b, err);

	rc = rc ? rc : send_attrs(out, &b, p, ids, nids, err);
	rc = rc ? rc : send_tracing(out, &b, p, t, err);
	rc = rc ? rc : send_index(out, &b, ids, nids, err);
	bytes_free(&b);
	return rc;
}

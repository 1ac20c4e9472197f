#include "stream.h"

#include "header.h"

#include <sirqprof/perfdata.h>

#include <linux/perf_event.h>
#include <stdlib.h>
#include <time.h>

/* Where the RAW bytes of a fact begin: header, IDENTIFIER, TIME, CPU, size of RAW. */
#define FACT_RAW 36U

struct stream {
	struct sp_record_sink out;
	uint8_t buf[SP_MAX_RECORD_SIZE + 1];
	size_t len; /* of the fact being built */
	bool cut;   /* a string did not fit */
};

uint64_t stream_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

int stream_new(struct stream **ret, struct sp_record_sink out, struct sp_err *err)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (!s)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the record stream");
	s->out = out;
	*ret = s;
	return SP_OK;
}

void stream_free(struct stream *s)
{
	free(s);
}

int stream_header(struct stream *s, const struct plan *p, const struct stream_id *ids,
		  uint32_t nids, struct tracefs *t, struct sp_err *err)
{
	return header_write(s->out, p, ids, nids, t, err);
}

int stream_record(struct stream *s, const uint8_t *data, uint16_t size, struct sp_err *err)
{
	struct perf_event_header header;
	struct sp_record r = { .data = data, .size = size, .off = SP_NOWHERE };

	memcpy(&header, data, sizeof(header));
	r.type = header.type;
	r.misc = header.misc;
	return s->out.put(s->out.self, &r, err);
}

int stream_round(struct stream *s, struct sp_err *err)
{
	struct perf_event_header header = { .type = SP_REC_FINISHED_ROUND, .size = sizeof(header) };

	return stream_record(s, (const uint8_t *)&header, sizeof(header), err);
}

static void put_bytes(struct stream *s, const void *data, size_t size)
{
	if (s->len + size > SP_MAX_RECORD_SIZE - 16) {
		s->cut = true;
		return;
	}
	memcpy(s->buf + s->len, data, size);
	s->len += size;
}

void fact_u32(struct stream *s, uint32_t v)
{
	put_bytes(s, &v, sizeof(v));
}

void fact_u64(struct stream *s, uint64_t v)
{
	put_bytes(s, &v, sizeof(v));
}

void fact_str(struct stream *s, const char *text)
{
	size_t len = strnlen(text, SP_MAX_STRING - 1);

	if (s->len + len + 1 > SP_MAX_RECORD_SIZE - 16) {
		s->cut = true;
		len = 0;
	}
	put_bytes(s, text, len);
	put_bytes(s, "", 1);
}

bool fact_room(const struct stream *s, size_t bytes)
{
	return s->len + bytes <= SP_MAX_RECORD_SIZE - 64;
}

void fact_begin(struct stream *s, enum sp_fact_kind kind, uint64_t time_ns, uint32_t cpu)
{
	struct sp_fact_head head = { .magic = SP_FACT_MAGIC, .kind = (uint16_t)kind, .version = 1 };
	uint64_t id = HEADER_FACT_ID, cpu_field = cpu;

	s->len = sizeof(struct perf_event_header);
	s->cut = false;
	put_bytes(s, &id, sizeof(id));
	put_bytes(s, &time_ns, sizeof(time_ns));
	put_bytes(s, &cpu_field, sizeof(cpu_field));
	fact_u32(s, 0); /* size of RAW, by fact_end() */
	put_bytes(s, &head, sizeof(head));
}

int fact_end(struct stream *s, struct sp_err *err)
{
	struct perf_event_header header = { .type = PERF_RECORD_SAMPLE };
	uint32_t raw;

	/* The kernel pads RAW so that the record stays 8-byte aligned, and counts the padding. */
	while (s->len % 8)
		s->buf[s->len++] = 0;
	raw = (uint32_t)(s->len - FACT_RAW);
	header.size = (uint16_t)s->len;
	header.misc = PERF_RECORD_MISC_KERNEL;
	memcpy(s->buf, &header, sizeof(header));
	memcpy(s->buf + FACT_RAW - 4, &raw, sizeof(raw));
	return stream_record(s, s->buf, header.size, err);
}

int fact_meta(struct stream *s, const char *key, const char *value, struct sp_err *err)
{
	fact_begin(s, SP_FACT_META, stream_now(), UINT32_MAX);
	fact_str(s, key);
	fact_str(s, value);
	return fact_end(s, err);
}

int fact_quality(struct stream *s, enum sp_quality_code code, uint32_t cpu, uint64_t count,
		 const char *detail, struct sp_err *err)
{
	fact_begin(s, SP_FACT_QUALITY, stream_now(), cpu);
	fact_u32(s, (uint32_t)code);
	fact_u32(s, cpu);
	fact_u64(s, count);
	fact_str(s, detail);
	return fact_end(s, err);
}

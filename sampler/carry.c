#include "carry.h"

#include "header.h"
#include "stream.h"

#include <sirqprof/facts.h>
#include <sirqprof/perfdata.h>

#include <linux/perf_event.h>

/* TIME in the sample_id of the side event's records (TID TIME CPU IDENTIFIER), from their end. */
#define SIDE_TIME_FROM_END 24U
/* TIME and kind of a fact: header, IDENTIFIER, TIME, CPU, size of RAW, magic, kind (stream.c). */
#define FACT_TIME 16U
#define FACT_CPU  24U
#define FACT_KIND 40U

enum keep { KEEP_NOT, KEEP_FIXED, KEEP_RECENT, KEEP_LATEST };

static enum keep keep_fact(const struct sp_record *r)
{
	uint64_t id;
	uint16_t kind;

	if (r->size < FACT_KIND + sizeof(kind))
		return KEEP_NOT;
	memcpy(&id, r->data + 8, sizeof(id));
	memcpy(&kind, r->data + FACT_KIND, sizeof(kind));
	if (id != HEADER_FACT_ID)
		return KEEP_NOT;
	switch (kind) {
	case SP_FACT_META:
	case SP_FACT_QUALITY:
	case SP_FACT_KSYM:
		return KEEP_FIXED;
	case SP_FACT_TASK:
	case SP_FACT_CGROUP:
		return KEEP_RECENT;
	case SP_FACT_THIN:
	case SP_FACT_SHED:
		return KEEP_LATEST;
	default:
		return KEEP_NOT;
	}
}

static enum keep keep_of(const struct sp_record *r)
{
	switch (r->type) {
	case SP_REC_ID_INDEX:
		return KEEP_FIXED;
	case PERF_RECORD_SAMPLE:
		return keep_fact(r);
	case PERF_RECORD_COMM:
	case PERF_RECORD_FORK:
	case PERF_RECORD_MMAP:
	case PERF_RECORD_MMAP2:
		return KEEP_RECENT;
	default:
		return KEEP_NOT;
	}
}

/* Drops the older half, whole records. */
static void forget_half(struct bytes *b)
{
	struct perf_event_header header;
	size_t at = 0;

	while (at < b->len / 2 && b->len - at >= sizeof(header)) {
		memcpy(&header, b->at + at, sizeof(header));
		if (header.size < sizeof(header) || header.size > b->len - at)
			break;
		at += header.size;
	}
	memmove(b->at, b->at + at, b->len - at);
	b->len -= at;
}

static bool same_state(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a + FACT_CPU, b + FACT_CPU, sizeof(uint32_t)) == 0 &&
	       memcmp(a + FACT_KIND, b + FACT_KIND, sizeof(uint16_t)) == 0;
}

/* Drops what the record follows: the same kind of fact of the same CPU. */
static void forget_older(struct bytes *b, const struct sp_record *r)
{
	struct perf_event_header header;
	size_t at = 0;

	for (; at < b->len; at += header.size) {
		memcpy(&header, b->at + at, sizeof(header));
		if (!same_state(b->at + at, r->data))
			continue;
		memmove(b->at + at, b->at + at + header.size, b->len - at - header.size);
		b->len -= header.size;
		return;
	}
}

static struct bytes *place_of(struct carry *c, enum keep keep)
{
	return keep == KEEP_FIXED ? &c->fixed : keep == KEEP_LATEST ? &c->latest : &c->recent;
}

int carry_note(struct carry *c, const struct sp_record *r, struct sp_err *err)
{
	enum keep keep = keep_of(r);
	struct bytes *b = place_of(c, keep);
	size_t time_at = r->type == PERF_RECORD_SAMPLE ? FACT_TIME : r->size - SIDE_TIME_FROM_END;

	if (keep == KEEP_NOT || r->size > SP_MAX_RECORD_SIZE)
		return SP_OK;
	if (keep == KEEP_FIXED && b->len + r->size > CARRY_FIXED_MAX) {
		c->left_out++;
		return SP_OK;
	}
	if (keep == KEEP_RECENT && b->len + r->size > CARRY_RECENT_MAX)
		forget_half(b);
	if (keep == KEEP_LATEST)
		forget_older(b, r);
	bytes_put(b, r->data, r->size);
	if (b->failed)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the next part's begin");
	if (r->type != SP_REC_ID_INDEX &&
	    r->size >= sizeof(struct perf_event_header) + SIDE_TIME_FROM_END)
		memset(b->at + b->len - r->size + time_at, 0, sizeof(uint64_t));
	return SP_OK;
}

int carry_tell(const struct carry *c, struct sp_record_sink out, struct sp_err *err)
{
	sp_auto(stream) s = NULL;
	int rc = c->left_out ? stream_new(&s, out, err) : SP_OK;

	return rc || !c->left_out ? rc
				  : fact_quality(s, SP_Q_LIMIT, UINT32_MAX, c->left_out,
						 "kernel names and notes of earlier parts", err);
}

void carry_free(struct carry *c)
{
	bytes_free(&c->fixed);
	bytes_free(&c->recent);
	bytes_free(&c->latest);
}

#include "sections.h"

#include <sirqprof/limits.h>
#include <sirqprof/span.h>

#include <linux/perf_event.h>
#include <stdlib.h>

enum step { STEP_FEATURES, STEP_ATTRS, STEP_LATE_FEATURES, STEP_DONE };

static const char tracing_magic[10] = "\027\010\104tracing";

int sections_begin(struct sections *s, struct source *in, const struct sp_file_header *h, bool swap,
		   struct sp_err *err)
{
	uint64_t end = in->size, least = PERF_ATTR_SIZE_VER0 + sizeof(struct sp_file_section);

	*s = (struct sections){ .header = *h, .swap = swap };
	if (h->attr_size < least || h->attr_size > SP_MAX_RECORD_SIZE / 2)
		return sp_fail(err, SP_EFORMAT, 16, "attr_size %llu is not that of a recording",
			       (unsigned long long)h->attr_size);
	if (h->attrs.offset > end || h->attrs.size > end - h->attrs.offset)
		return sp_fail(err, SP_EFORMAT, 24, "the event descriptions lie outside the file");
	if (h->data.offset > end)
		return sp_fail(err, SP_EFORMAT, 40,
			       "the data section begins behind the file's end");
	s->attr_at = h->attrs.offset;
	s->nattrs = h->attrs.size / h->attr_size;
	if (s->nattrs > SP_MAX_ATTRS)
		return sp_fail(err, SP_ELIMIT, 24, "more than %u events", SP_MAX_ATTRS);
	if (h->data.size && h->data.size <= end - h->data.offset)
		s->table_at = h->data.offset + h->data.size;
	return SP_OK;
}

void sections_end(struct sections *s)
{
	free(s->buf);
	s->buf = NULL;
}

static bool room_for(struct sections *s, size_t size)
{
	uint8_t *buf;

	if (size <= s->room)
		return true;
	buf = realloc(s->buf, size);
	if (!buf)
		return false;
	s->buf = buf;
	s->room = size;
	return true;
}

/* A record of head (behind the 8 bytes that every record has) and body. */
static int make(struct sections *s, uint32_t type, const void *head, size_t head_size,
		const uint8_t *body, size_t size, struct sp_record *ret, struct sp_err *err)
{
	if (!room_for(s, 8 + head_size + size))
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for a header section");
	memset(s->buf, 0, 8);
	memcpy(s->buf + 8, head, head_size);
	if (size)
		memcpy(s->buf + 8 + head_size, body, size);
	*ret = (struct sp_record){
		.type = type,
		.data = s->buf,
		.size = 8 + head_size + size,
		.off = SP_NOWHERE,
		.swap = s->swap,
	};
	return SP_OK;
}

static uint64_t host64(const struct sections *s, const uint8_t *at)
{
	struct sp_span in = sp_span_of(at, 8, s->swap);

	return sp_span_u64(&in);
}

/* An attr and its ids: the entry is padded to the widest, the attr says its own size. */
static int next_attr(struct sections *s, struct source *in, struct sp_record *ret,
		     struct sp_err *err)
{
	uint64_t width = s->header.attr_size - sizeof(struct sp_file_section), off, size;
	const uint8_t *at = source_at(in, s->attr_at, s->header.attr_size, err), *ids;
	uint8_t attr[SP_MAX_RECORD_SIZE / 2];
	struct sp_span sized;
	uint32_t own;

	s->attr_at += s->header.attr_size;
	s->nattrs--;
	if (!at)
		return sp_fail(err, SP_EFORMAT, s->attr_at - s->header.attr_size,
			       "event description cut short");
	memcpy(attr, at, width);
	sized = sp_span_of(attr + 4, 4, s->swap);
	own = sp_span_u32(&sized);
	own = own ? own : PERF_ATTR_SIZE_VER0;
	if (own > width)
		own = (uint32_t)width;
	off = host64(s, at + width);
	size = host64(s, at + width + 8);
	if (size > SP_MAX_IDS * 8ULL || off > in->size || size > in->size - off) {
		s->bad++; /* ids beyond the file: the event stays, without them */
		size = 0;
		off = 0;
	}
	ids = source_at(in, off, size, err);
	if (!ids)
		return sp_fail(err, SP_EFORMAT, off, "event ids cut short");
	return make(s, SP_REC_HEADER_ATTR, attr, own, ids, size, ret, err);
}

static int feature_record(struct sections *s, struct source *in, uint32_t bit, uint64_t off,
			  uint64_t size, struct sp_record *ret, struct sp_err *err)
{
	const uint8_t *body = source_at(in, off, size, err);
	uint64_t bit_field = s->swap ? __builtin_bswap64(bit) : bit;
	uint32_t size_field = s->swap ? __builtin_bswap32((uint32_t)size) : (uint32_t)size;

	if (!body)
		return sp_fail(err, SP_EFORMAT, off, "feature section outside the file");
	if (bit == SP_FEAT_TRACING_DATA)
		return make(s, SP_REC_HEADER_TRACING_DATA, &size_field, sizeof(size_field), body,
			    size, ret, err);
	return make(s, SP_REC_HEADER_FEATURE, &bit_field, sizeof(bit_field), body, size, ret, err);
}

/* EVENT_DESC and the formats need the attrs to be known. */
static bool is_late(uint32_t bit)
{
	return bit == SP_FEAT_EVENT_DESC || bit == SP_FEAT_TRACING_DATA;
}

static int next_feature(struct sections *s, struct source *in, bool late, struct sp_record *ret,
			struct sp_err *err)
{
	for (; s->bit < SP_FEATURE_BITS; s->bit++) {
		struct sp_err why = SP_ERR_INIT;
		const uint8_t *row;
		uint64_t off, size;

		if (!(s->header.features[s->bit / 64] >> s->bit % 64 & 1))
			continue;
		row = source_at(in, s->table_at + s->entry++ * 16, 16, &why);
		if (is_late(s->bit) != late)
			continue;
		off = row ? host64(s, row) : 0;
		size = row ? host64(s, row + 8) : 0;
		if (!row || size > SP_MAX_FEATURE_BYTES || off > in->size ||
		    size > in->size - off) {
			s->bad++;
			continue;
		}
		return feature_record(s, in, s->bit++, off, size, ret, err);
	}
	s->bit = 0;
	s->entry = 0;
	return SP_END;
}

/* A killed recorder of ours left the formats between attrs and data. */
static int tracing_in_gap(struct sections *s, struct source *in, struct sp_record *ret,
			  struct sp_err *err)
{
	uint64_t off = s->header.attrs.offset + s->header.attrs.size, end = s->header.data.offset;
	struct sp_err why = SP_ERR_INIT;
	const uint8_t *at = NULL;

	if (end > off && end - off <= SP_MAX_FEATURE_BYTES)
		at = source_at(in, off, end - off, &why);
	if (!at || end - off < sizeof(tracing_magic) ||
	    memcmp(at, tracing_magic, sizeof(tracing_magic)) != 0)
		return SP_END;
	return feature_record(s, in, SP_FEAT_TRACING_DATA, off, end - off, ret, err);
}

int sections_next(struct sections *s, struct source *in, struct sp_record *ret, struct sp_err *err)
{
	int rc = SP_END;

	for (; s->step != STEP_DONE; s->step++) {
		if (s->step == STEP_ATTRS) {
			if (s->nattrs)
				return next_attr(s, in, ret, err);
			continue;
		}
		if (s->table_at)
			rc = next_feature(s, in, s->step == STEP_LATE_FEATURES, ret, err);
		else if (s->step == STEP_LATE_FEATURES && !s->bit++)
			rc = tracing_in_gap(s, in, ret, err);
		if (rc != SP_END)
			return rc;
	}
	return SP_END;
}

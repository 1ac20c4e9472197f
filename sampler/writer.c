#include "writer.h"

#include "bytes.h"
#include "carry.h"
#include "outfile.h"
#include "parts.h"
#include "stream.h"

#include <sirqprof/limits.h>
#include <sirqprof/perfdata.h>

#include <assert.h>
#include <linux/perf_event.h>
#include <stdlib.h>

/* What HEADER_ATTR and EVENT_UPDATE said of one event. */
struct kind {
	uint8_t attr[PERF_ATTR_SIZE_VER7];
	uint32_t attr_size;
	uint64_t *ids;
	uint32_t nids;
	char name[SP_COMM_LEN * 5];
};

struct writer {
	struct writer_cfg cfg;
	struct outfile *out;
	struct kind *kinds;
	uint32_t nkinds;
	struct bytes features[SP_FEATURE_BITS]; /* content by bit, empty: not there */
	struct sp_file_header header;
	uint64_t tracing_at; /* where the tracing data lies, before the data */
	bool started;	     /* sections before the data are written */
	struct carry carry;
	uint64_t begun_ns;    /* of this part */
	uint64_t begun_bytes; /* what it begins with */
	uint64_t flushed_ns;
	uint64_t earlier_bytes; /* of the parts before */
};

static bool has_limit(const struct writer *w)
{
	return w->cfg.max_bytes || w->cfg.max_age_ns;
}

int writer_new(struct writer **ret, const struct writer_cfg *cfg, struct sp_err *err)
{
	sp_auto(writer) w = calloc(1, sizeof(*w));
	int rc;

	if (!w)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the writer");
	w->cfg = *cfg;
	w->kinds = calloc(SP_MAX_ATTRS, sizeof(*w->kinds));
	if (!w->kinds)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the writer");
	rc = outfile_new(&w->out, cfg->path, cfg->force, err);
	if (!rc && has_limit(w))
		rc = parts_remove(cfg->path, WRITER_PARTS, cfg->force, err);
	if (!rc)
		*ret = sp_take(w);
	return rc;
}

void writer_free(struct writer *w)
{
	if (!w)
		return;
	outfile_free(w->out);
	for (uint32_t i = 0; w->kinds && i < w->nkinds; i++)
		free(w->kinds[i].ids);
	for (uint32_t i = 0; i < SP_FEATURE_BITS; i++)
		bytes_free(&w->features[i]);
	carry_free(&w->carry);
	free(w->kinds);
	free(w);
}

uint64_t writer_bytes(const struct writer *w)
{
	return w->earlier_bytes + (w->out ? outfile_size(w->out) : 0);
}

uint64_t writer_kept(const struct writer *w, uint32_t *ret_parts)
{
	return parts_kept(w->cfg.path, has_limit(w) ? WRITER_PARTS : 1, ret_parts);
}

static int put_header(struct writer *w, struct sp_err *err)
{
	static_assert(sizeof(w->header) == SP_FILE_HEADER_SIZE, "the header is written as it is");
	return outfile_patch(w->out, 0, &w->header, sizeof(w->header), err);
}

/* The largest attr decides the size of an entry; smaller ones are padded with zeroes. */
static uint32_t widest_attr(const struct writer *w)
{
	uint32_t widest = 0;

	for (uint32_t i = 0; i < w->nkinds; i++)
		if (w->kinds[i].attr_size > widest)
			widest = w->kinds[i].attr_size;
	return widest;
}

static int put_as_is(void *self, const struct sp_record *r, struct sp_err *err)
{
	return outfile_put(((struct writer *)self)->out, r->data, r->size, err);
}

/*
 * header │ ids of each event │ attrs │ tracing data │ data …
 * The tracing data stands before the data so that a killed recorder leaves it behind; a reader
 * finds it between attrs and data by its magic.
 */
static int start(struct writer *w, struct sp_err *err)
{
	struct sp_file_header *h = &w->header;
	uint64_t at = SP_FILE_HEADER_SIZE;
	uint32_t width = widest_attr(w);
	const struct bytes *tracing = &w->features[SP_FEAT_TRACING_DATA];
	int rc;

	*h = (struct sp_file_header){
		.magic = SP_PERF_MAGIC2,
		.size = SP_FILE_HEADER_SIZE,
		.attr_size = width + sizeof(struct sp_file_section),
	};
	w->started = true;
	w->begun_ns = w->flushed_ns = stream_now();
	rc = outfile_put(w->out, h, SP_FILE_HEADER_SIZE, err);
	for (uint32_t i = 0; !rc && i < w->nkinds; i++)
		rc = outfile_put(w->out, w->kinds[i].ids, w->kinds[i].nids * sizeof(uint64_t), err);
	h->attrs.offset = outfile_size(w->out);
	for (uint32_t i = 0; !rc && i < w->nkinds; i++) {
		struct sp_file_section ids = { at, w->kinds[i].nids * sizeof(uint64_t) };

		at += ids.size;
		rc = outfile_put(w->out, w->kinds[i].attr, width, err);
		rc = rc ? rc : outfile_put(w->out, &ids, sizeof(ids), err);
	}
	h->attrs.size = outfile_size(w->out) - h->attrs.offset;
	w->tracing_at = outfile_size(w->out);
	rc = rc ? rc : outfile_put(w->out, tracing->at, tracing->len, err);
	h->data.offset = outfile_size(w->out);
	rc = rc ? rc : outfile_flush(w->out, err);
	rc = rc ? rc : put_header(w, err);
	rc = rc ? rc : outfile_put(w->out, w->carry.fixed.at, w->carry.fixed.len, err);
	rc = rc ? rc : outfile_put(w->out, w->carry.recent.at, w->carry.recent.len, err);
	rc = rc ? rc : outfile_put(w->out, w->carry.latest.at, w->carry.latest.len, err);
	rc = rc ? rc : carry_tell(&w->carry, (struct sp_record_sink){ put_as_is, w }, err);
	w->begun_bytes = outfile_size(w->out);
	return rc;
}

static int keep_attr(struct writer *w, const struct sp_record *r, struct sp_err *err)
{
	struct kind *k = &w->kinds[w->nkinds];
	uint32_t size;

	memcpy(&size, r->data + 12, sizeof(size));
	if (w->nkinds == SP_MAX_ATTRS || size > sizeof(k->attr) || 8 + size > r->size)
		return sp_fail(err, SP_ELIMIT, SP_NOWHERE, "more events than a recording holds");
	memcpy(k->attr, r->data + 8, size);
	k->attr_size = size;
	k->nids = (uint32_t)((r->size - 8 - size) / sizeof(uint64_t));
	k->ids = malloc(k->nids * sizeof(uint64_t) + 1);
	if (!k->ids)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for event ids");
	memcpy(k->ids, r->data + 8 + size, k->nids * sizeof(uint64_t));
	w->nkinds++;
	return SP_OK;
}

static void keep_name(struct writer *w, const struct sp_record *r)
{
	uint64_t what, id;

	if (r->size < 25)
		return;
	memcpy(&what, r->data + 8, sizeof(what));
	memcpy(&id, r->data + 16, sizeof(id));
	for (uint32_t i = 0; what == SP_UPDATE_NAME && i < w->nkinds; i++)
		if (w->kinds[i].nids && w->kinds[i].ids[0] == id)
			snprintf(w->kinds[i].name, sizeof(w->kinds[i].name), "%.*s",
				 (int)(r->size - 24), (const char *)r->data + 24);
}

static int keep_feature(struct writer *w, uint64_t bit, const uint8_t *data, size_t size,
			struct sp_err *err)
{
	if (bit >= SP_FEATURE_BITS)
		return SP_OK;
	w->features[bit].len = 0;
	bytes_put(&w->features[bit], data, size);
	if (w->features[bit].failed)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for a feature section");
	return SP_OK;
}

/* nr, attr size, then for each event its attr, number of ids, name, ids
 * (perf.data-file-format.txt, HEADER_EVENT_DESC). */
static int make_event_desc(struct writer *w, struct sp_err *err)
{
	struct bytes *b = &w->features[SP_FEAT_EVENT_DESC];
	uint32_t width = widest_attr(w);

	b->len = 0;
	bytes_u32(b, w->nkinds);
	bytes_u32(b, width);
	for (uint32_t i = 0; i < w->nkinds; i++) {
		const struct kind *k = &w->kinds[i];

		bytes_put(b, k->attr, width);
		bytes_u32(b, k->nids);
		bytes_perf_string(b, k->name);
		bytes_put(b, k->ids, k->nids * sizeof(uint64_t));
	}
	return b->failed ? sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to describe %u events",
				   w->nkinds)
			 : SP_OK;
}

/* The table of sections right behind the data, then their contents; the tracing data lies before
 * the data already. */
static int put_features(struct writer *w, struct sp_err *err)
{
	struct sp_file_section table[SP_FEATURE_BITS];
	uint32_t n = 0;
	uint64_t at;
	int rc;

	for (uint32_t bit = 0; bit < SP_FEATURE_BITS; bit++)
		n += w->features[bit].len != 0;
	at = outfile_size(w->out) + n * sizeof(table[0]);
	n = 0;
	for (uint32_t bit = 0; bit < SP_FEATURE_BITS; bit++) {
		uint64_t size = w->features[bit].len;

		if (!size)
			continue;
		w->header.features[bit / 64] |= 1ULL << bit % 64;
		table[n++] =
			(struct sp_file_section){ bit == SP_FEAT_TRACING_DATA ? w->tracing_at : at,
						  size };
		at += bit == SP_FEAT_TRACING_DATA ? 0 : size;
	}
	rc = outfile_put(w->out, table, n * sizeof(table[0]), err);
	for (uint32_t bit = 0; !rc && bit < SP_FEATURE_BITS; bit++)
		if (bit != SP_FEAT_TRACING_DATA)
			rc = outfile_put(w->out, w->features[bit].at, w->features[bit].len, err);
	return rc;
}

/* Features, then the header that says where the data ends: until then the file counts as one that
 * its recorder left open. */
static int finish(struct writer *w, struct sp_err *err)
{
	int rc = outfile_flush(w->out, err);

	w->header.data.size = outfile_size(w->out) - w->header.data.offset;
	rc = rc ? rc : make_event_desc(w, err);
	rc = rc ? rc : put_features(w, err);
	rc = rc ? rc : outfile_flush(w->out, err);
	rc = rc ? rc : put_header(w, err);
	w->earlier_bytes += outfile_size(w->out);
	rc = rc ? rc : outfile_close(w->out, err);
	outfile_free(w->out);
	w->out = NULL;
	return rc;
}

static int next_part(struct writer *w, struct sp_err *err)
{
	int rc = finish(w, err);

	rc = rc ? rc : parts_move_on(w->cfg.path, WRITER_PARTS, err);
	rc = rc ? rc : outfile_new(&w->out, w->cfg.path, w->cfg.force, err);
	return rc ? rc : start(w, err);
}

static bool part_is_full(const struct writer *w, uint64_t now)
{
	uint64_t size = outfile_size(w->out);

	/* A part that hardly holds more than its own begin would be no use. */
	if (w->cfg.max_bytes && size >= w->cfg.max_bytes / WRITER_PARTS &&
	    size >= 2 * w->begun_bytes)
		return true;
	return w->cfg.max_age_ns && now - w->begun_ns >= w->cfg.max_age_ns / (WRITER_PARTS - 1);
}

/* All rings have been read once: a good place for a part to end, and for a killed recorder's file.
 */
static int on_round(struct writer *w, struct sp_err *err)
{
	uint64_t now = stream_now();

	if (part_is_full(w, now))
		return next_part(w, err);
	if (now - w->flushed_ns < WRITER_FLUSH_NS)
		return SP_OK;
	w->flushed_ns = now;
	return outfile_flush(w->out, err);
}

static int put_data(struct writer *w, const struct sp_record *r, struct sp_err *err)
{
	struct sp_err ignored = SP_ERR_INIT;
	int rc = SP_OK;

	if (!w->started)
		rc = start(w, err);
	if (!rc && has_limit(w))
		rc = carry_note(&w->carry, r, err);
	rc = rc ? rc : outfile_put(w->out, r->data, r->size, err);
	if (!rc && r->type == SP_REC_FINISHED_ROUND)
		rc = on_round(w, err);
	/* What the failed write gave back may do for the sections; if not, the file stays open. */
	if (rc && w->out)
		finish(w, &ignored);
	return rc;
}

static int on_record(void *self, const struct sp_record *r, struct sp_err *err)
{
	struct writer *w = self;
	uint64_t bit;

	if (!w->out)
		return sp_fail(err, SP_ESYS, SP_NOWHERE, "%s is closed", w->cfg.path);
	switch (r->type) {
	case SP_REC_HEADER_ATTR:
		return keep_attr(w, r, err);
	case SP_REC_EVENT_UPDATE:
		keep_name(w, r);
		return SP_OK;
	case SP_REC_HEADER_TRACING_DATA:
		return keep_feature(w, SP_FEAT_TRACING_DATA, r->data + 12, r->size - 12, err);
	case SP_REC_HEADER_FEATURE:
		memcpy(&bit, r->data + 8, sizeof(bit));
		return keep_feature(w, bit, r->data + 16, r->size - 16, err);
	default:
		return put_data(w, r, err);
	}
}

struct sp_record_sink writer_sink(struct writer *w)
{
	return (struct sp_record_sink){ .put = on_record, .self = w };
}

int writer_close(struct writer *w, struct sp_err *err)
{
	int rc = SP_OK;

	if (!w->out)
		return SP_OK; /* a full disk has closed it */
	if (!w->started)
		rc = start(w, err);
	return rc ? rc : finish(w, err);
}

void writer_close_failed(struct writer *w)
{
	struct sp_err ignored = SP_ERR_INIT;

	if (w && w->started)
		writer_close(w, &ignored);
}

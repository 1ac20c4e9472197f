#include "reader.h"

#include "compress.h"
#include "sections.h"
#include "source.h"

#include <sirqprof/limits.h>
#include <sirqprof/perfdata.h>
#include <sirqprof/span.h>

#include <byteswap.h>
#include <linux/perf_event.h>
#include <stdlib.h>

struct reader {
	struct source source;
	struct sections sections;
	struct compress *compress;
	bool swap, in_sections;
	bool expanding;			/* a compressed record is being expanded */
	uint64_t at;			/* next record */
	const uint8_t *hand, *hand_end; /* bytes from there on that are at hand; NULL: look */
	uint64_t end;			/* of the data section; UINT64_MAX: until the input ends */
	uint64_t unclosed, truncated, garbage, compressed_bad;
};

/* What the file looks like instead, in words that follow its name; "" when that is not known. */
static const char *looks_like(const uint8_t *head, uint64_t size)
{
	static const struct {
		const char *magic;
		uint64_t size;
		const char *words;
	} packed[] = { { "\x1f\x8b", 2, ": it is compressed, gunzip it first" },
		       { "\xfd"
			 "7zXZ",
			 5, ": it is compressed, unxz it first" },
		       { "\x28\xb5\x2f\xfd", 4, ": it is compressed, unzstd it first" },
		       { "BZh", 3, ": it is compressed, bunzip2 it first" } };

	for (size_t i = 0; i < sizeof(packed) / sizeof(packed[0]); i++)
		if (size >= packed[i].size && !memcmp(head, packed[i].magic, packed[i].size))
			return packed[i].words;
	for (uint64_t i = 0; i < size; i++)
		if ((head[i] < ' ' && !strchr("\t\r\n", head[i])) || head[i] > '~' || !head[i])
			return "";
	return size ? ": it is text; a spike file goes behind --spikes" : ": it is empty";
}

static int not_recording(struct reader *r, const char *name, struct sp_err *err)
{
	uint64_t size = source_left(&r->source, 0);
	const uint8_t *head;

	size = size < SP_PIPE_HEADER_SIZE ? size : SP_PIPE_HEADER_SIZE;
	head = size ? source_at(&r->source, 0, size, err) : NULL;
	return sp_fail(err, SP_EFORMAT, 0,
		       "%s is not a perf.data recording (made by 'sirqprof record' or 'perf "
		       "record')%s",
		       name, head || !size ? looks_like(head, size) : "");
}

static int begin_file(struct reader *r, const uint8_t *head, struct sp_err *err)
{
	struct sp_span in = sp_span_of(head, SP_FILE_HEADER_SIZE, r->swap);
	struct sp_file_header h;

	h.magic = sp_span_u64(&in);
	h.size = sp_span_u64(&in);
	h.attr_size = sp_span_u64(&in);
	h.attrs.offset = sp_span_u64(&in);
	h.attrs.size = sp_span_u64(&in);
	h.data.offset = sp_span_u64(&in);
	h.data.size = sp_span_u64(&in);
	h.event_types.offset = sp_span_u64(&in);
	h.event_types.size = sp_span_u64(&in);
	/* The bitmap is made of u64, or of u32 pairs on 32-bit big-endian machines: perf looks for
	 * HOSTNAME to tell (perf_file_header__read()). */
	for (int i = 0; i < 4; i++)
		h.features[i] = sp_span_u64(&in);
	if (r->swap && !(h.features[0] >> SP_FEAT_HOSTNAME & 1))
		for (int i = 0; i < 4; i++)
			h.features[i] = h.features[i] << 32 | h.features[i] >> 32;
	r->in_sections = true;
	r->at = h.data.offset;
	r->end = h.data.offset + h.data.size;
	if (!h.data.size) {
		r->unclosed = 1;
		r->end = UINT64_MAX;
	} else if (r->end < h.data.offset || r->end > r->source.size) {
		r->truncated = r->source.size;
		r->end = UINT64_MAX;
	}
	return sections_begin(&r->sections, &r->source, &h, r->swap, err);
}

static int begin(struct reader *r, const char *name, struct sp_err *err)
{
	const uint8_t *head = source_at(&r->source, 0, SP_PIPE_HEADER_SIZE, err);
	uint64_t magic, size;

	if (!head)
		return err->code ? (int)err->code : not_recording(r, name, err);
	memcpy(&magic, head, sizeof(magic));
	if (memcmp(head, SP_PERF_MAGIC1, 8) == 0)
		return sp_fail(err, SP_EUNSUP, 0,
			       "perf.data version 1 (before Linux 2.6.35) is not supported: record "
			       "anew with a current perf");
	if (magic != SP_PERF_MAGIC2 && magic != bswap_64(SP_PERF_MAGIC2))
		return not_recording(r, name, err);
	r->swap = magic != SP_PERF_MAGIC2;
	memcpy(&size, head + 8, sizeof(size));
	size = r->swap ? bswap_64(size) : size;
	if (size == SP_PIPE_HEADER_SIZE) {
		r->at = SP_PIPE_HEADER_SIZE;
		r->end = UINT64_MAX;
		return SP_OK;
	}
	if (!r->source.whole)
		return sp_fail(
			err, SP_EUNSUP, 8,
			"a recording in file mode cannot be read from a pipe: give its path, or "
			"record with 'perf record -o -'");
	head = size == SP_FILE_HEADER_SIZE ? source_at(&r->source, 0, SP_FILE_HEADER_SIZE, err)
					   : NULL;
	if (!head)
		return sp_fail(err, SP_EFORMAT, 8,
			       "the recording's header is cut short or damaged");
	return begin_file(r, head, err);
}

static struct reader *new_reader(struct sp_err *err)
{
	struct reader *r = calloc(1, sizeof(*r));

	if (!r)
		sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to read");
	else
		r->source.fd = -1;
	return r;
}

int reader_open(struct reader **ret, const char *path, struct sp_err *err)
{
	sp_auto(reader) r = new_reader(err);
	int rc;

	if (!r)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to read");
	rc = source_open(&r->source, path, err);
	rc = rc ? rc : begin(r, strcmp(path, "-") == 0 ? "standard input" : path, err);
	if (!rc)
		*ret = sp_take(r);
	return rc;
}

int reader_open_memory(struct reader **ret, const void *data, size_t size, struct sp_err *err)
{
	sp_auto(reader) r = new_reader(err);
	int rc;

	if (!r)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to read");
	source_memory(&r->source, data, size);
	rc = begin(r, "this", err);
	if (!rc)
		*ret = sp_take(r);
	return rc;
}

void reader_free(struct reader *r)
{
	if (!r)
		return;
	sections_end(&r->sections);
	compress_free(r->compress);
	source_close(&r->source);
	free(r);
}

static inline void read_header(const struct reader *r, const uint8_t *at, struct sp_record *ret,
			       uint16_t *size)
{
	struct perf_event_header h;

	memcpy(&h, at, sizeof(h));
	ret->type = r->swap ? bswap_32(h.type) : h.type;
	ret->misc = r->swap ? bswap_16(h.misc) : h.misc;
	*size = r->swap ? bswap_16(h.size) : h.size;
	ret->swap = r->swap;
}

/* The next record out of the compressed stream; SP_END when it needs more of it. */
static int next_expanded(struct reader *r, struct sp_record *ret)
{
	struct sp_err why = SP_ERR_INIT;
	const uint8_t *at = compress_peek(r->compress, 8, &why);
	uint16_t size = 0;

	if (at) {
		read_header(r, at, ret, &size);
		at = size < 8 ? NULL : compress_peek(r->compress, size, &why);
	}
	if (at) {
		ret->data = at;
		ret->size = size;
		ret->off = r->at;
		compress_take(r->compress, size);
		return SP_OK;
	}
	if (why.code || (size && size < 8)) {
		/* The stream cannot be followed past damage. */
		r->compressed_bad++;
		r->end = r->at;
	}
	r->expanding = false;
	return SP_END;
}

static int start_expanding(struct reader *r, const struct sp_record *c, struct sp_err *err)
{
	struct sp_span in = sp_span_of(c->data + 8, c->size - 8, r->swap);
	int rc = r->compress ? SP_OK : compress_new(&r->compress, err);

	if (rc)
		return rc;
	if (c->type == SP_REC_COMPRESSED2) {
		uint64_t n = sp_span_u64(&in);

		if (n < sp_span_left(&in))
			in.end = in.at + n;
	}
	compress_feed(r->compress, in.at, sp_span_left(&in));
	r->expanding = true;
	return SP_OK;
}

/* Bytes that two kinds of records carry behind what their header counts. */
static uint64_t blob_size(const struct sp_record *rec)
{
	struct sp_span in = sp_span_of(rec->data + 8, rec->size - 8, rec->swap);

	return rec->type == SP_REC_HEADER_TRACING_DATA ? sp_span_u32(&in) : sp_span_u64(&in);
}

/* Damage: nothing behind it can be trusted to be a record. */
static int stop_at(struct reader *r, uint64_t *what, uint64_t count)
{
	*what = count ? count : 1;
	r->end = r->at;
	return SP_END;
}

/* The next record of the data section as it stands in the input. */
static int next_stored(struct reader *r, struct sp_record *ret, struct sp_err *err)
{
	const uint8_t *at;
	uint64_t blob;
	uint16_t size;

	if (!r->source.whole)
		source_forget(&r->source, r->at);
	if (r->at >= r->end)
		return SP_END;
	at = source_at(&r->source, r->at, 8, err);
	if (!at)
		return err->code			? (int)err->code
		       : source_left(&r->source, r->at) ? stop_at(r, &r->truncated, r->at)
							: SP_END;
	read_header(r, at, ret, &size);
	if (size < 8)
		return stop_at(
			r, &r->garbage,
			(r->end == UINT64_MAX ? source_left(&r->source, r->at) : r->end - r->at));
	at = r->end - r->at >= size ? source_at(&r->source, r->at, size, err) : NULL;
	if (!at)
		return err->code ? (int)err->code : stop_at(r, &r->truncated, r->at);
	ret->data = at;
	ret->size = size;
	ret->off = r->at;
	if (ret->type != SP_REC_HEADER_TRACING_DATA && ret->type != SP_REC_AUXTRACE) {
		r->at += size;
		return SP_OK;
	}
	blob = blob_size(ret);
	if (blob && ret->type == SP_REC_HEADER_TRACING_DATA) {
		if (blob > SP_MAX_FEATURE_BYTES)
			return sp_fail(err, SP_ELIMIT, r->at, "tracing data of %llu bytes",
				       (unsigned long long)blob);
		at = source_at(&r->source, r->at, size + blob, err);
		if (!at)
			return err->code ? (int)err->code : stop_at(r, &r->truncated, r->at);
		ret->data = at;
		ret->size = size + blob;
	}
	if (blob > UINT64_MAX - r->at - size)
		return stop_at(r, &r->truncated, r->at);
	r->at += size + blob;
	return SP_OK;
}

/* The bytes of a file that were read with the newest record and follow it. */
static void note_hand(struct reader *r)
{
	const struct source *s = &r->source;
	uint64_t at = r->at - s->base, left;

	if (!s->whole || r->at < s->base || at > s->have || r->at > r->end)
		return;
	left = r->end - r->at < s->have - at ? r->end - r->at : s->have - at;
	r->hand = s->data + at;
	r->hand_end = r->hand + left;
}

/* The kernel's own records whose bytes are at hand: nearly all. */
static inline bool next_at_hand(struct reader *r, struct sp_record *ret)
{
	size_t left = (size_t)(r->hand_end - r->hand);
	uint16_t size;

	if (left < 8)
		return false;
	read_header(r, r->hand, ret, &size);
	if (size < 8 || size > left || ret->type >= SP_REC_HEADER_ATTR)
		return false;
	ret->data = r->hand;
	ret->size = size;
	ret->off = r->at;
	r->hand += size;
	r->at += size;
	return true;
}

int reader_next(struct reader *r, struct sp_record *ret, struct sp_err *err)
{
	int rc;

	if (r->hand && next_at_hand(r, ret))
		return SP_OK;
	r->hand = r->hand_end = NULL;
	if (r->in_sections) {
		rc = sections_next(&r->sections, &r->source, ret, err);
		if (rc != SP_END)
			return rc;
		r->in_sections = false;
	}
	for (;;) {
		if (r->expanding && next_expanded(r, ret) == SP_OK)
			return SP_OK;
		rc = next_stored(r, ret, err);
		if (!rc && ret->type != SP_REC_COMPRESSED && ret->type != SP_REC_COMPRESSED2)
			note_hand(r);
		if (rc || r->hand ||
		    (ret->type != SP_REC_COMPRESSED && ret->type != SP_REC_COMPRESSED2))
			return rc;
		rc = start_expanding(r, ret, err);
		if (rc)
			return rc;
	}
}

void reader_times(const struct reader *r, int64_t *ret_made_ns, int64_t *ret_written_ns)
{
	struct source_times t;

	source_times(&r->source, &t);
	*ret_made_ns = t.made_ns;
	*ret_written_ns = t.written_ns;
}

uint32_t reader_damage(const struct reader *r, struct reader_damage *ret, uint32_t max)
{
	const struct reader_damage all[] = {
		{ SP_Q_UNCLOSED, r->unclosed },
		{ SP_Q_TRUNCATED, r->truncated },
		{ SP_Q_GARBAGE, r->garbage },
		{ SP_Q_TRUNCATED, r->compressed_bad },
		{ SP_Q_UNKNOWN_RECORD, r->sections.bad },
	};
	uint32_t n = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && n < max; i++)
		if (all[i].count)
			ret[n++] = all[i];
	return n;
}

#include "writer.h"

#include "bytes.h"

#include <sirqprof/limits.h>
#include <sirqprof/perfdata.h>

#include <assert.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Large writes: one for thousands of records. */
#define OUT_BYTES (1U << 20)

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
	int fd;
	struct kind *kinds;
	uint32_t nkinds;
	struct bytes features[SP_FEATURE_BITS];	/* content by bit, empty: not there */
	struct sp_file_header header;
	uint64_t tracing_at;	/* where the tracing data lies, before the data */
	bool started;		/* sections before the data are written */
	uint8_t *out;
	size_t out_len;
	uint64_t written;	/* bytes of the file so far, out included */
};

/* A recording starts with one of perf's magics; an empty file is nobody's. */
static bool is_recording(int fd)
{
	char magic[8];
	ssize_t n = pread(fd, magic, sizeof(magic), 0);

	return n == 0 || (n == 8 && (memcmp(magic, "PERFILE2", 8) == 0 ||
				     memcmp(magic, "PERFFILE", 8) == 0));
}

static int open_file(struct writer *w, struct sp_err *err)
{
	const char *path = w->cfg.path;
	struct stat st;

	w->fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (w->fd < 0 && errno == ELOOP)
		return sp_fail(err, SP_EUSAGE, SP_NOWHERE,
			       "%s is a symbolic link: name the file itself", path);
	if (w->fd < 0)
		return sp_fail_sys(err, "cannot write %s", path);
	if (fstat(w->fd, &st))
		return sp_fail_sys(err, "%s", path);
	if (!S_ISREG(st.st_mode))
		return sp_fail(err, SP_EUSAGE, SP_NOWHERE, "%s is no regular file", path);
	if (!w->cfg.force && !is_recording(w->fd))
		return sp_fail(err, SP_EUSAGE, SP_NOWHERE,
			       "%s is there and is no recording: --force overwrites it", path);
	if (fchmod(w->fd, 0600) || ftruncate(w->fd, 0))
		return sp_fail_sys(err, "%s", path);
	return SP_OK;
}

int writer_new(struct writer **ret, const struct writer_cfg *cfg, struct sp_err *err)
{
	sp_auto(writer) w = calloc(1, sizeof(*w));
	int rc;

	if (!w)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the writer");
	w->cfg = *cfg;
	w->fd = -1;
	w->out = malloc(OUT_BYTES);
	w->kinds = calloc(SP_MAX_ATTRS, sizeof(*w->kinds));
	if (!w->out || !w->kinds)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the writer");
	rc = open_file(w, err);
	if (!rc)
		*ret = sp_take(w);
	return rc;
}

void writer_free(struct writer *w)
{
	if (!w)
		return;
	if (w->fd >= 0)
		close(w->fd);
	for (uint32_t i = 0; w->kinds && i < w->nkinds; i++)
		free(w->kinds[i].ids);
	for (uint32_t i = 0; i < SP_FEATURE_BITS; i++)
		bytes_free(&w->features[i]);
	free(w->kinds);
	free(w->out);
	free(w);
}

uint64_t writer_bytes(const struct writer *w)
{
	return w->written;
}

static int flush(struct writer *w, struct sp_err *err)
{
	size_t done = 0;

	while (done < w->out_len) {
		ssize_t n = write(w->fd, w->out + done, w->out_len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return sp_fail_sys(err, "writing %s (what reached it is readable)",
					   w->cfg.path);
		done += (size_t)n;
	}
	w->out_len = 0;
	return SP_OK;
}

static int put(struct writer *w, const void *data, size_t size, struct sp_err *err)
{
	const uint8_t *at = data;

	w->written += size;
	while (size) {
		size_t n = OUT_BYTES - w->out_len < size ? OUT_BYTES - w->out_len : size;

		memcpy(w->out + w->out_len, at, n);
		w->out_len += n;
		at += n;
		size -= n;
		if (w->out_len == OUT_BYTES && flush(w, err))
			return err->code;
	}
	return SP_OK;
}

static int put_header(struct writer *w, struct sp_err *err)
{
	uint8_t bytes[SP_FILE_HEADER_SIZE];

	static_assert(sizeof(w->header) == sizeof(bytes), "the header is written as it is");
	memcpy(bytes, &w->header, sizeof(bytes));
	if (pwrite(w->fd, bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return sp_fail_sys(err, "writing %s", w->cfg.path);
	return SP_OK;
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

/*
 * header │ ids of each event │ attrs │ tracing data │ data …
 * The tracing data stands before the data so that a killed recorder leaves it behind; a reader finds
 * it between attrs and data by its magic.
 */
static int start(struct writer *w, struct sp_err *err)
{
	struct sp_file_header *h = &w->header;
	uint64_t at = SP_FILE_HEADER_SIZE;
	uint32_t width = widest_attr(w);
	const struct bytes *tracing = &w->features[SP_FEAT_TRACING_DATA];
	static const uint8_t zero[SP_FILE_HEADER_SIZE];
	int rc;

	w->started = true;
	rc = put(w, zero, SP_FILE_HEADER_SIZE, err);
	for (uint32_t i = 0; !rc && i < w->nkinds; i++)
		rc = put(w, w->kinds[i].ids, w->kinds[i].nids * sizeof(uint64_t), err);
	h->attrs.offset = w->written;
	for (uint32_t i = 0; !rc && i < w->nkinds; i++) {
		struct sp_file_section ids = { at, w->kinds[i].nids * sizeof(uint64_t) };

		at += ids.size;
		rc = put(w, w->kinds[i].attr, width, err);
		rc = rc ? rc : put(w, &ids, sizeof(ids), err);
	}
	h->attrs.size = w->written - h->attrs.offset;
	w->tracing_at = w->written;
	rc = rc ? rc : put(w, tracing->at, tracing->len, err);
	h->magic = SP_PERF_MAGIC2;
	h->size = SP_FILE_HEADER_SIZE;
	h->attr_size = width + sizeof(struct sp_file_section);
	h->data.offset = w->written;
	rc = rc ? rc : flush(w, err);
	return rc ? rc : put_header(w, err);
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

static int on_record(void *self, const struct sp_record *r, struct sp_err *err)
{
	struct writer *w = self;
	uint64_t bit;
	int rc = SP_OK;

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
		if (!w->started)
			rc = start(w, err);
		return rc ? rc : put(w, r->data, r->size, err);
	}
}

struct sp_record_sink writer_sink(struct writer *w)
{
	return (struct sp_record_sink){ .put = on_record, .self = w };
}

/* nr, attr size, then for each event its attr, number of ids, name, ids
 * (perf.data-file-format.txt, HEADER_EVENT_DESC). */
static void make_event_desc(struct writer *w)
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
	at = w->written + n * sizeof(table[0]);
	n = 0;
	for (uint32_t bit = 0; bit < SP_FEATURE_BITS; bit++) {
		uint64_t size = w->features[bit].len;

		if (!size)
			continue;
		w->header.features[bit / 64] |= 1ULL << bit % 64;
		table[n++] = (struct sp_file_section){
			bit == SP_FEAT_TRACING_DATA ? w->tracing_at : at, size };
		at += bit == SP_FEAT_TRACING_DATA ? 0 : size;
	}
	rc = put(w, table, n * sizeof(table[0]), err);
	for (uint32_t bit = 0; !rc && bit < SP_FEATURE_BITS; bit++)
		if (bit != SP_FEAT_TRACING_DATA)
			rc = put(w, w->features[bit].at, w->features[bit].len, err);
	return rc;
}

int writer_close(struct writer *w, struct sp_err *err)
{
	int rc = w->started ? SP_OK : start(w, err);

	if (rc)
		return rc;
	w->header.data.size = w->written - w->header.data.offset;
	make_event_desc(w);
	rc = put_features(w, err);
	rc = rc ? rc : flush(w, err);
	rc = rc ? rc : put_header(w, err);
	if (!rc && close(w->fd)) {
		w->fd = -1;
		return sp_fail_sys(err, "closing %s", w->cfg.path);
	}
	w->fd = rc ? w->fd : -1;
	return rc;
}

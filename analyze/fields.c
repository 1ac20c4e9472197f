#include "fields.h"

#include <sirqprof/limits.h>

#include <ctype.h>
#include <stdlib.h>

/* Tracepoints kept of one recording; a kernel has about 2,500. */
#define MAX_FORMATS	8192U
#define MAX_SYSTEMS	4096U
#define MAX_PER_SYSTEM	8192U
#define MAX_PRINT_BYTES (16U << 20) /* of all formats; the rest have no symbol names */

static const char magic[10] = "\027\010\104tracing";

struct formats {
	struct format *at;
	uint32_t n, room;
	size_t print_bytes; /* of all formats */
};

int formats_new(struct formats **ret, struct sp_err *err)
{
	struct formats *f = calloc(1, sizeof(*f));

	if (!f)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for tracepoint formats");
	*ret = f;
	return SP_OK;
}

void formats_free(struct formats *f)
{
	if (!f)
		return;
	for (uint32_t i = 0; i < f->n; i++) {
		free(f->at[i].fields);
		free(f->at[i].print);
	}
	free(f->at);
	free(f);
}

const struct format *formats_get(const struct formats *f, uint32_t id)
{
	for (uint32_t i = 0; i < f->n; i++)
		if (f->at[i].id == id)
			return &f->at[i];
	return NULL;
}

const struct field *format_field(const struct format *f, const char *name)
{
	for (uint32_t i = 0; i < f->nfields; i++)
		if (strcmp(f->fields[i].name, name) == 0)
			return &f->fields[i];
	return NULL;
}

/* The number behind key in "\toffset:8;" inside [line, end). */
static bool number_after(const char *line, const char *end, const char *key, uint32_t *ret)
{
	const char *at = memmem(line, (size_t)(end - line), key, strlen(key));
	uint32_t v = 0;

	if (!at)
		return false;
	for (at += strlen(key); at < end && *at >= '0' && *at <= '9' && v < 1000000; at++)
		v = v * 10 + (uint32_t)(*at - '0');
	*ret = v;
	return true;
}

static bool is_identifier(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (name[i] != '_' && !isalnum((unsigned char)name[i]))
			return false;
	return true;
}

/* "field:unsigned char common_flags;	offset:2;	size:1;	signed:0;" */
static bool parse_field(const char *line, const char *end, struct field *ret)
{
	const char *decl, *semi, *name, *stop;
	uint32_t offset, size, sign = 0;
	size_t len;

	decl = memmem(line, (size_t)(end - line), "field:", 6);
	semi = decl ? memchr(decl, ';', (size_t)(end - decl)) : NULL;
	if (!semi || !number_after(semi, end, "offset:", &offset) ||
	    !number_after(semi, end, "size:", &size) || offset > UINT16_MAX || size > UINT16_MAX)
		return false;
	number_after(semi, end, "signed:", &sign);
	decl += 6;
	/* The name is the last word, before a possible [16]. */
	stop = memchr(decl, '[', (size_t)(semi - decl));
	if (stop && memmem(decl, (size_t)(semi - decl), "__data_loc", 10))
		stop = NULL;
	stop = stop ? stop : semi;
	for (name = stop; name > decl && name[-1] != ' ' && name[-1] != '*'; name--)
		;
	len = (size_t)(stop - name);
	if (!len || len >= FIELD_NAME_LEN || !is_identifier(name, len))
		return false;
	*ret = (struct field){ .offset = (uint16_t)offset,
			       .size = (uint16_t)size,
			       .is_signed = sign == 1,
			       .data_loc = memmem(decl, (size_t)(semi - decl), "__data_loc", 10) };
	memcpy(ret->name, name, len);
	return true;
}

static int parse_fields(struct format *f, const char *text, const char *end, struct sp_err *err)
{
	struct field *fields;

	f->fields = calloc(SP_MAX_FIELDS, sizeof(*f->fields));
	if (!f->fields)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for a tracepoint format");
	while (text < end && f->nfields < SP_MAX_FIELDS) {
		const char *nl = memchr(text, '\n', (size_t)(end - text));

		nl = nl ? nl : end;
		if (parse_field(text, nl, &f->fields[f->nfields]))
			f->nfields++;
		text = nl < end ? nl + 1 : end;
	}
	fields = realloc(f->fields, (f->nfields + 1) * sizeof(*fields));
	f->fields = fields ? fields : f->fields;
	return SP_OK;
}

static int grow(struct formats *f, struct sp_err *err)
{
	uint32_t room = f->room ? f->room * 2 : 64;
	struct format *at;

	if (f->n == MAX_FORMATS)
		return sp_fail(err, SP_ELIMIT, SP_NOWHERE, "more than %u tracepoint formats",
			       MAX_FORMATS);
	if (f->n < f->room)
		return SP_OK;
	at = realloc(f->at, room * sizeof(*at));
	if (!at)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for tracepoint formats");
	f->at = at;
	f->room = room;
	return SP_OK;
}

int formats_add(struct formats *f, const char *system, const char *text, size_t len,
		struct sp_err *err)
{
	const char *end = text + len, *name, *nl, *print;
	struct format new = { 0 };
	int rc = grow(f, err);

	if (rc)
		return rc;
	name = memmem(text, len, "name: ", 6);
	nl = name ? memchr(name, '\n', (size_t)(end - name)) : NULL;
	if (!nl || !number_after(nl, end, "ID: ", &new.id))
		return sp_fail(err, SP_EFORMAT, SP_NOWHERE,
			       "tracepoint format without name and ID");
	if (formats_get(f, new.id))
		return SP_OK;
	snprintf(new.name, sizeof(new.name), "%.*s", (int)(nl - name - 6), name + 6);
	snprintf(new.system, sizeof(new.system), "%s", system);
	print = memmem(text, len, "print fmt:", 10);
	rc = parse_fields(&new, nl, print ? print : end, err);
	if (print && f->print_bytes > MAX_PRINT_BYTES)
		print = NULL;
	f->print_bytes += print ? (size_t)(end - print) : 0;
	if (!rc)
		new.print = print ? strndup(print, (size_t)(end - print)) : strdup("");
	if (!rc && !new.print)
		rc = sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for a tracepoint format");
	if (rc) {
		free(new.fields);
		return rc;
	}
	f->at[f->n++] = new;
	return SP_OK;
}

static int read_system(struct formats *f, struct sp_span *in, struct sp_err *err)
{
	const char *system = sp_span_str(in);
	uint32_t n = sp_span_u32(in);

	if (in->over)
		return sp_fail(err, SP_ETRUNC, SP_NOWHERE, "tracing data ends inside a system");
	if (n > MAX_PER_SYSTEM)
		return sp_fail(err, SP_ELIMIT, SP_NOWHERE, "%u tracepoints in system %.32s", n,
			       system);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t size = sp_span_u64(in);
		struct sp_span text = sp_span_take(in, size);
		struct sp_err why = SP_ERR_INIT;
		int rc;

		if (text.over)
			return sp_fail(err, SP_ETRUNC, SP_NOWHERE,
				       "tracing data ends inside a format of system %.32s", system);
		if (size > SP_MAX_FORMAT_BYTES)
			continue;
		rc = formats_add(f, system, (const char *)text.at, sp_span_left(&text), &why);
		if (rc == SP_ENOMEM || rc == SP_ELIMIT)
			return sp_fail(err, rc, SP_NOWHERE, "%s", why.text);
	}
	return SP_OK;
}

int formats_read(struct formats *f, struct sp_span in, struct sp_err *err)
{
	char head[sizeof(magic)];
	uint32_t n, nftrace;
	bool big;
	int rc = SP_OK;

	sp_span_copy(&in, head, sizeof(head));
	if (in.over || memcmp(head, magic, sizeof(head)) != 0)
		return sp_fail(err, SP_EFORMAT, SP_NOWHERE, "tracing data has no magic");
	sp_span_str(&in); /* version */
	big = sp_span_u8(&in);
	in.swap = big != (__BYTE_ORDER == __BIG_ENDIAN);
	sp_span_u8(&in);	      /* size of long */
	sp_span_u32(&in);	      /* page size */
	for (int i = 0; i < 2; i++) { /* header_page, header_event */
		sp_span_str(&in);
		sp_span_skip(&in, sp_span_u64(&in));
	}
	nftrace = sp_span_u32(&in);
	for (uint32_t i = 0; i < nftrace && !in.over; i++)
		sp_span_skip(&in, sp_span_u64(&in));
	n = sp_span_u32(&in);
	if (in.over)
		return sp_fail(err, SP_ETRUNC, SP_NOWHERE, "tracing data is cut short");
	if (n > MAX_SYSTEMS)
		return sp_fail(err, SP_ELIMIT, SP_NOWHERE, "%u tracepoint systems", n);
	for (uint32_t i = 0; !rc && i < n; i++)
		rc = read_system(f, &in, err);
	return rc;
}

int64_t field_int(const struct field *f, const uint8_t *raw, size_t size, bool swap)
{
	struct sp_span in;
	uint64_t v;

	if (!f || (size_t)f->offset + f->size > size)
		return 0;
	in = sp_span_of(raw + f->offset, f->size, swap);
	switch (f->size) {
	case 1:
		v = sp_span_u8(&in);
		return f->is_signed ? (int8_t)v : (int64_t)v;
	case 2:
		v = sp_span_u16(&in);
		return f->is_signed ? (int16_t)v : (int64_t)v;
	case 4:
		v = sp_span_u32(&in);
		return f->is_signed ? (int32_t)v : (int64_t)v;
	case 8:
		return (int64_t)sp_span_u64(&in);
	default:
		return 0;
	}
}

const char *field_str(const struct field *f, const uint8_t *raw, size_t size, bool swap,
		      size_t *ret_len)
{
	size_t at, len;

	*ret_len = 0;
	if (!f || (size_t)f->offset + f->size > size)
		return NULL;
	at = f->offset;
	len = f->size;
	if (f->data_loc) {
		struct sp_span in = sp_span_of(raw + f->offset, f->size, swap);
		uint32_t loc = sp_span_u32(&in);

		at = loc & 0xffff;
		len = loc >> 16;
		if (at + len > size)
			return NULL;
	}
	*ret_len = strnlen((const char *)raw + at, len);
	return (const char *)raw + at;
}

const char *format_symbol(const struct format *f, int64_t value, size_t *ret_len)
{
	for (const char *at = strchr(f->print, '{'); at; at = strchr(at + 1, '{')) {
		char *end;
		long long v = strtoll(at + 1, &end, 0);
		const char *open, *close;

		if (end == at + 1 || v != value)
			continue;
		open = strchr(end, '"');
		close = open ? strchr(open + 1, '"') : NULL;
		if (!close)
			return NULL;
		*ret_len = (size_t)(close - open - 1);
		return open + 1;
	}
	return NULL;
}

#ifndef FIELDS_H
#define FIELDS_H

/*
 * Tracepoint formats as they travelled with the recording, and how a field is read by name.
 *
 * In:    perf's tracing data (tools/perf/util/trace-event-info.c) or single format texts
 * Out:   formats by tracepoint id; field offsets
 * Keeps: the fields of every format, and the text behind "print fmt" for symbol names
 */
#include <sirqprof/err.h>
#include <sirqprof/own.h>
#include <sirqprof/span.h>

#define FIELD_NAME_LEN 32

struct field {
	char name[FIELD_NAME_LEN];
	uint16_t offset, size;
	bool is_signed;
	bool data_loc; /* u16 offset, u16 length of a string elsewhere in the record */
};

struct format {
	uint32_t id;
	char system[32], name[48];
	struct field *fields;
	uint32_t nfields;
	char *print; /* text of "print fmt:", "" if none */
};

struct formats;

int formats_new(struct formats **ret, struct sp_err *err);
void formats_free(struct formats *f);

/* Reads a whole tracing data blob. Errors: SP_EFORMAT, SP_ETRUNC, SP_ELIMIT; formats read before
 * the fault are kept. */
int formats_read(struct formats *f, struct sp_span in, struct sp_err *err);

/* Reads one format text of len bytes. */
int formats_add(struct formats *f, const char *system, const char *text, size_t len,
		struct sp_err *err);

/* The format of a tracepoint id; NULL if it did not travel. Valid until the next add. */
const struct format *formats_get(const struct formats *f, uint32_t id);

/* The field of a name; NULL if this kernel's tracepoint has none. */
const struct field *format_field(const struct format *f, const char *name);

/* The integer in a field of RAW bytes; 0 when it lies outside. Inline: asked four times and more of
 * every tracepoint record. */
static inline int64_t field_int(const struct field *f, const uint8_t *raw, size_t size, bool swap)
{
	uint64_t v64;
	uint32_t v32;
	uint16_t v16;

	if (!f || (size_t)f->offset + f->size > size)
		return 0;
	raw += f->offset;
	switch (f->size) {
	case 1:
		return f->is_signed ? (int8_t)*raw : *raw;
	case 2:
		memcpy(&v16, raw, sizeof(v16));
		v16 = swap ? bswap_16(v16) : v16;
		return f->is_signed ? (int16_t)v16 : v16;
	case 4:
		memcpy(&v32, raw, sizeof(v32));
		v32 = swap ? bswap_32(v32) : v32;
		return f->is_signed ? (int32_t)v32 : (int64_t)v32;
	case 8:
		memcpy(&v64, raw, sizeof(v64));
		return (int64_t)(swap ? bswap_64(v64) : v64);
	default:
		return 0;
	}
}

/* The string of a char[] or __data_loc field inside RAW, with its length (up to NUL); NULL and 0
 * when it lies outside. */
const char *field_str(const struct field *f, const uint8_t *raw, size_t size, bool swap,
		      size_t *ret_len);

/* The name of a value in the print format's symbol list, { 123, "NAME" }; NULL if none. */
const char *format_symbol(const struct format *f, int64_t value, size_t *ret_len);

SP_DEFINE_FREEP(formats);

#endif

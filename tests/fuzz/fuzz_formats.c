/*
 * Any bytes as tracing data, or as the text of one tracepoint's format.
 *
 * Must hold: names are there and end; a field's value and text lie inside the bytes it is read
 * from, whatever these say; a number is the same from bytes of the other byte order; and what was
 * read, written as a kernel writes it, reads the same again.
 */
#include "fields.h"
#include "must.h"

#include <string.h>

#define RAW_BYTES 48

static void check_values(const struct format *f, const uint8_t *raw, size_t size)
{
	for (uint32_t i = 0; i < f->nfields; i++) {
		const struct field *field = &f->fields[i];
		uint8_t turned[RAW_BYTES];
		const char *text;
		size_t len;

		MUST(field->name[0] && memchr(field->name, 0, sizeof(field->name)));
		MUST(!strpbrk(field->name, " ;\n"));
		for (int swap = 0; swap < 2; swap++) {
			text = field_str(field, raw, size, swap, &len);
			MUST(!text || ((const uint8_t *)text >= raw && len <= size &&
				       (const uint8_t *)text + len <= raw + size));
			MUST(text || !len);
		}
		if (size > RAW_BYTES || (size_t)field->offset + field->size > size)
			continue;
		memcpy(turned, raw, size);
		for (size_t k = 0; k < field->size; k++)
			turned[field->offset + k] = raw[field->offset + field->size - 1 - k];
		MUST(field_int(field, raw, size, false) == field_int(field, turned, size, true));
	}
	for (int64_t v = -2; v < 4; v++) {
		size_t len = 0;
		const char *name = format_symbol(f, v, &len);

		MUST(!name || (name >= f->print && len <= strlen(name)));
	}
}

/* The format as the kernel prints it (kernel/trace/trace_events.c, f_show()). */
static void check_again(const struct format *f)
{
	static char text[128 * 160 + 256];
	struct sp_err err = SP_ERR_INIT;
	struct formats *again = NULL;
	const struct format *g;
	size_t len;

	if (strchr(f->name, '\n') || formats_new(&again, &err))
		return;
	len = (size_t)snprintf(text, sizeof(text), "name: %s\nID: %u\nformat:\n", f->name, f->id);
	for (uint32_t i = 0; i < f->nfields; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"\tfield:%s %s;\toffset:%u;\tsize:%u;\tsigned:%d;\n",
					f->fields[i].data_loc ? "__data_loc char[]" : "int",
					f->fields[i].name, f->fields[i].offset, f->fields[i].size,
					f->fields[i].is_signed);
	MUST(formats_add(again, f->system, text, len, &err) == 0);
	g = formats_get(again, f->id);
	MUST(g && g->nfields == f->nfields && strcmp(g->name, f->name) == 0);
	for (uint32_t i = 0; i < f->nfields; i++)
		MUST(strcmp(g->fields[i].name, f->fields[i].name) == 0 &&
		     g->fields[i].offset == f->fields[i].offset &&
		     g->fields[i].size == f->fields[i].size);
	formats_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_err err = SP_ERR_INIT;
	struct formats *f = NULL;
	uint8_t raw[RAW_BYTES];
	size_t nraw = size < RAW_BYTES ? size : RAW_BYTES;
	int rc;

	if (size < 1 || formats_new(&f, &err))
		return 0;
	if (data[0] & 1)
		rc = formats_read(f, sp_span_of(data + 1, size - 1, data[0] & 2), &err);
	else
		rc = formats_add(f, "irq", (const char *)data + 1, size - 1, &err);
	MUST(rc <= 0 && (int)err.code == rc);
	memcpy(raw, data + size - nraw, nraw);
	/* Ids of the corpus and what is near them: formats are found by id only. */
	for (uint32_t id = 0; id < 128; id++) {
		const struct format *one = formats_get(f, id);

		if (!one)
			continue;
		MUST(one->id == id && memchr(one->name, 0, sizeof(one->name)));
		MUST(memchr(one->system, 0, sizeof(one->system)) && one->print);
		check_values(one, raw, nraw);
		check_again(one);
	}
	formats_free(f);
	return 0;
}

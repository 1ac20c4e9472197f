/*
 * Tables: CSV, TSV and their kin (RFC 4180 as libcsv reads it), with or without a header; fields
 * exported by tshark and Wireshark among them. The only file that knows libcsv.
 */
#include "columns.h"
#include "csv_guess.h"
#include "spikerow.h"

#include <csv.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ROW_LINES 100U	    /* a quoted field with more line breaks is a stray quote */
#define ROW_BYTES LINES_MAX /* kept of one row */

struct field {
	uint32_t at, len; /* in .row */
};

struct csv {
	struct csv_parser parser;
	bool parser_ready;
	bool has_columns; /* the header has been read, or there is none */
	bool row_done;
	bool failed; /* libcsv ran out of memory */
	struct columns columns;
	uint32_t first_line, lines; /* of the row that is being read */
	uint32_t nfields;
	uint32_t used;
	struct columns plain; /* where there is no header */
	struct field fields[COLUMNS_MAX];
	struct columns_name cells[COLUMNS_MAX];
	char row[ROW_BYTES];
};

static int no_tab_space(unsigned char c)
{
	return c == CSV_SPACE;
}

static int no_space(unsigned char c)
{
	(void)c;
	return 0;
}

static int begin(struct spikeread *r, const char *text, size_t len, struct sp_err *err)
{
	char delimiter = csv_guess_delimiter(r, text, len);
	struct csv *c = malloc(sizeof(*c));

	r->state = c;
	if (!c)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to read a CSV");
	memset(c, 0, offsetof(struct csv, fields));
	if (csv_init(&c->parser, 0) != 0)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to read a CSV");
	c->parser_ready = true;
	delimiter = delimiter ? delimiter : ',';
	c->plain = csv_guess_plain(text, len, delimiter);
	csv_set_delim(&c->parser, (unsigned char)delimiter);
	csv_set_space_func(&c->parser, delimiter == ' ' ? no_space : no_tab_space);
	return SP_OK;
}

static void field_done(void *text, size_t len, void *self)
{
	struct csv *c = self;
	struct field *f;

	if (c->nfields == COLUMNS_MAX)
		return;
	f = &c->fields[c->nfields++];
	if (len > ROW_BYTES - c->used)
		len = ROW_BYTES - c->used;
	*f = (struct field){ .at = c->used, .len = (uint32_t)len };
	if (len)
		memcpy(c->row + c->used, text, len);
	c->used += (uint32_t)len;
}

static void row_done(int ended_by, void *self)
{
	struct csv *c = self;

	(void)ended_by;
	c->row_done = true;
}

static struct columns_name cell(const struct csv *c, uint32_t column)
{
	struct columns_name none = { .text = "", .len = 0 }, at;

	if (column >= c->nfields)
		return none;
	at = (struct columns_name){ c->row + c->fields[column].at, c->fields[column].len };
	while (at.len && (at.text[0] == ' ' || at.text[0] == '\t'))
		at.text++, at.len--;
	while (at.len && (at.text[at.len - 1] == ' ' || at.text[at.len - 1] == '\t'))
		at.len--;
	return at;
}

/* Where the field begins in the line, from 1; rows of several lines are placed by their first. */
static size_t place(const struct csv *c, const struct line *line, uint32_t column)
{
	unsigned char delimiter = c->parser.delim_char;
	bool quoted = false;

	if (c->lines > 1)
		return 1;
	for (size_t i = 0; column && i < line->len; i++) {
		if (line->text[i] == '"')
			quoted = !quoted;
		if (quoted || (unsigned char)line->text[i] != delimiter)
			continue;
		if (--column == 0)
			return i + 2;
	}
	return column ? line->len + 1 : 1;
}

static int bad(struct spikeread *r, const struct line *line, uint32_t column, const char *expected,
	       struct sp_err *err)
{
	struct csv *c = r->state;
	struct columns_name found = cell(c, column);

	return spikeread_bad(r, c->first_line, place(c, line, column), expected, found.text,
			     found.len, err);
}

static int row(struct spikeread *r, const struct line *line, struct sp_err *err)
{
	struct csv *c = r->state;
	struct sp_spike k = spikeread_blank(line, c->columns.stamp);
	struct spikerow in = { .columns = &c->columns, .cells = c->cells, .ncells = c->nfields };
	uint32_t column;
	const char *expected;
	int rc;

	k.line = c->first_line;
	for (uint32_t i = 0; i < c->nfields; i++)
		c->cells[i] = cell(c, i);
	rc = spikerow_put(r, &in, &k, &expected, &column, err);
	return rc || !expected ? rc : bad(r, line, column, expected, err);
}

/* The first row: a header, or already data. */
static int first_row(struct spikeread *r, const struct line *line, struct sp_err *err)
{
	struct csv *c = r->state;
	struct columns_name names[COLUMNS_MAX];
	bool header, any_time = false;
	struct stamp stamp;
	int rc;

	for (uint32_t i = 0; i < c->nfields; i++) {
		names[i] = cell(c, i);
		any_time = any_time ||
			   (stamps_whole(&r->stamps, names[i].text, names[i].len, &stamp) &&
			    (!stamp.relative || r->has_start));
	}
	header = columns_header(&c->columns, names, c->nfields) && !any_time;
	if (r->cfg->columns) {
		struct sp_err why = SP_ERR_INIT;

		rc = columns_spec(&c->columns, r->cfg->columns, names, any_time ? 0 : c->nfields,
				  &why);
		if (rc == SP_EFORMAT)
			return sp_fail(err, rc, SP_NOWHERE, "%.60s:%" PRIu32 ":1: %s", r->source,
				       c->first_line, why.text);
		if (rc)
			return sp_fail(err, rc, SP_NOWHERE, "%s", why.text);
		/* Not a known header, and not data either: names that the user has chosen from. */
		header = header || !any_time;
	} else if (!header) {
		c->columns = c->plain;
		r->seen.no_header = !c->plain.is_capture;
	}
	c->has_columns = true;
	r->stamps.unit_ns = c->columns.time_unit_ns;
	return header ? SP_OK : row(r, line, err);
}

static int parse(struct csv *c, const char *text, size_t len, struct sp_err *err)
{
	if (csv_parse(&c->parser, text, len, field_done, row_done, c) == len)
		return SP_OK;
	return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "CSV: %s", csv_strerror(csv_error(&c->parser)));
}

static void next_row(struct csv *c)
{
	c->lines = 0;
	c->nfields = 0;
	c->used = 0;
	c->row_done = false;
}

static int finish_row(struct spikeread *r, const struct line *line, struct sp_err *err)
{
	struct csv *c = r->state;
	int rc;

	rc = c->has_columns ? row(r, line, err) : first_row(r, line, err);
	next_row(c);
	return rc;
}

static int line(struct spikeread *r, const struct line *in, struct sp_err *err)
{
	struct csv *c = r->state;
	const char *text = in->text;
	size_t len = in->len;
	int rc;

	if (!c->lines && csv_guess_comment(text, len, (char)c->parser.delim_char, !c->has_columns))
		return SP_OK;
	if (!c->lines && len && text[0] == '#')
		csv_guess_uncomment(&text, &len);
	if (!c->lines && !len)
		return SP_OK;
	if (!c->lines++)
		c->first_line = in->number;
	rc = parse(c, text, len, err);
	rc = rc ? rc : parse(c, "\n", 1, err);
	if (rc)
		return rc;
	if (c->row_done)
		return finish_row(r, in, err);
	if (c->lines < ROW_LINES && c->parser.entry_pos < ROW_BYTES)
		return SP_OK;
	rc = spikeread_bad(r, c->first_line, 1, "a closing quote", "\"", 1, err);
	csv_fini(&c->parser, field_done, row_done, c);
	next_row(c);
	return rc;
}

static int end(struct spikeread *r, struct sp_err *err)
{
	struct csv *c = r->state;

	if (!c->lines)
		return SP_OK;
	return spikeread_bad(r, c->first_line, 1, "a closing quote before the end of the file",
			     "\"", 1, err);
}

static void free_state(struct spikeread *r)
{
	struct csv *c = r->state;

	if (c && c->parser_ready)
		csv_free(&c->parser);
	free(c);
}

const struct spikeformat spike_csv = {
	.name = "csv",
	.what = "a table (CSV)",
	.code = SPIKEFILE_CSV,
	.fits = csv_guess_fits,
	.begin = begin,
	.line = line,
	.end = end,
	.free = free_state,
};

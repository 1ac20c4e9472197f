/*
 * Tables: CSV, TSV and their kin (RFC 4180 as libcsv reads it), with or without a header; fields
 * exported by tshark and Wireshark among them. The only file that knows libcsv.
 */
#include "columns.h"
#include "csv_guess.h"
#include "latency.h"
#include "spikeread.h"

#include <csv.h>

#include <stdlib.h>
#include <string.h>

#define ROW_LINES    100U      /* a quoted field with more line breaks is a stray quote */
#define ROW_BYTES    LINES_MAX /* kept of one row */
#define JOINED_BYTES 128U      /* a date and a time in two columns */

struct field {
	uint32_t at, len; /* in .row */
	bool there;
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
	struct field fields[COLUMNS_MAX];
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
	*f = (struct field){ .at = c->used, .len = (uint32_t)len, .there = true };
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

/* Reads the time of the row; false: there is none, *expected says what was wanted. */
static bool row_time(struct spikeread *r, struct sp_spike *row, const char **expected)
{
	struct csv *c = r->state;
	struct columns_name time = cell(c, c->columns.time), date = cell(c, c->columns.date);
	char joined[JOINED_BYTES];
	struct stamp stamp;

	*expected = SPIKEREAD_TIME;
	if (c->columns.date != COLUMNS_NONE && date.len + time.len + 2 <= sizeof(joined)) {
		time.len = (size_t)snprintf(joined, sizeof(joined), "%.*s %.*s", (int)date.len,
					    date.text, (int)time.len, time.text);
		time.text = joined;
	}
	if (!stamps_whole(&r->stamps, time.text, time.len, &stamp))
		return false;
	if (spikeread_stamp(r, &stamp, row))
		return true;
	*expected = "a time since the epoch (this one counts from a start: say it with "
		    "--spikes-start TIME)";
	return false;
}

/* Words that probers write where there was no reply. */
static bool is_no_latency(const struct columns_name *text)
{
	static const char *const words[] = { "-",    "*",	"nan",	"null",
					     "none", "timeout", "lost", "n/a" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strlen(words[i]) == text->len &&
		    strncasecmp(words[i], text->text, text->len) == 0)
			return true;
	}
	return text->len == 0;
}

/* The first latency that is there; false: it is none, *column says where. */
static bool row_latency(const struct csv *c, struct sp_spike *row, uint32_t *column)
{
	for (uint32_t i = 0; i < c->columns.nlatency; i++) {
		struct columns_name text = cell(c, c->columns.latency[i]);

		*column = c->columns.latency[i];
		if (is_no_latency(&text))
			continue;
		return latency_whole(text.text, text.len, c->columns.latency_unit_ns[i],
				     &row->latency_ns);
	}
	return true;
}

static bool row_cpu(const struct csv *c, struct sp_spike *row)
{
	struct columns_name text = cell(c, c->columns.cpu);
	uint32_t cpu = 0;

	if (c->columns.cpu == COLUMNS_NONE || is_no_latency(&text))
		return true;
	if (text.len > 3 && strncasecmp(text.text, "cpu", 3) == 0)
		text = (struct columns_name){ text.text + 3, text.len - 3 };
	for (size_t i = 0; i < text.len; i++) {
		if (text.text[i] < '0' || text.text[i] > '9')
			return false;
		cpu = cpu * 10 + (uint32_t)(text.text[i] - '0');
		if (cpu >= SP_MAX_CPUS)
			return false;
	}
	row->cpu = cpu;
	return true;
}

static bool row_retransmit(const struct csv *c, const struct columns_name *label)
{
	struct columns_name text = cell(c, c->columns.retransmit);

	if (c->columns.is_capture && label->len &&
	    memmem(label->text, label->len, "Retransmission", strlen("Retransmission")))
		return true;
	return text.len && !(text.len == 1 && text.text[0] == '0') &&
	       !(text.len == 5 && strncasecmp(text.text, "false", 5) == 0);
}

static int row(struct spikeread *r, const struct line *line, struct sp_err *err)
{
	struct csv *c = r->state;
	struct columns_name label = cell(c, c->columns.label);
	struct sp_spike k = spikeread_blank(line, c->columns.stamp);
	const char *expected;
	uint32_t column = 0;

	k.line = c->first_line;
	if (!row_time(r, &k, &expected))
		return bad(r, line, c->columns.time, expected, err);
	if (!row_latency(c, &k, &column))
		return bad(r, line, column, "a latency such as 12.5 or 12.5ms", err);
	if (!row_cpu(c, &k))
		return bad(r, line, c->columns.cpu, "a CPU number", err);
	k.is_retransmit = row_retransmit(c, &label);
	if (c->columns.is_capture && k.latency_ns == SP_UNKNOWN_NS && !k.is_retransmit) {
		r->seen.rows++;
		return SP_OK;
	}
	return spikeread_row(r, &k, label.text, label.len, err);
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
			    !stamp.relative);
	}
	header = columns_header(&c->columns, names, c->nfields) && !any_time;
	if (r->cfg->columns) {
		rc = columns_spec(&c->columns, r->cfg->columns, names, any_time ? 0 : c->nfields,
				  err);
		if (rc)
			return rc;
		/* Not a known header, and not data either: names that the user has chosen from. */
		header = header || !any_time;
	} else if (!header) {
		c->columns = columns_plain();
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
		text++, len--;
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

/*
 * Structured logs: a JSON object a line (zap, bunyan, pino, logrus, MongoDB, nginx and Envoy with
 * JSON logs, Elastic Common Schema). Keys are known by the names of columns.h; those of nested
 * objects by their path or by its last part.
 */
#include "jsonline.h"
#include "spikerow.h"

#include <stdlib.h>
#include <string.h>

#define SNIFF_LINES 20U

struct json {
	struct jsonline *line;
	struct columns columns; /* of lines whose names are those of the line before */
	uint32_t nnames;
	uint64_t names; /* hash of them */
	bool known;	/* .columns holds, and has a time */
};

static uint64_t hash(const struct columns_name *names, uint32_t n)
{
	uint64_t h = 1469598103934665603U;

	for (uint32_t i = 0; i < n; i++) {
		for (size_t k = 0; k < names[i].len; k++)
			h = (h ^ (uint8_t)names[i].text[k]) * 1099511628211U;
		h = (h ^ 0x100) * 1099511628211U;
	}
	return h;
}

static bool fits(const struct spikeread *r, const char *text, size_t len)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(jsonline) j = NULL;
	const struct columns_name *names, *values;
	uint32_t lines = 0, rows = 0;
	struct columns columns;
	size_t line_len, at;
	const char *line;

	(void)r;
	while (len && strchr(" \t\r\n", *text))
		text++, len--;
	if (!len || *text != '{' || jsonline_new(&j, &err))
		return false;
	while (lines < SNIFF_LINES && spikeread_peek_line(&text, &len, &line, &line_len)) {
		if (!line_len)
			continue;
		lines++;
		if (jsonline_read(j, line, line_len, &at)) {
			uint32_t n = jsonline_pairs(j, &names, &values);

			rows += columns_header(&columns, names, n) || r->cfg->columns;
		}
	}
	return rows * 2 >= lines;
}

static int begin(struct spikeread *r, const char *text, size_t len, struct sp_err *err)
{
	struct json *j = calloc(1, sizeof(*j));

	(void)text;
	(void)len;
	r->state = j;
	if (!j)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to read JSON");
	return jsonline_new(&j->line, err);
}

/* What the keys mean; most lines have those of the line before. */
static int learn(struct spikeread *r, const struct columns_name *names, uint32_t n,
		 struct sp_err *err)
{
	struct json *j = r->state;
	uint64_t h = hash(names, n);

	if (j->nnames == n && j->names == h)
		return SP_OK;
	j->nnames = n;
	j->names = h;
	if (r->cfg->columns) {
		/* Lines of another kind are in the same log. */
		struct sp_err none = SP_ERR_INIT;

		int rc = columns_spec(&j->columns, r->cfg->columns, names, n, &none);

		j->known = rc == SP_OK;
		if (rc == SP_EUSAGE)
			return sp_fail(err, rc, SP_NOWHERE, "%s", none.text);
	} else {
		j->known = columns_header(&j->columns, names, n);
	}
	return SP_OK;
}

static int line(struct spikeread *r, const struct line *in, struct sp_err *err)
{
	struct json *j = r->state;
	const struct columns_name *names, *values;
	struct sp_spike k;
	struct spikerow row = { .columns = &j->columns, .said_by_label = true };
	const char *expected;
	uint32_t column;
	size_t at;
	int rc;

	if (!in->len)
		return SP_OK;
	if (!jsonline_read(j->line, in->text, in->len, &at))
		return spikeread_bad(r, in->number, at + 1, "a JSON object a line", in->text + at,
				     in->len - at, err);
	row.ncells = jsonline_pairs(j->line, &names, &values);
	row.cells = values;
	rc = learn(r, names, row.ncells, err);
	if (rc || !j->known)
		return rc;
	r->stamps.unit_ns = j->columns.time_unit_ns;
	k = spikeread_blank(in, j->columns.stamp);
	rc = spikerow_put(r, &row, &k, &expected, &column, err);
	if (rc || !expected)
		return rc;
	return spikeread_bad(r, in->number, 1, expected, spikerow_cell(&row, column).text,
			     spikerow_cell(&row, column).len, err);
}

static int end(struct spikeread *r, struct sp_err *err)
{
	if (r->seen.rows)
		return SP_OK;
	if (r->cfg->columns)
		return sp_fail(err, SP_EFORMAT, SP_NOWHERE,
			       "no line of %.60s has the keys of --spike-columns '%.100s'",
			       r->source, r->cfg->columns);
	return sp_fail(err, SP_EFORMAT, SP_NOWHERE,
		       "no line of %.60s has a key that is known as a time: name it with "
		       "--spike-columns time=KEY,latency=KEY:ms",
		       r->source);
}

static void free_state(struct spikeread *r)
{
	struct json *j = r->state;

	if (j)
		jsonline_free(j->line);
	free(j);
}

const struct spikeformat spike_json = {
	.name = "json",
	.what = "JSON lines",
	.code = SPIKEFILE_JSON,
	.fits = fits,
	.begin = begin,
	.line = line,
	.end = end,
	.free = free_state,
};

#include "shown.h"
#include "spikeread.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BAD_PERCENT   5U
#define HOPELESS_ROWS 10000U /* this many, mostly bad: do not read on */

/* In the order in which they are tried: the most particular first. */
static const struct spikeformat *const formats[] = {
	&spike_regex, &spike_ping, &spike_hping, &spike_json, &spike_csv, &spike_log,
};

#define NR_FORMATS (sizeof(formats) / sizeof(formats[0]))

int spikefile_format(const char *name, enum spikefile_format *ret, struct sp_err *err)
{
	if (strcmp(name, "auto") == 0) {
		*ret = SPIKEFILE_AUTO;
		return SP_OK;
	}
	for (size_t i = 0; i < NR_FORMATS; i++) {
		if (strcmp(name, formats[i]->name) == 0 ||
		    (strcmp(name, "hping") == 0 && formats[i]->code == SPIKEFILE_HPING) ||
		    (strcmp(name, "tsv") == 0 && formats[i]->code == SPIKEFILE_CSV)) {
			*ret = formats[i]->code;
			return SP_OK;
		}
	}
	return sp_fail(
		err, SP_EUSAGE, SP_NOWHERE,
		"'%s' is not a spike format: say auto, csv, ping, hping3, log, json or regex",
		name);
}

struct sp_spike spikeread_blank(const struct line *line, uint8_t stamp)
{
	return (struct sp_spike){
		.line = line->number,
		.latency_ns = SP_UNKNOWN_NS,
		.cpu = SP_NO_CPU,
		.count = 1,
		.stamp = stamp,
		.resolution_ns = 1,
	};
}

bool spikeread_stamp(struct spikeread *r, const struct stamp *stamp, struct sp_spike *row)
{
	row->time_ns = stamp->time_ns;
	row->resolution_ns = stamp->resolution_ns;
	if (stamp->relative && !r->has_start)
		return false;
	if (stamp->relative) {
		row->time_ns += r->start.time_ns;
		row->shared_ns = r->start.resolution_ns;
	}
	if (!stamp->zoned)
		r->seen.zoneless = true;
	return true;
}

int spikeread_row(struct spikeread *r, const struct sp_spike *row, const char *label,
		  size_t label_len, struct sp_err *err)
{
	struct sp_spike kept = *row;

	r->seen.rows++;
	if (row->resolution_ns < r->resolution_ns)
		r->resolution_ns = row->resolution_ns;
	if (row->latency_ns != SP_UNKNOWN_NS && row->latency_ns < r->cfg->min_latency_ns) {
		r->seen.below++;
		if (row->latency_ns > r->seen.longest_ns)
			r->seen.longest_ns = row->latency_ns;
		return SP_OK;
	}
	r->seen.without_latency += row->latency_ns == SP_UNKNOWN_NS && !row->is_retransmit;
	kept.source = r->source;
	if (r->cfg->stamp_given)
		kept.stamp = r->cfg->stamp;
	r->seen.kept++;
	return spikes_add(r->into, &kept, label, label_len, err);
}

static int too_many_bad(struct spikeread *r, const char *what, struct sp_err *err)
{
	return sp_fail(err, SP_EFORMAT, SP_NOWHERE,
		       "%s; %" PRIu64 " of %" PRIu64
		       " rows cannot be read as %s: name the format with "
		       "--spikes-format, or pass over bad rows with --spikes-lenient",
		       r->seen.first_bad, r->seen.bad, r->seen.rows, what);
}

int spikeread_bad(struct spikeread *r, uint32_t line, size_t column, const char *expected,
		  const char *found, size_t found_len, struct sp_err *err)
{
	char text[SHOWN_SIZE];

	r->seen.rows++;
	r->seen.bad++;
	shown(text, found, found_len);
	if (!r->seen.first_bad[0])
		snprintf(r->seen.first_bad, sizeof(r->seen.first_bad),
			 "%.60s:%" PRIu32 ":%zu: expected %s, found %s%s%s", r->source, line,
			 column, expected, found_len ? "'" : "", found_len ? text : "nothing",
			 found_len ? "'" : "");
	if (!r->cfg->lenient && r->seen.bad >= HOPELESS_ROWS && r->seen.bad * 2 > r->seen.rows)
		return too_many_bad(r, r->seen.format, err);
	return SP_OK;
}

bool spikeread_peek_line(const char **text, size_t *len, const char **line, size_t *line_len)
{
	const char *lf;

	if (!*len)
		return false;
	lf = memchr(*text, '\n', *len);
	*line = *text;
	*line_len = lf ? (size_t)(lf - *text) : *len;
	*text += *line_len + (lf ? 1 : 0);
	*len -= *line_len + (lf ? 1 : 0);
	if (*line_len && (*line)[*line_len - 1] == '\r')
		--*line_len;
	return true;
}

/* Files that are no text get a sentence of their own. */
static const char *not_text(const char *text, size_t len)
{
	static const struct {
		const char magic[9];
		uint8_t len;
		const char *say;
	} kinds[] = {
		{ "\x1f\x8b", 2, "is compressed: zcat it into --spikes -" },
		{ "\x28\xb5\x2f\xfd", 4, "is compressed: zstdcat it into --spikes -" },
		{ "\xfd"
		  "7zXZ",
		  5, "is compressed: xzcat it into --spikes -" },
		{ "PERFILE2", 8, "is a recording: give it with -i" },
		{ "\xd4\xc3\xb2\xa1", 4,
		  "is a packet capture: export times with tshark -T fields "
		  "-e frame.time_epoch -e tcp.analysis.ack_rtt" },
		{ "\x0a\x0d\x0d\x0a", 4,
		  "is a packet capture: export times with tshark -T fields "
		  "-e frame.time_epoch -e tcp.analysis.ack_rtt" },
		{ "\xff\xfe", 2, "is UTF-16: convert it with iconv -f UTF-16 -t UTF-8" },
		{ "\xfe\xff", 2, "is UTF-16: convert it with iconv -f UTF-16 -t UTF-8" },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (len >= kinds[i].len && memcmp(text, kinds[i].magic, kinds[i].len) == 0)
			return kinds[i].say;
	}
	return memchr(text, 0, len) ? "is not text: give a CSV or a log" : NULL;
}

static bool is_blank(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!strchr(" \t\r\n", text[i]))
			return false;
	}
	return true;
}

static int choose(struct spikeread *r, const char *text, size_t len, const struct spikeformat **ret,
		  struct sp_err *err)
{
	enum spikefile_format code = r->cfg->regex ? SPIKEFILE_REGEX : r->cfg->format;
	const char *line = text;
	size_t line_len = 0;
	char found[SHOWN_SIZE];

	/* What only few formats can use says which it is. */
	if (r->cfg->columns && code == SPIKEFILE_AUTO)
		code = spike_json.fits(r, text, len) ? SPIKEFILE_JSON : SPIKEFILE_CSV;
	for (size_t i = 0; i < NR_FORMATS; i++) {
		if (code == SPIKEFILE_AUTO ? formats[i]->fits && formats[i]->fits(r, text, len)
					   : formats[i]->code == code) {
			*ret = formats[i];
			return SP_OK;
		}
	}
	while (spikeread_peek_line(&text, &len, &line, &line_len) && is_blank(line, line_len))
		;
	shown(found, line, line_len);
	return sp_fail(
		err, SP_EFORMAT, SP_NOWHERE,
		"%.60s:1:1: expected a CSV (time,latency_ms), ping -D or hping3 output, or a log "
		"whose lines begin with a time; found '%s'. --spike-regex '(?<time>…)' reads "
		"others",
		r->source, found);
}

/* The end of the file: were there too many bad rows, and how exact are its stamps? */
static int settle(struct spikeread *r, const struct spikeformat *format, struct sp_err *err)
{
	struct sp_spike *all;
	uint32_t n;

	if (r->seen.bad * 100 > r->seen.rows * BAD_PERCENT && !r->cfg->lenient)
		return too_many_bad(r, format->what, err);
	if (r->seen.bad && r->seen.bad == r->seen.rows)
		return sp_fail(err, SP_EFORMAT, SP_NOWHERE, "%s; no row can be read as %s",
			       r->seen.first_bad, format->what);
	all = spikes_all(r->into, &n);
	for (uint32_t i = 0; i < n; i++) {
		if (all[i].source == r->source)
			all[i].resolution_ns = r->resolution_ns;
	}
	return SP_OK;
}

struct spikefile {
	struct spikeread r;
	struct lines *lines;
	struct zone *zone;
	const struct spikeformat *format; /* once it is chosen */
};

static int choose_format(struct spikefile *f, const char *text, size_t len, struct sp_err *err)
{
	const char *say = not_text(text, len);
	int rc;

	if (say)
		return sp_fail(err, SP_EFORMAT, SP_NOWHERE, "%.60s %s", f->r.source, say);
	if (is_blank(text, len))
		return sp_fail(
			err, SP_EFORMAT, SP_NOWHERE,
			"%.60s is empty: expected a CSV (time,latency_ms), ping -D or hping3 "
			"output, or a log with times",
			f->r.source);
	rc = choose(&f->r, text, len, &f->format, err);
	if (rc)
		return rc;
	f->r.seen.format = f->format->name;
	return f->format->begin ? f->format->begin(&f->r, text, len, err) : SP_OK;
}

/* Reads the lines that are whole. Until there is enough to choose a format they wait. */
static int read_lines(struct spikefile *f, struct sp_err *err)
{
	struct line line;
	const char *text;
	size_t len;
	int rc = SP_OK;

	if (!f->format) {
		if (!lines_peek(f->lines, &text, &len))
			return SP_OK;
		rc = choose_format(f, text, len, err);
	}
	while (!rc && !(rc = lines_next(f->lines, &line, err)))
		rc = f->format->line(&f->r, &line, err);
	return rc == SP_END ? SP_OK : rc;
}

static int parse_start(struct spikeread *r, struct sp_err *err)
{
	const char *start = r->cfg->start;

	if (!start)
		return SP_OK;
	if (!stamps_whole(&r->stamps, start, strlen(start), &r->start) || r->start.relative)
		return sp_fail(err, SP_EUSAGE, SP_NOWHERE,
			       "--spikes-start takes " SPIKEREAD_TIME ", not '%.40s'", start);
	r->has_start = true;
	if (!r->start.zoned)
		r->seen.zoneless = true;
	return SP_OK;
}

int spikefile_new(struct spikefile **ret, struct spikes *into, const char *source,
		  const struct spikefile_cfg *cfg, struct sp_err *err)
{
	sp_auto(spikefile) f = calloc(1, sizeof(*f));
	int rc;

	if (!f)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to read spikes");
	f->r = (struct spikeread){
		.cfg = cfg,
		.source = source,
		.into = into,
		.resolution_ns = SP_UNKNOWN_NS,
		.stamps.near_ns = cfg->near_ns ? cfg->near_ns : (int64_t)time(NULL) * 1000000000,
	};
	rc = zone_new(&f->zone, cfg->tz ? cfg->tz : cfg->tz_default, err);
	if (rc)
		return rc;
	f->r.stamps.zone = f->zone;
	snprintf(f->r.seen.zone, sizeof(f->r.seen.zone), "%s", zone_name(f->zone));
	rc = lines_new(&f->lines, source, err);
	rc = rc ? rc : parse_start(&f->r, err);
	if (!rc)
		*ret = sp_take(f);
	return rc;
}

void spikefile_free(struct spikefile *f)
{
	if (!f)
		return;
	if (f->format && f->format->free)
		f->format->free(&f->r);
	lines_free(f->lines);
	zone_free(f->zone);
	free(f);
}

int spikefile_feed(struct spikefile *f, const char *data, size_t size, struct sp_err *err)
{
	int rc = SP_OK;

	while (!rc && size) {
		size_t taken = lines_put(f->lines, data, size);

		data += taken;
		size -= taken;
		rc = read_lines(f, err);
	}
	return rc;
}

int spikefile_finish(struct spikefile *f, struct spikefile_seen *ret, struct sp_err *err)
{
	struct spikeread *r = &f->r;
	int rc;

	lines_end(f->lines);
	rc = read_lines(f, err);
	rc = !rc && f->format->end ? f->format->end(r, err) : rc;
	rc = rc ? rc : settle(r, f->format, err);
	if (rc)
		return rc;
	/* A zone that was asked for is not assumed. */
	r->seen.tz_assumed = r->seen.zoneless && !r->cfg->tz;
	r->seen.zone_offset_s = zone_offset(f->zone, r->stamps.near_ns / 1000000000);
	*ret = r->seen;
	return SP_OK;
}

int spikefile_read_memory(struct spikes *into, const char *source, const void *data, size_t size,
			  const struct spikefile_cfg *cfg, struct spikefile_seen *ret,
			  struct sp_err *err)
{
	sp_auto(spikefile) f = NULL;
	int rc = spikefile_new(&f, into, source, cfg, err);

	rc = rc ? rc : spikefile_feed(f, data, size, err);
	return rc ? rc : spikefile_finish(f, ret, err);
}

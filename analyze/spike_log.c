/*
 * Logs of programs: lines with a common time stamp at their begin, or at the begin of one of their
 * first words ("INFO 2017-05-16 …", access logs). Lines without one continue the line before
 * (stack traces). The latency is what follows a known name ("took 12 ms", "rtt=0.8ms"), or the
 * only duration of the line; a number without a unit is none.
 */
#include "columns.h"
#include "latency.h"
#include "spikeread.h"

#include <stdlib.h>
#include <string.h>

#define SNIFF_LINES 50U
#define LOOK_BYTES  160U	/* where a line's stamp may begin */
#define COARSE_NS   1000000000U /* a stamp of whole seconds: look for a finer one */
#define SAME_NS	    UINT64_C(60000000000)
/* Zones lie apart by quarters of an hour, 26 hours at most. */
#define ZONE_STEP_NS (UINT64_C(900) * 1000000000)
#define ZONES_NS     (UINT64_C(26) * 3600 * 1000000000 + SAME_NS)

struct log {
	size_t at; /* where the last line's stamp began */
};

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_';
}

/* A bare number is a stamp at the begin of a line, or with ms behind its point (nginx $msec). */
static bool stamp_at(const struct spikeread *r, const char *text, size_t len, size_t at,
		     struct stamp *ret)
{
	const char *from = text + at;

	if (at >= len || !stamps_prefix(&r->stamps, from, len - at, ret))
		return false;
	if (ret->relative)
		return at == 0 && r->has_start;
	return at == 0 || from[0] == '[' || ret->resolution_ns <= 1000000 ||
	       memchr(from, ':', ret->used);
}

static uint64_t apart(int64_t a, int64_t b)
{
	return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

/* Whether b can be the same instant as a, told more exactly: a logger has put its own before it. */
static bool same_instant(const struct stamp *a, const struct stamp *b)
{
	uint64_t ns = apart(a->time_ns, b->time_ns);

	/* Where the logger told no zone it may be another one. */
	if (!a->zoned && b->zoned && ns <= ZONES_NS)
		ns = ns % ZONE_STEP_NS < ZONE_STEP_NS / 2 ? ns % ZONE_STEP_NS
							  : ZONE_STEP_NS - ns % ZONE_STEP_NS;
	return ns <= SAME_NS;
}

static bool begins_word(const char *text, size_t at)
{
	switch (at ? text[at - 1] : ' ') {
	case ' ':
	case '\t':
	case '[':
	case '(':
	case '"':
	case '=':
		return true;
	default:
		return false;
	}
}

/* A quick look, as most words are no stamps: a digit, a bracket, or a name of a day or a month. */
static bool may_be_stamp(char c)
{
	return (c >= '0' && c <= '9') || c == '[' || (c >= 'A' && c <= 'Z');
}

/* The first stamp of the line, or a finer one of the same instant behind it. */
static bool find_stamp(const struct spikeread *r, const char *text, size_t len, size_t *at,
		       struct stamp *ret)
{
	size_t look = len < LOOK_BYTES ? len : LOOK_BYTES;
	struct stamp stamp;
	bool found = false;

	if (*at < len && begins_word(text, *at) && stamp_at(r, text, len, *at, ret) &&
	    ret->resolution_ns < COARSE_NS)
		return true;
	for (size_t i = 0; i < look; i++) {
		if (!may_be_stamp(text[i]) || !begins_word(text, i) ||
		    !stamp_at(r, text, len, i, &stamp))
			continue;
		if (!found ||
		    (stamp.resolution_ns < ret->resolution_ns && same_instant(ret, &stamp))) {
			*at = i;
			*ret = stamp;
			found = true;
		}
		if (ret->resolution_ns < COARSE_NS)
			break;
		i += stamp.used - 1;
	}
	return found;
}

static bool fits(const struct spikeread *r, const char *text, size_t len)
{
	uint32_t lines = 0, stamped = 0;
	struct stamp stamp;
	const char *line;
	size_t line_len, at = 0;

	while (lines < SNIFF_LINES && spikeread_peek_line(&text, &len, &line, &line_len)) {
		lines += line_len != 0;
		stamped += line_len && find_stamp(r, line, line_len, &at, &stamp);
	}
	/* A stack trace may make up most of the lines. */
	return stamped && stamped * 10 >= lines;
}

static int begin(struct spikeread *r, const char *text, size_t len, struct sp_err *err)
{
	(void)text;
	(void)len;
	r->state = calloc(1, sizeof(struct log));
	return r->state ? SP_OK : sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to read a log");
}

/* Whether the word before at ("took 12ms", "latency: 12ms", "rtt=12ms") names a latency. */
static bool named(const char *text, size_t at, uint64_t *unit_ns)
{
	struct columns_name name;
	size_t end = at;

	while (end && strchr(" =:\"'", text[end - 1]))
		end--;
	for (name.len = 0; name.len < end && is_word(text[end - name.len - 1]);)
		name.len++;
	name.text = text + end - name.len;
	return name.len && columns_is_latency(&name, unit_ns);
}

/* Behind a colon only where it ends a name: "took:12ms", not 11:29:04. */
static bool begins_number(const char *text, size_t at)
{
	char before = at ? text[at - 1] : ' ';

	if (before == ':')
		return at > 1 &&
		       (strchr("\"'_", text[at - 2]) ||
			(is_word(text[at - 2]) && (text[at - 2] < '0' || text[at - 2] > '9')));
	return !is_word(before) && !strchr(".,-+/", before);
}

uint64_t spikeread_latency(const char *text, size_t len)
{
	uint64_t only_ns = SP_UNKNOWN_NS, ns, unit_ns;
	uint32_t durations = 0;
	bool has_unit;
	size_t used;

	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' || !begins_number(text, i))
			continue;
		if (!latency_prefix(text + i, len - i, 1000000, &ns, &has_unit, &used))
			continue;
		if (named(text, i, &unit_ns) && (has_unit || unit_ns)) {
			if (!has_unit)
				latency_prefix(text + i, len - i, unit_ns, &ns, &has_unit, &used);
			return ns;
		}
		/* "5 s" is a pause or an age as often as a latency: only with a name. */
		if (has_unit && !strchr("0123456789 ", text[i + used - 2])) {
			durations++;
			only_ns = ns;
		}
		i += used - 1;
	}
	return durations == 1 ? only_ns : SP_UNKNOWN_NS;
}

static int line(struct spikeread *r, const struct line *in, struct sp_err *err)
{
	struct log *l = r->state;
	struct sp_spike k = spikeread_blank(in, SP_STAMP_UNKNOWN);
	const char *rest;
	struct stamp stamp;
	size_t left;

	if (!in->len || !find_stamp(r, in->text, in->len, &l->at, &stamp) ||
	    !spikeread_stamp(r, &stamp, &k))
		return SP_OK;
	rest = in->text + l->at + stamp.used;
	left = in->len - l->at - stamp.used;
	while (left && strchr(" \t:,;|-]\"", *rest))
		rest++, left--;
	k.latency_ns = spikeread_latency(rest, left);
	/* When late rows are selected, a line that tells no latency is not one. */
	if (k.latency_ns == SP_UNKNOWN_NS && r->cfg->needs_latency) {
		r->seen.rows++;
		r->seen.below++;
		return SP_OK;
	}
	return spikeread_row(r, &k, rest, left, err);
}

static int end(struct spikeread *r, struct sp_err *err)
{
	if (r->seen.rows)
		return SP_OK;
	return sp_fail(err, SP_EFORMAT, SP_NOWHERE,
		       "%.60s has no line with a known time stamp: say where it is with "
		       "--spike-regex '(?<time>…)'",
		       r->source);
}

static void free_state(struct spikeread *r)
{
	free(r->state);
}

const struct spikeformat spike_log = {
	.name = "log",
	.what = "a log with time stamps",
	.code = SPIKEFILE_LOG,
	.fits = fits,
	.begin = begin,
	.line = line,
	.end = end,
	.free = free_state,
};

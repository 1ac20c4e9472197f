/*
 * Any log, by one regular expression with named groups: (?<time>…), (?<latency>…) or with its unit
 * (?<latency_us>…), (?<label>…), (?<cpu>…). Lines that do not match are no rows. The only file that
 * knows PCRE2.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "latency.h"
#include "spikeread.h"

#include <stdlib.h>
#include <string.h>

#define MATCH_LIMIT 200000U /* steps that one line may take: patterns can be exponential */

struct regex {
	pcre2_code *code;
	pcre2_match_data *match;
	pcre2_match_context *context;
	int time, latency, label, cpu; /* group numbers, <= 0: none */
	uint64_t unit_ns;
};

static int group(const struct regex *x, const char *name)
{
	return pcre2_substring_number_from_name(x->code, (PCRE2_SPTR)name);
}

static void find_groups(struct regex *x)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{ "latency", 1000000 }, { "latency_ms", 1000000 },   { "latency_us", 1000 },
		{ "latency_ns", 1 },	{ "latency_s", 1000000000 },
	};

	x->time = group(x, "time");
	x->label = group(x, "label");
	x->cpu = group(x, "cpu");
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]) && x->latency <= 0; i++) {
		x->latency = group(x, units[i].name);
		x->unit_ns = units[i].ns;
	}
}

static int begin(struct spikeread *r, const char *text, size_t len, struct sp_err *err)
{
	struct regex *x = calloc(1, sizeof(*x));
	PCRE2_UCHAR why[100] = "";
	size_t at = 0;
	int code = 0;

	(void)text;
	(void)len;
	r->state = x;
	if (!x)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for --spike-regex");
	if (!r->cfg->regex)
		return sp_fail(err, SP_EUSAGE, SP_NOWHERE,
			       "--spikes-format regex needs --spike-regex '(?<time>…)'");
	x->code = pcre2_compile((PCRE2_SPTR)r->cfg->regex, PCRE2_ZERO_TERMINATED, 0, &code, &at,
				NULL);
	if (!x->code) {
		pcre2_get_error_message(code, why, sizeof(why));
		return sp_fail(err, SP_EUSAGE, SP_NOWHERE, "--spike-regex: at character %zu: %s",
			       at + 1, (const char *)why);
	}
	find_groups(x);
	if (x->time <= 0)
		return sp_fail(err, SP_EUSAGE, SP_NOWHERE,
			       "--spike-regex has no group (?<time>…): say which part of a line is "
			       "its time");
	/* Without just-in-time code it is slower, no more. */
	pcre2_jit_compile(x->code, PCRE2_JIT_COMPLETE);
	x->match = pcre2_match_data_create_from_pattern(x->code, NULL);
	x->context = pcre2_match_context_create(NULL);
	if (!x->match || !x->context)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for --spike-regex");
	pcre2_set_match_limit(x->context, MATCH_LIMIT);
	return SP_OK;
}

/* The text of a group; false where it took no part in the match. */
static bool part(const struct regex *x, const struct line *line, int number, const char **text,
		 size_t *len)
{
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(x->match);

	if (number <= 0 || (uint32_t)number >= pcre2_get_ovector_count(x->match))
		return false;
	at += 2 * (size_t)number;
	if (at[0] == PCRE2_UNSET || at[1] < at[0])
		return false;
	*text = line->text + at[0];
	*len = at[1] - at[0];
	return true;
}

static bool read_cpu(const char *text, size_t len, uint32_t *ret)
{
	uint32_t v = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' || v >= SP_MAX_CPUS)
			return false;
		v = v * 10 + (uint32_t)(text[i] - '0');
	}
	*ret = v;
	return len && v < SP_MAX_CPUS;
}

static int row(struct spikeread *r, const struct line *line, struct sp_err *err)
{
	struct regex *x = r->state;
	struct sp_spike k = spikeread_blank(line, SP_STAMP_UNKNOWN);
	const char *text = "", *label = NULL;
	size_t len = 0, label_len = 0;
	struct stamp stamp;

	if (!part(x, line, x->time, &text, &len) || !stamps_whole(&r->stamps, text, len, &stamp) ||
	    !spikeread_stamp(r, &stamp, &k))
		return spikeread_bad(r, line->number, len ? (size_t)(text - line->text) + 1 : 1,
				     SPIKEREAD_TIME, text, len, err);
	if (part(x, line, x->latency, &text, &len) && len &&
	    !latency_whole(text, len, x->unit_ns, &k.latency_ns))
		return spikeread_bad(r, line->number, (size_t)(text - line->text) + 1,
				     "a latency such as 12.5 or 12.5ms", text, len, err);
	if (part(x, line, x->cpu, &text, &len) && len && !read_cpu(text, len, &k.cpu))
		return spikeread_bad(r, line->number, (size_t)(text - line->text) + 1,
				     "a CPU number", text, len, err);
	part(x, line, x->label, &label, &label_len);
	return spikeread_row(r, &k, label, label_len, err);
}

static int line(struct spikeread *r, const struct line *in, struct sp_err *err)
{
	struct regex *x = r->state;
	int rc = pcre2_match(x->code, (PCRE2_SPTR)in->text, in->len, 0, 0, x->match, x->context);

	if (rc == PCRE2_ERROR_NOMATCH)
		return SP_OK;
	if (rc < 0)
		return spikeread_bad(r, in->number, 1, "a line that --spike-regex matches in time",
				     in->text, in->len, err);
	return row(r, in, err);
}

static int end(struct spikeread *r, struct sp_err *err)
{
	if (r->seen.rows)
		return SP_OK;
	return sp_fail(err, SP_EFORMAT, SP_NOWHERE,
		       "no line of %.60s matches --spike-regex '%.80s'", r->source, r->cfg->regex);
}

static void free_state(struct spikeread *r)
{
	struct regex *x = r->state;

	if (!x)
		return;
	pcre2_match_context_free(x->context);
	pcre2_match_data_free(x->match);
	pcre2_code_free(x->code);
	free(x);
}

const struct spikeformat spike_regex = {
	.name = "regex",
	.what = "rows of --spike-regex",
	.code = SPIKEFILE_REGEX,
	.begin = begin,
	.line = line,
	.end = end,
	.free = free_state,
};

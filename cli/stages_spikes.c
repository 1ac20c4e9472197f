#include "stages.h"

#include "amount.h"
#include "follow.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NS_S 1000000000ULL
/* Of a given --clock-offset: 31 years. */
#define OFFSET_MOST (1000000000ULL * NS_S)

/* Options that are words for the analysis. */
static int spike_cfg(struct pipeline *p, struct spikefile_cfg *ret, char zone[32],
		     struct sp_err *err)
{
	const struct options *o = p->options;
	const struct decode_info *i = decode_info(p->decode);
	int32_t tz = i->tz_offset_s;

	*ret = (struct spikefile_cfg){
		.columns = o->spike_columns,
		.regex = o->spike_regex,
		.start = o->spikes_start,
		.interval_ns = o->spikes_interval_ns,
		.min_latency_ns = o->spike_min_ns,
		.needs_latency = o->spike_min_ns != OPTIONS_NOT_GIVEN && o->spike_min_ns,
		.lenient = o->spikes_lenient,
		.tz = o->tz,
		.near_ns = clock_real(p->clock, p->first_ns),
	};
	/* What is shorter than any stall cannot have been made by one: a healthy reply. */
	if (o->spike_min_ns == OPTIONS_NOT_GIVEN)
		ret->min_latency_ns = o->min_stall_ns;
	if (ret->near_ns == INT64_MIN)
		ret->near_ns = 0;
	if (i->has_tz) {
		snprintf(zone, 32, "%c%02d:%02d", tz < 0 ? '-' : '+', abs(tz) / 3600 % 24,
			 abs(tz) / 60 % 60);
		ret->tz_default = zone;
	}
	if (o->spike_time) {
		ret->stamp_given = true;
		ret->stamp = strcmp(o->spike_time, "start") == 0 ? SP_STAMP_START
			     : strcmp(o->spike_time, "end") == 0 ? SP_STAMP_END
								 : SP_STAMP_UNKNOWN;
	}
	return o->spikes_format ? spikefile_format(o->spikes_format, &ret->format, err) : SP_OK;
}

/* Nothing of a file is a spike: a surprise, unless it is said why. */
static int note_none(struct pipeline *p, const char *name, const struct spikefile_seen *seen,
		     struct sp_err *err)
{
	char text[240];

	if (!seen->rows)
		snprintf(text, sizeof(text), "%.100s is a spike: it holds no reply", name);
	else if (seen->below && seen->longest_ns)
		snprintf(text, sizeof(text),
			 "%.100s is late enough: of %" PRIu64
			 " the longest is %.4g ms%s, and --spike-min is %.4g ms",
			 name, seen->rows, (double)seen->longest_ns / 1e6,
			 seen->unit_assumed ? " (if that is its unit)" : "",
			 (double)p->spike_cfg.min_latency_ns / 1e6);
	else
		snprintf(text, sizeof(text),
			 "%.100s is a spike: %" PRIu64 " %s rows, none that tells a latency%s",
			 name, seen->rows, seen->format,
			 strcmp(seen->format, "csv") == 0 ? " or a retransmission" : "");
	return quality_add(p->quality, SP_Q_SPIKES_NONE, SP_NO_CPU, seen->rows, text, err);
}

static int note_latency(struct pipeline *p, const char *name, const struct spikefile_seen *seen,
			struct sp_err *err)
{
	char text[160];
	int rc = SP_OK;

	if (!seen->kept && (!seen->rows || seen->rows > seen->bad))
		return note_none(p, name, seen, err);
	if (seen->unit_assumed) {
		snprintf(text, sizeof(text), "%.100s%s", name,
			 seen->no_header ? " (column 2, as it has no header)" : "");
		rc = quality_add(p->quality, SP_Q_SPIKES_UNIT, SP_NO_CPU, 1, text, err);
	}
	if (!rc && seen->kept && seen->without_latency == seen->kept &&
	    strcmp(seen->format, "ping") != 0)
		rc = quality_add(p->quality, SP_Q_SPIKES_NO_LATENCY, SP_NO_CPU, seen->kept, name,
				 err);
	return rc;
}

static int note_seen(struct pipeline *p, const char *name, const struct spikefile_seen *seen,
		     struct sp_err *err)
{
	int rc = note_latency(p, strcmp(name, "-") == 0 ? "standard input" : name, seen, err);

	if (!rc && seen->bad)
		rc = quality_add(p->quality, SP_Q_SPIKES_BAD_ROWS, SP_NO_CPU, seen->bad,
				 seen->first_bad, err);
	if (!rc && seen->lost)
		rc = quality_add(p->quality, SP_Q_SPIKES_LOST_REPLIES, SP_NO_CPU, seen->lost, NULL,
				 err);
	if (seen->zoneless)
		p->zone_offset_s = seen->zone_offset_s;
	if (!rc && seen->tz_assumed)
		rc = quality_add(p->quality, SP_Q_TZ_ASSUMED, SP_NO_CPU, 1, seen->zone, err);
	return rc;
}

/* "auto", or a time with a sign, in seconds where it has no unit. */
static int given_offset(struct pipeline *p, struct sp_err *err)
{
	const char *text = p->options->clock_offset;
	bool negative;
	uint64_t ns;

	p->offset = (struct sp_clock_report){ .score = NAN, .runner_up = NAN, .drift_ppm = NAN };
	if (!text || strcmp(text, "auto") == 0)
		return SP_OK;
	negative = *text == '-';
	if (!amount_duration(text + (negative || *text == '+'), NS_S, &ns) || ns > OFFSET_MOST)
		return sp_fail(err, SP_EUSAGE, SP_NOWHERE,
			       "--clock-offset takes seconds such as -2.5, a time such as -30ms, "
			       "or auto, not '%s'",
			       text);
	p->offset.method = SP_OFFSET_GIVEN;
	p->offset.spike_offset_ns = negative ? -(int64_t)ns : (int64_t)ns;
	p->windows.offset_ns = p->offset.spike_offset_ns;
	return SP_OK;
}

/* Windows need the wall clock; a recording that has none tells nothing of when it was. */
static int set_windows(struct pipeline *p, struct sp_err *err)
{
	const char *offset = p->options->clock_offset;
	int rc = offset && strcmp(offset, "auto") == 0 ? stages_lag(p, err) : SP_OK;

	if (rc)
		return rc;
	p->windows.window_ns = p->options->window_ns;
	if (windows_set(p->spikes, p->clock, &p->windows))
		return SP_OK;
	return sp_fail(
		err, SP_EFORMAT, SP_NOWHERE,
		"the recording does not say when it was made (no clock pair), so spikes cannot be "
		"laid over it: record with 'sirqprof record', or 'perf record -k CLOCK_MONOTONIC'");
}

/* A table without rows shows what the options ask for as well as the real file, which may not be
 * written yet. Columns may go by the names of its header, so those wait for it. */
int stages_spikes_check(struct pipeline *p, struct sp_err *err)
{
	static const char table[] = "time,latency_ms\n";
	struct sp_err why = SP_ERR_INIT;
	sp_auto(spikes) none = NULL;
	struct spikefile_seen seen;
	struct spikefile_cfg cfg;
	char zone[32] = "";
	int rc = given_offset(p, err);

	if (rc || !p->options->spikes.n)
		return rc;
	rc = spike_cfg(p, &cfg, zone, err);
	rc = rc ? rc : spikes_new(&none, err);
	if (rc)
		return rc;
	cfg.columns = NULL;
	rc = spikefile_read_memory(none, "spikes", table, strlen(table), &cfg, &seen, &why);
	if (rc != SP_EUSAGE)
		return SP_OK;
	*err = why;
	return rc;
}

/* What is the same for all files; once. */
static int begin(struct pipeline *p, struct sp_err *err)
{
	int rc;

	if (p->spikes)
		return SP_OK;
	p->spikes_given = true;
	p->zone_offset_s = INT32_MAX;
	rc = spike_cfg(p, &p->spike_cfg, p->spike_zone, err);
	return rc ? rc : spikes_new(&p->spikes, err);
}

/* Opens the pipes among the files, as soon as the stream has told the zone. */
static int open_followed(struct pipeline *p, struct sp_err *err)
{
	const struct opt_list *files = &p->options->spikes;
	int rc = begin(p, err);

	p->follows = rc ? NULL : calloc(files->n, sizeof(p->follows[0]));
	if (!rc && !p->follows)
		rc = sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for spike files");
	for (uint32_t i = 0; !rc && i < files->n; i++)
		if (follow_wants(files->at[i]))
			rc = follow_new(&p->follows[i], p->spikes, files->at[i], &p->spike_cfg,
					err);
	return rc;
}

void stages_follow(struct pipeline *p)
{
	if (!p->options->spikes.n || p->spikes_err.code || !decode_info(p->decode)->has_tz)
		return;
	if (!p->follows && open_followed(p, &p->spikes_err))
		return;
	for (uint32_t i = 0; i < p->options->spikes.n; i++)
		if (p->follows[i])
			follow_poll(p->follows[i]);
}

void stages_follow_free(struct pipeline *p)
{
	for (uint32_t i = 0; p->follows && i < p->options->spikes.n; i++)
		follow_free(p->follows[i]);
	free(p->follows);
	p->follows = NULL;
}

static int read_one(struct pipeline *p, uint32_t i, struct spikefile_seen *seen, struct sp_err *err)
{
	if (p->follows && p->follows[i])
		return follow_finish(p->follows[i], seen, err);
	return follow_read(p->spikes, p->options->spikes.at[i], &p->spike_cfg, seen, err);
}

int stages_spikes(struct pipeline *p, struct sp_err *err)
{
	const struct opt_list *files = &p->options->spikes;
	int rc = given_offset(p, err);

	if (rc || !files->n)
		return rc;
	rc = begin(p, err);
	for (uint32_t i = 0; !rc && i < files->n; i++) {
		struct spikefile_seen seen = { 0 };

		rc = read_one(p, i, &seen, err);
		rc = rc ? rc : note_seen(p, files->at[i], &seen, err);
	}
	if (rc)
		return rc;
	spikes_join(p->spikes);
	spikes_sort(p->spikes);
	if (spikes_dropped(p->spikes))
		rc = quality_add(p->quality, SP_Q_LIMIT, SP_NO_CPU, spikes_dropped(p->spikes),
				 "spikes", err);
	return rc ? rc : set_windows(p, err);
}

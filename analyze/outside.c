#include "outside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define NS_S	    INT64_C(1000000000)
#define ZONE_STEP_S 900		/* zones differ by quarters of an hour */
#define ZONE_STEPS  104		/* 26 hours: Kiritimati to Baker Island */
#define AUTO_NS	    (10 * NS_S) /* what --clock-offset auto searches unless told */

/* How far the spike's window, moved, lies before (negative) or after the recording; 0: inside. */
static int64_t away(const struct sp_spike *k, const struct windows_cfg *cfg, int64_t begin_ns,
		    int64_t end_ns, int64_t shift_ns)
{
	uint64_t latency_ns = k->latency_ns == SP_UNKNOWN_NS ? cfg->window_ns : k->latency_ns;
	int64_t t = windows_real(k, cfg) + shift_ns, length = (int64_t)latency_ns;
	int64_t from = t - (k->stamp == SP_STAMP_START ? 0 : length);
	int64_t to = t + (k->stamp == SP_STAMP_END ? 0 : length);

	if (to <= begin_ns)
		return to - begin_ns - 1;
	return from >= end_ns ? from - end_ns + 1 : 0;
}

/* Of the shifts that put nine of ten inside the least; no shift of less than a quarter counts. */
static int64_t zone_shift(const struct sp_spike *spikes, uint32_t n, const struct windows_cfg *cfg,
			  int64_t begin_ns, int64_t end_ns)
{
	for (int64_t step = 1; step <= ZONE_STEPS; step++) {
		for (int sign = -1; sign <= 1; sign += 2) {
			int64_t shift_s = sign * step * ZONE_STEP_S;
			uint32_t in = 0;

			for (uint32_t i = 0; i < n; i++)
				in += !away(&spikes[i], cfg, begin_ns, end_ns, shift_s * NS_S);
			if (in * UINT64_C(10) >= n * UINT64_C(9))
				return shift_s;
		}
	}
	return 0;
}

struct outside outside_of(const struct sp_spike *spikes, uint32_t n, const struct windows_cfg *cfg,
			  const struct outside_recording *rec)
{
	struct outside o = { .all = n, .searched = cfg->offset_uncertainty_ns != 0 };

	for (uint32_t i = 0; i < n; i++) {
		const struct sp_spike *k = &spikes[i];
		int64_t away_ns = away(k, cfg, rec->begin_real_ns, rec->end_real_ns, 0);

		if (k->end_ns > rec->begin_ns && k->begin_ns < rec->end_ns)
			continue;
		if (!o.n++ || llabs(away_ns) < llabs(o.away_ns))
			o.away_ns = away_ns;
	}
	if (n && o.n == n)
		o.shift_s = zone_shift(spikes, n, cfg, rec->begin_real_ns, rec->end_real_ns);
	return o;
}

/* "2 h 5 min", "3.2 s", "40 ms" */
static void duration(char to[32], int64_t ns)
{
	int64_t s = ns / NS_S;

	if (s >= 86400)
		snprintf(to, 32, "%" PRId64 " d %" PRId64 " h", (s + 1800) / 86400,
			 (s + 1800) / 3600 % 24);
	else if (s >= 3600)
		snprintf(to, 32, "%" PRId64 " h %" PRId64 " min", s / 3600, s / 60 % 60);
	else if (s >= 60)
		snprintf(to, 32, "%" PRId64 " min %" PRId64 " s", s / 60, s % 60);
	else if (s)
		snprintf(to, 32, "%.1f s", (double)ns / 1e9);
	else
		snprintf(to, 32, "%.3g ms", (double)ns / 1e6);
}

static void remedy(char to[96], const struct outside *o, int32_t zone_s)
{
	int64_t zone = (int64_t)zone_s - o->shift_s, size = llabs(zone);

	to[0] = '\0';
	if (o->n < o->all)
		return;
	if (o->shift_s && zone_s != INT32_MAX && size <= INT64_C(14) * 3600)
		snprintf(to, 96, ": --tz %c%02" PRId64 ":%02" PRId64 " would fit",
			 zone < 0 ? '-' : '+', size / 3600, size / 60 % 60);
	else if (o->shift_s)
		snprintf(to, 96, ": --clock-offset %+" PRId64 " would fit", o->shift_s);
	else if (llabs(o->away_ns) < AUTO_NS && !o->searched)
		snprintf(to, 96, ": --clock-offset auto may find how far the clocks are apart");
	else
		snprintf(to, 96,
			 ": see that both are of the same time, or shift the spikes by "
			 "--clock-offset SEC");
}

void outside_text(char to[OUTSIDE_TEXT], const struct outside *o, int32_t zone_s)
{
	char away[32], what[96];

	to[0] = '\0';
	if (!o->n)
		return;
	duration(away, llabs(o->away_ns));
	remedy(what, o, zone_s);
	snprintf(to, OUTSIDE_TEXT, "%s%s %s it%s", o->n < o->all ? "the nearest " : "", away,
		 o->away_ns < 0 ? "before" : "after", what);
}

#include "stages.h"

#include "outside.h"

#include <inttypes.h>
#include <math.h>

#define DETAIL 200

/* What the search came to, as the detail of its quality row. */
static void describe(char to[DETAIL], const struct lag *lag)
{
	double offset_s = (double)lag->offset_ns / 1e9;

	switch (lag->refusal) {
	case LAG_FOUND:
		snprintf(to, DETAIL,
			 "%+.4f s (drift %+.1f ppm) lays %" PRIu32 " of %" PRIu32
			 " spikes on the end of a stall; the next best offset %.0f%%",
			 offset_s, lag->drift_ppm, lag->met, lag->of, 100 * lag->runner_up);
		break;
	case LAG_TOO_FEW:
		snprintf(to, DETAIL, "refused: it takes at least 5 spikes and 5 stalls");
		break;
	case LAG_CHANCE:
		snprintf(to, DETAIL,
			 "refused, not distinct: the best offset, %+.3f s, lays %" PRIu32
			 " of %" PRIu32 " spikes on stalls, and unrelated ones could do as well",
			 offset_s, lag->met, lag->of);
		break;
	case LAG_SEVERAL:
		snprintf(to, DETAIL,
			 "refused, not distinct: %+.3f s fits %.0f%% of the spikes, another offset "
			 "%.0f%%, as when stalls are periodic",
			 offset_s, 100 * lag->score, 100 * lag->runner_up);
		break;
	}
}

int stages_lag(struct pipeline *p, struct sp_err *err)
{
	struct lag_cfg cfg = { .search_ns = p->options->clock_search_ns };
	const struct sp_spike *spikes;
	char detail[DETAIL];
	uint32_t nspikes;
	struct lag lag;
	int rc;

	if (!coverage_extent(p->coverage, &cfg.begin_ns, &cfg.end_ns))
		return SP_OK;
	spikes = spikes_all(p->spikes, &nspikes);
	rc = lag_find(&lag, spikes, nspikes, p->all, p->nall, p->clock, &cfg, err);
	if (rc)
		return rc;
	p->offset.score = lag.score;
	p->offset.runner_up = lag.runner_up;
	if (lag.refusal == LAG_FOUND) {
		p->offset.method = SP_OFFSET_AUTO;
		p->offset.spike_offset_ns = lag.offset_ns;
		p->offset.drift_ppm = lag.drift_ppm;
		p->windows.offset_ns = lag.offset_ns;
		p->windows.drift_ppm = lag.drift_ppm;
		p->windows.origin_ns = lag.origin_ns;
		p->windows.offset_uncertainty_ns = lag.uncertainty_ns;
	} else {
		/* The clocks are said to differ and by how much is not known: nearly nothing is. */
		p->windows.offset_uncertainty_ns = cfg.search_ns;
	}
	describe(detail, &lag);
	return quality_add(p->quality, SP_Q_CLOCK_OFFSET, SP_NO_CPU, 1, detail, err);
}

int stages_outside(struct pipeline *p, struct sp_err *err)
{
	struct outside_recording rec;
	const struct sp_spike *spikes;
	char text[OUTSIDE_TEXT];
	struct outside o;
	uint32_t n;

	if (!p->spikes || !coverage_extent(p->coverage, &rec.begin_ns, &rec.end_ns))
		return SP_OK;
	rec.begin_real_ns = clock_real(p->clock, rec.begin_ns);
	rec.end_real_ns = clock_real(p->clock, rec.end_ns);
	spikes = spikes_all(p->spikes, &n);
	o = outside_of(spikes, n, &p->windows, &rec);
	if (!o.n)
		return SP_OK;
	outside_text(text, &o, p->zone_offset_s);
	return quality_add(p->quality, SP_Q_SPIKES_OUTSIDE, SP_NO_CPU, o.n, text, err);
}

#include "lagfit.h"

#include <math.h>
#include <stdlib.h>

#define MIN_FOR_SLOPE 8U

struct fit {
	double *at, *left; /* s from the origin, ns */
	uint32_t n;
	int64_t origin_ns;
};

static void met(void *self, int64_t spike_ns, int64_t left_ns)
{
	struct fit *f = self;

	f->at[f->n] = (double)(spike_ns - f->origin_ns) / 1e9;
	f->left[f->n++] = (double)left_ns;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x == *y ? 0 : *x < *y ? -1 : 1;
}

/* Reorders what it is given. */
static double median(double *at, uint32_t n)
{
	if (!n)
		return 0;
	qsort(at, n, sizeof(at[0]), by_value);
	return n % 2 ? at[n / 2] : (at[n / 2 - 1] + at[n / 2]) / 2;
}

/* Least squares: how much is left, in ns a second, around its mean. */
static double slope(const struct fit *f)
{
	double mean_at = 0, mean_left = 0, up = 0, down = 0;

	for (uint32_t i = 0; i < f->n; i++) {
		mean_at += f->at[i] / f->n;
		mean_left += f->left[i] / f->n;
	}
	for (uint32_t i = 0; i < f->n; i++) {
		up += (f->at[i] - mean_at) * (f->left[i] - mean_left);
		down += (f->at[i] - mean_at) * (f->at[i] - mean_at);
	}
	return down > 0 ? up / down : 0;
}

/* Moves lag (and drift) to the middle of what is left; *spread_ns is half of it met. */
static void refine(const struct lagfit_in *in, struct fit *f, struct votes_how *how,
		   int64_t *lag_ns, int64_t within_ns, double *spread_ns)
{
	double middle;

	f->n = 0;
	votes_met(in->votes, how, *lag_ns, within_ns, met, f);
	if (how->drift_ppm != 0 && f->n >= MIN_FOR_SLOPE) {
		how->drift_ppm += slope(f) / 1e3;
		f->n = 0;
		votes_met(in->votes, how, *lag_ns, within_ns, met, f);
	}
	middle = median(f->left, f->n);
	*lag_ns += (int64_t)llround(middle);
	for (uint32_t i = 0; i < f->n; i++)
		f->left[i] = fabs(f->left[i] - middle);
	*spread_ns = median(f->left, f->n);
}

static uint32_t inside(const struct lagfit_in *in, const struct votes_how *how, int64_t lag_ns)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < in->nspikes; i++) {
		double drift_ns =
			(double)(in->spikes[i].at_ns - how->origin_ns) * how->drift_ppm / 1e6;
		int64_t at_ns = in->spikes[i].at_ns + lag_ns + (int64_t)drift_ns;

		n += at_ns >= in->begin_ns && at_ns <= in->end_ns;
	}
	return n;
}

int lagfit(struct lag *ret, const struct lagfit_in *in, struct votes_how how,
	   const struct votes_peak *peak, struct sp_err *err)
{
	sp_auto_free double *at = calloc(in->nspikes, sizeof(*at));
	sp_auto_free double *left = calloc(in->nspikes, sizeof(*left));
	struct fit f = { .at = at, .left = left, .origin_ns = how.origin_ns };
	int64_t lag_ns = peak->lag_ns;
	double spread_ns = 0;

	if (!at || !left)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to fit the clock offset");
	refine(in, &f, &how, &lag_ns, how.bin_ns, &spread_ns);
	refine(in, &f, &how, &lag_ns, how.bin_ns / 2 + 4 * (int64_t)spread_ns, &spread_ns);
	ret->offset_ns = lag_ns;
	ret->drift_ppm = how.drift_ppm;
	ret->met = f.n;
	ret->of = inside(in, &how, lag_ns);
	ret->of = ret->of > ret->met ? ret->of : ret->met;
	/* Half lie within the spread, nearly all within three of it. */
	ret->uncertainty_ns = (uint64_t)(3 * spread_ns) + 100000;
	ret->score = ret->of ? (double)ret->met / ret->of : 0;
	ret->runner_up = ret->of ? (double)peak->runner_up / ret->of : 0;
	return SP_OK;
}

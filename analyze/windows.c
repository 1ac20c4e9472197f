#include "windows.h"

#include <math.h>

#define DEFAULT_WINDOW_NS UINT64_C(1000000000)

int64_t windows_real(const struct sp_spike *k, const struct windows_cfg *cfg)
{
	double drift_ns = (double)(k->time_ns - cfg->origin_ns) * cfg->drift_ppm / 1e6;

	return k->time_ns + cfg->offset_ns + (int64_t)llround(drift_ns);
}

static uint64_t not_before_zero(int64_t ns)
{
	return ns > 0 ? (uint64_t)ns : 0;
}

static void set(struct sp_spike *k, int64_t t, uint64_t uncertainty_ns, uint64_t window_ns)
{
	uint64_t latency_ns = k->latency_ns == SP_UNKNOWN_NS ? window_ns : k->latency_ns;
	int64_t u = (int64_t)uncertainty_ns, length = (int64_t)latency_ns;
	int64_t before = k->stamp == SP_STAMP_START ? 0 : length;
	int64_t after = k->stamp == SP_STAMP_END ? 0 : length;

	k->uncertainty_ns = uncertainty_ns;
	k->begin_ns = not_before_zero(t - before - u);
	k->end_ns = not_before_zero(t + after + u);
}

bool windows_set(struct spikes *s, const struct clock *clock, const struct windows_cfg *cfg)
{
	uint64_t window_ns = cfg->window_ns ? cfg->window_ns : DEFAULT_WINDOW_NS;
	uint32_t n;
	struct sp_spike *all = spikes_all(s, &n);

	for (uint32_t i = 0; i < n; i++) {
		uint64_t uncertainty_ns;
		int64_t mono_ns;

		if (!clock_mono(clock, windows_real(&all[i], cfg), &mono_ns, &uncertainty_ns))
			return false;
		uncertainty_ns +=
			all[i].resolution_ns + all[i].shared_ns + cfg->offset_uncertainty_ns;
		set(&all[i], mono_ns, uncertainty_ns, window_ns);
	}
	return true;
}

#include "together.h"

#include <math.h>

/* Moves that are spread over (0, 1) without any period: multiples of the golden ratio. */
#define GOLDEN 0.6180339887498949

/* How many of the spikes are explained when all are moved round the recording by so much. */
static int count_moved(uint32_t *ret, const struct together_spike *spikes, uint32_t n,
		       uint32_t step, struct candidates *candidates, uint64_t begin_ns,
		       uint64_t end_ns, uint64_t move_ns, struct sp_err *err)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < n; i += step) {
		const struct together_spike *k = &spikes[i];
		uint64_t from_ns = k->begin_ns > begin_ns ? k->begin_ns - begin_ns : 0;
		uint64_t at_ns = begin_ns + (from_ns + move_ns) % (end_ns - begin_ns);
		struct candidates_best best;
		int rc = candidates_find(candidates, k->cpu, at_ns,
					 at_ns + (k->end_ns - k->begin_ns), &best, err);

		if (rc)
			return rc;
		count += best.held_ns >= k->need_ns;
	}
	*ret = count;
	return SP_OK;
}

static uint64_t longest_window(const struct together_spike *spikes, uint32_t n)
{
	uint64_t longest_ns = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t length_ns = spikes[i].end_ns - spikes[i].begin_ns;

		longest_ns = length_ns > longest_ns ? length_ns : longest_ns;
	}
	return longest_ns;
}

int together_share(double *ret, const struct together_spike *spikes, uint32_t n,
		   struct candidates *candidates, uint64_t begin_ns, uint64_t end_ns,
		   struct sp_err *err)
{
	uint32_t step = (n + TOGETHER_SPIKES - 1) / TOGETHER_SPIKES, used = 0, here = 0, most = 0;
	uint64_t window_ns = longest_window(spikes, n);
	double sum = 0, squares = 0, mean, spread;

	*ret = 0;
	/* Moved by less than a window it would still lie on the same stall. */
	if (!n || end_ns <= begin_ns || (end_ns - begin_ns) / 10 < window_ns)
		return SP_OK;
	for (uint32_t i = 0; i < n; i += step) {
		used++;
		here += spikes[i].explained;
	}
	for (uint32_t i = 1; i <= TOGETHER_SHIFTS; i++) {
		double part = fmod(i * GOLDEN, 1);
		double room_ns = (double)(end_ns - begin_ns - 2 * window_ns);
		uint32_t count;
		int rc = count_moved(&count, spikes, n, step, candidates, begin_ns, end_ns,
				     window_ns + (uint64_t)(part * room_ns), err);

		if (rc)
			return rc;
		most = count > most ? count : most;
		sum += count;
		squares += (double)count * count;
	}
	mean = sum / TOGETHER_SHIFTS;
	spread = sqrt(fmax(0, squares / TOGETHER_SHIFTS - mean * mean));
	if (here <= most || used <= mean)
		return SP_OK;
	*ret = fmin(1, fmax(0, (here - mean - 2 * spread) / (used - mean)));
	return SP_OK;
}

double together_chance(double share, double chance)
{
	double accident = (1 - share) * chance;

	return share + accident > 0 ? accident / (share + accident) : 1;
}

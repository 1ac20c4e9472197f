#include "lift.h"

#include <math.h>
#include <stdlib.h>

struct lift {
	struct lift_in in;
	struct winset *windows;
	double inside_ns, outside_ns; /* over all CPUs */
};

void lift_free(struct lift *l)
{
	if (!l)
		return;
	winset_free(l->windows);
	free(l);
}

int lift_new(struct lift **ret, const struct lift_in *in, struct sp_err *err)
{
	sp_auto(lift) l = calloc(1, sizeof(*l));
	double all = (double)in->ncpus * (double)(in->end_ns - in->begin_ns);
	uint32_t asked;
	int rc;

	if (!l)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the ranking");
	l->in = *in;
	rc = winset_new(&l->windows, in->spikes, NULL, in->nspikes, err);
	if (rc)
		return rc;
	asked = winset_same_everywhere(l->windows) && in->ncpus ? 1 : in->ncpus;
	for (uint32_t i = 0; i < asked; i++)
		l->inside_ns +=
			(double)winset_inside(l->windows, in->cpus[i], in->begin_ns, in->end_ns);
	if (asked == 1)
		l->inside_ns *= in->ncpus;
	l->outside_ns = all - l->inside_ns;
	*ret = sp_take(l);
	return SP_OK;
}

double lift_of(const struct lift *l, const struct lift_stall *stalls, uint32_t n)
{
	double inside = 0.5, outside = 0.5;

	if (l->inside_ns <= 0 || l->outside_ns <= 0)
		return NAN;
	for (uint32_t i = 0; i < n; i++) {
		if (winset_touches(l->windows, stalls[i].cpu, stalls[i].begin_ns, stalls[i].end_ns))
			inside++;
		else
			outside++;
	}
	return inside / l->inside_ns / (outside / l->outside_ns);
}

/* Does a stall of the CPU overlap [begin, end)? reach[i]: greatest end of stalls[0 .. i]. */
static bool touched(const struct lift_stall *stalls, const uint64_t *reach, uint32_t n,
		    uint32_t cpu, uint64_t begin_ns, uint64_t end_ns)
{
	uint32_t lo = 0, hi = n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (reach[mid] > begin_ns)
			hi = mid;
		else
			lo = mid + 1;
	}
	for (; lo < n && stalls[lo].begin_ns < end_ns; lo++)
		if (stalls[lo].end_ns > begin_ns && (cpu == SP_NO_CPU || cpu == stalls[lo].cpu))
			return true;
	return false;
}

/* Windows touched when all are moved on by shift, round the recording. */
static uint32_t touched_at(const struct lift *l, const struct lift_stall *stalls,
			   const uint64_t *reach, uint32_t n, uint64_t shift)
{
	const struct lift_in *in = &l->in;
	uint64_t span = in->end_ns - in->begin_ns;
	uint32_t step = in->nspikes / LIFT_SPIKES + 1, count = 0;

	for (uint32_t i = 0; i < in->nspikes; i += step) {
		const struct sp_spike *s = &in->spikes[i];
		uint64_t b, len;

		if (s->end_ns <= in->begin_ns || s->begin_ns >= in->end_ns)
			continue;
		b = s->begin_ns > in->begin_ns ? s->begin_ns - in->begin_ns : 0;
		len = s->end_ns - in->begin_ns - b;
		len = len < span ? len : span;
		b = in->begin_ns + (b + shift) % span;
		count += touched(stalls, reach, n, s->cpu, b, b + len) ||
			 (b + len > in->end_ns &&
			  touched(stalls, reach, n, s->cpu, in->begin_ns, b + len - span));
	}
	return count;
}

double lift_chance(const struct lift *l, const struct lift_stall *stalls, uint32_t n)
{
	uint64_t span = l->in.end_ns - l->in.begin_ns, *reach;
	uint32_t seen, as_good = 0;

	if (!l->in.nspikes || !n || span < LIFT_SHIFTS + 1)
		return NAN;
	reach = malloc(n * sizeof(*reach));
	if (!reach)
		return NAN;
	for (uint32_t i = 0; i < n; i++)
		reach[i] = i && reach[i - 1] > stalls[i].end_ns ? reach[i - 1] : stalls[i].end_ns;
	seen = touched_at(l, stalls, reach, n, 0);
	for (uint32_t k = 1; k <= LIFT_SHIFTS; k++)
		as_good += touched_at(l, stalls, reach, n,
				      (uint64_t)((double)span * k / (LIFT_SHIFTS + 1))) >= seen;
	free(reach);
	return (1.0 + as_good) / (LIFT_SHIFTS + 1);
}

#include "winset.h"

#include <stdlib.h>

struct window {
	uint64_t begin_ns, end_ns;
	uint64_t reach_ns; /* greatest end so far: it never falls, so it can be searched */
	uint32_t cpu;
};

struct winset {
	struct window *at; /* by begin */
	uint32_t n;
	bool has_cpu;
};

void winset_free(struct winset *w)
{
	if (!w)
		return;
	free(w->at);
	free(w);
}

static int by_begin(const void *a, const void *b)
{
	const struct window *x = a, *y = b;

	return (x->begin_ns > y->begin_ns) - (x->begin_ns < y->begin_ns);
}

int winset_new(struct winset **ret, const struct sp_spike *spikes,
	       const struct sp_verdict *verdicts, uint32_t n, struct sp_err *err)
{
	sp_auto(winset) w = calloc(1, sizeof(*w));

	if (w)
		w->at = malloc((n + 1) * sizeof(*w->at));
	if (!w || !w->at)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for %u windows", n);
	for (uint32_t i = 0; i < n; i++) {
		if (verdicts && !verdicts[i].explained)
			continue;
		w->at[w->n++] = (struct window){
			.begin_ns = spikes[i].begin_ns,
			.end_ns = spikes[i].end_ns,
			.cpu = spikes[i].cpu,
		};
		w->has_cpu |= spikes[i].cpu != SP_NO_CPU;
	}
	qsort(w->at, w->n, sizeof(*w->at), by_begin);
	for (uint32_t i = 0; i < w->n; i++) {
		uint64_t before = i ? w->at[i - 1].reach_ns : 0;

		w->at[i].reach_ns = w->at[i].end_ns > before ? w->at[i].end_ns : before;
	}
	*ret = sp_take(w);
	return SP_OK;
}

/* The first window that may hold something after begin. */
static uint32_t first_after(const struct winset *w, uint64_t begin_ns)
{
	uint32_t lo = 0, hi = w->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (w->at[mid].reach_ns > begin_ns)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

static bool counts(const struct window *w, uint32_t cpu)
{
	return w->cpu == SP_NO_CPU || w->cpu == cpu;
}

bool winset_touches(const struct winset *w, uint32_t cpu, uint64_t begin_ns, uint64_t end_ns)
{
	for (uint32_t i = first_after(w, begin_ns); i < w->n && w->at[i].begin_ns < end_ns; i++)
		if (counts(&w->at[i], cpu) && w->at[i].end_ns > begin_ns)
			return true;
	return false;
}

uint64_t winset_inside(const struct winset *w, uint32_t cpu, uint64_t begin_ns, uint64_t end_ns)
{
	uint64_t sum = 0, from = begin_ns;

	for (uint32_t i = first_after(w, begin_ns); i < w->n && w->at[i].begin_ns < end_ns; i++) {
		uint64_t b = w->at[i].begin_ns, e = w->at[i].end_ns;

		if (!counts(&w->at[i], cpu))
			continue;
		b = b > from ? b : from;
		e = e < end_ns ? e : end_ns;
		if (e > b) {
			sum += e - b;
			from = e;
		}
	}
	return sum;
}

bool winset_same_everywhere(const struct winset *w)
{
	return !w->has_cpu;
}

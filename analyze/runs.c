#include "runs.h"

#include <sirqprof/huge.h>

/* The end of the run that begins at from. */
static uint32_t run_end(const struct sp_event *at, uint32_t from, uint32_t n)
{
	uint32_t end = from + 1;

	while (end < n && at[end - 1].time_ns <= at[end].time_ns)
		end++;
	return end < n ? end : n;
}

static void merge(const struct sp_event *at, uint32_t a, uint32_t b, uint32_t end,
		  struct sp_event *to)
{
	uint32_t mid = b, out = a;

	while (a < mid && b < end)
		to[out++] = at[b].time_ns < at[a].time_ns ? at[b++] : at[a++];
	while (a < mid)
		to[out++] = at[a++];
	while (b < end)
		to[out++] = at[b++];
}

/* Merges each run with the next into to; returns how many runs there were. */
static uint32_t pass(const struct sp_event *at, uint32_t n, struct sp_event *to)
{
	uint32_t runs = 0;

	for (uint32_t from = 0; from < n;) {
		uint32_t mid = run_end(at, from, n), end = mid < n ? run_end(at, mid, n) : n;

		merge(at, from, mid, end, to);
		runs += mid < end ? 2 : 1;
		from = end;
	}
	return runs;
}

int runs_sort(struct sp_event *at, uint32_t n, struct sp_err *err)
{
	struct sp_event *other, *from = at, *to;

	if (run_end(at, 0, n) >= n)
		return SP_OK;
	other = sp_huge_alloc(n * sizeof(*other));
	if (!other)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to sort %u events", n);
	for (to = other; pass(from, n, to) > 2; to = from == at ? other : at)
		from = to;
	if (to == other)
		memcpy(at, other, n * sizeof(*at));
	sp_huge_free(other, n * sizeof(*other));
	return SP_OK;
}

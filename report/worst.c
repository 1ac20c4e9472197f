#include "worst.h"

#include <sirqprof/own.h>

struct ranked {
	uint64_t key;
	uint32_t index;
};

static int by_key(const void *pa, const void *pb)
{
	const struct ranked *a = pa, *b = pb;

	if (a->key != b->key)
		return a->key < b->key ? 1 : -1;
	return a->index < b->index ? -1 : a->index > b->index;
}

int worst_pick(const struct sp_report *r, uint32_t n, uint32_t limit, worst_key *key,
	       uint32_t **ret, struct sp_err *err)
{
	sp_auto_free struct ranked *all = calloc((size_t)n + 1, sizeof(*all));
	uint32_t *picked = calloc((size_t)n + 1, sizeof(*picked));

	if (!all || !picked) {
		free(picked);
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to rank %u rows", n);
	}
	for (uint32_t i = 0; i < n; i++)
		all[i] = (struct ranked){ key(r, i), i };
	qsort(all, n, sizeof(*all), by_key);
	for (uint32_t i = 0; i < n && i < limit; i++)
		picked[i] = all[i].index;
	*ret = picked;
	return SP_OK;
}

#include "kranges.h"

#include <stdlib.h>
#include <string.h>

struct krange {
	uint64_t start, end;
	const char *name;
	const char *module;
};

struct kranges {
	struct krange *at; /* by start; they do not overlap */
	size_t n, room;
	size_t added; /* ever: each may move all behind it */
	struct texts *texts;
};

int kranges_new(struct kranges **ret, struct texts *texts, struct sp_err *err)
{
	struct kranges *k = calloc(1, sizeof(*k));

	if (!k)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for kernel symbols");
	k->texts = texts;
	*ret = k;
	return SP_OK;
}

void kranges_free(struct kranges *k)
{
	if (!k)
		return;
	free(k->at);
	free(k);
}

/* The first range that ends behind addr. */
static size_t first_behind(const struct kranges *k, uint64_t addr)
{
	size_t lo = 0, hi = k->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (k->at[mid].end <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool room_for_one(struct kranges *k)
{
	size_t room = k->room ? k->room * 2 : 64;
	struct krange *at;

	if (k->n < k->room)
		return true;
	at = realloc(k->at, room * sizeof(*at));
	if (!at)
		return false;
	k->at = at;
	k->room = room;
	return true;
}

int kranges_add(struct kranges *k, uint64_t start, uint64_t len, const char *name,
		const char *module, struct sp_err *err)
{
	struct krange added = { .start = start, .end = start + len };
	size_t from, to;
	int rc;

	if (!len || len > UINT64_MAX - start || k->added == KRANGES_MAX)
		return SP_OK;
	from = to = first_behind(k, start);
	while (to < k->n && k->at[to].start < added.end)
		to++;
	/* Told again, as every part of a limited recording does. */
	if (to == from + 1 && k->at[from].start == start && k->at[from].end == added.end &&
	    strcmp(k->at[from].name, name) == 0)
		return SP_OK;
	rc = texts_copy(k->texts, name, &added.name, err);
	rc = rc ? rc : texts_keep(k->texts, module, &added.module, err);
	if (rc)
		return rc == SP_END ? SP_OK : rc;
	if (!room_for_one(k))
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for kernel symbols");
	k->added++;
	memmove(&k->at[from + 1], &k->at[to], (k->n - to) * sizeof(added));
	k->at[from] = added;
	k->n = k->n - (to - from) + 1;
	return SP_OK;
}

bool kranges_find(const struct kranges *k, uint64_t addr, struct ksymbol *ret)
{
	size_t i = first_behind(k, addr);

	if (i == k->n || k->at[i].start > addr)
		return false;
	*ret = (struct ksymbol){ k->at[i].start, k->at[i].name, k->at[i].module };
	return true;
}

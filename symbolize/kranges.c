#include "kranges.h"

#include <sirqprof/limits.h>

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
	char **names; /* all that were ever given out: they outlive their range */
	size_t nnames, names_room;
};

int kranges_new(struct kranges **ret, struct sp_err *err)
{
	struct kranges *k = calloc(1, sizeof(*k));

	if (!k)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for kernel symbols");
	*ret = k;
	return SP_OK;
}

void kranges_free(struct kranges *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->nnames; i++)
		free(k->names[i]);
	free(k->names);
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

/* NULL when out of memory. */
static char *keep(struct kranges *k, const char *text)
{
	char *copy;

	if (k->nnames == k->names_room) {
		size_t room = k->names_room ? k->names_room * 2 : 128;
		char **names = realloc(k->names, room * sizeof(*names));

		if (!names)
			return NULL;
		k->names = names;
		k->names_room = room;
	}
	copy = strndup(text, SP_MAX_STRING);
	if (copy)
		k->names[k->nnames++] = copy;
	return copy;
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

	if (!len || len > UINT64_MAX - start || k->nnames >= 2 * KRANGES_MAX)
		return SP_OK;
	from = to = first_behind(k, start);
	while (to < k->n && k->at[to].start < added.end)
		to++;
	/* Told again, as every part of a limited recording does. */
	if (to == from + 1 && k->at[from].start == start && k->at[from].end == added.end &&
	    strcmp(k->at[from].name, name) == 0)
		return SP_OK;
	added.name = keep(k, name);
	added.module = keep(k, module);
	if (!added.name || !added.module || !room_for_one(k))
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for kernel symbols");
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

#include "once.h"

#include <sirqprof/hash.h>

#include <stdlib.h>

static uint64_t *slot_of(const struct once *o, uint64_t number)
{
	uint32_t i = (uint32_t)sp_hash(&number, sizeof(number)) & (o->nslots - 1);

	while (o->slots[i] && o->slots[i] != number)
		i = (i + 1) & (o->nslots - 1);
	return &o->slots[i];
}

static bool grow(struct once *o)
{
	struct once more = { .n = o->n, .nslots = o->nslots ? o->nslots * 2 : 64 };

	more.slots = calloc(more.nslots, sizeof(*more.slots));
	if (!more.slots)
		return false;
	for (uint32_t i = 0; i < o->nslots; i++)
		if (o->slots[i])
			*slot_of(&more, o->slots[i]) = o->slots[i];
	free(o->slots);
	*o = more;
	return true;
}

bool once_met(struct once *o, uint64_t number)
{
	uint64_t *slot;

	/* 0 marks an empty slot. */
	number = number ? number : UINT64_MAX;
	if (o->n * 2 >= o->nslots && o->n < ONCE_MOST && !grow(o) && !o->nslots)
		return true;
	slot = slot_of(o, number);
	if (*slot)
		return false;
	if (o->n < ONCE_MOST && o->n + 1 < o->nslots) {
		*slot = number;
		o->n++;
	}
	return true;
}

void once_clear(struct once *o)
{
	free(o->slots);
	*o = (struct once){ 0 };
}

#include "elfspans.h"

#include <stdlib.h>
#include <string.h>

/* How many begin at addr or before. */
static uint32_t before(const struct elfspans *s, uint64_t addr)
{
	uint32_t lo = 0, hi = s->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (s->at[mid].first <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct elfspan *elfspans_find(const struct elfspans *s, uint64_t addr)
{
	const uint32_t n = before(s, addr);

	return n && addr <= s->at[n - 1].last ? &s->at[n - 1] : NULL;
}

/* Every second one: whatever is asked for next, half of what was known of it still is. */
static void forget_half(struct elfspans *s)
{
	s->n /= 2;
	for (uint32_t i = 0; i < s->n; i++)
		s->at[i] = s->at[2 * i + 1];
}

static bool room_for_one(struct elfspans *s, uint32_t *all)
{
	uint32_t room = s->room ? 2 * s->room : 16;
	struct elfspan *at;

	if (s->n < s->room)
		return true;
	if (room > ELFSPANS_MOST || *all - s->room + room > ELFSPANS_MOST_ALL) {
		forget_half(s);
		return s->room;
	}
	at = realloc(s->at, room * sizeof(*at));
	if (!at)
		return false;
	s->at = at;
	*all += room - s->room;
	s->room = room;
	return true;
}

void elfspans_add(struct elfspans *s, const struct elfspan *span, uint32_t *all)
{
	uint32_t i;

	if (!room_for_one(s, all))
		return;
	i = before(s, span->first);
	memmove(s->at + i + 1, s->at + i, (s->n - i) * sizeof(*s->at));
	s->at[i] = *span;
	s->n++;
}

void elfspans_free(struct elfspans *s, uint32_t *all)
{
	free(s->at);
	*all -= s->room;
	*s = (struct elfspans){ 0 };
}

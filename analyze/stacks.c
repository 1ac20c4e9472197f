#include "stacks.h"

#include <sirqprof/limits.h>

#include <byteswap.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

/* Markers are the last 4095 values (PERF_CONTEXT_MAX). */
#define IS_MARKER(a) ((a) >= (uint64_t)PERF_CONTEXT_MAX)

struct entry {
	uint64_t hash;
	uint64_t at; /* index into words */
	uint32_t nkernel, nuser;
};

struct stacks {
	uint64_t *words;
	uint64_t nwords, words_room;
	struct entry *entries; /* by id, [0] unused */
	uint32_t n, room;
	uint32_t *slots;
	uint32_t nslots;
};

static int grow_slots(struct stacks *s, struct sp_err *err)
{
	uint32_t nslots = s->nslots ? s->nslots * 2 : 4096;
	uint32_t *slots = calloc(nslots, sizeof(*slots));

	if (!slots)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for %u stacks", nslots);
	for (uint32_t id = 1; id < s->n; id++) {
		uint32_t at = (uint32_t)s->entries[id].hash & (nslots - 1);

		while (slots[at])
			at = (at + 1) & (nslots - 1);
		slots[at] = id;
	}
	free(s->slots);
	s->slots = slots;
	s->nslots = nslots;
	return SP_OK;
}

int stacks_new(struct stacks **ret, struct sp_err *err)
{
	sp_auto(stacks) s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for stacks");
	s->n = 1;
	rc = grow_slots(s, err);
	if (!rc)
		*ret = sp_take(s);
	return rc;
}

void stacks_free(struct stacks *s)
{
	if (!s)
		return;
	free(s->words);
	free(s->entries);
	free(s->slots);
	free(s);
}

/* The chain without markers, kernel part first; returns the number of words. */
static uint32_t strip(const uint64_t *chain, uint32_t n, bool swap, uint64_t *to, uint32_t *nkernel)
{
	bool user = false;
	uint32_t out = 0;

	*nkernel = 0;
	for (uint32_t i = 0; i < n && out < SP_MAX_CHAIN; i++) {
		uint64_t a;

		/* RAW bytes of a record are 8-byte aligned only in memory that the kernel made. */
		memcpy(&a, (const uint8_t *)chain + i * sizeof(a), sizeof(a));
		a = swap ? bswap_64(a) : a;
		if (IS_MARKER(a)) {
			user = a == (uint64_t)PERF_CONTEXT_USER ||
			       a == (uint64_t)PERF_CONTEXT_GUEST_USER;
			continue;
		}
		to[out++] = a;
		if (!user)
			*nkernel = out;
	}
	return out;
}

static bool same(const struct stacks *s, uint32_t id, const uint64_t *words, uint32_t n,
		 uint32_t nkernel)
{
	const struct entry *e = &s->entries[id];

	return e->nkernel == nkernel && e->nkernel + e->nuser == n &&
	       memcmp(s->words + e->at, words, n * sizeof(*words)) == 0;
}

static int room_for(struct stacks *s, uint32_t words, struct sp_err *err)
{
	if (s->nwords + words > s->words_room) {
		uint64_t room = (s->words_room + words) * 2 + 4096;
		uint64_t *at = realloc(s->words, room * sizeof(*at));

		if (!at)
			return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for stacks");
		s->words = at;
		s->words_room = room;
	}
	if (s->n >= s->room) {
		uint32_t room = s->room ? s->room * 2 : 1024;
		struct entry *at = realloc(s->entries, room * sizeof(*at));

		if (!at)
			return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for stacks");
		s->entries = at;
		s->room = room;
	}
	return s->n * 2 > s->nslots ? grow_slots(s, err) : SP_OK;
}

int stacks_add(struct stacks *s, const uint64_t *chain, uint32_t n, bool swap, sp_stack *ret,
	       struct sp_err *err)
{
	uint64_t words[SP_MAX_CHAIN], hash;
	uint32_t nkernel, at, len = strip(chain, n, swap, words, &nkernel);
	int rc;

	if (!len) {
		*ret = 0;
		return SP_OK;
	}
	hash = XXH3_64bits_withSeed(words, len * sizeof(*words), nkernel);
	for (at = (uint32_t)hash & (s->nslots - 1); s->slots[at]; at = (at + 1) & (s->nslots - 1)) {
		uint32_t id = s->slots[at];

		if (s->entries[id].hash == hash && same(s, id, words, len, nkernel)) {
			*ret = id;
			return SP_OK;
		}
	}
	rc = room_for(s, len, err);
	if (rc)
		return rc;
	/* The table may have grown: look for the empty place again. */
	for (at = (uint32_t)hash & (s->nslots - 1); s->slots[at]; at = (at + 1) & (s->nslots - 1))
		;
	memcpy(s->words + s->nwords, words, len * sizeof(*words));
	s->entries[s->n] = (struct entry){ hash, s->nwords, nkernel, len - nkernel };
	s->nwords += len;
	s->slots[at] = s->n;
	*ret = s->n++;
	return SP_OK;
}

struct stack stacks_get(const struct stacks *s, sp_stack id)
{
	const struct entry *e;

	if (!id || id >= s->n)
		return (struct stack){ 0 };
	e = &s->entries[id];
	return (struct stack){ s->words + e->at, e->nkernel, e->nuser };
}

uint32_t stacks_count(const struct stacks *s)
{
	return s->n - 1;
}

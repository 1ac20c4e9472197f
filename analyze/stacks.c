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
	uint64_t hash;	   /* of its words */
	uint64_t raw_hash; /* of the chain as the kernel writes it, markers included */
	uint64_t at;	   /* index into words; the word before it is PERF_CONTEXT_KERNEL */
	uint32_t nkernel, nuser;
	uint32_t next; /* id that came after it the last time */
};

/*
 * Nearly every chain was seen before, and looks the same as it did: KERNEL marker, kernel part,
 * USER marker, user part. It is compared with the one that came after its predecessor the last time
 * (a packet takes the same way as the one before); failing that it is found by a hash of those
 * bytes, without looking at each address.
 */
struct stacks {
	uint64_t *words;
	uint64_t nwords, words_room;
	struct entry *entries; /* by id; [0] is where the first id comes after */
	uint32_t last;	       /* id, 0 none */
	uint32_t n, room;
	uint32_t *slots;     /* ids by hash */
	uint32_t *raw_slots; /* ids by raw_hash, of those that were seen in that form */
	uint32_t nslots;     /* of both */
	/* while sweeping: by id, not 0 where it is held; then the id that it has from now on */
	uint32_t *moved;
	uint32_t nmoved;
	uint64_t kept_bytes;
	uint64_t due_bytes;
	bool due;
};

static void put_slot(uint32_t *slots, uint32_t nslots, uint64_t hash, uint32_t id)
{
	uint32_t at = (uint32_t)hash & (nslots - 1);

	while (slots[at])
		at = (at + 1) & (nslots - 1);
	slots[at] = id;
}

static int grow_slots(struct stacks *s, struct sp_err *err)
{
	uint32_t nslots = s->nslots ? s->nslots * 2 : 4096;
	uint32_t *slots = calloc(nslots, sizeof(*slots));
	uint32_t *raw_slots = calloc(nslots, sizeof(*raw_slots));

	if (!slots || !raw_slots) {
		free(slots);
		free(raw_slots);
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for %u stacks", nslots);
	}
	for (uint32_t id = 1; id < s->n; id++) {
		put_slot(slots, nslots, s->entries[id].hash, id);
		if (s->entries[id].raw_hash)
			put_slot(raw_slots, nslots, s->entries[id].raw_hash, id);
	}
	free(s->slots);
	free(s->raw_slots);
	s->slots = slots;
	s->raw_slots = raw_slots;
	s->nslots = nslots;
	return SP_OK;
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

int stacks_new(struct stacks **ret, struct sp_err *err)
{
	sp_auto(stacks) s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for stacks");
	rc = grow_slots(s, err);
	rc = rc ? rc : room_for(s, 0, err);
	if (!rc)
		s->entries[0] = (struct entry){ 0 };
	s->n = 1;
	s->due_bytes = UINT64_MAX;
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
	free(s->raw_slots);
	free(s->moved);
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

/* The chain is the entry's, as the kernel writes it: each part behind its marker. No address looks
 * like a marker. */
static inline bool is_raw(const struct stacks *s, const struct entry *e, const void *chain,
			  uint32_t n)
{
	static const uint64_t user = (uint64_t)PERF_CONTEXT_USER;
	const uint64_t *words = s->words + e->at;
	const uint8_t *raw = chain;
	uint32_t nkernel = e->nkernel + (e->nkernel != 0);

	if (n != nkernel + e->nuser + (e->nuser != 0))
		return false;
	if (nkernel && memcmp(raw, words - 1, nkernel * sizeof(*words)) != 0)
		return false;
	raw += nkernel * sizeof(*words);
	return !e->nuser ||
	       (memcmp(raw, &user, sizeof(user)) == 0 &&
		memcmp(raw + sizeof(user), words + e->nkernel, e->nuser * sizeof(*words)) == 0);
}

/* A chain's words, its entry, and its part of slots that are half empty. */
static uint64_t bytes_of(uint64_t nwords, uint64_t n)
{
	return nwords * sizeof(uint64_t) + n * (sizeof(struct entry) + 4 * sizeof(uint32_t));
}

uint64_t stacks_bytes(const struct stacks *s)
{
	return bytes_of(s->nwords, s->n);
}

/* Looks up words, or adds them. */
static int intern(struct stacks *s, const uint64_t *words, uint32_t len, uint32_t nkernel,
		  sp_stack *ret, struct sp_err *err)
{
	uint64_t hash = XXH3_64bits_withSeed(words, len * sizeof(*words), nkernel);
	uint32_t at;
	int rc;

	for (at = (uint32_t)hash & (s->nslots - 1); s->slots[at]; at = (at + 1) & (s->nslots - 1)) {
		uint32_t id = s->slots[at];

		if (s->entries[id].hash == hash && same(s, id, words, len, nkernel)) {
			*ret = id;
			return SP_OK;
		}
	}
	rc = room_for(s, len + 1, err);
	if (rc)
		return rc;
	put_slot(s->slots, s->nslots, hash, s->n);
	s->words[s->nwords++] = (uint64_t)PERF_CONTEXT_KERNEL;
	memcpy(s->words + s->nwords, words, len * sizeof(*words));
	s->entries[s->n] = (struct entry){ hash, 0, s->nwords, nkernel, len - nkernel, 0 };
	s->nwords += len;
	*ret = s->n++;
	s->due = stacks_bytes(s) >= s->due_bytes;
	return SP_OK;
}

/* Out of line: its words would cost every call a large frame. */
__attribute__((noinline)) static int add_slowly(struct stacks *s, const uint64_t *chain, uint32_t n,
						bool swap, uint64_t raw_hash, sp_stack *ret,
						struct sp_err *err)
{
	uint64_t words[SP_MAX_CHAIN];
	uint32_t nkernel, len = strip(chain, n, swap, words, &nkernel);
	struct entry *e;
	int rc;

	*ret = 0;
	if (!len)
		return SP_OK;
	rc = intern(s, words, len, nkernel, ret, err);
	if (rc || swap || !raw_hash)
		return rc;
	e = &s->entries[*ret];
	if (!e->raw_hash && is_raw(s, e, chain, n)) {
		e->raw_hash = raw_hash;
		put_slot(s->raw_slots, s->nslots, raw_hash, *ret);
	}
	return SP_OK;
}

static int find(struct stacks *s, const uint64_t *chain, uint32_t n, bool swap, sp_stack *ret,
		struct sp_err *err)
{
	uint64_t raw_hash = XXH3_64bits(chain, n * sizeof(*chain));
	uint32_t at = (uint32_t)raw_hash & (s->nslots - 1);

	for (; !swap && s->raw_slots[at]; at = (at + 1) & (s->nslots - 1)) {
		const struct entry *e = &s->entries[s->raw_slots[at]];

		if (e->raw_hash == raw_hash && is_raw(s, e, chain, n)) {
			*ret = s->raw_slots[at];
			return SP_OK;
		}
	}
	return add_slowly(s, chain, n, swap, raw_hash, ret, err);
}

__attribute__((noinline)) static int add_unforeseen(struct stacks *s, const uint64_t *chain,
						    uint32_t n, bool swap, sp_stack *ret,
						    struct sp_err *err)
{
	int rc = find(s, chain, n, swap, ret, err);

	if (!rc) {
		s->entries[s->last].next = *ret;
		s->last = *ret;
	}
	return rc;
}

int stacks_add(struct stacks *s, const uint64_t *chain, uint32_t n, bool swap, sp_stack *ret,
	       struct sp_err *err)
{
	uint32_t next = s->entries[s->last].next;

	if (!next || swap || !is_raw(s, &s->entries[next], chain, n))
		return add_unforeseen(s, chain, n, swap, ret, err);
	s->last = next;
	*ret = next;
	return SP_OK;
}

struct stack stacks_get(const struct stacks *s, sp_stack id)
{
	const struct entry *e = &s->entries[id < s->n ? id : 0];

	if (!id || id >= s->n)
		return (struct stack){ 0 };
	return (struct stack){ s->words + e->at, e->nkernel, e->nuser };
}

uint32_t stacks_count(const struct stacks *s)
{
	return s->n - 1;
}

void stacks_clear(struct stacks *s)
{
	s->n = 1;
	s->nwords = 0;
	s->last = 0;
	s->entries[0].next = 0;
	memset(s->slots, 0, s->nslots * sizeof(*s->slots));
	memset(s->raw_slots, 0, s->nslots * sizeof(*s->raw_slots));
}

void stacks_set_due(struct stacks *s, uint64_t bytes)
{
	s->due_bytes = bytes;
	s->due = stacks_bytes(s) >= bytes;
}

bool stacks_due(const struct stacks *s)
{
	return s->due;
}

int stacks_sweep_begin(struct stacks *s, struct sp_err *err)
{
	free(s->moved);
	s->moved = calloc(s->n, sizeof(*s->moved));
	if (!s->moved)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to sweep stacks");
	s->nmoved = s->n;
	s->kept_bytes = 0;
	return SP_OK;
}

void stacks_keep(struct stacks *s, sp_stack *id)
{
	if (!*id || *id >= s->nmoved || s->moved[*id])
		return;
	s->moved[*id] = 1;
	s->kept_bytes += bytes_of(s->entries[*id].nkernel + s->entries[*id].nuser + 1, 1);
}

uint64_t stacks_kept_bytes(const struct stacks *s)
{
	return s->kept_bytes;
}

/* Entries and words, with the marker before them, move towards the front in the order that they
 * have. */
void stacks_sweep(struct stacks *s)
{
	uint32_t n = 1;
	uint64_t nwords = 0;

	memset(s->slots, 0, s->nslots * sizeof(*s->slots));
	memset(s->raw_slots, 0, s->nslots * sizeof(*s->raw_slots));
	for (uint32_t id = 1; id < s->n; id++) {
		struct entry e = s->entries[id];
		uint32_t len = e.nkernel + e.nuser + 1;

		if (!s->moved[id])
			continue;
		memmove(s->words + nwords, s->words + e.at - 1, len * sizeof(*s->words));
		e.at = nwords + 1;
		nwords += len;
		put_slot(s->slots, s->nslots, e.hash, n);
		if (e.raw_hash)
			put_slot(s->raw_slots, s->nslots, e.raw_hash, n);
		s->entries[n] = e;
		s->moved[id] = n++;
	}
	s->n = n;
	s->nwords = nwords;
	for (uint32_t id = 0; id < n; id++)
		stacks_move(s, &s->entries[id].next);
	stacks_move(s, &s->last);
}

void stacks_move(struct stacks *s, sp_stack *id)
{
	*id = *id < s->nmoved ? s->moved[*id] : 0;
}

uint32_t stacks_moved_count(const struct stacks *s, uint32_t upto)
{
	for (upto = upto < s->nmoved ? upto : s->nmoved - 1; upto; upto--)
		if (s->moved[upto])
			return s->moved[upto];
	return 0;
}

void stacks_sweep_end(struct stacks *s)
{
	free(s->moved);
	s->moved = NULL;
	s->nmoved = 0;
}

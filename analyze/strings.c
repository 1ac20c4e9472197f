#include "strings.h"

#include <sirqprof/hash.h>
#include <sirqprof/limits.h>

#include <stdlib.h>
#include <string.h>

/* Strings never move: they live in chunks, each behind its length, so that strings_get() stays
 * valid. Where one stands is 16 bits of a chunk's number and 16 of a place in it. */
#define CHUNK_BITS  16
#define CHUNK_BYTES (1U << CHUNK_BITS)

_Static_assert(SP_MAX_STRINGS_BYTES / CHUNK_BYTES < UINT16_MAX, "a chunk's number fits");

struct strings {
	char **chunks;
	uint32_t nchunks;
	uint32_t chunk_at; /* free from here in the last chunk */
	uint32_t *place;   /* by id */
	uint32_t n, room;  /* ids given out, 0 included */
	uint32_t *slots;   /* hash table of ids, 0 empty; at most three quarters are in use */
	uint32_t nslots;   /* a power of two */
	uint64_t bytes, refused;
	sp_str too_many;
};

static const char *text_of(const struct strings *s, uint32_t id)
{
	uint32_t place = s->place[id];

	return s->chunks[place >> CHUNK_BITS] + (place & (CHUNK_BYTES - 1));
}

static uint16_t len_of(const char *text)
{
	uint16_t len;

	memcpy(&len, text - sizeof(len), sizeof(len));
	return len;
}

/* Whether so much more would still be within the bound. */
static bool may_take(const struct strings *s, uint64_t bytes)
{
	return s->bytes + bytes <= SP_MAX_STRINGS_BYTES;
}

/* SP_END: there is no room for more. */
static int grow_ids(struct strings *s, struct sp_err *err)
{
	uint32_t room = s->room ? s->room + s->room / 2 : 256, *place;

	if (!may_take(s, (room - s->room) * sizeof(*place)))
		return SP_END;
	place = realloc(s->place, room * sizeof(*place));
	if (!place)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for %u strings", room);
	s->place = place;
	s->bytes += (room - s->room) * sizeof(*place);
	s->room = room;
	return SP_OK;
}

static uint32_t slot_of(const struct strings *s, const char *text, size_t len)
{
	uint32_t at = (uint32_t)sp_hash(text, len) & (s->nslots - 1);

	for (;; at = (at + 1) & (s->nslots - 1)) {
		uint32_t id = s->slots[at];
		const char *is = id ? text_of(s, id) : NULL;

		if (!id || (len_of(is) == len && memcmp(is, text, len) == 0))
			return at;
	}
}

static int grow_slots(struct strings *s, struct sp_err *err)
{
	uint32_t nslots = s->nslots ? s->nslots * 2 : 512, *old = s->slots;

	if (!may_take(s, (nslots - s->nslots) * sizeof(*old)))
		return SP_END;
	s->slots = calloc(nslots, sizeof(*s->slots));
	if (!s->slots) {
		s->slots = old;
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for %u strings", nslots);
	}
	s->bytes += (nslots - s->nslots) * sizeof(*s->slots);
	s->nslots = nslots;
	for (uint32_t id = 1; id < s->n; id++) {
		const char *text = text_of(s, id);

		s->slots[slot_of(s, text, len_of(text))] = id;
	}
	free(old);
	return SP_OK;
}

int strings_new(struct strings **ret, struct sp_err *err)
{
	sp_auto(strings) s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for strings");
	rc = grow_ids(s, err);
	if (rc)
		return rc;
	s->n = 1;
	rc = grow_slots(s, err);
	rc = rc ? rc : strings_add(s, "[too many strings]", 18, &s->too_many, err);
	if (!rc)
		*ret = sp_take(s);
	return rc;
}

void strings_free(struct strings *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->nchunks; i++)
		free(s->chunks[i]);
	free(s->chunks);
	free(s->place);
	free(s->slots);
	free(s);
}

/* A new chunk; SP_END: there is no room for more. */
static int grow_chunks(struct strings *s, struct sp_err *err)
{
	char **chunks;

	if (!may_take(s, CHUNK_BYTES))
		return SP_END;
	chunks = realloc(s->chunks, (s->nchunks + 1) * sizeof(*chunks));
	if (chunks) {
		s->chunks = chunks;
		chunks[s->nchunks] = malloc(CHUNK_BYTES);
	}
	if (!chunks || !chunks[s->nchunks])
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for a string");
	s->nchunks++;
	s->chunk_at = 0;
	s->bytes += CHUNK_BYTES;
	return SP_OK;
}

/* Room for a string of len bytes in all tables; SP_END: there is none. */
static int make_room(struct strings *s, size_t len, struct sp_err *err)
{
	int rc = SP_OK;

	if ((s->n + 1) * 4 > s->nslots * 3)
		rc = grow_slots(s, err);
	if (!rc && s->n == s->room)
		rc = grow_ids(s, err);
	if (!rc && (!s->nchunks || s->chunk_at + sizeof(uint16_t) + len + 1 > CHUNK_BYTES))
		rc = grow_chunks(s, err);
	return rc;
}

int strings_add(struct strings *s, const char *text, size_t len, sp_str *ret, struct sp_err *err)
{
	uint16_t before;
	char *copy;
	uint32_t at;
	int rc;

	if (len > SP_MAX_STRING - 1)
		len = SP_MAX_STRING - 1;
	if (!len) {
		*ret = 0;
		return SP_OK;
	}
	at = slot_of(s, text, len);
	if (s->slots[at]) {
		*ret = s->slots[at];
		return SP_OK;
	}
	rc = make_room(s, len, err);
	if (rc == SP_END) {
		s->refused++;
		*ret = s->too_many;
	}
	if (rc)
		return rc == SP_END ? SP_OK : rc;
	before = (uint16_t)len;
	copy = s->chunks[s->nchunks - 1] + s->chunk_at;
	memcpy(copy, &before, sizeof(before));
	copy += sizeof(before);
	memcpy(copy, text, len);
	copy[len] = 0;
	s->place[s->n] = ((s->nchunks - 1) << CHUNK_BITS) + s->chunk_at + (uint32_t)sizeof(before);
	s->chunk_at += (uint32_t)(sizeof(before) + len + 1);
	s->slots[slot_of(s, text, len)] = s->n;
	*ret = s->n++;
	return SP_OK;
}

const char *strings_get(const struct strings *s, sp_str id)
{
	return id && id < s->n ? text_of(s, id) : "";
}

uint64_t strings_refused(const struct strings *s)
{
	return s->refused;
}

#include "strings.h"

#include <sirqprof/limits.h>

#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

/* Strings never move: they live in chunks, so that strings_get() stays valid. */
#define CHUNK_BYTES (64U << 10)

struct strings {
	char **chunks;
	uint32_t nchunks;
	size_t chunk_at;   /* free from here in the last chunk */
	const char **text; /* by id */
	uint32_t *len;	   /* by id */
	uint32_t n, room;  /* ids given out, 0 included */
	uint32_t *slots;   /* hash table of ids, 0 empty */
	uint32_t nslots;   /* a power of two */
	uint64_t bytes, refused;
	sp_str too_many;
};

static int grow_ids(struct strings *s, struct sp_err *err)
{
	uint32_t room = s->room ? s->room * 2 : 256;
	const char **text = realloc(s->text, room * sizeof(*text));
	uint32_t *len;

	if (text)
		s->text = text;
	len = text ? realloc(s->len, room * sizeof(*len)) : NULL;
	if (!len)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for %u strings", room);
	s->len = len;
	s->bytes += (room - s->room) * (sizeof(*text) + sizeof(*len));
	s->room = room;
	return SP_OK;
}

static uint32_t slot_of(const struct strings *s, const char *text, size_t len)
{
	uint32_t at = (uint32_t)XXH3_64bits(text, len) & (s->nslots - 1);

	for (;; at = (at + 1) & (s->nslots - 1)) {
		uint32_t id = s->slots[at];

		if (!id || (s->len[id] == len && memcmp(s->text[id], text, len) == 0))
			return at;
	}
}

static int grow_slots(struct strings *s, struct sp_err *err)
{
	uint32_t nslots = s->nslots ? s->nslots * 2 : 512, *old = s->slots;

	s->slots = calloc(nslots, sizeof(*s->slots));
	if (!s->slots) {
		s->slots = old;
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for %u strings", nslots);
	}
	s->bytes += (nslots - s->nslots) * sizeof(*s->slots);
	s->nslots = nslots;
	for (uint32_t id = 1; id < s->n; id++)
		s->slots[slot_of(s, s->text[id], s->len[id])] = id;
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
	s->text[0] = "";
	s->len[0] = 0;
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
	free(s->text);
	free(s->len);
	free(s->slots);
	free(s);
}

/* len + 1 bytes that stay where they are. */
static char *take(struct strings *s, size_t len)
{
	char **chunks, *at;

	if (!s->nchunks || s->chunk_at + len + 1 > CHUNK_BYTES) {
		chunks = realloc(s->chunks, (s->nchunks + 1) * sizeof(*chunks));
		if (!chunks)
			return NULL;
		s->chunks = chunks;
		s->chunks[s->nchunks] = malloc(CHUNK_BYTES);
		if (!s->chunks[s->nchunks])
			return NULL;
		s->nchunks++;
		s->chunk_at = 0;
		s->bytes += CHUNK_BYTES;
	}
	at = s->chunks[s->nchunks - 1] + s->chunk_at;
	s->chunk_at += len + 1;
	return at;
}

int strings_add(struct strings *s, const char *text, size_t len, sp_str *ret, struct sp_err *err)
{
	uint32_t at;
	char *copy;
	int rc = SP_OK;

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
	if (s->bytes >= SP_MAX_STRINGS_BYTES) {
		s->refused++;
		*ret = s->too_many;
		return SP_OK;
	}
	if (s->n == s->room)
		rc = grow_ids(s, err);
	copy = rc ? NULL : take(s, len);
	if (!copy)
		return rc ? rc : sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for a string");
	memcpy(copy, text, len);
	copy[len] = 0;
	s->text[s->n] = copy;
	s->len[s->n] = (uint32_t)len;
	s->slots[at] = s->n;
	*ret = s->n++;
	/* At most half full, so that a search is short. */
	return s->n * 2 > s->nslots ? grow_slots(s, err) : SP_OK;
}

const char *strings_get(const struct strings *s, sp_str id)
{
	return id < s->n ? s->text[id] : "";
}

uint64_t strings_refused(const struct strings *s)
{
	return s->refused;
}

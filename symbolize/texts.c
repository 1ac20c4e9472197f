#include "texts.h"

#include <sirqprof/hash.h>
#include <sirqprof/limits.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Texts never move: they live in chunks, and where they stand is 16 bits of a chunk's number and 16
 * of a place in it. */
#define CHUNK_BITS  16
#define CHUNK_BYTES (1U << CHUNK_BITS)
#define MOST_CHUNKS (1U << 16)

struct texts {
	char **chunks;
	uint32_t nchunks;
	uint32_t at;	 /* free from here in the last chunk */
	uint32_t *slots; /* hash table of places + 1, 0 empty; at most three quarters are in use */
	uint32_t n, nslots;
	size_t bytes, most_bytes;
};

int texts_new(struct texts **ret, size_t most_bytes, struct sp_err *err)
{
	struct texts *t = calloc(1, sizeof(*t));

	if (!t)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for texts");
	t->most_bytes = most_bytes;
	*ret = t;
	return SP_OK;
}

void texts_free(struct texts *t)
{
	if (!t)
		return;
	for (uint32_t i = 0; i < t->nchunks; i++)
		free(t->chunks[i]);
	free(t->chunks);
	free(t->slots);
	free(t);
}

static const char *text_at(const struct texts *t, uint32_t slot)
{
	uint32_t place = slot - 1;

	return t->chunks[place >> CHUNK_BITS] + (place & (CHUNK_BYTES - 1));
}

/* The slot that holds the text, or that it would go to. */
static uint32_t *slot_of(const struct texts *t, const char *text, size_t len)
{
	uint32_t i = (uint32_t)sp_hash(text, len) & (t->nslots - 1);

	for (; t->slots[i]; i = (i + 1) & (t->nslots - 1)) {
		const char *is = text_at(t, t->slots[i]);

		if (strncmp(is, text, len) == 0 && !is[len])
			break;
	}
	return &t->slots[i];
}

static int no_memory(struct sp_err *err)
{
	return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for texts");
}

static int grow_slots(struct texts *t, struct sp_err *err)
{
	uint32_t nold = t->nslots, *old = t->slots, n = nold ? nold * 2 : 64;

	if (t->bytes + n * sizeof(*old) > t->most_bytes)
		return SP_END;
	t->slots = calloc(n, sizeof(*t->slots));
	if (!t->slots) {
		t->slots = old;
		return no_memory(err);
	}
	t->nslots = n;
	t->bytes += (n - nold) * sizeof(*old);
	for (uint32_t i = 0; i < nold; i++)
		if (old[i]) {
			const char *text = text_at(t, old[i]);

			*slot_of(t, text, strlen(text)) = old[i];
		}
	free(old);
	return SP_OK;
}

static int grow_chunks(struct texts *t, struct sp_err *err)
{
	char **chunks;

	if (t->bytes + CHUNK_BYTES > t->most_bytes || t->nchunks == MOST_CHUNKS)
		return SP_END;
	chunks = realloc(t->chunks, (t->nchunks + 1) * sizeof(*chunks));
	if (!chunks)
		return no_memory(err);
	t->chunks = chunks;
	t->chunks[t->nchunks] = malloc(CHUNK_BYTES);
	if (!t->chunks[t->nchunks])
		return no_memory(err);
	t->nchunks++;
	t->at = 0;
	t->bytes += CHUNK_BYTES;
	return SP_OK;
}

/* A new one at the end. */
static int append(struct texts *t, const char *text, size_t len, char **ret, struct sp_err *err)
{
	int rc = !t->nchunks || t->at + len + 1 > CHUNK_BYTES ? grow_chunks(t, err) : SP_OK;

	if (rc)
		return rc;
	*ret = t->chunks[t->nchunks - 1] + t->at;
	memcpy(*ret, text, len);
	(*ret)[len] = 0;
	t->at += (uint32_t)len + 1;
	return SP_OK;
}

int texts_copy(struct texts *t, const char *text, const char **ret, struct sp_err *err)
{
	char *copy;
	int rc = append(t, text, strnlen(text, SP_MAX_STRING - 1), &copy, err);

	*ret = rc ? "" : copy;
	return rc;
}

int texts_keep(struct texts *t, const char *text, const char **ret, struct sp_err *err)
{
	size_t len = strnlen(text, SP_MAX_STRING - 1);
	uint32_t *slot;
	int rc = SP_OK;
	char *copy;

	*ret = "";
	if (!len)
		return SP_OK;
	if (t->nslots && *(slot = slot_of(t, text, len))) {
		*ret = text_at(t, *slot);
		return SP_OK;
	}
	if ((t->n + 1) * 4 > t->nslots * 3)
		rc = grow_slots(t, err);
	rc = rc ? rc : append(t, text, len, &copy, err);
	if (rc)
		return rc;
	*slot_of(t, text, len) = ((t->nchunks - 1) << CHUNK_BITS) + (t->at - (uint32_t)len - 1) + 1;
	t->n++;
	*ret = copy;
	return SP_OK;
}

#include "arena.h"

#include <stdalign.h>
#include <string.h>

struct chunk {
	struct chunk *next;
	size_t used, size;
	alignas(max_align_t) unsigned char bytes[];
};

struct arena {
	struct chunk *chunks; /* the newest first */
	size_t bytes;
};

int arena_new(struct arena **ret, struct sp_err *err)
{
	struct arena *a = calloc(1, sizeof(*a));

	if (!a)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the report");
	*ret = a;
	return SP_OK;
}

void arena_free(struct arena *a)
{
	struct chunk *next;

	if (!a)
		return;
	for (struct chunk *c = a->chunks; c; c = next) {
		next = c->next;
		free(c);
	}
	free(a);
}

void *arena_get(struct arena *a, size_t size, struct sp_err *err)
{
	const size_t align = alignof(max_align_t);
	struct chunk *c = a->chunks;
	void *at;

	size = (size + align - 1) / align * align;
	if (!c || c->size - c->used < size) {
		size_t room = size > ARENA_CHUNK ? size : ARENA_CHUNK;

		c = calloc(1, sizeof(*c) + room);
		if (!c) {
			sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the report");
			return NULL;
		}
		c->size = room;
		c->next = a->chunks;
		a->chunks = c;
		a->bytes += sizeof(*c) + room;
	}
	at = c->bytes + c->used;
	c->used += size;
	return at;
}

char *arena_text(struct arena *a, const char *text, size_t len, struct sp_err *err)
{
	char *copy = arena_get(a, len + 1, err);

	if (copy)
		memcpy(copy, text, len);
	return copy;
}

size_t arena_bytes(const struct arena *a)
{
	return a->bytes;
}

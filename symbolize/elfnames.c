#include "elfnames.h"

#include "elfsyms.h"

#include <sirqprof/hash.h>
#include <sirqprof/limits.h>

#include <stdlib.h>
#include <string.h>

/* Names are packed one behind the other; they never move. */
#define TEXT_ROOM (64U << 10)

struct elfname {
	uint64_t of, start;
	char text[];
};

struct elfnames_texts {
	struct elfnames_texts *next;
	size_t used;
	_Alignas(struct elfname) char at[TEXT_ROOM];
};

_Static_assert(ELFNAMES_MOST_BYTES / sizeof(struct elfname) < ELFSYMS_MOST_NR,
	       "a table has room for the number of each name");
_Static_assert(sizeof(struct elfname) + SP_MAX_STRING + 8 < TEXT_ROOM, "each name has room");

void elfnames_free(struct elfnames *names)
{
	struct elfnames_texts *next;

	for (; names->texts; names->texts = next) {
		next = names->texts->next;
		free(names->texts);
	}
	free(names->at);
	free(names->slots);
	*names = (struct elfnames){ 0 };
}

/* Where the number of the name is, or is to be; there are free slots. */
static uint32_t *slot_of(const struct elfnames *names, uint64_t of, uint64_t start)
{
	const uint64_t key[2] = { of, start };
	uint32_t mask = 2 * names->room - 1, i = (uint32_t)sp_hash(key, sizeof(key)) & mask, nr;

	for (; (nr = names->slots[i]); i = (i + 1) & mask)
		if (names->at[nr]->start == start && names->at[nr]->of == of)
			break;
	return &names->slots[i];
}

uint32_t elfnames_find(const struct elfnames *names, uint64_t of, uint64_t start)
{
	return names->n ? *slot_of(names, of, start) : 0;
}

/* Two slots a name, so that half of them are free. */
static size_t tables_bytes(uint32_t room)
{
	return room * (sizeof(struct elfname *) + 2 * sizeof(uint32_t));
}

static bool grow(struct elfnames *names, uint32_t room)
{
	struct elfname **at;
	uint32_t *slots;

	if (names->bytes + tables_bytes(room) - tables_bytes(names->room) > ELFNAMES_MOST_BYTES)
		return false;
	at = realloc(names->at, room * sizeof(*at));
	names->at = at ? at : names->at;
	slots = at ? calloc((size_t)2 * room, sizeof(*slots)) : NULL;
	if (!slots)
		return false;
	free(names->slots);
	names->slots = slots;
	names->bytes += tables_bytes(room) - tables_bytes(names->room);
	names->room = room;
	for (uint32_t nr = 1; nr <= names->n; nr++)
		*slot_of(names, at[nr]->of, at[nr]->start) = nr;
	return true;
}

/* NULL when there is none for size bytes. */
static struct elfname *room_of(struct elfnames *names, size_t size)
{
	struct elfnames_texts *t = names->texts;

	size = (size + _Alignof(struct elfname) - 1) & ~(_Alignof(struct elfname) - 1);
	if (!t || t->used + size > sizeof(t->at)) {
		if (names->bytes + sizeof(*t) > ELFNAMES_MOST_BYTES)
			return NULL;
		t = malloc(sizeof(*t));
		if (!t)
			return NULL;
		t->next = names->texts;
		t->used = 0;
		names->texts = t;
		names->bytes += sizeof(*t);
	}
	t->used += size;
	return (struct elfname *)(void *)(t->at + t->used - size);
}

uint32_t elfnames_add(struct elfnames *names, uint64_t of, uint64_t start, const char *text)
{
	const size_t len = strnlen(text, SP_MAX_STRING);
	struct elfname *name;

	/* Numbers begin at 1. */
	if (names->n + 1 >= names->room && !grow(names, names->room ? 2 * names->room : 64))
		return 0;
	name = room_of(names, sizeof(*name) + len + 1);
	if (!name)
		return 0;
	name->of = of;
	name->start = start;
	memcpy(name->text, text, len);
	name->text[len] = 0;
	names->at[++names->n] = name;
	*slot_of(names, of, start) = names->n;
	return names->n;
}

const char *elfnames_at(const struct elfnames *names, uint32_t nr, uint64_t *ret_start)
{
	*ret_start = names->at[nr]->start;
	return names->at[nr]->text;
}

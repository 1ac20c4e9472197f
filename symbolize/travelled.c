#include "travelled.h"

#include <sirqprof/hash.h>

#include <stdlib.h>

struct symbol {
	uint64_t addr;
	struct ksymbol is;
};

struct travelled {
	struct texts *texts;
	struct symbol *at;
	uint32_t n, room;
	uint32_t *slots; /* hash table of index + 1, 0 empty; at most half are in use */
	uint32_t nslots;
};

int travelled_new(struct travelled **ret, struct texts *texts, struct sp_err *err)
{
	struct travelled *t = calloc(1, sizeof(*t));

	if (!t)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for kernel symbols");
	t->texts = texts;
	*ret = t;
	return SP_OK;
}

void travelled_free(struct travelled *t)
{
	if (!t)
		return;
	free(t->at);
	free(t->slots);
	free(t);
}

/* The slot that holds the address, or that it would go to. */
static uint32_t *slot_of(const struct travelled *t, uint64_t addr)
{
	uint32_t i = (uint32_t)sp_hash(&addr, sizeof(addr)) & (t->nslots - 1);

	while (t->slots[i] && t->at[t->slots[i] - 1].addr != addr)
		i = (i + 1) & (t->nslots - 1);
	return &t->slots[i];
}

static int grow(struct travelled *t, struct sp_err *err)
{
	uint32_t room = t->room ? t->room * 2 : 64;
	struct symbol *at = realloc(t->at, room * sizeof(*at));
	uint32_t *slots;

	if (at)
		t->at = at;
	slots = at ? calloc(room * 2, sizeof(*slots)) : NULL;
	if (!slots)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for kernel symbols");
	free(t->slots);
	t->slots = slots;
	t->nslots = room * 2;
	t->room = room;
	for (uint32_t i = 0; i < t->n; i++)
		*slot_of(t, t->at[i].addr) = i + 1;
	return SP_OK;
}

int travelled_add(struct travelled *t, uint64_t addr, uint64_t start, const char *name,
		  const char *module, struct sp_err *err)
{
	struct symbol new = { .addr = addr, .is.start = start <= addr ? start : addr };
	int rc;

	if (t->n == TRAVELLED_MAX || (t->n && *slot_of(t, addr)))
		return SP_OK;
	rc = texts_copy(t->texts, name, &new.is.name, err);
	rc = rc ? rc : texts_keep(t->texts, module, &new.is.module, err);
	if (!rc && t->n == t->room)
		rc = grow(t, err);
	if (rc)
		return rc == SP_END ? SP_OK : rc;
	t->at[t->n++] = new;
	*slot_of(t, addr) = t->n;
	return SP_OK;
}

bool travelled_find(const struct travelled *t, uint64_t addr, struct ksymbol *ret)
{
	uint32_t slot = t->n ? *slot_of(t, addr) : 0;

	if (slot)
		*ret = t->at[slot - 1].is;
	return slot != 0;
}

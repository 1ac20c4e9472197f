#include "names.h"

#include "places.h"

#include <sirqprof/hash.h>
#include <sirqprof/limits.h>

#include <stdlib.h>
#include <string.h>
/* Stacks are looked up for every share of a stall: uthash's own function takes three times as long.
 */
#define HASH_FUNCTION(key, len, hash) ((hash) = (unsigned int)sp_hash(key, len))
#include <uthash.h>

/* What was asked for lately is forgotten when it has become so much. */
#define LATELY_BYTES (8U << 20)

struct known_chain {
	struct chain chain;
	UT_hash_handle hh;
};

/* Processes of one program show the same names: they are kept once. */
struct shown_chain {
	UT_hash_handle hh;
	const char *shown[];
};

struct names {
	const struct stacks *stacks;
	struct places places;
	struct arena *arena;
	struct shown_chain *shown;
	size_t shown_bytes; /* of those with user frames */
	uint64_t cut;
	/* what was asked for lately */
	struct arena *cache;
	struct known_chain *chains;
};

int names_new(struct names **ret, const struct stacks *stacks, const struct sp_resolver *resolver,
	      struct arena *arena, struct sp_err *err)
{
	sp_auto(names) n = calloc(1, sizeof(*n));
	int rc;

	if (!n)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for names");
	rc = arena_new(&n->cache, err);
	if (rc)
		return rc;
	n->stacks = stacks;
	n->places.resolver = resolver;
	n->places.arena = n->arena = arena;
	n->places.cache = n->cache;
	*ret = sp_take(n);
	return SP_OK;
}

static void forget(struct names *n)
{
	/* The entries are the arenas'. */
	places_forget(&n->places);
	HASH_CLEAR(hh, n->chains);
	arena_free(n->cache);
	n->cache = NULL;
}

int names_forget(struct names *n, struct sp_err *err)
{
	int rc;

	if (arena_bytes(n->cache) + places_bytes(&n->places) < LATELY_BYTES)
		return SP_OK;
	forget(n);
	rc = arena_new(&n->cache, err);
	n->places.cache = n->cache;
	return rc;
}

void names_free(struct names *n)
{
	if (!n)
		return;
	forget(n);
	places_clear(&n->places);
	HASH_CLEAR(hh, n->shown);
	free(n);
}

/* Frames of one stack on their way, filled from the end: the innermost is the last. Large: not to
 * be cleared for every stack. */
struct filling {
	const struct frame *at[SP_MAX_CHAIN * 2];
	const char *shown[SP_MAX_CHAIN * 2];
	uint32_t from;
};

/* of: pid and life of the addresses; their time only picks what stood there in that life. */
static int name_part(struct names *n, const uint64_t *addr, uint32_t count, struct place_key of,
		     uint64_t time_ns, struct filling *f, struct sp_err *err)
{
	for (uint32_t i = 0; i < count; i++) {
		struct place *p;

		/* All but the first are return addresses: one past the call. */
		of.addr = addr[i] - (i > 0);
		p = places_get(&n->places, &of, time_ns, err);
		if (!p)
			return SP_ENOMEM;
		for (uint32_t k = 0; k < p->n; k++) {
			if (!f->from)
				return SP_OK;
			f->from--;
			f->at[f->from] = p->at[k].frame;
			f->shown[f->from] = p->at[k].shown;
		}
	}
	return SP_OK;
}

static int build(struct names *n, const struct stack *s, struct place_key user, uint64_t time_ns,
		 struct chain *ret, struct sp_err *err)
{
	const struct place_key kernel = { .pid = PLACES_KERNEL };
	const struct frame **at;
	const char **shown;
	struct filling f;
	uint32_t kernel_from;
	int rc;

	f.from = SP_MAX_CHAIN * 2;
	rc = name_part(n, s->addr, s->nkernel, kernel, time_ns, &f, err);
	kernel_from = f.from;
	rc = rc ? rc : name_part(n, s->addr + s->nkernel, s->nuser, user, time_ns, &f, err);
	if (rc)
		return rc;
	ret->n = SP_MAX_CHAIN * 2 - f.from;
	ret->nuser = kernel_from - f.from;
	at = arena_get(n->cache, (ret->n + 1) * sizeof(*at), err);
	shown = arena_get(n->cache, (ret->n + 1) * sizeof(*shown), err);
	if (!at || !shown)
		return SP_ENOMEM;
	memcpy(at, f.at + f.from, ret->n * sizeof(*at));
	memcpy(shown, f.shown + f.from, ret->n * sizeof(*shown));
	ret->at = at;
	ret->shown = shown;
	return SP_OK;
}

int names_chain(struct names *n, sp_stack stack, int32_t pid, uint64_t time_ns, struct chain *ret,
		struct sp_err *err)
{
	const struct stack s = stacks_get(n->stacks, stack);
	struct known_chain *c;
	struct chain_key key = { PLACES_KERNEL, stack, 0 };
	int rc;

	if (!stack) {
		*ret = (struct chain){ 0 };
		return SP_OK;
	}
	/* The kernel's part is the same for every process. */
	if (s.nuser) {
		key.pid = pid;
		key.life = places_life(&n->places, pid, time_ns);
	}
	HASH_FIND(hh, n->chains, &key, sizeof(key), c);
	if (c) {
		*ret = c->chain;
		return SP_OK;
	}
	c = arena_get(n->cache, sizeof(*c), err);
	if (!c)
		return SP_ENOMEM;
	c->chain.key = key;
	rc = build(n, &s, (struct place_key){ .pid = pid, .life = key.life }, time_ns, &c->chain,
		   err);
	if (rc)
		return rc;
	HASH_ADD(hh, n->chains, chain.key, sizeof(c->chain.key), c);
	*ret = c->chain;
	return SP_OK;
}

static struct shown_chain *find_shown(const struct names *n, const struct chain *c)
{
	struct shown_chain *s;

	HASH_FIND(hh, n->shown, c->shown, c->n * sizeof(c->shown[0]), s);
	return s;
}

/* What is left is of the kernel, and everybody's. */
static void cut_user(struct names *n, struct chain *c)
{
	c->at += c->nuser;
	c->shown += c->nuser;
	c->n -= c->nuser;
	c->nuser = 0;
	c->key.pid = PLACES_KERNEL;
	c->key.life = 0;
	n->cut++;
}

int names_shown(struct names *n, struct chain *c, const char *const **ret, struct sp_err *err)
{
	static const char *const nothing[1];
	struct shown_chain *s = c->n ? find_shown(n, c) : NULL;
	const size_t bytes = c->n * sizeof(s->shown[0]);

	*ret = nothing;
	if (!c->n)
		return SP_OK;
	if (!s && c->nuser && n->shown_bytes + sizeof(*s) + bytes > NAMES_SHOWN_BYTES) {
		cut_user(n, c);
		return names_shown(n, c, ret, err);
	}
	if (!s) {
		s = arena_get(n->arena, sizeof(*s) + bytes, err);
		if (!s)
			return SP_ENOMEM;
		memcpy(s->shown, c->shown, bytes);
		n->shown_bytes += c->nuser ? sizeof(*s) + bytes : 0;
		HASH_ADD(hh, n->shown, shown, bytes, s);
	}
	*ret = s->shown;
	return SP_OK;
}

uint64_t names_cut(const struct names *n)
{
	return n->cut;
}

const struct frame *names_kernel(struct names *n, uint64_t addr, struct sp_err *err)
{
	const struct place_key key = { .addr = addr, .pid = PLACES_KERNEL };
	struct place *p = places_get(&n->places, &key, 0, err);

	return p ? p->at[p->n - 1].frame : NULL;
}

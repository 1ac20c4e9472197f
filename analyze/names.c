#include "names.h"

#include <sirqprof/hash.h>
#include <sirqprof/limits.h>

#include <string.h>
/* Every frame of every stack is looked up: uthash's own function takes three times as long. */
#define HASH_FUNCTION(key, len, hash) ((hash) = (unsigned int)sp_hash(key, len))
#include <uthash.h>

/* What was asked for lately is forgotten when it has become so much. */
#define LATELY_BYTES (12U << 20)

/* Addresses without a name are counted where they are asked for: so many are not asked for again.
 */
#define NAMELESS_MOST 65536U

/* Frames that inlining may make of one address. */
#define MAX_INLINED 16

#define KERNEL INT64_MIN /* no process has this number, nor SP_NO_TASK */

struct place_key {
	uint64_t addr;
	int64_t pid;   /* KERNEL: of the kernel */
	uint64_t life; /* of the process: another program may stand there later */
};

/* The frames of one address. */
struct place {
	struct place_key key;
	UT_hash_handle hh;
	uint32_t n;
	struct {
		const struct frame *frame;
		const char *shown;
	} at[]; /* innermost first */
};

/* Places met lately, by their hash: most frames of a stack are those of the one before. */
#define LATELY 4096U

/* Functions are shared by all the addresses in them. */
struct function {
	struct frame frame;
	struct {
		const char *name, *module; /* the resolver's pointers tell functions apart */
	} key;
	UT_hash_handle hh;
};

struct known_chain {
	struct chain chain;
	UT_hash_handle hh;
};

struct shown_chain {
	struct chain_key key;
	const char *const *shown;
	UT_hash_handle hh;
};

struct names {
	const struct stacks *stacks;
	const struct sp_resolver *resolver;
	struct arena *arena;
	struct place *nameless;
	struct function *functions;
	struct shown_chain *shown;
	size_t shown_bytes; /* of those with user frames */
	uint64_t cut;
	/* what was asked for lately */
	struct arena *cache;
	struct place *places;
	struct place *lately[LATELY];
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
	n->resolver = resolver;
	n->arena = arena;
	*ret = sp_take(n);
	return SP_OK;
}

static void forget(struct names *n)
{
	/* The entries are the arenas'; the tables are uthash's. */
	HASH_CLEAR(hh, n->places);
	HASH_CLEAR(hh, n->chains);
	memset(n->lately, 0, sizeof(n->lately));
	arena_free(n->cache);
	n->cache = NULL;
}

int names_forget(struct names *n, struct sp_err *err)
{
	if (arena_bytes(n->cache) < LATELY_BYTES)
		return SP_OK;
	forget(n);
	return arena_new(&n->cache, err);
}

void names_free(struct names *n)
{
	if (!n)
		return;
	forget(n);
	HASH_CLEAR(hh, n->nameless);
	HASH_CLEAR(hh, n->functions);
	HASH_CLEAR(hh, n->shown);
	free(n);
}

static const struct frame *function_of(struct names *n, const struct sp_frame *from, bool kernel,
				       struct sp_err *err)
{
	struct function *f, key = { .key = { from->name, from->module } };
	size_t len = plumbing_base_len(from->name);

	HASH_FIND(hh, n->functions, &key.key, sizeof(key.key), f);
	if (f)
		return &f->frame;
	f = arena_get(n->arena, sizeof(*f), err);
	if (!f)
		return NULL;
	f->key = key.key;
	f->frame = (struct frame){
		.name = from->name,
		.base = from->name,
		.module = from->module ? from->module : "",
		.plumbing = (uint8_t)(from->known ? plumbing_of(from->name) : PLUMB_UNKNOWN),
		.landmark = from->known && kernel && plumbing_is_landmark(from->name),
		.kernel = kernel,
		.known = from->known,
	};
	if (kernel && from->name[len]) {
		f->frame.base = arena_text(n->arena, from->name, len, err);
		if (!f->frame.base)
			return NULL;
	}
	HASH_ADD(hh, n->functions, key, sizeof(f->key), f);
	return &f->frame;
}

static size_t ask(struct names *n, uint64_t addr, int32_t pid, uint64_t time_ns, bool kernel,
		  struct sp_frame *ret)
{
	const struct sp_resolver *r = n->resolver;
	size_t got = 0;

	if (r && kernel && r->kernel)
		got = r->kernel(r->self, addr, ret, MAX_INLINED);
	else if (r && !kernel && r->user)
		got = r->user(r->self, pid, time_ns, addr, ret, MAX_INLINED);
	if (!got)
		ret[got++] = (struct sp_frame){ .name = "[unknown]", .module = "" };
	return got > MAX_INLINED ? MAX_INLINED : got;
}

/* "s_show (slab.c:4123)": the file's own name will do, paths are the build machine's. */
static const char *shown_of(struct names *n, const struct frame *f, const struct sp_frame *from,
			    struct sp_err *err)
{
	const char *base = from->file ? strrchr(from->file, '/') : NULL;
	char text[512];

	if (!from->file || !from->line)
		return f->name;
	snprintf(text, sizeof(text), "%.300s (%.100s:%u)", f->name, base ? base + 1 : from->file,
		 from->line);
	return arena_text(n->arena, text, strlen(text), err);
}

static uint64_t life_of(const struct names *n, int32_t pid, uint64_t time_ns)
{
	return n->resolver && n->resolver->life ? n->resolver->life(n->resolver->self, pid, time_ns)
						: 0;
}

static struct place *new_place(struct names *n, const struct place_key *key, uint64_t time_ns,
			       struct sp_err *err)
{
	struct sp_frame frames[MAX_INLINED];
	const bool kernel = key->pid == KERNEL;
	size_t got =
		ask(n, key->addr, kernel ? SP_NO_TASK : (int32_t)key->pid, time_ns, kernel, frames);
	bool stays = false;
	struct place *p;

	for (size_t i = 0; i < got; i++)
		stays |= !frames[i].known;
	stays = stays && HASH_COUNT(n->nameless) < NAMELESS_MOST;
	p = arena_get(stays ? n->arena : n->cache, sizeof(*p) + got * sizeof(p->at[0]), err);
	if (!p)
		return NULL;
	p->key = *key;
	if (kernel && !frames[0].known && n->resolver && n->resolver->kernel_missed)
		n->resolver->kernel_missed(n->resolver->self, key->addr);
	for (size_t i = 0; i < got; i++) {
		const struct frame *f = function_of(n, &frames[i], kernel, err);

		p->at[p->n].frame = f;
		p->at[p->n].shown = f ? shown_of(n, f, &frames[i], err) : NULL;
		if (!p->at[p->n].shown)
			return NULL;
		p->n++;
	}
	if (stays)
		HASH_ADD(hh, n->nameless, key, sizeof(p->key), p);
	else
		HASH_ADD(hh, n->places, key, sizeof(p->key), p);
	return p;
}

static struct place *place_of(struct names *n, const struct place_key *key, uint64_t time_ns,
			      struct sp_err *err)
{
	uint64_t hash = (key->addr ^ (uint64_t)key->pid ^ key->life) * 0x9e3779b97f4a7c15ULL;
	struct place **lately = &n->lately[hash >> 52], *p = *lately;

	if (p && p->key.addr == key->addr && p->key.pid == key->pid && p->key.life == key->life)
		return p;
	HASH_FIND(hh, n->places, key, sizeof(*key), p);
	if (!p)
		HASH_FIND(hh, n->nameless, key, sizeof(*key), p);
	*lately = p ? p : new_place(n, key, time_ns, err);
	return *lately;
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
		p = place_of(n, &of, time_ns, err);
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
	const struct place_key kernel = { .pid = KERNEL };
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
	struct chain_key key = { KERNEL, stack, 0 };
	int rc;

	if (!stack) {
		*ret = (struct chain){ 0 };
		return SP_OK;
	}
	/* The kernel's part is the same for every process. */
	if (s.nuser) {
		key.pid = pid;
		key.life = life_of(n, pid, time_ns);
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

	HASH_FIND(hh, n->shown, &c->key, sizeof(c->key), s);
	return s;
}

/* What is left is of the kernel, and everybody's. */
static void cut_user(struct names *n, struct chain *c)
{
	c->at += c->nuser;
	c->shown += c->nuser;
	c->n -= c->nuser;
	c->nuser = 0;
	c->key.pid = KERNEL;
	c->key.life = 0;
	n->cut++;
}

int names_shown(struct names *n, struct chain *c, const char *const **ret, struct sp_err *err)
{
	struct shown_chain *s = find_shown(n, c);
	const char **shown;

	if (!s && c->nuser) {
		size_t bytes = sizeof(*s) + (c->n + 1) * sizeof(*shown);

		if (n->shown_bytes + bytes > NAMES_SHOWN_BYTES) {
			cut_user(n, c);
			s = find_shown(n, c);
		} else {
			n->shown_bytes += bytes;
		}
	}
	if (!s) {
		s = arena_get(n->arena, sizeof(*s), err);
		shown = arena_get(n->arena, (c->n + 1) * sizeof(*shown), err);
		if (!s || !shown)
			return SP_ENOMEM;
		if (c->n)
			memcpy(shown, c->shown, c->n * sizeof(*shown));
		s->key = c->key;
		s->shown = shown;
		HASH_ADD(hh, n->shown, key, sizeof(s->key), s);
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
	const struct place_key key = { .addr = addr, .pid = KERNEL };
	struct place *p = place_of(n, &key, 0, err);

	return p ? p->at[p->n - 1].frame : NULL;
}

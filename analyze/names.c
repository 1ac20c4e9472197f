#include "names.h"

#include <sirqprof/limits.h>

#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>
/* Every frame of every stack is looked up: uthash's own function takes three times as long. */
#define HASH_FUNCTION(key, len, hash) ((hash) = (unsigned int)XXH3_64bits(key, len))
#include <uthash.h>

/* Frames that inlining may make of one address. */
#define MAX_INLINED 16

struct place_key {
	uint64_t addr;
	int64_t pid;   /* −1: a kernel address */
	uint64_t life; /* of the process: another program may stand there later */
};

/* The frames of one address. */
struct place {
	struct place_key key;
	const struct frame *at[MAX_INLINED]; /* innermost first */
	const char *shown[MAX_INLINED];
	uint32_t n;
	UT_hash_handle hh;
};

/* Functions are shared by all the addresses in them. */
struct function {
	struct frame frame;
	struct {
		const char *name, *module; /* the resolver's pointers tell functions apart */
	} key;
	UT_hash_handle hh;
};

struct known_chain {
	struct {
		int64_t pid;
		uint64_t stack, life;
	} key;
	struct chain chain;
	UT_hash_handle hh;
};

struct names {
	const struct stacks *stacks;
	const struct sp_resolver *resolver;
	struct arena *arena;
	struct place *places;
	struct function *functions;
	struct known_chain *chains;
};

int names_new(struct names **ret, const struct stacks *stacks, const struct sp_resolver *resolver,
	      struct arena *arena, struct sp_err *err)
{
	struct names *n = calloc(1, sizeof(*n));

	if (!n)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for names");
	n->stacks = stacks;
	n->resolver = resolver;
	n->arena = arena;
	*ret = n;
	return SP_OK;
}

void names_free(struct names *n)
{
	if (!n)
		return;
	/* The entries are the arena's; the tables are uthash's. */
	HASH_CLEAR(hh, n->places);
	HASH_CLEAR(hh, n->functions);
	HASH_CLEAR(hh, n->chains);
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

static struct place *place_of(struct names *n, uint64_t addr, int32_t pid, uint64_t time_ns,
			      bool kernel, struct sp_err *err)
{
	const struct place_key key = { addr, kernel ? -1 : pid,
				       kernel ? 0 : life_of(n, pid, time_ns) };
	struct sp_frame frames[MAX_INLINED];
	struct place *p;
	size_t got;

	HASH_FIND(hh, n->places, &key, sizeof(key), p);
	if (p)
		return p;
	p = arena_get(n->arena, sizeof(*p), err);
	if (!p)
		return NULL;
	p->key = key;
	got = ask(n, addr, pid, time_ns, kernel, frames);
	for (size_t i = 0; i < got; i++) {
		p->at[p->n] = function_of(n, &frames[i], kernel, err);
		p->shown[p->n] = p->at[p->n] ? shown_of(n, p->at[p->n], &frames[i], err) : NULL;
		if (!p->shown[p->n])
			return NULL;
		p->n++;
	}
	HASH_ADD(hh, n->places, key, sizeof(p->key), p);
	return p;
}

/* Frames of one stack on their way, filled from the end: the innermost is the last. Large: not to
 * be cleared for every stack. */
struct filling {
	const struct frame *at[SP_MAX_CHAIN * 2];
	const char *shown[SP_MAX_CHAIN * 2];
	uint32_t from;
};

static int name_part(struct names *n, const uint64_t *addr, uint32_t count, int32_t pid,
		     uint64_t time_ns, bool kernel, struct filling *f, struct sp_err *err)
{
	for (uint32_t i = 0; i < count; i++) {
		/* All but the first are return addresses: one past the call. */
		struct place *p = place_of(n, addr[i] - (i > 0), pid, time_ns, kernel, err);

		if (!p)
			return SP_ENOMEM;
		for (uint32_t k = 0; k < p->n; k++) {
			if (!f->from)
				return SP_OK;
			f->from--;
			f->at[f->from] = p->at[k];
			f->shown[f->from] = p->shown[k];
		}
	}
	return SP_OK;
}

static int build(struct names *n, sp_stack id, int32_t pid, uint64_t time_ns, struct chain *ret,
		 struct sp_err *err)
{
	struct stack s = stacks_get(n->stacks, id);
	const struct frame **at;
	const char **shown;
	struct filling f;
	uint32_t kernel_from;
	int rc;

	f.from = SP_MAX_CHAIN * 2;
	rc = name_part(n, s.addr, s.nkernel, pid, time_ns, true, &f, err);
	kernel_from = f.from;
	rc = rc ? rc : name_part(n, s.addr + s.nkernel, s.nuser, pid, time_ns, false, &f, err);
	if (rc)
		return rc;
	ret->n = SP_MAX_CHAIN * 2 - f.from;
	ret->nuser = kernel_from - f.from;
	at = arena_get(n->arena, (ret->n + 1) * sizeof(*at), err);
	shown = arena_get(n->arena, (ret->n + 1) * sizeof(*shown), err);
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
	struct known_chain *c, key = { .key = { pid, stack, 0 } };
	int rc;

	if (!stack) {
		*ret = (struct chain){ 0 };
		return SP_OK;
	}
	key.key.life = life_of(n, pid, time_ns);
	HASH_FIND(hh, n->chains, &key.key, sizeof(key.key), c);
	if (c) {
		*ret = c->chain;
		return SP_OK;
	}
	c = arena_get(n->arena, sizeof(*c), err);
	if (!c)
		return SP_ENOMEM;
	c->key = key.key;
	rc = build(n, stack, pid, time_ns, &c->chain, err);
	if (rc)
		return rc;
	HASH_ADD(hh, n->chains, key, sizeof(c->key), c);
	*ret = c->chain;
	return SP_OK;
}

const struct frame *names_kernel(struct names *n, uint64_t addr, struct sp_err *err)
{
	struct place *p = place_of(n, addr, SP_NO_TASK, 0, true, err);

	return p ? p->at[p->n - 1] : NULL;
}

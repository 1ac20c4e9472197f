#include "places.h"

#include <sirqprof/hash.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* Every frame of every stack is looked up: uthash's own function takes three times as long. */
#define HASH_FUNCTION(key, len, hash) ((hash) = (unsigned int)sp_hash(key, len))
#include <uthash.h>

/* Frames that inlining may make of one address. */
#define MAX_INLINED 16

/* A name with its place in the source. */
struct shown_line {
	UT_hash_handle hh;
	char text[];
};

/* The slot of a function, or the empty one where it belongs: the resolver's pointers tell functions
 * apart. */
static struct frame **function_slot(const struct places *p, const char *name, const char *module)
{
	const struct {
		const char *name, *module;
	} key = { name, module };
	uint32_t i = (uint32_t)sp_hash(&key, sizeof(key)) & (p->nfunction_slots - 1);

	while (p->functions[i] &&
	       (p->functions[i]->name != name || p->functions[i]->module != module))
		i = (i + 1) & (p->nfunction_slots - 1);
	return &p->functions[i];
}

static int more_functions(struct places *p, struct sp_err *err)
{
	struct frame **were = p->functions;
	uint32_t nwere = p->nfunction_slots;

	p->functions = calloc(nwere ? nwere * 2 : 1024, sizeof(*p->functions));
	if (!p->functions) {
		p->functions = were;
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for names");
	}
	p->nfunction_slots = nwere ? nwere * 2 : 1024;
	for (uint32_t i = 0; i < nwere; i++)
		if (were[i])
			*function_slot(p, were[i]->name, were[i]->module) = were[i];
	free(were);
	return SP_OK;
}

static struct frame *new_function(struct places *p, const struct sp_frame *from, const char *module,
				  bool kernel, struct sp_err *err)
{
	struct frame *f = arena_get(p->arena, sizeof(*f), err);
	size_t len = plumbing_base_len(from->name);

	if (!f)
		return NULL;
	*f = (struct frame){
		.name = from->name,
		.base = from->name,
		.module = module,
		.plumbing = (uint8_t)(from->known ? plumbing_of(from->name) : PLUMB_UNKNOWN),
		.landmark = from->known && kernel && plumbing_is_landmark(from->name),
		.kernel = kernel,
		.known = from->known,
	};
	if (kernel && from->name[len]) {
		f->base = arena_text(p->arena, from->name, len, err);
		if (!f->base)
			return NULL;
	}
	return f;
}

/* Functions are shared by all the addresses in them. */
static const struct frame *function_of(struct places *p, const struct sp_frame *from, bool kernel,
				       struct sp_err *err)
{
	static const char none[] = "";
	const char *module = from->module && *from->module ? from->module : none;
	struct frame *f = p->nfunction_slots ? *function_slot(p, from->name, module) : NULL;

	if (f)
		return f;
	f = new_function(p, from, module, kernel, err);
	if (!f || ((p->nfunctions + 1) * 4 > p->nfunction_slots * 3 && more_functions(p, err)))
		return NULL;
	*function_slot(p, f->name, f->module) = f;
	p->nfunctions++;
	return f;
}

static size_t ask(struct places *p, uint64_t addr, int32_t pid, uint64_t time_ns, bool kernel,
		  struct sp_frame *ret)
{
	const struct sp_resolver *r = p->resolver;
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
static const char *shown_of(struct places *p, const struct frame *f, const struct sp_frame *from,
			    struct sp_err *err)
{
	const char *base = from->file ? strrchr(from->file, '/') : NULL;
	struct shown_line *l;
	char text[512];
	size_t len;

	if (!from->file || !from->line)
		return f->name;
	snprintf(text, sizeof(text), "%.300s (%.100s:%u)", f->name, base ? base + 1 : from->file,
		 from->line);
	len = strlen(text);
	HASH_FIND(hh, p->lines, text, len, l);
	if (l)
		return l->text;
	l = arena_get(p->arena, sizeof(*l) + len + 1, err);
	if (!l)
		return NULL;
	memcpy(l->text, text, len + 1);
	HASH_ADD(hh, p->lines, text, len, l);
	return l->text;
}

static bool same_key(const struct place_key *a, const struct place_key *b)
{
	return a->addr == b->addr && a->pid == b->pid && a->life == b->life;
}

/* The slot of the key, or the empty one where it belongs. */
static struct place **slot_of(const struct places *p, const struct place_key *key)
{
	uint32_t i = (uint32_t)sp_hash(key, sizeof(*key)) & (p->nslots - 1);

	while (p->at[i] && !same_key(&p->at[i]->key, key))
		i = (i + 1) & (p->nslots - 1);
	return &p->at[i];
}

static int more_slots(struct places *p, struct sp_err *err)
{
	struct place **were = p->at;
	uint32_t nwere = p->nslots;

	p->at = calloc(nwere ? nwere * 2 : 1024, sizeof(*p->at));
	if (!p->at) {
		p->at = were;
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for names");
	}
	p->nslots = nwere ? nwere * 2 : 1024;
	for (uint32_t i = 0; i < nwere; i++)
		if (were[i])
			*slot_of(p, &were[i]->key) = were[i];
	free(were);
	return SP_OK;
}

static struct place *new_place(struct places *p, const struct place_key *key, uint64_t time_ns,
			       struct sp_err *err)
{
	struct sp_frame frames[MAX_INLINED];
	const bool kernel = key->pid == PLACES_KERNEL;
	size_t got =
		ask(p, key->addr, kernel ? SP_NO_TASK : (int32_t)key->pid, time_ns, kernel, frames);
	struct place *new = arena_get(p->cache, sizeof(*new) + got * sizeof(new->at[0]), err);

	if (!new)
		return NULL;
	new->key = *key;
	if (kernel && !frames[0].known && p->resolver && p->resolver->kernel_missed)
		p->resolver->kernel_missed(p->resolver->self, key->addr);
	for (size_t i = 0; i < got; i++) {
		const struct frame *f = function_of(p, &frames[i], kernel, err);

		new->at[new->n].frame = f;
		new->at[new->n].shown = f ? shown_of(p, f, &frames[i], err) : NULL;
		if (!new->at[new->n].shown)
			return NULL;
		new->n++;
	}
	if ((p->n + 1) * 4 > p->nslots * 3 && more_slots(p, err))
		return NULL;
	*slot_of(p, key) = new;
	p->n++;
	return new;
}

struct place *places_get(struct places *p, const struct place_key *key, uint64_t time_ns,
			 struct sp_err *err)
{
	uint64_t hash = (key->addr ^ (uint64_t)key->pid ^ key->life) * 0x9e3779b97f4a7c15ULL;
	struct place **lately = &p->lately[hash >> 52], *at = *lately;

	if (at && same_key(&at->key, key))
		return at;
	at = p->nslots ? *slot_of(p, key) : NULL;
	*lately = at ? at : new_place(p, key, time_ns, err);
	return *lately;
}

uint64_t places_life(const struct places *p, int32_t pid, uint64_t time_ns)
{
	return p->resolver && p->resolver->life ? p->resolver->life(p->resolver->self, pid, time_ns)
						: 0;
}

size_t places_bytes(const struct places *p)
{
	return p->nslots * sizeof(*p->at);
}

void places_forget(struct places *p)
{
	free(p->at);
	p->at = NULL;
	p->n = p->nslots = 0;
	memset(p->lately, 0, sizeof(p->lately));
}

void places_clear(struct places *p)
{
	places_forget(p);
	free(p->functions);
	p->functions = NULL;
	p->nfunctions = p->nfunction_slots = 0;
	HASH_CLEAR(hh, p->lines);
}

#ifndef NAMES_H
#define NAMES_H

/*
 * Stack ids → named frames, outermost first.
 *
 * In:    sp_stack ids, and whose stack it is
 * Out:   struct chain; its frames live until names_free()
 * Keeps: one frame a function met, each array of names that is shown, those with frames of
 *        processes up to NAMES_SHOWN_BYTES; what was asked for lately, until names_forget()
 */
#include "arena.h"
#include "plumbing.h"
#include "stacks.h"

#include <sirqprof/own.h>
#include <sirqprof/resolver.h>

struct frame {
	const char *name; /* as the resolver says; "[unknown]" */
	const char *base; /* without compiler suffixes: what a person calls it */
	const char *module;
	uint8_t plumbing; /* enum plumbing */
	bool landmark;
	bool kernel;
	bool known;
};

/* Whose addresses they are: a stack without user part is everybody's. */
struct chain_key {
	int64_t pid;
	uint64_t stack, life;
};

/* Its arrays hold until names_forget(). */
struct chain {
	const struct frame *const *at; /* outermost first: user frames, then kernel frames */
	const char *const *shown;      /* same index: the name, with file and line where known */
	uint32_t n;
	uint32_t nuser; /* at[0 .. nuser) are user frames */
	struct chain_key key;
};

struct names;

/* All borrowed. */
int names_new(struct names **ret, const struct stacks *stacks, const struct sp_resolver *resolver,
	      struct arena *arena, struct sp_err *err);
void names_free(struct names *n);

/* The frames of a stack of process pid at a time; an empty chain for stack 0. */
int names_chain(struct names *n, sp_stack stack, int32_t pid, uint64_t time_ns, struct chain *ret,
		struct sp_err *err);

/* The names of a chain as they are shown, for as long as the arena lives: one array, however many
 * stacks and processes show the same. The kernel's are as many as there are stacks at most, but
 * processes may be of any number of programs: past NAMES_SHOWN_BYTES the chain loses its user
 * frames. */
#define NAMES_SHOWN_BYTES (8U << 20)
int names_shown(struct names *n, struct chain *c, const char *const **ret, struct sp_err *err);

/* How often it did. */
uint64_t names_cut(const struct names *n);

/* Forgets what was asked for lately if it has become much: stacks may be many, and of addresses
 * that are never met again. */
int names_forget(struct names *n, struct sp_err *err);

/* One kernel function, by an address inside it; NULL with *err set when out of memory. */
const struct frame *names_kernel(struct names *n, uint64_t addr, struct sp_err *err);

SP_DEFINE_FREEP(names);

#endif

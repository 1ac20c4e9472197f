#ifndef STACKS_H
#define STACKS_H

/*
 * Interned callchains: equal addresses, equal id. Samples carry the id, names are made once, at
 * the end, for the stacks that are printed.
 *
 * In:    addresses as perf records them: innermost first, with PERF_CONTEXT_* markers between
 *        (include/uapi/linux/perf_event.h); at most SP_MAX_CHAIN are kept
 * Out:   sp_stack ids, 0 for "no stack"
 * Keeps: every distinct chain once, for as long as the analysis lives or until stacks_clear()
 */
#include <sirqprof/event.h>
#include <sirqprof/own.h>

struct stacks;

/* One callchain without markers, innermost first: kernel frames, then user frames. */
struct stack {
	const uint64_t *addr; /* as recorded: [0] is the sampled ip, others return addresses */
	uint32_t nkernel;     /* addr[0 .. nkernel) are kernel addresses */
	uint32_t nuser;	      /* addr[nkernel .. nkernel + nuser) are user addresses */
};

int stacks_new(struct stacks **ret, struct sp_err *err);
void stacks_free(struct stacks *s);

/* Interns a raw chain of n words; swap: they are in the other byte order. */
int stacks_add(struct stacks *s, const uint64_t *chain, uint32_t n, bool swap, sp_stack *ret,
	       struct sp_err *err);

/* The chain of an id; an empty one for 0 and for ids never given out. Valid until the next add. */
struct stack stacks_get(const struct stacks *s, sp_stack id);

/* How many ids were given out: they run from 1 to this. */
uint32_t stacks_count(const struct stacks *s);

/* Forgets every chain; ids begin at 1 again, those given out before mean nothing. Keeps its memory
 * for what comes next. */
void stacks_clear(struct stacks *s);

SP_DEFINE_FREEP(stacks);

#endif

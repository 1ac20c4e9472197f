#ifndef STACKS_H
#define STACKS_H

/*
 * Interned callchains: equal addresses, equal id. Samples carry the id, names are made once, at
 * the end, for the stacks that are printed.
 *
 * In:    addresses as perf records them: innermost first, with PERF_CONTEXT_* markers between
 *        (include/uapi/linux/perf_event.h); at most SP_MAX_CHAIN are kept
 * Out:   sp_stack ids, 0 for "no stack"
 * Keeps: every distinct chain once, until stacks_clear(), or a sweep that found nobody who holds
 *it. A sweep is told of every holder twice, since ids become dense again:
 *
 *		stacks_sweep_begin(s)
 *		stacks_keep(s, &id)	each id that is held, any number of times
 *		stacks_sweep(s)
 *		stacks_move(s, &id)	each id that is held, once a place
 *		stacks_sweep_end(s)
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

/* Bytes that the chains take. */
uint64_t stacks_bytes(const struct stacks *s);
/* Whether they take as many as were set; at first: never. */
void stacks_set_due(struct stacks *s, uint64_t bytes);
bool stacks_due(const struct stacks *s);

/* See above. Between begin and end nothing may be added; another begin forgets which were kept: a
 * holder has let go of some. SP_ENOMEM: nothing has changed. */
int stacks_sweep_begin(struct stacks *s, struct sp_err *err);
/* What a holder is asked to call for each of its ids. */
typedef void stacks_visit(struct stacks *s, sp_stack *id);
void stacks_keep(struct stacks *s, sp_stack *id);
void stacks_move(struct stacks *s, sp_stack *id);
/* Bytes that the chains kept so far will take. */
uint64_t stacks_kept_bytes(const struct stacks *s);
void stacks_sweep(struct stacks *s);
/* The ids up to an old one that were kept: what had been done for them is done. */
uint32_t stacks_moved_count(const struct stacks *s, uint32_t upto);
void stacks_sweep_end(struct stacks *s);

SP_DEFINE_FREEP(stacks);

#endif

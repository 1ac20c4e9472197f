#ifndef SITES_H
#define SITES_H

/*
 * Where samples that were on time stood: how much of its time a CPU is about to switch interrupts
 * on at one place. A pause of the host that falls there looks like interrupts kept off.
 *
 * In:    stacks of samples outside every stall
 * Out:   the share of time at one site: the innermost frame and its caller
 * Keeps: 4 bytes a distinct stack; once asked, the sites in order
 */
#include "stacks.h"

#include <sirqprof/own.h>
#include <sirqprof/resolver.h>

struct sites;

/* The innermost frame and its caller, kernel addresses; 0 where there is none. */
struct site {
	uint64_t leaf, caller;
};

struct site site_of(const struct stacks *stacks, sp_stack id);
int site_compare(const struct site *a, const struct site *b);

int sites_new(struct sites **ret, struct sp_err *err);
void sites_free(struct sites *s);

int sites_add(struct sites *s, sp_stack id, struct sp_err *err);

/* No sample may follow. stacks and r are asked for names, r may be NULL. */
int sites_seal(struct sites *s, const struct stacks *stacks, const struct sp_resolver *r,
	       struct sp_err *err);

/*
 * 0..1: the share of samples at the site; 1 where there are no samples. alone: of a
 * site that was met once or never, the share of all sites like that where interrupts come on (as
 * many as were met once, Good and Turing's estimate); else at least half a sample.
 */
double sites_share(const struct sites *s, const struct site *site, bool alone);

SP_DEFINE_FREEP(sites);

#endif

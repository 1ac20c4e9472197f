#ifndef SITES_H
#define SITES_H

/*
 * Where samples that were on time stood: how much of its time a CPU is about to switch interrupts
 * on at one place. A pause of the host that falls there looks like interrupts kept off.
 *
 * In:    stacks of samples outside every stall
 * Out:   the share of time at one site: the innermost frame and its caller
 * Keeps: 4 bytes a distinct stack since the last sweep of them; SITES_MAX sites, those met least
 *        are forgotten
 */
#include "stacks.h"

#include <sirqprof/own.h>
#include <sirqprof/resolver.h>

struct met;

/* Open to be counted inline: every sample is. */
struct sites {
	uint32_t *counts; /* by stack id, of samples that are not in .at yet */
	uint32_t room;
	uint64_t all;	/* samples */
	struct met *at; /* in order, each once */
	uint32_t n;
	uint64_t released; /* samples at sites where interrupts come on */
};

#define SITES_MAX 65536U

/* The innermost frame and its caller, kernel addresses; 0 where there is none. */
struct site {
	uint64_t leaf, caller;
};

struct site site_of(const struct stacks *stacks, sp_stack id);
int site_compare(const struct site *a, const struct site *b);

int sites_new(struct sites **ret, struct sp_err *err);
void sites_free(struct sites *s);

/* Room for a stack that is new; SP_ENOMEM. */
int sites_more(struct sites *s, sp_stack id, struct sp_err *err);

static inline int sites_add(struct sites *s, sp_stack id, struct sp_err *err)
{
	int rc = id < s->room ? SP_OK : sites_more(s, id, err);

	if (rc)
		return rc;
	s->counts[id] += s->counts[id] != UINT32_MAX;
	s->all++;
	return SP_OK;
}

/* Goes over from stacks to sites: the stacks added so far need not be kept. */
int sites_settle(struct sites *s, const struct stacks *stacks, struct sp_err *err);

/* No sample may follow. stacks and r are asked for names, r may be NULL. */
int sites_seal(struct sites *s, const struct stacks *stacks, const struct sp_resolver *r,
	       struct sp_err *err);

/* 0..1: the share of samples at the site, at least half a sample; 1 where there are no samples. */
double sites_share(const struct sites *s, const struct site *site);

/* The same of all sites together where interrupts come on. */
double sites_released(const struct sites *s);

SP_DEFINE_FREEP(sites);

#endif

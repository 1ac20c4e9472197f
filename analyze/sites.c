#include "sites.h"

#include "leaf.h"

#include <sirqprof/limits.h>

#include <stdlib.h>
#include <string.h>

struct met {
	struct site site; /* first: bsearch() and qsort() compare it */
	uint64_t n;
};

int sites_new(struct sites **ret, struct sp_err *err)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? SP_OK : sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for sites");
}

void sites_free(struct sites *s)
{
	if (!s)
		return;
	free(s->counts);
	free(s->at);
	free(s);
}

int sites_more(struct sites *s, sp_stack id, struct sp_err *err)
{
	uint32_t room = id < 1024 ? 2048 : id * 2;
	uint32_t *counts = realloc(s->counts, room * sizeof(*counts));

	if (!counts)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for %u stacks", id);
	memset(counts + s->room, 0, (room - s->room) * sizeof(*counts));
	s->counts = counts;
	s->room = room;
	return SP_OK;
}

struct site site_of(const struct stacks *stacks, sp_stack id)
{
	struct stack k = stacks_get(stacks, id);

	return (struct site){ .leaf = k.nkernel ? k.addr[0] : 0,
			      .caller = k.nkernel > 1 ? k.addr[1] : 0 };
}

int site_compare(const struct site *a, const struct site *b)
{
	if (a->leaf != b->leaf)
		return a->leaf < b->leaf ? -1 : 1;
	return (a->caller > b->caller) - (a->caller < b->caller);
}

static int by_site(const void *a, const void *b)
{
	return site_compare(a, b);
}

static void join_equal(struct sites *s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		if (n && by_site(&s->at[n - 1], &s->at[i]) == 0)
			s->at[n - 1].n += s->at[i].n;
		else
			s->at[n++] = s->at[i];
	}
	s->n = n;
}

/* Equal leaves stand together: each is named once. */
static void count_released(struct sites *s, const struct sp_resolver *r)
{
	enum leaf_class class = LEAF_UNKNOWN;

	for (uint32_t i = 0; i < s->n; i++) {
		if (!i || s->at[i].site.leaf != s->at[i - 1].site.leaf)
			class = leaf_of(r, s->at[i].site.leaf);
		if (class == LEAF_RELEASE)
			s->released += s->at[i].n;
	}
}

static int most_first(const void *a, const void *b)
{
	const struct met *x = a, *y = b;

	return x->n == y->n ? by_site(a, b) : x->n > y->n ? -1 : 1;
}

/* Those met least, of so many, were met hardly more often than not at all. */
static void forget_rare(struct sites *s)
{
	if (s->n <= SITES_MAX)
		return;
	qsort(s->at, s->n, sizeof(*s->at), most_first);
	s->n = SITES_MAX / 2;
	qsort(s->at, s->n, sizeof(*s->at), by_site);
}

int sites_settle(struct sites *s, const struct stacks *stacks, struct sp_err *err)
{
	uint32_t n = s->n + 1;
	struct met *at;

	for (uint32_t id = 0; id < s->room; id++)
		n += s->counts[id] != 0;
	at = realloc(s->at, n * sizeof(*s->at));
	if (!at)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for %u sites", n);
	s->at = at;
	for (uint32_t id = 0; id < s->room; id++) {
		struct met met = { site_of(stacks, id), s->counts[id] };

		if (met.n && met.site.leaf)
			s->at[s->n++] = met;
	}
	free(s->counts);
	s->counts = NULL;
	s->room = 0;
	qsort(s->at, s->n, sizeof(*s->at), by_site);
	join_equal(s);
	forget_rare(s);
	at = realloc(s->at, (s->n + 1) * sizeof(*at));
	s->at = at ? at : s->at;
	return SP_OK;
}

int sites_seal(struct sites *s, const struct stacks *stacks, const struct sp_resolver *r,
	       struct sp_err *err)
{
	int rc = sites_settle(s, stacks, err);

	if (!rc)
		count_released(s, r);
	return rc;
}

static double share_of(const struct sites *s, uint64_t n)
{
	return s->all ? (n ? (double)n : 0.5) / (double)s->all : 1;
}

double sites_share(const struct sites *s, const struct site *site)
{
	const struct met *met = s->n ? bsearch(site, s->at, s->n, sizeof(*s->at), by_site) : NULL;

	return share_of(s, met ? met->n : 0);
}

double sites_released(const struct sites *s)
{
	return share_of(s, s->released);
}

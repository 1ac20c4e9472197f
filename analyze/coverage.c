#include "coverage.h"

#include <sirqprof/limits.h>

#include <stdlib.h>
#include <string.h>

/* Exact gaps kept of one CPU; past that, neighbours closer than a growing distance are joined. */
#define MAX_GAPS     16384U
#define MAX_ALL_GAPS (1U << 18) /* of all CPUs, about; each has LEAST_GAPS */
#define LEAST_GAPS   256U
/* Worst delay is kept by bins; they double in width when there are too many. */
#define BIN_NS_FIRST 10000000ULL
#define MAX_BINS     8192U
#define MAX_ALL_BINS (3U << 19) /* of all CPUs: 192 have MAX_BINS, 1024 have 1024 */
#define LEAST_BINS   128U
/* More than any delay: it survives when bins are joined. */
#define DELAY_UNKNOWN UINT32_MAX

struct gap {
	uint64_t begin_ns, end_ns;
	uint8_t kind;
};

struct cpu {
	bool used;
	uint64_t begin_ns, end_ns;
	struct gap *gaps; /* in order, of begin and of end */
	uint32_t ngaps, room;
	uint64_t join_ns; /* gaps closer than this are one */
	uint64_t bins_from_ns, bin_ns;
	uint32_t nbins;
	uint32_t *bins; /* worst delay in us; 0: none seen; DELAY_UNKNOWN: not recorded */
};

struct coverage {
	struct cpu *cpus;
	uint32_t ncpus;
	uint32_t *list;
	uint32_t nlist;
	bool blind;
	uint32_t ngapped;	       /* CPUs that have gaps */
	uint32_t nbinned;	       /* CPUs that have bins */
	uint32_t most_gaps, most_bins; /* of one CPU */
};

int coverage_new(struct coverage **ret, struct sp_err *err)
{
	struct coverage *c = calloc(1, sizeof(*c));

	if (!c)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the coverage");
	c->most_gaps = MAX_GAPS;
	c->most_bins = MAX_BINS;
	*ret = c;
	return SP_OK;
}

void coverage_free(struct coverage *c)
{
	if (!c)
		return;
	for (uint32_t i = 0; i < c->ncpus; i++) {
		free(c->cpus[i].gaps);
		free(c->cpus[i].bins);
	}
	free(c->cpus);
	free(c->list);
	free(c);
}

static struct cpu *get(struct coverage *c, uint32_t cpu, struct sp_err *err)
{
	if (cpu >= SP_MAX_CPUS) {
		sp_fail(err, SP_ELIMIT, SP_NOWHERE, "CPU %u is more than %u", cpu, SP_MAX_CPUS);
		return NULL;
	}
	if (cpu >= c->ncpus) {
		uint32_t n = cpu + 16;
		struct cpu *cpus = realloc(c->cpus, n * sizeof(*cpus));

		if (!cpus) {
			sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for CPU %u", cpu);
			return NULL;
		}
		memset(cpus + c->ncpus, 0, (n - c->ncpus) * sizeof(*cpus));
		c->cpus = cpus;
		c->ncpus = n;
	}
	return &c->cpus[cpu];
}

int coverage_cpu(struct coverage *c, uint32_t cpu, uint64_t begin_ns, uint64_t end_ns,
		 struct sp_err *err)
{
	struct cpu *u = get(c, cpu, err);
	uint32_t *list;
	uint32_t at;

	if (!u)
		return err->code;
	if (!u->used) {
		list = realloc(c->list, (c->nlist + 1) * sizeof(*list));
		if (!list)
			return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for CPU %u", cpu);
		c->list = list;
		for (at = c->nlist++; at > 0 && list[at - 1] > cpu; at--)
			list[at] = list[at - 1];
		list[at] = cpu;
		u->used = true;
		u->begin_ns = begin_ns;
		u->end_ns = end_ns;
	}
	if (begin_ns < u->begin_ns)
		u->begin_ns = begin_ns;
	if (end_ns > u->end_ns)
		u->end_ns = end_ns;
	return SP_OK;
}

static bool is_near(const struct cpu *u, const struct gap *last, uint64_t begin_ns)
{
	return begin_ns <= last->end_ns || begin_ns - last->end_ns <= u->join_ns;
}

/* Joins gaps that are closer than join_ns; what lies between counts as not observed from then on:
 * never in favour of "observed". */
static void join(struct cpu *u)
{
	uint32_t n = 0;

	u->join_ns = !u->join_ns		   ? 100000
		     : u->join_ns > UINT64_MAX / 2 ? UINT64_MAX
						   : u->join_ns * 2;
	for (uint32_t i = 1; i < u->ngaps; i++) {
		struct gap *last = &u->gaps[n], *g = &u->gaps[i];

		if (is_near(u, last, g->begin_ns)) {
			last->end_ns = g->end_ns > last->end_ns ? g->end_ns : last->end_ns;
			last->kind = last->kind > g->kind ? last->kind : g->kind;
		} else {
			u->gaps[++n] = *g;
		}
	}
	u->ngaps = u->ngaps ? n + 1 : 0;
}

/* One CPU more has gaps: from time to time each may have half as many. */
static void share_gaps(struct coverage *c)
{
	if (++c->ngapped * c->most_gaps <= MAX_ALL_GAPS || c->most_gaps <= LEAST_GAPS)
		return;
	c->most_gaps /= 2;
	for (uint32_t i = 0; i < c->ncpus; i++) {
		struct cpu *u = &c->cpus[i];
		struct gap *fit;

		while (u->ngaps >= c->most_gaps)
			join(u);
		if (u->room <= c->most_gaps)
			continue;
		fit = realloc(u->gaps, c->most_gaps * sizeof(*fit));
		if (fit) {
			u->gaps = fit;
			u->room = c->most_gaps;
		}
	}
}

/* What was told already of a longer gap becomes part of it: events shed for ten seconds in which
 * the CPU idled, unseen, a hundred times. Gaps must be in order of begin as well as of end. */
static enum coverage_gap swallow(struct cpu *u, enum coverage_gap kind, uint64_t begin_ns,
				 uint64_t *end_ns)
{
	while (u->ngaps && u->gaps[u->ngaps - 1].begin_ns >= begin_ns) {
		const struct gap *in = &u->gaps[--u->ngaps];

		*end_ns = in->end_ns > *end_ns ? in->end_ns : *end_ns;
		kind = in->kind > kind ? in->kind : kind;
	}
	return kind;
}

int coverage_gap(struct coverage *c, uint32_t cpu, enum coverage_gap kind, uint64_t begin_ns,
		 uint64_t end_ns, struct sp_err *err)
{
	struct cpu *u = get(c, cpu, err);
	struct gap *last;

	if (!u)
		return err->code;
	if (end_ns <= begin_ns)
		return SP_OK;
	kind = swallow(u, kind, begin_ns, &end_ns);
	last = u->ngaps ? &u->gaps[u->ngaps - 1] : NULL;
	if (last && is_near(u, last, begin_ns) && (last->kind == kind || begin_ns < last->end_ns)) {
		last->end_ns = end_ns > last->end_ns ? end_ns : last->end_ns;
		last->kind = last->kind > kind ? last->kind : kind;
		return SP_OK;
	}
	if (!u->room)
		share_gaps(c);
	while (u->ngaps >= c->most_gaps)
		join(u);
	if (u->ngaps == u->room) {
		uint32_t room = u->room ? u->room * 2 : 64;
		struct gap *gaps = realloc(u->gaps, room * sizeof(*gaps));

		if (!gaps)
			return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the coverage");
		u->gaps = gaps;
		u->room = room;
	}
	u->gaps[u->ngaps++] = (struct gap){ begin_ns, end_ns, (uint8_t)kind };
	return SP_OK;
}

/* Half as many bins, each twice as wide, in front. */
static void widen_bins(struct cpu *u)
{
	for (uint32_t i = 0; i < u->nbins / 2; i++) {
		uint32_t a = u->bins[2 * i], b = u->bins[2 * i + 1];

		u->bins[i] = a > b ? a : b;
	}
	u->bin_ns *= 2;
}

/* One CPU more has bins: from time to time each may have half as many. */
static void share_bins(struct coverage *c)
{
	if (++c->nbinned * c->most_bins <= MAX_ALL_BINS || c->most_bins <= LEAST_BINS)
		return;
	c->most_bins /= 2;
	for (uint32_t i = 0; i < c->ncpus; i++) {
		struct cpu *u = &c->cpus[i];
		uint32_t *fit;

		if (!u->nbins)
			continue;
		widen_bins(u);
		u->nbins /= 2;
		fit = realloc(u->bins, u->nbins * sizeof(*fit));
		u->bins = fit ? fit : u->bins;
	}
}

static int begin_bins(struct coverage *c, struct cpu *u, uint64_t ns, struct sp_err *err)
{
	share_bins(c);
	u->bins = calloc(c->most_bins, sizeof(*u->bins));
	if (!u->bins)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the coverage");
	u->nbins = c->most_bins;
	u->bin_ns = BIN_NS_FIRST;
	u->bins_from_ns = ns;
	return SP_OK;
}

int coverage_delay(struct coverage *c, uint32_t cpu, uint64_t entry_ns, uint64_t delay_ns,
		   struct sp_err *err)
{
	struct cpu *u = get(c, cpu, err);
	uint64_t us = delay_ns / 1000 + 1;
	uint64_t at;

	if (!u || (!u->bins && begin_bins(c, u, entry_ns, err)))
		return err->code;
	if (entry_ns < u->bins_from_ns)
		entry_ns = u->bins_from_ns;
	while ((at = (entry_ns - u->bins_from_ns) / u->bin_ns) >= u->nbins) {
		widen_bins(u);
		memset(u->bins + u->nbins / 2, 0, u->nbins / 2 * sizeof(*u->bins));
	}
	if (us >= DELAY_UNKNOWN)
		us = delay_ns == SP_UNKNOWN_NS ? DELAY_UNKNOWN : DELAY_UNKNOWN - 1;
	if (us > u->bins[at])
		u->bins[at] = (uint32_t)us;
	return SP_OK;
}

static uint64_t overlap(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	uint64_t from = a > c ? a : c, to = b < d ? b : d;

	return to > from ? to - from : 0;
}

/* The first gap that ends behind ns. */
static uint32_t first_gap(const struct cpu *u, uint64_t ns)
{
	uint32_t lo = 0, hi = u->ngaps;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (u->gaps[mid].end_ns <= ns)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static uint64_t worst_in(const struct cpu *u, uint64_t begin_ns, uint64_t end_ns)
{
	uint64_t from, to, worst = 0;

	if (!u->bins || end_ns <= u->bins_from_ns)
		return SP_UNKNOWN_NS;
	from = begin_ns > u->bins_from_ns ? (begin_ns - u->bins_from_ns) / u->bin_ns : 0;
	to = (end_ns - u->bins_from_ns) / u->bin_ns;
	for (uint64_t i = from; i <= to && i < u->nbins; i++)
		if (u->bins[i] > worst)
			worst = u->bins[i];
	return worst ? worst * 1000 : SP_UNKNOWN_NS;
}

void coverage_blind(struct coverage *c)
{
	c->blind = true;
}

struct coverage_answer coverage_ask(const struct coverage *c, uint32_t cpu, uint64_t begin_ns,
				    uint64_t end_ns)
{
	struct coverage_answer a = { .worst_delay_ns = SP_UNKNOWN_NS };
	const struct cpu *u;
	uint64_t length = end_ns > begin_ns ? end_ns - begin_ns : 0, there;

	if (cpu >= c->ncpus || !c->cpus[cpu].used)
		return a;
	u = &c->cpus[cpu];
	a.recorded = true;
	there = overlap(begin_ns, end_ns, u->begin_ns, u->end_ns);
	for (uint32_t i = first_gap(u, begin_ns); i < u->ngaps && u->gaps[i].begin_ns < end_ns;
	     i++) {
		uint64_t ns = overlap(begin_ns, end_ns, u->gaps[i].begin_ns, u->gaps[i].end_ns);

		if (u->gaps[i].kind == COVERAGE_LOST)
			a.lost_ns += ns;
		else
			a.not_observed_ns += ns;
	}
	if (a.lost_ns + a.not_observed_ns > there)
		a.not_observed_ns = there > a.lost_ns ? there - a.lost_ns : 0;
	a.observed_ns =
		there > a.lost_ns + a.not_observed_ns ? there - a.lost_ns - a.not_observed_ns : 0;
	a.not_observed_ns += length - there;
	if (c->blind) {
		a.not_observed_ns += a.observed_ns;
		a.observed_ns = 0;
	}
	a.worst_delay_ns = worst_in(u, begin_ns, end_ns);
	if (a.worst_delay_ns == DELAY_UNKNOWN * 1000ULL) {
		a.delay_unknown = true;
		a.worst_delay_ns = SP_UNKNOWN_NS;
	}
	return a;
}

bool coverage_extent(const struct coverage *c, uint64_t *begin_ns, uint64_t *end_ns)
{
	*begin_ns = UINT64_MAX;
	*end_ns = 0;
	for (uint32_t i = 0; i < c->nlist; i++) {
		const struct cpu *u = &c->cpus[c->list[i]];

		*begin_ns = u->begin_ns < *begin_ns ? u->begin_ns : *begin_ns;
		*end_ns = u->end_ns > *end_ns ? u->end_ns : *end_ns;
	}
	return c->nlist != 0;
}

const uint32_t *coverage_cpus(const struct coverage *c, uint32_t *n)
{
	*n = c->nlist;
	return c->list;
}

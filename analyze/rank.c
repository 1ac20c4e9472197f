#include "rank.h"

#include "lift.h"
#include "plumbing.h"
#include "ranktasks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Callers whose chance is worked out: it costs most, and nobody reads on. */
#define MAX_CHANCES 64U

/* One stall on its way into a row. */
struct item {
	const char *entry, *caller; /* NULL unknown */
	const char *group;	    /* the --group pattern that took it; NULL */
	uint8_t mechanism;	    /* tells rows apart where there is no name */
	uint32_t stall;		    /* index */
};

struct ranking {
	const struct rank_in *in;
	struct arena *arena;
	struct item *items;
	uint32_t *row_of;	      /* by stall: index of its row */
	uint32_t *seen_in;	      /* by row: last spike that touched it */
	uint32_t *which;	      /* stalls of one row at a time */
	struct lift_stall *intervals; /* of one row at a time */
	struct lift *lift;
	struct sp_caller *rows;
	uint32_t *first; /* by row: its first item; first[nrows]: the end */
	uint32_t nrows;
};

static void release(struct ranking *r)
{
	free(r->items);
	free(r->row_of);
	free(r->seen_in);
	free(r->which);
	free(r->intervals);
	free(r->first);
	lift_free(r->lift);
}

static int reserve(struct ranking *r, struct sp_err *err)
{
	size_t n = (size_t)r->in->nstalls + 1;

	r->items = calloc(n, sizeof(*r->items));
	r->row_of = calloc(n, sizeof(*r->row_of));
	r->seen_in = calloc(n, sizeof(*r->seen_in));
	r->which = calloc(n, sizeof(*r->which));
	r->intervals = calloc(n, sizeof(*r->intervals));
	r->first = calloc(n + 1, sizeof(*r->first));
	if (!r->items || !r->row_of || !r->seen_in || !r->which || !r->intervals || !r->first)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for %u stalls",
			       r->in->nstalls);
	return SP_OK;
}

static const char *join(struct ranking *r, const struct sp_stall_names *n, struct sp_err *err)
{
	size_t len = 0;
	char *text, *at;

	for (uint32_t i = 0; i < n->nchain; i++)
		len += strlen(n->chain[i]) + 1;
	text = at = arena_get(r->arena, len + 1, err);
	for (uint32_t i = 0; text && i < n->nchain; i++) {
		at = stpcpy(at, n->chain[i]);
		*at++ = i + 1 < n->nchain ? ';' : 0;
	}
	return text;
}

static const char *group_of(const struct rank_in *in, const char *entry, const char *caller)
{
	for (uint32_t i = 0; i < in->ngroups; i++) {
		const char *g = in->groups[i];

		if (strcmp(g, "families") == 0) {
			g = caller ? rank_family(caller) : NULL;
			if (!g && entry)
				g = rank_family(entry);
			if (g)
				return g;
			continue;
		}
		if ((caller && plumbing_match(caller, strlen(caller), g)) ||
		    (entry && plumbing_match(entry, strlen(entry), g)))
			return g;
	}
	return NULL;
}

static int fill_item(struct ranking *r, uint32_t i, struct sp_err *err)
{
	const struct sp_stall_names *n = &r->in->names[i];
	struct item *item = &r->items[i];

	item->stall = i;
	item->mechanism = r->in->stalls[i].mechanism;
	item->entry = n->entry;
	item->caller = n->caller;
	switch (r->in->by) {
	case RANK_ENTRY:
		item->caller = NULL;
		break;
	case RANK_SELF:
		item->entry = NULL;
		item->caller = n->nchain ? n->chain[n->nchain - 1] : n->caller;
		break;
	case RANK_CHAIN:
		if (!n->nchain)
			break;
		item->entry = NULL;
		item->caller = join(r, n, err);
		if (!item->caller)
			return SP_ENOMEM;
		break;
	case RANK_CALLER:
		break;
	}
	item->group = group_of(r->in, n->entry, n->caller);
	return SP_OK;
}

static int compare_text(const char *a, const char *b)
{
	if (a == b)
		return 0;
	return a && b ? strcmp(a, b) : a ? 1 : -1;
}

/* The same row? */
static int by_key(const struct item *x, const struct item *y)
{
	int d = compare_text(x->group, y->group);

	if (d || x->group)
		return d;
	d = compare_text(x->entry, y->entry);
	d = d ? d : compare_text(x->caller, y->caller);
	if (d || x->entry || x->caller || x->mechanism == y->mechanism)
		return d;
	return x->mechanism < y->mechanism ? -1 : 1;
}

static int by_key_then_stall(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int d = by_key(x, y);

	if (d || x->stall == y->stall)
		return d;
	return x->stall < y->stall ? -1 : 1;
}

static uint64_t length(const struct sp_stall *s)
{
	return s->end_ns - s->begin_ns;
}

/* The names of a row are those of its longest stall. */
static void fill_row(struct ranking *r, struct sp_caller *row, uint32_t from, uint32_t to)
{
	const struct item *worst = &r->items[from];

	for (uint32_t i = from; i < to; i++) {
		const struct sp_stall *s = &r->in->stalls[r->items[i].stall];

		row->starved_ns += length(s);
		row->mechanisms |= 1U << s->mechanism;
		row->stalls++;
		if (length(s) > length(&r->in->stalls[worst->stall]))
			worst = &r->items[i];
	}
	row->entry = worst->entry;
	row->caller = worst->caller;
	row->family = worst->group;
	if (!row->family && row->caller)
		row->family = rank_family(row->caller);
	if (!row->family && row->entry)
		row->family = rank_family(row->entry);
	row->lift = NAN;
	row->chance = NAN;
}

static int make_rows(struct ranking *r, struct sp_err *err)
{
	uint32_t n = r->in->nstalls;

	if (n)
		qsort(r->items, n, sizeof(*r->items), by_key_then_stall);
	for (uint32_t i = 0; i < n; i++) {
		if (!i || by_key(&r->items[i - 1], &r->items[i]) != 0)
			r->first[r->nrows++] = i;
		r->row_of[r->items[i].stall] = r->nrows - 1;
	}
	r->first[r->nrows] = n;
	r->rows = arena_get(r->arena, (r->nrows + 1) * sizeof(*r->rows), err);
	if (!r->rows)
		return SP_ENOMEM;
	for (uint32_t i = 0; i < r->nrows; i++) {
		fill_row(r, &r->rows[i], r->first[i], r->first[i + 1]);
		/* The way back to the items, until rows are sorted. */
		r->rows[i].rank = i;
	}
	return SP_OK;
}

/* A spike's explained time goes to its stalls, in proportion to their overlap. */
static void share_spike(struct ranking *r, const struct sp_verdict *v, uint32_t spike)
{
	uint64_t sum = 0;

	if (!v->explained)
		return;
	for (uint32_t i = 0; i < v->nstalls; i++)
		sum += v->stalls[i].overlap_ns;
	for (uint32_t i = 0; i < v->nstalls; i++) {
		uint32_t stall = v->stalls[i].stall - 1, row;
		uint64_t ns = v->stalls[i].overlap_ns;

		if (stall >= r->in->nstalls)
			continue;
		if (sum > v->explained_ns)
			ns = (uint64_t)((double)ns * (double)v->explained_ns / (double)sum);
		row = r->row_of[stall];
		r->rows[row].explained_ns += ns;
		if (r->seen_in[row] != spike + 1)
			r->rows[row].spikes++;
		r->seen_in[row] = spike + 1;
	}
}

static int by_harm(const void *a, const void *b)
{
	const struct sp_caller *x = a, *y = b;

	if (x->explained_ns != y->explained_ns)
		return x->explained_ns > y->explained_ns ? -1 : 1;
	if (x->starved_ns != y->starved_ns)
		return x->starved_ns > y->starved_ns ? -1 : 1;
	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

static int finish_row(struct ranking *r, uint32_t at, double starved_ns, struct sp_err *err)
{
	struct sp_caller *row = &r->rows[at];
	uint32_t from = r->first[row->rank], n = r->first[row->rank + 1] - from;

	for (uint32_t i = 0; i < n; i++) {
		const struct sp_stall *s = &r->in->stalls[r->items[from + i].stall];

		/* Items of a row are by stall, and stalls by begin. */
		r->intervals[i] = (struct lift_stall){ s->begin_ns, s->end_ns, s->cpu };
		r->which[i] = r->items[from + i].stall;
	}
	row->share = starved_ns > 0 ? (double)row->starved_ns / starved_ns : 0;
	if (r->in->nspikes && r->lift) {
		row->lift = lift_of(r->lift, r->intervals, n);
		if (at < MAX_CHANCES)
			row->chance = lift_chance(r->lift, r->intervals, n);
	}
	row->rank = at + 1;
	return rank_tasks(r->in, r->which, n, r->arena, &row->tasks, &row->ntasks, err);
}

static int run(struct ranking *r, struct sp_err *err)
{
	const struct rank_in *in = r->in;
	const struct lift_in lift = { in->spikes, in->nspikes,	in->cpus,
				      in->ncpus,  in->begin_ns, in->end_ns };
	double starved_ns = 0;
	int rc = reserve(r, err);

	for (uint32_t i = 0; !rc && i < in->nstalls; i++)
		rc = fill_item(r, i, err);
	rc = rc ? rc : make_rows(r, err);
	if (!rc && in->nspikes && in->ncpus && in->end_ns > in->begin_ns)
		rc = lift_new(&r->lift, &lift, err);
	if (rc)
		return rc;
	for (uint32_t i = 0; i < in->nspikes; i++)
		share_spike(r, &in->verdicts[i], i);
	for (uint32_t i = 0; i < r->nrows; i++)
		starved_ns += (double)r->rows[i].starved_ns;
	qsort(r->rows, r->nrows, sizeof(*r->rows), by_harm);
	for (uint32_t i = 0; !rc && i < r->nrows; i++)
		rc = finish_row(r, i, starved_ns, err);
	return rc;
}

int rank(const struct rank_in *in, struct arena *arena, const struct sp_caller **ret,
	 uint32_t *nret, struct sp_err *err)
{
	struct ranking r = { .in = in, .arena = arena };
	int rc = run(&r, err);

	release(&r);
	if (rc)
		return rc;
	*ret = r.rows;
	*nret = r.nrows;
	return SP_OK;
}

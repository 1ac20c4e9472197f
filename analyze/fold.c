#include "fold.h"

#include "foldrows.h"
#include "folds.h"
#include "winset.h"

#include <stdlib.h>
#include <string.h>

#define SECOND_NS 1000000000ULL
/* Longer than any recording. */
#define MAX_SLICE_NS (1ULL << 62)

static const char *const unsampled[] = { "[unsampled]" };
static const char *const others[] = { "[other stacks]" };

int fold_new(struct fold **ret, const struct tasks *tasks, struct sp_err *err)
{
	struct fold *f = calloc(1, sizeof(*f));

	if (!f)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for folded stacks");
	f->slice_ns = SECOND_NS;
	f->tasks = tasks;
	*ret = f;
	return SP_OK;
}

void fold_free(struct fold *f)
{
	if (!f)
		return;
	free(f->rows);
	free(f->slots);
	free(f->newest);
	free(f);
}

static bool same(const struct fold_row *a, const struct fold_row *b)
{
	return a->slice == b->slice && a->stack == b->stack && a->tid == b->tid &&
	       a->cpu == b->cpu && a->comm == b->comm;
}

/* The slot of a row equal to r, or the empty one where it belongs. */
static uint32_t *slot_of(struct fold *f, const struct fold_row *r)
{
	uint64_t h = r->slice * 0x9E3779B97F4A7C15ULL;
	uint32_t at;

	h ^= ((uint64_t)r->stack << 32 | (uint32_t)r->tid) * 0xC2B2AE3D27D4EB4FULL;
	h ^= ((uint64_t)r->comm << 32 | r->cpu) * 0x165667B19E3779F9ULL;
	at = (uint32_t)(h >> 29) & (f->nslots - 1);
	while (f->slots[at] && !same(&f->rows[f->slots[at] - 1], r))
		at = (at + 1) & (f->nslots - 1);
	return &f->slots[at];
}

void foldrows_index(struct fold *f)
{
	if (!f->nslots)
		return;
	memset(f->slots, 0, f->nslots * sizeof(*f->slots));
	for (uint32_t i = 0; i < f->n; i++)
		*slot_of(f, &f->rows[i]) = i + 1;
}

void foldrows_join(struct fold *f, uint32_t halve)
{
	uint32_t n = f->n;

	f->n = 0;
	memset(f->newest, 0, f->nnewest * sizeof(*f->newest));
	memset(f->slots, 0, f->nslots * sizeof(*f->slots));
	for (uint32_t i = 0; i < n; i++) {
		struct fold_row r = f->rows[i];
		uint32_t *slot;

		r.slice >>= halve;
		slot = slot_of(f, &r);
		if (*slot) {
			f->rows[*slot - 1].owned_ns += r.owned_ns;
			continue;
		}
		f->rows[f->n++] = r;
		*slot = f->n;
	}
}

/* Slices twice as long. */
static void coarsen(struct fold *f)
{
	f->slice_ns *= 2;
	f->slice = f->slice_from_ns = 0;
	foldrows_join(f, 1);
}

static int grow(struct fold *f, struct sp_err *err)
{
	uint32_t room = f->room ? f->room * 2 : 1024;
	struct fold_row *rows = realloc(f->rows, room * sizeof(*rows));
	uint32_t *slots;

	if (!rows)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for folded stacks");
	f->rows = rows;
	slots = realloc(f->slots, room * 2 * sizeof(*slots));
	if (!slots)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for folded stacks");
	f->slots = slots;
	f->room = room;
	f->nslots = room * 2;
	foldrows_index(f);
	return SP_OK;
}

/* Slices stop helping once every thread and stack is new: then the last row takes the rest, under
 * no stack. */
static int room_for_one(struct fold *f, struct sp_err *err)
{
	if (f->n < f->room)
		return SP_OK;
	if (f->room < FOLD_MAX_ROWS)
		return grow(f, err);
	while (f->n > f->room / 4 * 3 && f->slice_ns < MAX_SLICE_NS)
		coarsen(f);
	return SP_OK;
}

/* A division a sample would be a tenth of its cost. */
static uint32_t slice_of(struct fold *f, uint64_t ns)
{
	if (ns - f->slice_from_ns >= f->slice_ns) {
		f->slice = ns / f->slice_ns;
		f->slice_from_ns = f->slice * f->slice_ns;
	}
	/* A second is one of 2^32 for as long as a machine is up. */
	return f->slice < UINT32_MAX ? (uint32_t)f->slice : UINT32_MAX;
}

/* Remembers a row by its stack: without memory for it rows are found all the same. */
static void note_newest(struct fold *f, sp_stack stack, uint32_t row)
{
	if (stack >= f->nnewest) {
		uint32_t n = stack < 1024 ? 2048 : stack * 2;
		uint32_t *at = realloc(f->newest, n * sizeof(*at));

		if (!at)
			return;
		memset(at + f->nnewest, 0, (n - f->nnewest) * sizeof(*at));
		f->newest = at;
		f->nnewest = n;
	}
	f->newest[stack] = row + 1;
}

__attribute__((noinline)) static int add_row(struct fold *f, const struct sp_event *e,
					     uint64_t owned_ns, struct sp_err *err)
{
	struct fold_row new = {
		.met_ns = e->time_ns,
		.slice = slice_of(f, e->time_ns),
		.owned_ns = owned_ns,
		.stack = e->sample.stack,
		.pid = e->pid,
		.tid = e->tid,
		.cpu = (uint16_t)e->cpu,
		.names = (uint16_t)f->names,
	}, *r = &new;
	struct task_info who;
	uint32_t *slot;
	int rc;

	if (tasks_at(f->tasks, r->tid, e->time_ns, &who))
		r->comm = who.comm;
	slot = f->nslots ? slot_of(f, r) : NULL;
	if (!slot || !*slot) {
		rc = room_for_one(f, err);
		if (rc)
			return rc;
		r->slice = slice_of(f, e->time_ns);
		slot = slot_of(f, r);
	}
	if (*slot) {
		f->rows[*slot - 1].owned_ns += r->owned_ns;
		f->rows[*slot - 1].names = r->names;
	} else if (f->n == f->room) {
		f->rows[f->n - 1].stack = 0;
		f->rows[f->n - 1].owned_ns += r->owned_ns;
		return SP_OK;
	} else {
		f->rows[f->n++] = *r;
		*slot = f->n;
	}
	note_newest(f, r->stack, *slot - 1);
	return SP_OK;
}

void fold_renamed(struct fold *f)
{
	f->names++;
}

int fold_baseline(struct fold *f, const struct sp_event *e, uint64_t owned_ns, struct sp_err *err)
{
	uint32_t row = e->sample.stack < f->nnewest ? f->newest[e->sample.stack] : 0;
	struct fold_row *r = row ? &f->rows[row - 1] : NULL;

	if (!r || r->slice != slice_of(f, e->time_ns) || r->stack != e->sample.stack ||
	    r->tid != e->tid || r->cpu != e->cpu || r->names != (uint16_t)f->names)
		return add_row(f, e, owned_ns, err);
	r->owned_ns += owned_ns;
	return SP_OK;
}

static int add_share(struct folds *to, struct attribute *a, const struct sp_share *s,
		     uint64_t at_ns, const char *const *stackless, struct sp_err *err)
{
	struct sp_fold row = {
		.comm = attribute_comm(a, s->tid, s->comm, at_ns),
		.frames = stackless,
		.nframes = 1,
		.weight_ns = s->owned_ns,
	};
	int rc = SP_OK;

	if (!s->owned_ns)
		return SP_OK;
	if (s->stack)
		rc = attribute_frames(a, s->stack, s->pid, at_ns, true, &row.frames, &row.nframes,
				      err);
	if (!rc && !row.nframes) {
		row.frames = stackless;
		row.nframes = 1;
	}
	return rc ? rc : folds_add(to, &row, err);
}

int fold_starved(struct attribute *a, const struct sp_stall *stalls,
		 const struct sp_stall_names *names, uint32_t n, const struct sp_fold **ret,
		 uint32_t *nret, struct sp_err *err)
{
	struct folds folds = { 0 };
	int rc = SP_OK;

	for (uint32_t i = 0; !rc && i < n; i++) {
		const struct sp_stall *s = &stalls[i];

		for (uint32_t k = 0; !rc && k < s->nshares; k++)
			rc = add_share(&folds, a, &s->shares[k], s->end_ns, unsampled, err);
		if (!rc && s->unsampled_ns)
			rc = folds_add(&folds,
				       &(struct sp_fold){
					       .comm = names[i].comm ? names[i].comm : "[unknown]",
					       .frames = unsampled,
					       .nframes = 1,
					       .weight_ns = s->unsampled_ns,
				       },
				       err);
	}
	if (!rc)
		return folds_done(&folds, attribute_arena(a), ret, nret, err);
	folds_free(&folds);
	return rc;
}

/* A slice that a window touches is left out whole: the baseline is what is surely outside. */
static int leave_out(struct fold *f, const struct sp_spike *spikes,
		     const struct sp_verdict *verdicts, uint32_t n, struct sp_err *err)
{
	struct winset *w;
	int rc = winset_new(&w, spikes, verdicts, n, err);

	if (rc)
		return rc;
	for (uint32_t i = 0; i < f->n; i++) {
		uint64_t begin = (uint64_t)f->rows[i].slice * f->slice_ns;

		if (winset_touches(w, f->rows[i].cpu, begin, begin + f->slice_ns))
			f->rows[i].owned_ns = 0;
	}
	winset_free(w);
	return SP_OK;
}

int fold_outside(struct fold *f, struct attribute *a, const struct sp_spike *spikes,
		 const struct sp_verdict *verdicts, uint32_t nspikes, const struct sp_fold **ret,
		 uint32_t *nret, struct sp_err *err)
{
	struct folds folds = { 0 };
	int rc = nspikes ? leave_out(f, spikes, verdicts, nspikes, err) : SP_OK;

	for (uint32_t i = 0; !rc && i < f->n; i++)
		rc = add_share(&folds, a,
			       &(struct sp_share){
				       .stack = f->rows[i].stack,
				       .pid = f->rows[i].pid,
				       .tid = f->rows[i].tid,
				       .comm = f->rows[i].comm,
				       .owned_ns = f->rows[i].owned_ns,
			       },
			       f->rows[i].met_ns, others, err);
	if (!rc)
		return folds_done(&folds, attribute_arena(a), ret, nret, err);
	folds_free(&folds);
	return rc;
}

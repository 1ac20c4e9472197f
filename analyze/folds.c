#include "folds.h"

#include <stdlib.h>
#include <string.h>

void folds_free(struct folds *f)
{
	free(f->at);
	*f = (struct folds){ 0 };
}

static int by_frames(const void *a, const void *b)
{
	const struct sp_fold *x = a, *y = b;
	int d = strcmp(x->comm, y->comm);

	for (uint32_t i = 0; !d && i < x->nframes && i < y->nframes; i++)
		d = x->frames[i] == y->frames[i] ? 0 : strcmp(x->frames[i], y->frames[i]);
	if (d || x->nframes == y->nframes)
		return d;
	return x->nframes < y->nframes ? -1 : 1;
}

static void join(struct folds *f)
{
	uint32_t n = 0;

	if (f->n)
		qsort(f->at, f->n, sizeof(*f->at), by_frames);
	for (uint32_t i = 0; i < f->n; i++) {
		if (n && by_frames(&f->at[n - 1], &f->at[i]) == 0)
			f->at[n - 1].weight_ns += f->at[i].weight_ns;
		else
			f->at[n++] = f->at[i];
	}
	f->n = n;
}

/* Rows of the same frames are joined before there is room for more: they are most of many. */
static int make_room(struct folds *f, struct sp_err *err)
{
	uint32_t room = f->room ? f->room * 2 : 1024;
	struct sp_fold *at;

	join(f);
	if (f->room && f->n <= f->room / 2)
		return SP_OK;
	at = realloc(f->at, room * sizeof(*at));
	if (!at)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for folded stacks");
	f->at = at;
	f->room = room;
	return SP_OK;
}

int folds_add(struct folds *f, const struct sp_fold *row, struct sp_err *err)
{
	int rc = f->n == f->room ? make_room(f, err) : SP_OK;

	if (!rc)
		f->at[f->n++] = *row;
	return rc;
}

int folds_done(struct folds *f, struct arena *arena, const struct sp_fold **ret, uint32_t *nret,
	       struct sp_err *err)
{
	struct sp_fold *kept;
	uint32_t n;

	join(f);
	n = f->n;
	kept = arena_get(arena, (n + 1) * sizeof(*kept), err);
	if (kept && n)
		memcpy(kept, f->at, n * sizeof(*kept));
	folds_free(f);
	if (!kept)
		return SP_ENOMEM;
	*ret = kept;
	*nret = n;
	return SP_OK;
}

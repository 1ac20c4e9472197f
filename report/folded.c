#include "render.h"
#include "units.h"

#include <inttypes.h>
#include <string.h>

/*
 * comm;outer;…;inner weight, as flamegraph.pl reads it: weight in whole microseconds. A line of
 * less than half of one is left out.
 */

/* A line that is being made. Names come by the hundred thousand: stdio takes them by the line. */
struct line {
	char at[16384];
	size_t n;
};

static void put(FILE *out, struct line *l, const char *text, size_t n)
{
	if (n > sizeof(l->at) - l->n) {
		fwrite(l->at, 1, l->n, out);
		l->n = 0;
	}
	if (n > sizeof(l->at)) {
		fwrite(text, 1, n, out);
		return;
	}
	memcpy(l->at + l->n, text, n);
	l->n += n;
}

/* How much of name is plain: what may stand in a frame as it is, without looking closer. */
static size_t plain(const char *name)
{
	size_t n = 0;

	while (name[n] >= 0x20 && name[n] < 0x7f && name[n] != ';')
		n++;
	return n;
}

/*
 * ';' parts frames and a newline lines: neither may come from a name. A flame graph is XML, which
 * holds neither control bytes nor what is no UTF-8.
 */
static void put_frame(FILE *out, struct line *l, const char *name)
{
	if (!*name)
		put(out, l, "[unknown]", 9);
	while (*name) {
		size_t n = plain(name);

		if (n) {
			put(out, l, name, n);
			name += n;
			continue;
		}
		n = units_utf8(name);
		if (*name == ';')
			put(out, l, ":", 1);
		else if (n < 2)
			put(out, l, "?", 1);
		else
			put(out, l, name, n);
		name += n ? n : 1;
	}
}

static void put_lines(FILE *out, const struct sp_fold *folds, uint32_t n)
{
	struct line l;

	l.n = 0;
	for (uint32_t i = 0; i < n; i++) {
		const struct sp_fold *f = &folds[i];
		uint64_t us = (f->weight_ns + 500) / 1000;
		char number[32];

		if (!us)
			continue;
		put_frame(out, &l, f->comm);
		for (uint32_t k = 0; k < f->nframes; k++) {
			put(out, &l, ";", 1);
			put_frame(out, &l, f->frames[k]);
		}
		put(out, &l, number,
		    (size_t)snprintf(number, sizeof(number), " %" PRIu64 "\n", us));
		fwrite(l.at, 1, l.n, out);
		l.n = 0;
	}
}

int folded_render(FILE *out, const struct sp_report *r, const struct render_opts *opts,
		  struct sp_err *err)
{
	(void)opts;
	(void)err;
	put_lines(out, r->folded, r->nfolded);
	return SP_OK;
}

int folded_baseline_render(FILE *out, const struct sp_report *r, const struct render_opts *opts,
			   struct sp_err *err)
{
	(void)opts;
	(void)err;
	put_lines(out, r->baseline, r->nbaseline);
	return SP_OK;
}

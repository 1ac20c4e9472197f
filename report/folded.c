#include "render.h"
#include "units.h"

#include <inttypes.h>

/*
 * comm;outer;…;inner weight, as flamegraph.pl reads it: weight in whole microseconds. A line of
 * less than half of one is left out.
 */

/*
 * ';' parts frames and a newline lines: neither may come from a name. A flame graph is XML, which
 * holds neither control bytes nor what is no UTF-8.
 */
static void put_frame(FILE *out, const char *name)
{
	if (!*name)
		fputs("[unknown]", out);
	while (*name) {
		size_t n = units_utf8(name);
		unsigned char c = (unsigned char)*name;

		if (c == ';')
			fputc(':', out);
		else if (!n || c < 0x20 || c == 0x7f)
			fputc('?', out);
		else
			fwrite(name, 1, n, out);
		name += n ? n : 1;
	}
}

static void put_lines(FILE *out, const struct sp_fold *folds, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct sp_fold *f = &folds[i];
		uint64_t us = (f->weight_ns + 500) / 1000;

		if (!us)
			continue;
		put_frame(out, f->comm);
		for (uint32_t k = 0; k < f->nframes; k++) {
			fputc(';', out);
			put_frame(out, f->frames[k]);
		}
		fprintf(out, " %" PRIu64 "\n", us);
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

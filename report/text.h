#ifndef TEXT_H
#define TEXT_H

/*
 * What the parts of the text report share: who prints, and how a paragraph is set.
 */
#include "render.h"

#include <stddef.h>

/* Columns; a word that is longer stays whole, as a path that is broken cannot be copied. */
#define TEXT_WIDTH    100
#define TEXT_PARA_LEN 2048

struct text {
	FILE *out;
	const struct sp_report *r;
	const struct render_opts *opts;
	const char *arrow; /* between entry and caller */
	const char *dots;  /* where something is left out */
};

void text_heading(const struct text *t, const char *title);

/* A paragraph at a column, its first line after what already stands there; text of others is made
 * harmless. Ends the line. */
void text_para(const struct text *t, size_t column, const char *paragraph);

/* "entry › caller" into ret; "[unknown]" without either. */
const char *text_function(const struct text *t, const char *entry, const char *caller,
			  char ret[TEXT_PARA_LEN]);

/* Appends to a paragraph; what does not fit is cut. */
__attribute__((format(printf, 2, 3))) void text_add(char para[TEXT_PARA_LEN], const char *fmt, ...);

/* Spikes with their verdicts, or without a spike file the stalls. Errors: SP_ENOMEM. */
int text_spikes(const struct text *t, struct sp_err *err);
int text_stalls(const struct text *t, struct sp_err *err);

/* What to do about the callers of the ranking; nothing where there are none. */
void text_advice(const struct text *t);

#endif

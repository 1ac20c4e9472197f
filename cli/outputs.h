#ifndef OUTPUTS_H
#define OUTPUTS_H

/*
 * The files a report goes to: opened before anything is recorded, written at the end.
 */
#include "options.h"
#include "render.h"

#define OUTPUTS_MAX 4

struct outputs {
	struct render_out *out[OUTPUTS_MAX];
	render_fn *render[OUTPUTS_MAX];
	uint32_t n;
	bool text; /* the text report goes to standard output */
};

/* Errors: SP_ESYS; SP_EUSAGE when two outputs want one place, or one that of an input, the
 * recording made by --output included. */
int outputs_open(struct outputs *o, const struct options *opts, struct sp_err *err);
/* All of them, also when one fails: the first failure is told. Errors: SP_ENOMEM, SP_ESYS. */
int outputs_write(struct outputs *o, const struct options *opts, const struct sp_report *r,
		  struct sp_err *err);
void outputs_close(struct outputs *o);

#endif

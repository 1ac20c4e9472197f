#include "object.h"
#include "render.h"

/*
 * One flat object a line, for Vector, Loki, ClickHouse and jq.
 */

static int put_lines(FILE *out, const struct sp_report *r, uint32_t n,
		     json_t *(*make)(const struct sp_report *, uint32_t), struct sp_err *err)
{
	int rc = SP_OK;

	for (uint32_t i = 0; !rc && i < n; i++) {
		rc = object_write(out, make(r, i), err);
		fputc('\n', out);
	}
	return rc;
}

int jsonl_render(FILE *out, const struct sp_report *r, const struct render_opts *opts,
		 struct sp_err *err)
{
	int rc = object_write(out, object_flat_capture(r), err);

	(void)opts;
	fputc('\n', out);
	rc = rc ? rc : put_lines(out, r, r->nspikes, object_flat_spike, err);
	rc = rc ? rc : put_lines(out, r, r->nstalls, object_flat_stall, err);
	rc = rc ? rc : put_lines(out, r, r->ncallers, object_flat_caller, err);
	return rc ? rc : put_lines(out, r, r->nquality, object_flat_quality, err);
}

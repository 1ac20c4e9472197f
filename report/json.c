#include "object.h"
#include "render.h"

#include <inttypes.h>

/*
 * One document (docs/report.schema.json), written element by element: memory does not grow with the
 * number of stalls and spikes.
 */

static int put_array(FILE *out, const char *key, const struct sp_report *r, uint32_t n,
		     json_t *(*make)(const struct sp_report *, uint32_t), struct sp_err *err)
{
	int rc = SP_OK;

	fprintf(out, ",\n\"%s\": [", key);
	for (uint32_t i = 0; !rc && i < n; i++) {
		fputs(i ? ",\n  " : "\n  ", out);
		rc = object_write(out, make(r, i), err);
	}
	fputs("]", out);
	return rc;
}

static int put_object(FILE *out, const char *key, json_t *v, struct sp_err *err)
{
	fprintf(out, ",\n\"%s\": ", key);
	return object_write(out, v, err);
}

int json_render(FILE *out, const struct sp_report *r, const struct render_opts *opts,
		struct sp_err *err)
{
	int rc;

	(void)opts;
	fputs("{\"schema\": \"sirqprof.report/1\"", out);
	rc = put_object(out, "capture", object_capture(r), err);
	rc = rc ? rc : put_object(out, "summary", object_summary(r), err);
	rc = rc ? rc : put_object(out, "clock", object_clock(r), err);
	rc = rc ? rc : put_array(out, "spikes", r, r->nspikes, object_spike, err);
	rc = rc ? rc : put_array(out, "stalls", r, r->nstalls, object_stall, err);
	rc = rc ? rc : put_array(out, "callers", r, r->ncallers, object_caller, err);
	rc = rc ? rc : put_array(out, "quality", r, r->nquality, object_quality, err);
	fputs("}\n", out);
	return rc;
}

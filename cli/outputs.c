#include "outputs.h"

#include <langinfo.h>
#include <string.h>

int outputs_open(struct outputs *o, const struct options *opts, struct sp_err *err)
{
	const struct {
		const char *path;
		render_fn *render;
	} wanted[OUTPUTS_MAX] = {
		{ opts->json, json_render },
		{ opts->jsonl, jsonl_render },
		{ opts->folded, folded_render },
		{ opts->folded_baseline, folded_baseline_render },
	};
	uint32_t to_stdout = 0;
	int rc = SP_OK;

	*o = (struct outputs){ 0 };
	for (int i = 0; !rc && i < OUTPUTS_MAX; i++) {
		if (!wanted[i].path)
			continue;
		for (int k = 0; !rc && k < i; k++)
			if (wanted[k].path && strcmp(wanted[i].path, "-") != 0 &&
			    strcmp(wanted[i].path, wanted[k].path) == 0)
				rc = sp_fail(
					err, SP_EUSAGE, SP_NOWHERE,
					"two outputs go to %s: the last would overwrite the first",
					wanted[i].path);
		if (rc)
			break;
		to_stdout += strcmp(wanted[i].path, "-") == 0;
		rc = render_open(&o->out[o->n], wanted[i].path, err);
		if (!rc)
			o->render[o->n++] = wanted[i].render;
	}
	if (!rc && to_stdout > 1)
		rc = sp_fail(err, SP_EUSAGE, SP_NOWHERE,
			     "only one of --json, --jsonl, --folded and --folded-baseline can be "
			     "standard output");
	/* Who asks for JSON on standard output wants to pipe it, not to read around text. */
	o->text = !opts->quiet && !to_stdout;
	return rc;
}

int outputs_write(struct outputs *o, const struct options *opts, const struct sp_report *r,
		  struct sp_err *err)
{
	const struct render_opts how = {
		.top = opts->top,
		.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
	};
	int rc = SP_OK;

	/* The text first: it is what somebody waits for. */
	if (o->text) {
		rc = text_render(stdout, r, &how, err);
		if (!rc && fflush(stdout))
			rc = sp_fail_sys(err, "writing to standard output");
	}
	for (uint32_t i = 0; !rc && i < o->n; i++) {
		rc = o->render[i](render_file(o->out[i]), r, &how, err);
		rc = rc ? rc : render_close(o->out[i], err);
	}
	return rc;
}

void outputs_close(struct outputs *o)
{
	for (uint32_t i = 0; i < OUTPUTS_MAX; i++)
		render_out_free(o->out[i]);
	*o = (struct outputs){ 0 };
}

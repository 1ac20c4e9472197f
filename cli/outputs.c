#include "outputs.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The folder that a path leads to, and the name in there; NULL without memory or such a folder. */
static const char *name_in(const char *path, struct stat *folder)
{
	const char *slash = strrchr(path, '/');
	sp_auto_free char *up = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");

	return up && !stat(up, folder) ? (slash ? slash + 1 : path) : NULL;
}

/* By name, or by what is there already: whatever way two paths lead to it. What is not there yet is
 * known by its folder. */
static bool same_file(const char *a, const char *b)
{
	const char *in_a, *in_b;
	struct stat x, y;

	if (strcmp(a, b) == 0)
		return true;
	if (!stat(a, &x) && !stat(b, &y))
		return S_ISREG(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
	in_a = name_in(a, &x);
	in_b = name_in(b, &y);
	return in_a && in_b && strcmp(in_a, in_b) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* Two outputs into one place overwrite or mix each other. */
static int refuse_twins(const char *const *paths, uint32_t n, struct sp_err *err)
{
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; paths[i] && k < i; k++) {
			if (!paths[k])
				continue;
			if (render_is_stdout(paths[i]) && render_is_stdout(paths[k]))
				return sp_fail(err, SP_EUSAGE, SP_NOWHERE,
					       "only one of --json, --jsonl, --folded and "
					       "--folded-baseline can be standard output");
			if (same_file(paths[i], paths[k]))
				return sp_fail(err, SP_EUSAGE, SP_NOWHERE,
					       "two outputs go to %s: the last would overwrite the "
					       "first",
					       paths[i]);
		}
	return SP_OK;
}

/* A report must not be put over what it is made of, nor over the recording made with it; nor must
 * that recording, also not by --force. */
static int refuse_inputs(const char *path, const struct options *opts, struct sp_err *err)
{
	const char *taken = NULL;

	if (!path || render_is_stdout(path))
		return SP_OK;
	if (opts->output && path != opts->output && same_file(path, opts->output))
		taken = "the recording";
	if (opts->input && same_file(path, opts->input))
		taken = "the recording";
	if (opts->vmlinux && same_file(path, opts->vmlinux))
		taken = "the kernel's file";
	for (uint32_t i = 0; i < opts->spikes.n; i++)
		if (same_file(path, opts->spikes.at[i]))
			taken = "a spike file";
	return taken ? sp_fail(err, SP_EUSAGE, SP_NOWHERE,
			       "%s is %s: name another file for the output", path, taken)
		     : SP_OK;
}

int outputs_open(struct outputs *o, const struct options *opts, struct sp_err *err)
{
	static render_fn *const renders[OUTPUTS_MAX] = { json_render, jsonl_render, folded_render,
							 folded_baseline_render };
	const char *const paths[OUTPUTS_MAX] = { opts->json, opts->jsonl, opts->folded,
						 opts->folded_baseline };
	int rc = refuse_twins(paths, OUTPUTS_MAX, err);

	rc = rc ? rc : refuse_inputs(opts->output, opts, err);
	*o = (struct outputs){ .text = !opts->quiet };
	for (uint32_t i = 0; !rc && i < OUTPUTS_MAX; i++) {
		if (!paths[i])
			continue;
		rc = refuse_inputs(paths[i], opts, err);
		if (rc)
			break;
		/* Who asks for JSON on standard output wants to pipe it, not to read around text.
		 */
		if (render_is_stdout(paths[i]))
			o->text = false;
		rc = render_open(&o->out[o->n], paths[i], err);
		if (!rc)
			o->render[o->n++] = renders[i];
	}
	return rc;
}

/* The first cause wins; one output that fails costs none of the others. */
static int write_one(struct outputs *o, uint32_t i, const struct sp_report *r,
		     const struct render_opts *how, struct sp_err *err)
{
	int rc = o->render[i](render_file(o->out[i]), r, how, err);

	return rc ? rc : render_close(o->out[i], err);
}

int outputs_write(struct outputs *o, const struct options *opts, const struct sp_report *r,
		  struct sp_err *err)
{
	const struct render_opts how = {
		.top = opts->top,
		.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
	};
	int rc = SP_OK, one;

	/* The text first: it is what somebody waits for. */
	if (o->text) {
		rc = text_render(stdout, r, &how, err);
		if (!rc && (fflush(stdout) || ferror(stdout)))
			rc = sp_fail_sys(err, "writing to standard output");
	}
	for (uint32_t i = 0; i < o->n; i++) {
		one = write_one(o, i, r, &how, err);
		rc = rc ? rc : one;
	}
	return rc;
}

void outputs_close(struct outputs *o)
{
	for (uint32_t i = 0; i < OUTPUTS_MAX; i++)
		render_out_free(o->out[i]);
	*o = (struct outputs){ 0 };
}

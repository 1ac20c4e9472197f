#ifndef RENDER_H
#define RENDER_H

/*
 * The renderers, and the files they write into.
 *
 * An output is opened before the recording starts, so that a path that cannot be written is found
 * out early; it is written into a nameless file beside its target (open(2), O_TMPFILE; a named one
 * where the file system has none) that gets the target's name at the end, so that it appears whole
 * or not at all. "-" and /dev/stdout are standard output; a FIFO, a device and
 * an open descriptor's name (/dev/fd/3) are written directly. What a symbolic link leads to is
 * replaced, not the link.
 */
#include <sirqprof/own.h>
#include <sirqprof/report.h>

#include <stdbool.h>
#include <stdio.h>

struct render_opts {
	uint32_t top; /* rows of the ranking, and of the stalls without spikes */
	bool utf8;    /* the terminal shows UTF-8 */
};

/* Writes the whole report. Errors of writing are found by render_close(). */
typedef int render_fn(FILE *out, const struct sp_report *r, const struct render_opts *opts,
		      struct sp_err *err);

render_fn text_render;
render_fn json_render;
render_fn jsonl_render;
render_fn folded_render;
render_fn folded_baseline_render;

struct render_out;

/* Whether an output of that name goes to standard output. */
bool render_is_stdout(const char *path);

/* Errors: SP_ESYS, with the path. */
int render_open(struct render_out **ret, const char *path, struct sp_err *err);
FILE *render_file(struct render_out *o);

/* Makes the target appear. On an error nothing is left of it. */
int render_close(struct render_out *o, struct sp_err *err);

/* Gives up what was not closed. */
void render_out_free(struct render_out *o);

SP_DEFINE_FREEP(render_out);

#endif

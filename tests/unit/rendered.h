#ifndef RENDERED_H
#define RENDERED_H

/* What a renderer wrote, as a string of the caller. */
#include "fakereport.h"
#include "render.h"

static inline char *rendered(render_fn *render, const struct sp_report *r, uint32_t top, bool utf8)
{
	const struct render_opts opts = { .top = top, .utf8 = utf8 };
	struct sp_err err = SP_ERR_INIT;
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	assert_int_equal(render(f, r, &opts, &err), SP_OK);
	assert_int_equal(fclose(f), 0);
	return text;
}

#define assert_in(text, part)                                      \
	do {                                                       \
		if (!strstr(text, part))                           \
			fail_msg("no \"%s\" in:\n%s", part, text); \
	} while (0)
#define assert_not_in(text, part)                               \
	do {                                                    \
		if (strstr(text, part))                         \
			fail_msg("\"%s\" in:\n%s", part, text); \
	} while (0)

#endif

#include "elfdebug.h"

#include "elfpath.h"

#include <sirqprof/limits.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool add_file(struct elfimage *image, const struct sp_mapping *m, bool live,
		     const char *path, struct elfbytes *ret)
{
	const struct sp_mapping at = { .pid = m->pid, .path = path };

	for (enum elfpath_try how = ELFPATH_ROOT; how <= ELFPATH_HERE; how++) {
		int fd = elfpath_open(how, &at, live && m->pid > 0);

		if (fd < 0 || !elfbytes_open(ret, fd))
			continue;
		if (elfimage_add_debug(image, ret))
			return true;
		elfbytes_close(ret);
	}
	return false;
}

/* Where a name that .gnu_debuglink has is looked for, around the program's folder. */
static const struct {
	const char *before, *behind;
} by_link[] = { { "", "/" }, { "", "/.debug/" }, { "/usr/lib/debug", "/" } };

static bool add(struct elfimage *image, const struct sp_mapping *m, bool live, char *path,
		size_t size, struct elfbytes *ret)
{
	const char *id = image->build_id, *link = image->debuglink;
	const int dir = (int)(strrchr(m->path, '/') ? strrchr(m->path, '/') - m->path : 0);

	snprintf(path, size, "/usr/lib/debug/.build-id/%.2s/%s.debug", id, id + 2);
	if (add_file(image, m, live, path, ret))
		return true;
	if (!link[0] || strchr(link, '/'))
		return false;
	for (size_t i = 0; i < sizeof(by_link) / sizeof(by_link[0]); i++) {
		int n = snprintf(path, size, "%s%.*s%s%s", by_link[i].before, dir, m->path,
				 by_link[i].behind, link);

		if (n < (int)size && add_file(image, m, live, path, ret))
			return true;
	}
	return false;
}

bool elfdebug_add(struct elfimage *image, const struct sp_mapping *m, bool live,
		  struct elfbytes *ret, char **ret_path)
{
	char path[SP_MAX_STRING];

	*ret_path = NULL;
	if (strlen(image->build_id) < 6 || image->has_symtab ||
	    !add(image, m, live, path, sizeof(path), ret))
		return false;
	/* Without memory for it the file cannot be opened again. */
	*ret_path = strdup(path);
	return true;
}

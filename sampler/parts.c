#include "parts.h"

#include "outfile.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

/* FILE.1, FILE.2 …; 0 is FILE itself. */
static int part_path(const char *path, uint32_t part, char ret[PATH_MAX], struct sp_err *err)
{
	int n = part ? snprintf(ret, PATH_MAX, "%s.%" PRIu32, path, part)
		     : snprintf(ret, PATH_MAX, "%s", path);

	if (n < 0 || n >= PATH_MAX)
		return sp_fail(err, SP_EUSAGE, SP_NOWHERE, "the path of the recording is too long");
	return SP_OK;
}

int parts_remove(const char *path, uint32_t most, bool force, struct sp_err *err)
{
	char part[PATH_MAX];
	int rc = SP_OK;

	for (uint32_t i = 1; !rc && i < most; i++) {
		rc = part_path(path, i, part, err);
		rc = rc ? rc : outfile_remove(part, force, err);
	}
	return rc;
}

int parts_move_on(const char *path, uint32_t most, struct sp_err *err)
{
	char from[PATH_MAX], to[PATH_MAX];
	int rc = SP_OK;

	for (uint32_t i = most - 1; !rc && i > 0; i--) {
		rc = part_path(path, i - 1, from, err);
		rc = rc ? rc : part_path(path, i, to, err);
		if (!rc && rename(from, to) && errno != ENOENT)
			rc = sp_fail_sys(err, "renaming %s", from);
	}
	return rc;
}

uint64_t parts_kept(const char *path, uint32_t most, uint32_t *ret_parts)
{
	struct sp_err ignored = SP_ERR_INIT;
	uint64_t bytes = 0, size;
	char part[PATH_MAX];

	for (*ret_parts = 0; *ret_parts < most; ++*ret_parts, bytes += size)
		if (part_path(path, *ret_parts, part, &ignored) || !outfile_there(part, &size))
			break;
	return bytes;
}

#include "runnable.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What execvp(3) takes where PATH is not set (glibc's confstr(3) _CS_PATH). */
#define DEFAULT_PATH "/bin:/usr/bin"

/* 0, or the errno that running it would give. */
static int why_not(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return errno;
	if (!S_ISREG(st.st_mode))
		return EACCES;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) ? errno : 0;
}

/* The first folder that has it decides; a file that may not be run only if none does. */
static int why_not_in_path(const char *name)
{
	const char *folder = getenv("PATH"), *end;
	char path[PATH_MAX];
	int why = ENOENT;

	for (folder = folder ? folder : DEFAULT_PATH; folder; folder = *end ? end + 1 : NULL) {
		int len, sys;

		end = strchrnul(folder, ':');
		/* An empty folder is the current one. */
		len = (int)(end - folder);
		if (snprintf(path, sizeof(path), "%.*s%s%s", len, folder, len ? "/" : "", name) >=
		    (int)sizeof(path))
			continue;
		sys = why_not(path);
		if (!sys)
			return 0;
		if (sys == EACCES)
			why = sys;
	}
	return why;
}

int runnable_check(const char *name, struct sp_err *err)
{
	int why = !*name ? ENOENT : strchr(name, '/') ? why_not(name) : why_not_in_path(name);

	if (!why)
		return SP_OK;
	errno = why;
	return sp_fail_sys(err, "cannot run '%s'", name);
}

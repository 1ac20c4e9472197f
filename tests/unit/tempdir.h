#ifndef TEMPDIR_H
#define TEMPDIR_H

/* A folder of the test's own: tempdir_make and tempdir_remove are the group's setup and teardown;
 * the tests remove what they put there. */
#include "unit.h"

#include <unistd.h>

#define TEMPDIR_PATHS 8

static char tempdir[] = "/tmp/sirqprof-test-XXXXXX";

/* The path of a name in it; it holds for TEMPDIR_PATHS calls. */
static inline const char *in_tempdir(const char *name)
{
	static char paths[TEMPDIR_PATHS][64];
	static int n;
	char *path = paths[n++ % TEMPDIR_PATHS];

	snprintf(path, sizeof(paths[0]), "%s/%s", tempdir, name);
	return path;
}

static inline int tempdir_make(void **state)
{
	(void)state;
	return mkdtemp(tempdir) ? 0 : -1;
}

static inline int tempdir_remove(void **state)
{
	(void)state;
	return rmdir(tempdir);
}

#endif

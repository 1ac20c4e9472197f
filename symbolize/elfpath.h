#ifndef ELFPATH_H
#define ELFPATH_H

/*
 * Opens the file behind a mapping: the one that the process had, not one that has its name today.
 *
 * In:    a mapping of a process that may be in a container, or gone
 * Out:   candidates, best first, as file descriptors of regular files
 * Keeps: nothing
 */
#include <sirqprof/resolver.h>

enum elfpath_try {
	ELFPATH_MAPPED, /* /proc/PID/map_files: the very file, even if it was deleted since */
	ELFPATH_ROOT,	/* /proc/PID/root: the name as the process sees it */
	ELFPATH_HERE,	/* the name as we see it */
	ELFPATH_CACHED, /* perf's copy by build-id, below $HOME/.debug */
	ELFPATH_NR,
};

/* −1 when there is none. live: the process is one of this boot; pid 0: it is gone, and its number
 * is nobody's or another's. */
int elfpath_open(enum elfpath_try how, const struct sp_mapping *m, bool live);

/* Is this still the file that was mapped, as far as inode and times tell? Only for mappings of this
 * boot. */
bool elfpath_is_same(int fd, const struct sp_mapping *m);

/* A mapping without file, where JIT compilers put code: "//anon", "[heap]", "/memfd:…". */
bool elfpath_is_anon(const char *path);

#endif

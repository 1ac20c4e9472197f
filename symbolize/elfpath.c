#include "elfpath.h"

#include <sirqprof/limits.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define S_NS 1000000000LL
/* Time stamps of files move with the tick. */
#define SLACK_NS (20 * 1000000LL)

/* Only regular files: a recording may name a FIFO or a device. */
static int open_regular(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

int elfpath_open(enum elfpath_try how, const struct sp_mapping *m, bool live)
{
	char path[SP_MAX_STRING + 64];
	const char *home;

	if (m->path[0] != '/' || strlen(m->path) >= SP_MAX_STRING)
		return -1;
	switch (how) {
	case ELFPATH_MAPPED:
		if (!live || m->pid <= 0)
			return -1;
		snprintf(path, sizeof(path), "/proc/%" PRId32 "/map_files/%" PRIx64 "-%" PRIx64,
			 m->pid, m->start, m->start + m->len);
		return open_regular(path);
	case ELFPATH_ROOT:
		if (!live || m->pid <= 0)
			return -1;
		snprintf(path, sizeof(path), "/proc/%" PRId32 "/root%s", m->pid, m->path);
		return open_regular(path);
	case ELFPATH_HERE:
		return open_regular(m->path);
	case ELFPATH_CACHED:
		home = getenv("HOME");
		if (!home || strlen(m->build_id) < 6)
			return -1;
		snprintf(path, sizeof(path), "%s/.debug/.build-id/%.2s/%s/elf", home, m->build_id,
			 m->build_id + 2);
		return open_regular(path);
	case ELFPATH_NR:
		break;
	}
	return -1;
}

static int64_t ns_of(const struct timespec *t)
{
	return t->tv_sec * S_NS + t->tv_nsec;
}

/* The file changed after the mapping was made. A process that ran before the recording may have an
 * older mapping than it says, never a younger one. */
static bool is_newer(const struct timespec *changed, const struct sp_mapping *m)
{
	struct timespec mono, real;

	if (clock_gettime(CLOCK_MONOTONIC, &mono) || clock_gettime(CLOCK_REALTIME, &real))
		return true;
	return ns_of(changed) - (ns_of(&real) - ns_of(&mono)) > (int64_t)m->time_ns + SLACK_NS;
}

bool elfpath_is_same(int fd, const struct sp_mapping *m)
{
	struct stat st;

	if (fstat(fd, &st))
		return false;
	/* With the inode a look at the content's time is enough; perf itself makes hard links of
	 * what it recorded, which changes the inode's. */
	if (m->ino)
		return st.st_ino == m->ino && !is_newer(&st.st_mtim, m);
	return !is_newer(&st.st_ctim, m);
}

bool elfpath_is_anon(const char *path)
{
	static const char *const starts[] = { "//anon",		"[anon",   "[heap]",
					      "[stack",		"/memfd:", "/dev/zero",
					      "/anon_hugepage", "/SYSV",   "anon_inode:" };

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (strncmp(path, starts[i], strlen(starts[i])) == 0)
			return true;
	return path[0] == 0;
}

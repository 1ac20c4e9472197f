#include "source.h"

#include <sirqprof/limits.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A pipe is read in pieces of this size. */
#define PIECE (256U << 10)
/* The most that one record may need at once: the tracing data. */
#define MOST (SP_MAX_FEATURE_BYTES + PIECE)

static int map_file(struct source *s, const char *path, uint64_t size, struct sp_err *err)
{
	void *at = mmap(NULL, size, PROT_READ, MAP_PRIVATE, s->fd, 0);

	if (at == MAP_FAILED)
		return sp_fail_sys(err, "cannot map %s", path);
	madvise(at, size, MADV_SEQUENTIAL);
	s->data = at;
	s->size = size;
	s->whole = true;
	s->mapped = true;
	return SP_OK;
}

static int64_t wall_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int64_t stamp_ns(struct statx_timestamp t)
{
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void source_times(const struct source *s, struct source_times *ret)
{
	struct statx st;

	*ret = (struct source_times){ s->opened_ns, s->opened_ns ? wall_ns() : 0 };
	if (!s->mapped || statx(s->fd, "", AT_EMPTY_PATH, STATX_BTIME | STATX_MTIME, &st))
		return;
	if (st.stx_mask & STATX_BTIME)
		ret->made_ns = stamp_ns(st.stx_btime);
	if (st.stx_mask & STATX_MTIME)
		ret->written_ns = stamp_ns(st.stx_mtime);
}

/* `perf record --kcore` makes a folder with the recording and a copy of the kernel's text. */
static int open_in_folder(struct source *s, const char *path, struct sp_err *err)
{
	int fd = openat(s->fd, "data", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return sp_fail(err, SP_EFORMAT, SP_NOWHERE,
			       "%s is a folder without a recording named data in it", path);
	close(s->fd);
	s->fd = fd;
	return SP_OK;
}

int source_open(struct source *s, const char *path, struct sp_err *err)
{
	struct stat st;

	*s = (struct source){ .fd = -1 };
	if (strcmp(path, "-") == 0) {
		s->fd = dup(STDIN_FILENO);
		if (s->fd < 0)
			return sp_fail_sys(err, "standard input");
	} else {
		s->fd = open(path, O_RDONLY | O_CLOEXEC);
		if (s->fd < 0)
			return sp_fail_sys(err, "cannot read %s", path);
	}
	if (fstat(s->fd, &st))
		return sp_fail_sys(err, "%s", path);
	if (S_ISDIR(st.st_mode) && open_in_folder(s, path, err))
		return SP_EFORMAT;
	if (S_ISDIR(st.st_mode) && fstat(s->fd, &st))
		return sp_fail_sys(err, "%s", path);
	s->opened_ns = S_ISREG(st.st_mode) ? 0 : wall_ns();
	if (S_ISREG(st.st_mode) && st.st_size > 0)
		return map_file(s, path, (uint64_t)st.st_size, err);
	return SP_OK;
}

void source_memory(struct source *s, const void *data, size_t size)
{
	*s = (struct source){ .data = data, .size = size, .whole = true, .fd = -1 };
}

void source_close(struct source *s)
{
	if (s->mapped)
		munmap((void *)s->data, s->size);
	if (s->fd >= 0)
		close(s->fd);
	free(s->buf);
	*s = (struct source){ .fd = -1 };
}

/* Reads on until the buffer holds need bytes or the input ends. */
static int fill(struct source *s, uint64_t need, struct sp_err *err)
{
	if (need + PIECE > s->room) {
		uint8_t *buf = realloc(s->buf, need + PIECE);

		if (!buf)
			return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to read");
		s->buf = buf;
		s->data = buf;
		s->room = need + PIECE;
	}
	while (s->size < need && !s->ended) {
		ssize_t n = read(s->fd, s->buf + s->size, s->room - s->size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sp_fail_sys(err, "reading the recording");
		s->ended = n == 0;
		s->size += (size_t)n;
	}
	return SP_OK;
}

const uint8_t *source_at(struct source *s, uint64_t off, uint64_t size, struct sp_err *err)
{
	uint64_t at = off - s->base;

	if (s->whole)
		return off <= s->size && size <= s->size - off ? s->data + off : NULL;
	if (size > MOST || off < s->base || at > MOST)
		return NULL;
	if (at + size > s->size && fill(s, at + size, err))
		return NULL;
	return at + size <= s->size ? s->data + at : NULL;
}

uint64_t source_left(const struct source *s, uint64_t off)
{
	uint64_t end = s->base + s->size;

	return off < end ? end - off : 0;
}

void source_forget(struct source *s, uint64_t off)
{
	uint64_t done = off - s->base;

	if (s->whole || done < PIECE || done > s->size)
		return;
	memmove(s->buf, s->buf + done, s->size - done);
	s->size -= done;
	s->base = off;
}

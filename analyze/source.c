#include "source.h"

#include <sirqprof/limits.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Read at once: half of a small level-2 cache, so that what was copied is still there when it is
 * parsed. From 256 kB to 4 MB there was no difference; below, the system calls show. */
#define PIECE (256U << 10)
/* The most that one record may need at once: the tracing data. */
#define MOST (SP_MAX_FEATURE_BYTES + PIECE)

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
	if (S_ISDIR(st.st_mode))
		return sp_fail(err, SP_EFORMAT, SP_NOWHERE,
			       "%s is a directory: name a perf.data file (of 'perf record "
			       "--threads' its data files)",
			       path);
	if (S_ISREG(st.st_mode) && st.st_size > 0) {
		s->whole = true;
		s->size = (uint64_t)st.st_size;
		posix_fadvise(s->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	}
	return SP_OK;
}

void source_memory(struct source *s, const void *data, size_t size)
{
	*s = (struct source){ .data = data, .have = size, .size = size, .whole = true, .fd = -1 };
}

void source_close(struct source *s)
{
	if (s->fd >= 0)
		close(s->fd);
	free(s->buf);
	*s = (struct source){ .fd = -1 };
}

static int make_room(struct source *s, uint64_t room, struct sp_err *err)
{
	uint8_t *buf = room == s->room ? s->buf : realloc(s->buf, room);

	if (!buf)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to read");
	s->buf = buf;
	s->data = buf;
	s->room = room;
	return SP_OK;
}

/* One read(2); at UINT64_MAX: of a pipe, else at that offset of a file. */
static int read_some(struct source *s, uint64_t at, size_t *n, struct sp_err *err)
{
	ssize_t got;

	do
		got = at == UINT64_MAX ? read(s->fd, s->buf + s->have, s->room - s->have)
				       : pread(s->fd, s->buf + s->have, s->room - s->have,
					       (off_t)(at + s->have));
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return sp_fail_sys(err, "reading the recording");
	s->have += (size_t)got;
	*n = (size_t)got;
	return SP_OK;
}

/* A piece of a file, from off on: what it had before is dropped. */
static int piece_of_file(struct source *s, uint64_t off, uint64_t size, struct sp_err *err)
{
	size_t n = 1;
	int rc = make_room(s, size > PIECE ? size : PIECE, err);

	s->base = off;
	s->have = 0;
	while (!rc && n && s->have < s->room && (s->have < size || size > PIECE))
		rc = read_some(s, off, &n, err);
	return rc;
}

/* Reads on until the buffer holds need bytes or the pipe ends. */
static int fill(struct source *s, uint64_t need, struct sp_err *err)
{
	size_t n = 0;
	int rc = need + PIECE > s->room ? make_room(s, need + PIECE, err) : SP_OK;

	while (!rc && s->have < need && !s->ended) {
		rc = read_some(s, UINT64_MAX, &n, err);
		s->ended = !rc && !n;
	}
	return rc;
}

const uint8_t *source_fetch(struct source *s, uint64_t off, uint64_t size, struct sp_err *err)
{
	uint64_t at = off - s->base;

	if (s->whole) {
		if (s->fd < 0 || off > s->size || size > s->size - off ||
		    piece_of_file(s, off, size, err))
			return NULL;
		return size <= s->have ? s->data : NULL;
	}
	if (size > MOST || off < s->base || at > MOST || fill(s, at + size, err))
		return NULL;
	return at + size <= s->have ? s->data + at : NULL;
}

uint64_t source_left(const struct source *s, uint64_t off)
{
	uint64_t end = s->whole ? s->size : s->base + s->have;

	return off < end ? end - off : 0;
}

void source_forget(struct source *s, uint64_t off)
{
	uint64_t done = off - s->base;

	if (s->whole || done < PIECE || done > s->have)
		return;
	memmove(s->buf, s->buf + done, s->have - done);
	s->have -= done;
	s->base = off;
}

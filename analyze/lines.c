#include "lines.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct lines {
	int fd; /* -1: memory */
	bool close;
	bool ended;  /* nothing more to read */
	bool in_cut; /* the rest of a cut line is passed over */
	const char *path;
	const char *memory;
	size_t memory_left;
	size_t at, end; /* what of buffer is not consumed */
	uint32_t number;
	char buffer[LINES_BUFFER];
};

static int new (struct lines **ret, struct sp_err *err)
{
	struct lines *l = malloc(sizeof(*l));

	if (!l)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for a line buffer");
	memset(l, 0, offsetof(struct lines, buffer));
	l->fd = -1;
	*ret = l;
	return SP_OK;
}

int lines_open(struct lines **ret, const char *path, struct sp_err *err)
{
	sp_auto(lines) l = NULL;
	struct stat st;
	int rc = new (&l, err);

	if (rc)
		return rc;
	l->path = path;
	l->close = strcmp(path, "-") != 0;
	l->fd = l->close ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	if (l->fd < 0)
		return sp_fail_sys(err, "cannot read the spikes in %s", path);
	if (fstat(l->fd, &st) == 0 && S_ISDIR(st.st_mode))
		return sp_fail(err, SP_ESYS, SP_NOWHERE,
			       "cannot read the spikes in %s: it is a directory; name a file",
			       path);
	*ret = sp_take(l);
	return SP_OK;
}

int lines_memory(struct lines **ret, const void *data, size_t size, struct sp_err *err)
{
	int rc = new (ret, err);

	if (rc)
		return rc;
	(*ret)->memory = data;
	(*ret)->memory_left = size;
	(*ret)->path = "memory";
	return SP_OK;
}

void lines_free(struct lines *l)
{
	if (l && l->close && l->fd >= 0)
		close(l->fd);
	free(l);
}

static ssize_t more(struct lines *l, char *to, size_t room)
{
	size_t n = l->memory_left < room ? l->memory_left : room;

	if (l->fd >= 0)
		return read(l->fd, to, room);
	if (n)
		memcpy(to, l->memory, n);
	l->memory = n ? l->memory + n : l->memory;
	l->memory_left -= n;
	return (ssize_t)n;
}

/* Reads until the buffer is full or the input ends. */
static int fill(struct lines *l, struct sp_err *err)
{
	memmove(l->buffer, l->buffer + l->at, l->end - l->at);
	l->end -= l->at;
	l->at = 0;
	while (!l->ended && l->end < sizeof(l->buffer)) {
		ssize_t n = more(l, l->buffer + l->end, sizeof(l->buffer) - l->end);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sp_fail_sys(err, "cannot read the spikes in %s", l->path);
		if (n == 0)
			l->ended = true;
		l->end += (size_t)n;
	}
	return SP_OK;
}

static int begin(struct lines *l, struct sp_err *err)
{
	int rc;

	if (l->number || l->end)
		return SP_OK;
	rc = fill(l, err);
	if (!rc && l->end >= 3 && memcmp(l->buffer, "\xef\xbb\xbf", 3) == 0)
		l->at = 3;
	return rc;
}

int lines_peek(struct lines *l, const char **text, size_t *len, struct sp_err *err)
{
	int rc = begin(l, err);

	if (rc)
		return rc;
	*text = l->buffer + l->at;
	*len = l->end - l->at < LINES_MAX ? l->end - l->at : LINES_MAX;
	return SP_OK;
}

/* Takes len bytes as a line, and skip more for its ending. */
static void take(struct lines *l, struct line *ret, size_t len, size_t skip)
{
	ret->text = l->buffer + l->at;
	ret->len = len;
	ret->cut = len > LINES_MAX;
	if (ret->cut)
		ret->len = LINES_MAX;
	else if (len && ret->text[len - 1] == '\r')
		ret->len--;
	l->at += len + skip;
}

int lines_next(struct lines *l, struct line *ret, struct sp_err *err)
{
	int rc = begin(l, err);

	while (!rc) {
		size_t have = l->end - l->at;
		const char *from = l->buffer + l->at;
		const char *lf = have ? memchr(from, '\n', have) : NULL;
		bool whole = lf || (l->ended && have);
		bool was_cut = l->in_cut;

		if (!whole && (have < sizeof(l->buffer)) && !l->ended) {
			rc = fill(l, err);
			continue;
		}
		if (!have)
			return SP_END;
		/* A line that fills the buffer is given out cut; its rest is dropped. */
		take(l, ret, lf ? (size_t)(lf - from) : have, lf ? 1 : 0);
		l->in_cut = !lf;
		if (was_cut)
			continue;
		ret->cut = ret->cut || !whole;
		if (l->number == UINT32_MAX)
			return sp_fail(err, SP_ELIMIT, SP_NOWHERE,
				       "%s has more than %u lines: split it", l->path, l->number);
		ret->number = ++l->number;
		return SP_OK;
	}
	return rc;
}

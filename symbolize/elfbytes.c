#include "elfbytes.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct elfstamp stamp_of(const struct stat *st)
{
	return (struct elfstamp){ st->st_dev, st->st_ino, st->st_nlink, st->st_mtim, st->st_ctim };
}

bool elfbytes_open(struct elfbytes *b, int fd)
{
	struct stat st;

	*b = (struct elfbytes)ELFBYTES_INIT;
	if (fstat(fd, &st) || st.st_size <= 0) {
		close(fd);
		return false;
	}
	b->fd = fd;
	b->size = (uint64_t)st.st_size;
	b->stamp = stamp_of(&st);
	return true;
}

void elfbytes_memory(struct elfbytes *b, const uint8_t *at, size_t size)
{
	*b = (struct elfbytes)ELFBYTES_INIT;
	b->memory = at;
	b->size = size;
}

void elfbytes_let_go(struct elfbytes *b)
{
	if (b->fd >= 0)
		close(b->fd);
	b->fd = -1;
}

void elfbytes_close(struct elfbytes *b)
{
	elfbytes_let_go(b);
	*b = (struct elfbytes)ELFBYTES_INIT;
}

bool elfbytes_read(const struct elfbytes *b, uint64_t off, void *to, size_t size)
{
	uint8_t *out = to;

	if ((b->fd < 0 && !b->memory) || off > b->size || size > b->size - off)
		return false;
	if (b->memory) {
		memcpy(to, b->memory + off, size);
		return true;
	}
	while (size) {
		ssize_t n = pread(b->fd, out, size, (off_t)off);

		if (n <= 0)
			return false;
		out += n;
		off += (uint64_t)n;
		size -= (size_t)n;
	}
	return true;
}

static bool at_once(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

enum elfbytes_same elfbytes_same(const struct elfbytes *b, int fd)
{
	struct elfstamp is;
	struct stat st;

	if (fstat(fd, &st))
		return ELFBYTES_OTHER;
	is = stamp_of(&st);
	if (is.dev != b->stamp.dev || is.ino != b->stamp.ino)
		return ELFBYTES_OTHER;
	if ((uint64_t)st.st_size != b->size || !at_once(&is.written, &b->stamp.written))
		return ELFBYTES_WRITTEN;
	if (at_once(&is.changed, &b->stamp.changed))
		return ELFBYTES_SAME;
	return is.links != b->stamp.links ? ELFBYTES_LINKED : ELFBYTES_TOUCHED;
}

bool elfbytes_touched(struct elfbytes *b, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return false;
	b->stamp = stamp_of(&st);
	return true;
}

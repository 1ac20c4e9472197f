#include "outfile.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Large writes: one for thousands of records. */
#define OUT_BYTES (1U << 20)

struct outfile {
	int fd;
	char *path;
	uint8_t *buf;
	size_t len;
	uint64_t at; /* bytes flushed */
};

/* A recording starts with one of perf's magics; an empty file is nobody's. */
static bool is_recording(int fd)
{
	char magic[8];
	ssize_t n = pread(fd, magic, sizeof(magic), 0);

	return n == 0 ||
	       (n == 8 && (memcmp(magic, "PERFILE2", 8) == 0 || memcmp(magic, "PERFFILE", 8) == 0));
}

/*
 * The directory may be shared (/tmp): a file that someone else put there would be theirs to read,
 * one with a second name may be anything.
 */
static int check_owner(const char *path, const struct stat *st, struct sp_err *err)
{
	if (!S_ISREG(st->st_mode))
		return sp_fail(err, SP_EUSAGE, SP_NOWHERE, "%s is no regular file", path);
	if (st->st_uid != geteuid())
		return sp_fail(err, SP_EUSAGE, SP_NOWHERE,
			       "%s belongs to another user: remove it, or name another file", path);
	if (st->st_nlink > 1)
		return sp_fail(err, SP_EUSAGE, SP_NOWHERE,
			       "%s has more than one name (hard links): name another file", path);
	return SP_OK;
}

static int open_file(struct outfile *o, bool force, struct sp_err *err)
{
	struct stat st;
	int rc;

	/* perf takes it for standard output. A header that is written last cannot go there. */
	if (strcmp(o->path, "-") == 0)
		return sp_fail(err, SP_EUSAGE, SP_NOWHERE,
			       "a recording cannot be written to standard output: name a file");
	/* Nonblocking: a FIFO put there must not hang us. */
	o->fd = open(o->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
	if (o->fd < 0 && errno == ELOOP)
		return sp_fail(err, SP_EUSAGE, SP_NOWHERE,
			       "%s is a symbolic link: name the file itself", o->path);
	if (o->fd < 0)
		return sp_fail_sys(err, "cannot write %s", o->path);
	if (fstat(o->fd, &st))
		return sp_fail_sys(err, "%s", o->path);
	rc = check_owner(o->path, &st, err);
	if (rc)
		return rc;
	/* Two recorders of the same default name would write into each other. */
	if (flock(o->fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
		return sp_fail(err, SP_EUSAGE, SP_NOWHERE,
			       "%s is being written by another sirqprof: name another file with "
			       "--output",
			       o->path);
	if (!force && !is_recording(o->fd))
		return sp_fail(err, SP_EUSAGE, SP_NOWHERE,
			       "%s is there and is no recording: --force overwrites it", o->path);
	if (fchmod(o->fd, 0600) || ftruncate(o->fd, 0))
		return sp_fail_sys(err, "%s", o->path);
	return SP_OK;
}

int outfile_new(struct outfile **ret, const char *path, bool force, struct sp_err *err)
{
	sp_auto(outfile) o = calloc(1, sizeof(*o));
	int rc;

	if (!o)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the recording");
	o->fd = -1;
	o->buf = malloc(OUT_BYTES);
	o->path = strdup(path);
	if (!o->buf || !o->path)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the recording");
	rc = open_file(o, force, err);
	if (!rc)
		*ret = sp_take(o);
	return rc;
}

void outfile_free(struct outfile *o)
{
	if (!o)
		return;
	if (o->fd >= 0)
		close(o->fd);
	free(o->path);
	free(o->buf);
	free(o);
}

uint64_t outfile_size(const struct outfile *o)
{
	return o->at + o->len;
}

/* Writes all of it behind what is there, or cuts the file back and fails. */
static int write_all(struct outfile *o, const uint8_t *data, size_t size, struct sp_err *err)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = write(o->fd, data + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int sys = n ? errno : ENOSPC;

			if (ftruncate(o->fd, (off_t)o->at) == 0)
				lseek(o->fd, (off_t)o->at, SEEK_SET);
			o->len = 0;
			errno = sys;
			return sp_fail_sys(err, "writing %s (what reached it is a whole recording)",
					   o->path);
		}
		done += (size_t)n;
	}
	o->at += size;
	return SP_OK;
}

int outfile_flush(struct outfile *o, struct sp_err *err)
{
	int rc = write_all(o, o->buf, o->len, err);

	o->len = 0;
	return rc;
}

int outfile_put(struct outfile *o, const void *data, size_t size, struct sp_err *err)
{
	int rc = SP_OK;

	if (size > OUT_BYTES - o->len)
		rc = outfile_flush(o, err);
	if (rc || !size)
		return rc;
	if (size > OUT_BYTES)
		return write_all(o, data, size, err);
	memcpy(o->buf + o->len, data, size);
	o->len += size;
	return SP_OK;
}

int outfile_patch(struct outfile *o, uint64_t off, const void *data, size_t size,
		  struct sp_err *err)
{
	if (pwrite(o->fd, data, size, (off_t)off) != (ssize_t)size)
		return sp_fail_sys(err, "writing %s", o->path);
	return SP_OK;
}

int outfile_close(struct outfile *o, struct sp_err *err)
{
	int rc = outfile_flush(o, err), fd = o->fd;

	o->fd = -1;
	if (close(fd) && !rc)
		return sp_fail_sys(err, "closing %s", o->path);
	return rc;
}

int outfile_remove(const char *path, bool force, struct sp_err *err)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	bool ours = force || (fd >= 0 && is_recording(fd));

	if (fd < 0 && errno == ENOENT)
		return SP_OK;
	if (fd >= 0)
		close(fd);
	if (!ours)
		return sp_fail(err, SP_EUSAGE, SP_NOWHERE,
			       "%s is there and is no recording: older parts of this one would go "
			       "there; --force overwrites it",
			       path);
	if (unlink(path))
		return sp_fail_sys(err, "removing %s", path);
	return SP_OK;
}

bool outfile_there(const char *path, uint64_t *ret_size)
{
	struct stat st;

	if (stat(path, &st))
		return false;
	*ret_size = (uint64_t)st.st_size;
	return true;
}

#include "follow.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK	    (64U << 10)
#define ROUND_BYTES (1U << 20) /* taken in one follow_poll(), so that it never takes long */
#define LAST_MS	    50	       /* how long the last rows of a pipe may take to arrive */
#define LAST_ROUNDS 256U       /* and how many blocks of them are taken: a writer may never end */

struct follow {
	struct spikefile *file;
	const char *source;
	int fd;
	bool close;
	bool ended;	   /* nothing more will come */
	bool reopens;	   /* a FIFO: when its writer goes another may come */
	struct sp_err err; /* the first that went wrong */
	char block[BLOCK];
};

static bool is_stdin(const char *source)
{
	return strcmp(source, "-") == 0;
}

static int stat_of(const char *source, struct stat *st)
{
	return is_stdin(source) ? fstat(STDIN_FILENO, st) : stat(source, st);
}

bool follow_wants(const char *source)
{
	struct stat st;

	return stat_of(source, &st) == 0 &&
	       (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) || S_ISCHR(st.st_mode));
}

static int open_source(struct follow *f, int flags, struct sp_err *err)
{
	struct stat st;

	f->close = !is_stdin(f->source);
	f->fd = f->close ? open(f->source, O_RDONLY | O_CLOEXEC | flags) : STDIN_FILENO;
	if (f->fd < 0 || fstat(f->fd, &st))
		return sp_fail_sys(err, "cannot read the spikes in %s", f->source);
	if (S_ISDIR(st.st_mode))
		return sp_fail(err, SP_ESYS, SP_NOWHERE,
			       "cannot read the spikes in %s: it is a directory; name a file",
			       f->source);
	f->reopens = f->close && S_ISFIFO(st.st_mode);
	return SP_OK;
}

static int open_with(struct follow **ret, struct spikes *into, const char *source,
		     const struct spikefile_cfg *cfg, int flags, struct sp_err *err)
{
	sp_auto(follow) f = malloc(sizeof(*f));
	int rc;

	if (!f)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to read spikes");
	memset(f, 0, offsetof(struct follow, block));
	f->fd = -1;
	f->source = source;
	f->err = (struct sp_err)SP_ERR_INIT;
	rc = spikefile_new(&f->file, into, source, cfg, err);
	rc = rc ? rc : open_source(f, flags, err);
	if (!rc)
		*ret = sp_take(f);
	return rc;
}

int follow_new(struct follow **ret, struct spikes *into, const char *source,
	       const struct spikefile_cfg *cfg, struct sp_err *err)
{
	return open_with(ret, into, source, cfg, O_NONBLOCK, err);
}

void follow_free(struct follow *f)
{
	if (!f)
		return;
	if (f->close && f->fd >= 0)
		close(f->fd);
	spikefile_free(f->file);
	free(f);
}

/* Reads one block and hands it on; past an error blocks are read and dropped. Returns its size. */
static size_t take(struct follow *f)
{
	ssize_t n = read(f->fd, f->block, sizeof(f->block));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n < 0) {
		sp_fail_sys(&f->err, "cannot read the spikes in %s", f->source);
		f->ended = true;
		return 0;
	}
	if (n == 0)
		f->ended = !f->reopens;
	else if (!f->err.code)
		spikefile_feed(f->file, f->block, (size_t)n, &f->err);
	return (size_t)n;
}

static bool ready(const struct follow *f, int timeout_ms)
{
	struct pollfd p = { .fd = f->fd, .events = POLLIN };
	int n = 0;

	/* Standard input is shared with others: it is asked, not made non-blocking. */
	while (!f->ended && (n = poll(&p, 1, timeout_ms)) < 0 && errno == EINTR)
		;
	return n == 1;
}

void follow_poll(struct follow *f)
{
	size_t taken = 0, n = 1;

	while (n && taken < ROUND_BYTES && ready(f, 0)) {
		n = take(f);
		taken += n;
	}
}

static int finish(struct follow *f, struct spikefile_seen *ret, struct sp_err *err)
{
	if (f->err.code) {
		*err = f->err;
		return f->err.code;
	}
	return spikefile_finish(f->file, ret, err);
}

int follow_finish(struct follow *f, struct spikefile_seen *ret, struct sp_err *err)
{
	for (uint32_t i = 0; i < LAST_ROUNDS && ready(f, LAST_MS) && take(f); i++)
		;
	return finish(f, ret, err);
}

int follow_read(struct spikes *into, const char *source, const struct spikefile_cfg *cfg,
		struct spikefile_seen *ret, struct sp_err *err)
{
	sp_auto(follow) f = NULL;
	int rc = open_with(&f, into, source, cfg, 0, err);

	if (rc)
		return rc;
	f->reopens = false;
	while (!f->ended && !f->err.code)
		take(f);
	return finish(f, ret, err);
}

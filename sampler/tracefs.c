#include "tracefs.h"

#include <sirqprof/limits.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

struct tracefs {
	int dir;
};

/* Detached: the mount lives as long as the descriptor. */
static int mount_detached(void)
{
	int fs, dir = -1, sys;

	fs = (int)syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC);
	if (fs < 0)
		return -1;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		dir = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY);
	sys = errno;
	close(fs);
	errno = sys;
	return dir;
}

static int open_events(const char *root)
{
	int dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir >= 0 && faccessat(dir, "events/irq", R_OK, AT_EACCESS) != 0) {
		int sys = errno;

		close(dir);
		errno = sys;
		return -1;
	}
	return dir;
}

int tracefs_new(struct tracefs **ret, struct sp_err *err)
{
	struct tracefs *t = calloc(1, sizeof(*t));
	bool closed;

	if (!t)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for tracefs");
	t->dir = open_events("/sys/kernel/tracing");
	closed = t->dir < 0 && errno == EACCES;
	if (t->dir < 0)
		t->dir = open_events("/sys/kernel/debug/tracing");
	if (t->dir < 0)
		t->dir = mount_detached();
	if (t->dir < 0) {
		free(t);
		if (closed)
			return sp_fail(err, SP_EUNSUP, SP_NOWHERE,
				       "the tracepoints in /sys/kernel/tracing are closed to this "
				       "user: run as root, or give CAP_DAC_READ_SEARCH as well");
		return sp_fail_sys(err, "no tracefs, and it cannot be mounted (as root: mount -t "
					"tracefs tracefs /sys/kernel/tracing)");
	}
	*ret = t;
	return SP_OK;
}

void tracefs_free(struct tracefs *t)
{
	if (!t)
		return;
	close(t->dir);
	free(t);
}

int tracefs_read(struct tracefs *t, const char *path, char **ret, size_t *ret_len,
		 struct sp_err *err)
{
	size_t room = SP_MAX_FORMAT_BYTES, len = 0;
	sp_auto_free char *text = malloc(room + 1);
	char *fit;
	ssize_t n = 0;
	int fd;

	if (!text)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to read %s", path);
	fd = openat(t->dir, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return sp_fail_sys(err, "tracefs %s", path);
	while (len < room && (n = read(fd, text + len, room - len)) > 0)
		len += (size_t)n;
	if (n < 0) {
		sp_fail_sys(err, "tracefs %s", path);
		close(fd);
		return SP_ESYS;
	}
	close(fd);
	if (len == room)
		return sp_fail(err, SP_ELIMIT, SP_NOWHERE, "tracefs %s is longer than %u bytes",
			       path, SP_MAX_FORMAT_BYTES);
	text[len] = 0;
	/* They are kept as long as the recording goes on. */
	fit = realloc(text, len + 1);
	text = fit ? fit : text;
	*ret = sp_take(text);
	*ret_len = len;
	return SP_OK;
}

int tracefs_id(struct tracefs *t, const char *system, const char *name, uint32_t *ret,
	       struct sp_err *err)
{
	sp_auto_free char *text = NULL;
	char path[128];
	size_t len;
	int rc;

	snprintf(path, sizeof(path), "events/%s/%s/id", system, name);
	rc = tracefs_read(t, path, &text, &len, err);
	if (!rc && text)
		*ret = (uint32_t)strtoul(text, NULL, 10);
	return rc;
}

int tracefs_system(struct tracefs *t, const char *system)
{
	char path[128];

	snprintf(path, sizeof(path), "events/%s", system);
	return openat(t->dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

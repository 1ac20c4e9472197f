#include "render.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct render_out {
	FILE *file;
	char *path; /* target; NULL: written directly */
	char *temp; /* beside it */
	const char *name;
	bool std;
};

/* What is there and is no regular file (a FIFO, /dev/stdout) is written directly. */
static bool is_special(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

static int open_temp(struct render_out *o, const char *path, struct sp_err *err)
{
	mode_t mask;
	int fd;

	o->path = strdup(path);
	if (!o->path || asprintf(&o->temp, "%s.XXXXXX", path) < 0) {
		o->temp = NULL;
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to write %s", path);
	}
	if (access(path, F_OK) == 0 && access(path, W_OK) != 0)
		return sp_fail_sys(err, "cannot write %s", path);
	fd = mkostemp(o->temp, O_CLOEXEC);
	if (fd < 0) {
		free(o->temp);
		o->temp = NULL;
		return sp_fail_sys(err, "cannot write %s", path);
	}
	/* mkstemp's 0600 is for secrets; a report has the usual mode. */
	mask = umask(0);
	umask(mask);
	fchmod(fd, 0666 & ~mask);
	o->file = fdopen(fd, "w");
	if (!o->file) {
		close(fd);
		return sp_fail_sys(err, "cannot write %s", path);
	}
	return SP_OK;
}

int render_open(struct render_out **ret, const char *path, struct sp_err *err)
{
	sp_auto(render_out) o = calloc(1, sizeof(*o));
	int rc = SP_OK;

	if (!o)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to write %s", path);
	o->name = path;
	if (strcmp(path, "-") == 0) {
		o->file = stdout;
		o->std = true;
	} else if (is_special(path)) {
		o->file = fopen(path, "we");
		if (!o->file)
			rc = sp_fail_sys(err, "cannot write %s", path);
	} else {
		rc = open_temp(o, path, err);
	}
	if (!rc)
		*ret = sp_take(o);
	return rc;
}

FILE *render_file(struct render_out *o)
{
	return o->file;
}

int render_close(struct render_out *o, struct sp_err *err)
{
	bool bad = fflush(o->file) != 0 || ferror(o->file);

	if (!o->std) {
		bad |= fclose(o->file) != 0;
		o->file = NULL;
	}
	if (bad)
		return sp_fail_sys(err, "writing %s", o->std ? "standard output" : o->name);
	if (o->temp && rename(o->temp, o->path))
		return sp_fail_sys(err, "cannot write %s", o->path);
	free(o->temp);
	o->temp = NULL;
	return SP_OK;
}

void render_out_free(struct render_out *o)
{
	if (!o)
		return;
	if (o->file && !o->std)
		fclose(o->file);
	if (o->temp)
		unlink(o->temp);
	free(o->temp);
	free(o->path);
	free(o);
}

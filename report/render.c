#include "render.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BUFFER (64U << 10)

struct render_out {
	FILE *file;
	char *path; /* target; NULL: written directly */
	char *temp; /* its name beside the target; NULL: it has none (yet) */
	const char *name;
	bool std;
};

/* What is no regular file (a FIFO, a terminal) is written directly. So is an open descriptor by its
 * name, whatever is behind it: a file renamed to /dev/stderr would break the machine. */
static bool is_special(const char *path)
{
	static const char *const open_files[] = { "/dev/std", "/dev/fd/", "/proc/" };
	struct stat st;

	for (size_t i = 0; i < sizeof(open_files) / sizeof(open_files[0]); i++)
		if (strncmp(path, open_files[i], strlen(open_files[i])) == 0)
			return true;
	return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

/* A file without a name, in the folder of the target: nothing is left of it whatever ends us.
 * Returns its descriptor, -1 with errno. */
static int open_nameless(const char *path)
{
	const char *slash = strrchr(path, '/');
	sp_auto_free char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");

	return folder ? open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666) : -1;
}

/* Where the file system knows no nameless files. */
static int open_named(struct render_out *o)
{
	mode_t mask = umask(0);
	int fd;

	umask(mask);
	if (asprintf(&o->temp, "%s.XXXXXX", o->path) < 0) {
		o->temp = NULL;
		errno = ENOMEM;
		return -1;
	}
	fd = mkostemp(o->temp, O_CLOEXEC);
	if (fd < 0) {
		free(o->temp);
		o->temp = NULL;
		return -1;
	}
	/* mkstemp's 0600 is for secrets; a report has the usual mode. */
	fchmod(fd, 0666 & ~mask);
	return fd;
}

/* A link that a stranger left in a folder that all may write to (the kernel refuses to follow it
 * too: fs.protected_symlinks). */
static bool is_strangers_link(const char *path)
{
	const char *slash = strrchr(path, '/');
	sp_auto_free char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	struct stat st, in;

	if (!folder || lstat(path, &st) || !S_ISLNK(st.st_mode) || stat(folder, &in))
		return false;
	return in.st_mode & S_ISVTX && in.st_mode & S_IWOTH && st.st_uid != geteuid() &&
	       st.st_uid != in.st_uid;
}

/* Who may read the file before may read it afterwards, and nobody else. */
static void keep_mode(int fd, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 &&
	    (fchmod(fd, st.st_mode & 07777) || fchown(fd, st.st_uid, st.st_gid)))
		fchmod(fd, 0600 & st.st_mode);
}

/* A symbolic link stays one: what it leads to is replaced. */
static int open_temp(struct render_out *o, const char *path, struct sp_err *err)
{
	int fd;

	if (is_strangers_link(path))
		return sp_fail(err, SP_EUNSUP, SP_NOWHERE,
			       "%s is somebody else's link in a folder open to all: not followed",
			       path);
	o->path = realpath(path, NULL);
	if (!o->path)
		o->path = strdup(path);
	if (!o->path)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to write %s", path);
	if (access(path, F_OK) == 0 ? access(path, W_OK) != 0 : errno != ENOENT)
		return sp_fail_sys(err, "cannot write %s", path);
	fd = open_nameless(o->path);
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
		fd = open_named(o);
	if (fd < 0)
		return sp_fail_sys(err, "cannot write %s", path);
	keep_mode(fd, o->path);
	o->file = fdopen(fd, "w");
	if (!o->file) {
		sp_fail_sys(err, "cannot write %s", path);
		close(fd);
		return SP_ESYS;
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
	if (render_is_stdout(path)) {
		o->file = stdout;
		o->std = true;
	} else if (is_special(path)) {
		o->file = fopen(path, "we");
		if (!o->file)
			rc = sp_fail_sys(err, "cannot write %s", path);
	} else {
		rc = open_temp(o, path, err);
	}
	/* stdio's own 4 kB are a system call for every twentieth folded stack. */
	if (!rc && !o->std)
		setvbuf(o->file, NULL, _IOFBF, FILE_BUFFER);
	if (!rc)
		*ret = sp_take(o);
	return rc;
}

bool render_is_stdout(const char *path)
{
	return strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0;
}

FILE *render_file(struct render_out *o)
{
	return o->file;
}

/* Gives the nameless file a name beside the target, so that a rename can put it there. The name is
 * new: nobody waits for it with a link. */
static int give_name(struct render_out *o)
{
	char self[64];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fileno(o->file));
	for (unsigned int i = 0; i < 100; i++) {
		if (asprintf(&o->temp, "%s.%d.%u", o->path, (int)getpid(), i) < 0) {
			o->temp = NULL;
			errno = ENOMEM;
			return -1;
		}
		if (linkat(AT_FDCWD, self, AT_FDCWD, o->temp, AT_SYMLINK_FOLLOW) == 0)
			return 0;
		free(o->temp);
		o->temp = NULL;
		if (errno != EEXIST)
			return -1;
	}
	return -1;
}

int render_close(struct render_out *o, struct sp_err *err)
{
	bool bad;

	errno = EIO; /* of an earlier write, if this flush has nothing left to fail on */
	bad = fflush(o->file) != 0 || ferror(o->file);
	if (!bad && o->path && !o->temp)
		bad = give_name(o) != 0;
	if (bad)
		return sp_fail_sys(err, "writing %s", o->std ? "standard output" : o->name);
	if (o->std)
		return SP_OK;
	bad = fclose(o->file) != 0;
	o->file = NULL;
	if (bad || (o->path && rename(o->temp, o->path)))
		return sp_fail_sys(err, "writing %s", o->name);
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

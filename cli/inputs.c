#include "inputs.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_stdin(const char *path)
{
	return path && (strcmp(path, "-") == 0 || strcmp(path, "/dev/stdin") == 0);
}

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int check_spikes(const char *path, bool live, struct sp_err *err)
{
	if (is_stdin(path))
		return SP_OK;
	if (access(path, R_OK) != 0)
		return live ? sp_fail_sys(err,
					  "--spikes %s (make it before recording; it is read at "
					  "the end)",
					  path)
			    : sp_fail_sys(err, "cannot read the spikes in %s", path);
	if (is_directory(path))
		return sp_fail(err, SP_EUSAGE, SP_NOWHERE,
			       "--spikes %s is a directory: name a file", path);
	return SP_OK;
}

/* That it is no kernel's file is a row of the report: the rest of it stands. */
static int check_vmlinux(const char *path, struct sp_err *err)
{
	if (access(path, R_OK) != 0)
		return sp_fail_sys(err, "cannot read --vmlinux %s", path);
	if (is_directory(path))
		return sp_fail(err, SP_EUSAGE, SP_NOWHERE,
			       "--vmlinux %s is a directory: name the file", path);
	return SP_OK;
}

int inputs_check(const struct options *o, bool live, struct sp_err *err)
{
	uint32_t readers = is_stdin(o->input);
	int rc = SP_OK;

	for (uint32_t i = 0; i < o->spikes.n; i++)
		readers += is_stdin(o->spikes.at[i]);
	if (readers > 1)
		return sp_fail(err, SP_EUSAGE, SP_NOWHERE,
			       "standard input can be read once: only one --spikes%s can be -",
			       o->input ? " or --input" : "");
	for (uint32_t i = 0; !rc && i < o->spikes.n; i++)
		rc = check_spikes(o->spikes.at[i], live, err);
	if (!rc && o->vmlinux)
		rc = check_vmlinux(o->vmlinux, err);
	return rc;
}

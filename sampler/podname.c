#include "podname.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

/* Pods that are looked through: a kubelet runs 110 by default. */
#define MAX_PODS 4096

/* "pod" and a UUID, with '_' for '-' where systemd makes slices; a static pod has 32 digits. */
static size_t uid_at(const char *at, char ret[PODNAME_UID])
{
	size_t n = 0;

	for (; n < PODNAME_UID - 1 && at[n] && strchr("0123456789abcdef-_", at[n]); n++)
		ret[n] = at[n] == '_' ? '-' : at[n];
	ret[n] = 0;
	return n;
}

bool podname_uid(const char *cgroup, char ret[PODNAME_UID])
{
	char uid[PODNAME_UID];
	bool found = false;

	for (const char *at = cgroup; (at = strstr(at, "pod")); at += 3) {
		size_t n = uid_at(at + 3, uid);

		if (n != 32 && n != PODNAME_UID - 1)
			continue;
		memcpy(ret, uid, sizeof(uid));
		found = true;
	}
	return found;
}

bool podname_find(const char *dir, const char *uid, char ret[PODNAME_LEN])
{
	DIR *d = opendir(dir);
	struct dirent *e;
	bool found = false;

	for (int i = 0; d && !found && i < MAX_PODS && (e = readdir(d)); i++) {
		const char *ns = e->d_name, *end = strrchr(ns, '_'), *name = strchr(ns, '_');

		/* Neither namespaces nor names hold '_'. */
		if (!end || end == name || strcmp(end + 1, uid) != 0)
			continue;
		snprintf(ret, PODNAME_LEN, "%.*s/%.*s", (int)(name - ns), ns, (int)(end - name - 1),
			 name + 1);
		found = true;
	}
	if (d)
		closedir(d);
	return found;
}

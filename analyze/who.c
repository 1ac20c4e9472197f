#include "who.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ID_LEN 64	/* container ids are SHA-256 in hex */
#define SHORT_ID 12

static const struct {
	const char *prefix, *runtime;
} runtimes[] = {
	{ "docker-", "docker" },	   { "cri-containerd-", "containerd" },
	{ "crio-", "cri-o" },		   { "libpod-", "podman" },
	{ "containerd-", "containerd" },   { "nerdctl-", "containerd" },
	{ "", "container" },
};

static bool is_id(const char *at)
{
	for (int i = 0; i < ID_LEN; i++)
		if (!isxdigit((unsigned char)at[i]))
			return false;
	return !isalnum((unsigned char)at[ID_LEN]);
}

/* One path component: a container's scope or id? */
static void look_at(const char *part, size_t len, struct who *ret)
{
	for (size_t i = 0; i < sizeof(runtimes) / sizeof(runtimes[0]); i++) {
		size_t n = strlen(runtimes[i].prefix);

		if (len >= n + ID_LEN && strncmp(part, runtimes[i].prefix, n) == 0 &&
		    is_id(part + n)) {
			snprintf(ret->container, sizeof(ret->container), "%s:%.*s",
				 runtimes[i].runtime, SHORT_ID, part + n);
			return;
		}
	}
	if (len > 12 && strncmp(part, "lxc.payload.", 12) == 0)
		snprintf(ret->container, sizeof(ret->container), "lxc:%.*s", (int)(len - 12),
			 part + 12);
}

/* "pod<uid>" or "kubepods-burstable-pod<uid with _>.slice" */
static void look_for_pod(const char *part, size_t len, struct who *ret)
{
	const char *end = part + len, *at = part;
	size_t n = 0;

	if (len > 5 && strncmp(part, "kubepods-", 9) == 0) {
		at = strstr(part, "-pod");
		if (!at)
			return;
		at += 4;
	} else if (len > 35 && strncmp(part, "pod", 3) == 0) {
		at = part + 3;
	} else {
		return;
	}
	while (at < end && n < sizeof(ret->pod) - 1 && (isxdigit((unsigned char)*at) || *at == '-' ||
							 *at == '_'))
		ret->pod[n++] = *at++ == '_' ? '-' : at[-1];
	ret->pod[n] = 0;
	if (n < 32)
		ret->pod[0] = 0;
}

static void look_for_unit(const char *part, size_t len, struct who *ret)
{
	static const char *const kinds[] = { ".service", ".scope" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t n = strlen(kinds[i]);

		if (len > n && strncmp(part + len - n, kinds[i], n) == 0)
			snprintf(ret->unit, sizeof(ret->unit), "%.*s", (int)len, part);
	}
}

static void look_at_path(const char *path, size_t len, struct who *ret)
{
	const char *end = path + len;

	while (path < end) {
		const char *slash = memchr(path, '/', (size_t)(end - path));
		size_t n = (size_t)((slash ? slash : end) - path);
		char part[WHO_LEN] = "";

		snprintf(part, sizeof(part), "%.*s", (int)n, path);
		n = strlen(part);
		look_at(part, n, ret);
		look_for_pod(part, n, ret);
		look_for_unit(part, n, ret);
		path += (size_t)((slash ? slash + 1 : end) - path);
	}
}

/* Of v1's many hierarchies the deepest path tells most; v2 has the one line "0::". */
void who_parse(const char *text, struct who *ret)
{
	size_t best = 0;

	*ret = (struct who){ 0 };
	while (*text) {
		size_t len = strcspn(text, "\n");
		const char *colon = memchr(text, ':', len);
		const char *path = colon ? memchr(colon + 1, ':', len - (size_t)(colon + 1 - text)) :
					   NULL;

		if (path) {
			size_t n = len - (size_t)(path + 1 - text);

			if (n > best && n > 1) {
				best = n;
				snprintf(ret->cgroup, sizeof(ret->cgroup), "%.*s", (int)n, path + 1);
			}
			look_at_path(path + 1, n, ret);
		}
		text += len + (text[len] == '\n');
	}
}

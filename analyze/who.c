#include "who.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ID_LEN	 64 /* container ids are SHA-256 in hex */
#define SHORT_ID 12
#define POD_LEN	 36 /* a UUID */

/*
 * Names of the cgroups of containers: what stands before the id (or name), what behind, and what
 * made it. The systemd driver makes scopes, the cgroupfs driver plain directories; a runtime that
 * is told the other's form writes "slice:prefix:id".
 */
static const struct form {
	const char *prefix, *suffix, *runtime;
	bool name; /* a name follows, not an id */
} forms[] = {
	/* The monitors of containers are no containers. */
	{ "crio-conmon-", "", NULL, true },
	{ "libpod-conmon-", "", NULL, true },
	{ "lxc.monitor.", "", NULL, true },
	{ "docker-", ".scope", "docker", false },
	{ "cri-containerd-", ".scope", "containerd", false },
	{ "containerd-", ".scope", "containerd", false },
	{ "nerdctl-", ".scope", "containerd", false },
	{ "crio-", "", "cri-o", false },
	{ "libpod-", "", "podman", false },
	{ "buildkit-", "", "buildkit", false },
	{ "lxc.payload.", "", "lxc", true },
	{ "machine-", ".scope", "machine", true }, /* systemd-nspawn, libvirt */
};

/* Directories whose children are containers. */
static const struct {
	const char *parent, *runtime;
	bool name;
} parents[] = {
	{ "docker", "docker", false },	      { "podman", "podman", false },
	{ "libpod_parent", "podman", false }, { "lxc", "lxc", true },
	{ "lxc.payload", "lxc", true },	      { "garden", "garden", true },
};

static size_t hex_len(const char *at, size_t len)
{
	size_t n = 0;

	while (n < len && ((at[n] >= '0' && at[n] <= '9') || (at[n] >= 'a' && at[n] <= 'f')))
		n++;
	return n;
}

/* An id and nothing else but suffix. */
static bool is_id(const char *at, size_t len, const char *suffix)
{
	return hex_len(at, len) == ID_LEN &&
	       (len == ID_LEN || (len - ID_LEN == strlen(suffix) &&
				  strncmp(at + ID_LEN, suffix, len - ID_LEN) == 0));
}

static void set_id(struct who *ret, const char *runtime, const char *id)
{
	snprintf(ret->container, sizeof(ret->container), "%s:%.*s", runtime, SHORT_ID, id);
}

static void set_name(struct who *ret, const char *runtime, const char *name, size_t len)
{
	snprintf(ret->container, sizeof(ret->container), "%s:%.*s", runtime, (int)len, name);
}

static bool ends_with(const char *at, size_t len, const char *suffix)
{
	size_t n = strlen(suffix);

	return len >= n && strncmp(at + len - n, suffix, n) == 0;
}

/* "docker-<id>.scope" and the like; true when the form is known, container or not. */
static bool look_at_form(const char *at, size_t len, struct who *ret)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const struct form *f = &forms[i];
		size_t n = strlen(f->prefix), tail = strlen(f->suffix);

		if (len <= n || strncmp(at, f->prefix, n) != 0)
			continue;
		if (!f->runtime)
			return true;
		if (f->name && len > n + tail && ends_with(at, len, f->suffix)) {
			set_name(ret, f->runtime, at + n, len - n - tail);
			return true;
		}
		if (!f->name && is_id(at + n, len - n, ".scope")) {
			set_id(ret, f->runtime, at + n);
			return true;
		}
	}
	return false;
}

/* Amazon's: /ecs/<task>/<id>, and on Fargate /ecs/<task>/<32 digits>-<number>. */
static bool look_at_ecs(const char *at, size_t len, const char *path, struct who *ret)
{
	if (strncmp(path, "/ecs/", 5) != 0)
		return false;
	if (len > 33 && hex_len(at, len) == 32 && at[32] == '-') {
		set_name(ret, "ecs", at, len);
		return true;
	}
	if (!is_id(at, len, ""))
		return false;
	set_id(ret, "ecs", at);
	return true;
}

/* A plain name: it is the parent that tells. */
static void look_at_child(const char *at, size_t len, const char *parent, size_t parent_len,
			  struct who *ret)
{
	for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++) {
		if (strlen(parents[i].parent) != parent_len ||
		    strncmp(parent, parents[i].parent, parent_len) != 0)
			continue;
		if (parents[i].name)
			set_name(ret, parents[i].runtime, at, len);
		else if (is_id(at, len, ""))
			set_id(ret, parents[i].runtime, at);
		return;
	}
	if (is_id(at, len, ""))
		set_id(ret, ret->pod[0] ? "kubernetes" : "container", at);
}

/* "pod<uid>", or "kubepods-burstable-pod<uid with _>.slice". */
static bool look_for_pod(const char *part, size_t len, struct who *ret)
{
	const char *at = part, *end = part + len;
	char pod[POD_LEN + 1];
	size_t n = 0;

	if (len > 9 && strncmp(part, "kubepods-", 9) == 0) {
		for (at = part; at + 4 < end && strncmp(at, "-pod", 4) != 0;)
			at++;
		at += 4;
	} else if (len > 3 && strncmp(part, "pod", 3) == 0) {
		at = part + 3;
	} else {
		return false;
	}
	for (; at < end && n < POD_LEN && (hex_len(at, 1) || *at == '-' || *at == '_'); at++)
		pod[n++] = *at == '_' ? '-' : *at;
	pod[n] = 0;
	/* Static pods have a hash of 32 digits in the place of a UUID. */
	if (n != POD_LEN && n != 32)
		return false;
	memcpy(ret->pod, pod, n + 1);
	return true;
}

/* Innermost service, else scope, else slice: how much a unit's name tells, 0 for none. */
static int unit_rank(const char *at, size_t len)
{
	return ends_with(at, len, ".service") ? 3
	       : ends_with(at, len, ".scope") ? 2
	       : ends_with(at, len, ".slice") ? 1
					      : 0;
}

static void look_for_unit(const char *at, size_t len, struct who *ret)
{
	int rank = unit_rank(at, len);

	if (rank && rank >= unit_rank(ret->unit, strlen(ret->unit)))
		snprintf(ret->unit, sizeof(ret->unit), "%.*s", (int)len, at);
}

/* One directory of the path; parts of "slice:prefix:id" count one by one. */
static void look_at(const char *part, size_t len, const char *path, const char *parent,
		    size_t parent_len, struct who *ret)
{
	const char *colon = memchr(part, ':', len);

	look_for_pod(part, colon ? (size_t)(colon - part) : len, ret);
	if (colon) {
		const char *runtime = colon + 1, *end = part + len;
		const char *id = memchr(runtime, ':', (size_t)(end - runtime));

		if (id && is_id(id + 1, (size_t)(end - id - 1), ""))
			set_id(ret,
			       strncmp(runtime, "cri-containerd", 14) == 0 ? "containerd"
									   : "kubernetes",
			       id + 1);
		return;
	}
	look_for_unit(part, len, ret);
	if (!look_at_form(part, len, ret) && !look_at_ecs(part, len, path, ret))
		look_at_child(part, len, parent, parent_len, ret);
}

static void look_at_path(const char *path, size_t len, struct who *ret)
{
	const char *at = path, *end = path + len, *parent = path;
	size_t parent_len = 0;

	while (at < end) {
		const char *slash = memchr(at, '/', (size_t)(end - at));
		size_t n = (size_t)((slash ? slash : end) - at);

		if (n && strncmp(at, "..", n) != 0) {
			look_at(at, n, path, parent, parent_len, ret);
			parent = at;
			parent_len = n;
		}
		at += n + 1;
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
		const char *path = colon ? memchr(colon + 1, ':', len - (size_t)(colon + 1 - text))
					 : NULL;

		if (path) {
			size_t n = len - (size_t)(path + 1 - text);

			if (n > best && n > 1) {
				best = n;
				snprintf(ret->cgroup, sizeof(ret->cgroup), "%.*s", (int)n,
					 path + 1);
			}
			look_at_path(path + 1, n, ret);
		}
		text += len + (text[len] == '\n');
	}
}

#ifndef WHO_H
#define WHO_H

/*
 * /proc/PID/cgroup text → cgroup path, container, pod, systemd unit.
 * Forms: cgroups(7); container runtimes name their groups
 *	docker-<id>.scope, cri-containerd-<id>.scope, crio-<id>.scope, libpod-<id>.scope (systemd)
 *	/docker/<id>, /kubepods/burstable/pod<uid>/<id> (cgroupfs)
 */
#include <stddef.h>

#define WHO_LEN 256

struct who {
	char cgroup[WHO_LEN];		/* the path that says most; "" unknown */
	char container[80];		/* runtime and short id, as in "docker:0123456789ab"; "" none */
	char pod[48];			/* Kubernetes pod UID; "" none */
	char unit[WHO_LEN];		/* systemd unit; "" none */
};

void who_parse(const char *text, struct who *ret);

#endif

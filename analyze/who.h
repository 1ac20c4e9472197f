#ifndef WHO_H
#define WHO_H

/*
 * /proc/PID/cgroup text → cgroup path, container, pod, systemd unit.
 *
 * In:    lines "id:controllers:path" (cgroups(7)) of version 1, 2, or both
 * Out:   struct who; of nested containers the innermost
 * Keeps: nothing; the forms known are a table in who.c: Docker, containerd, CRI-O, Podman, LXC,
 *        systemd-nspawn and libvirt, Amazon ECS, Kubernetes with either cgroup driver
 */
#include <stddef.h>

#define WHO_LEN 256

struct who {
	char cgroup[WHO_LEN]; /* the path that says most; "" unknown */
	char container[80];   /* runtime and short id, as in "docker:0123456789ab"; "" none */
	char pod[48];	      /* Kubernetes pod UID; "" none */
	char unit[WHO_LEN];   /* systemd service, scope or slice; "" none */
};

void who_parse(const char *text, struct who *ret);

#endif

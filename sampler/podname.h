#ifndef PODNAME_H
#define PODNAME_H

/*
 * Kubernetes names of pods, where the kubelet of this host leaves them: the directories of pod logs
 * are called NAMESPACE_POD_UID (kubelet's BuildPodLogsDirectory()).
 *
 * In:    text of /proc/PID/cgroup
 * Out:   the pod's UID and "namespace/name"
 * Keeps: nothing
 */
#include <stdbool.h>
#include <stddef.h>

#define PODNAME_DIR "/var/log/pods"
#define PODNAME_UID 37	/* a UUID, or 32 digits, and NUL */
#define PODNAME_LEN 330 /* two DNS names and what joins them */

/* The UID of the pod that a cgroup path is in, innermost; false when it is in none. */
bool podname_uid(const char *cgroup, char ret[PODNAME_UID]);

/* The name of the pod, looked for in dir; false when it is not there. */
bool podname_find(const char *dir, const char *uid, char ret[PODNAME_LEN]);

#endif

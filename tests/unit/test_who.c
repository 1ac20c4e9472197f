/* analyze/who: the cgroup paths that runtimes really make. */
#include "who.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ID   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID2  "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define POD  "8d1f6c1e-5a1b-4f0e-9c53-0f6a3c6d2b11"
#define POD_ "8d1f6c1e_5a1b_4f0e_9c53_0f6a3c6d2b11"

static const struct {
	const char *text, *container, *pod, *unit;
} rows[] = {
	{ "0::/system.slice/docker-" ID ".scope\n", "docker:0123456789ab", "",
	  "docker-" ID ".scope" },
	{ "12:cpuset:/docker/" ID "\n11:memory:/docker/" ID "\n1:name=systemd:/docker/" ID "\n",
	  "docker:0123456789ab", "", "" },
	{ "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" POD_
	  ".slice/cri-containerd-" ID ".scope",
	  "containerd:0123456789ab", POD, "cri-containerd-" ID ".scope" },
	{ "0::/kubepods.slice/kubepods-pod" POD_ ".slice/crio-" ID ".scope", "cri-o:0123456789ab",
	  POD, "crio-" ID ".scope" },
	{ "0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" POD_
	  ".slice/crio-" ID,
	  "cri-o:0123456789ab", POD, "kubepods-besteffort-pod" POD_ ".slice" },
	{ "5:memory:/kubepods/burstable/pod" POD "/" ID "\n", "kubernetes:0123456789ab", POD, "" },
	{ "5:memory:/kubepods/pod" POD "/" ID "\n", "kubernetes:0123456789ab", POD, "" },
	{ "8:memory:/system.slice/containerd.service/kubepods-burstable-pod" POD_
	  ".slice:cri-containerd:" ID "\n",
	  "containerd:0123456789ab", POD, "containerd.service" },
	{ "0::/machine.slice/libpod-" ID ".scope/container", "podman:0123456789ab", "",
	  "libpod-" ID ".scope" },
	{ "0::/machine.slice/libpod-conmon-" ID ".scope", "", "", "libpod-conmon-" ID ".scope" },
	{ "0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope",
	  "podman:0123456789ab", "", "user@1000.service" },
	{ "4:memory:/libpod_parent/libpod-" ID "\n", "podman:0123456789ab", "", "" },
	{ "0::/lxc.payload.web1/system.slice/cron.service", "lxc:web1", "", "cron.service" },
	{ "4:memory:/lxc/web1\n", "lxc:web1", "", "" },
	{ "0::/lxc.monitor.web1", "", "", "" },
	{ "0::/machine.slice/machine-deb12.scope/payload", "machine:deb12", "",
	  "machine-deb12.scope" },
	{ "9:memory:/ecs/0123456789abcdef0123456789abcdef/" ID "\n", "ecs:0123456789ab", "", "" },
	/* kind: a cluster inside a container. The innermost is the process's own. */
	{ "0::/system.slice/docker-" ID ".scope/kubelet/kubepods/pod" POD "/" ID2,
	  "kubernetes:fedcba987654", POD, "docker-" ID ".scope" },
	/* Seen from inside another cgroup namespace. */
	{ "0::/../docker-" ID ".scope", "docker:0123456789ab", "", "docker-" ID ".scope" },
	{ "0::/system.slice/cron.service\n", "", "", "cron.service" },
	{ "0::/user.slice/user-0.slice/session-3.scope\n", "", "", "session-3.scope" },
	{ "0::/system.slice\n", "", "", "system.slice" },
	{ "0::/\n", "", "", "" },
	/* Nearly, but not. */
	{ "0::/system.slice/docker-0123.scope\n", "", "", "docker-0123.scope" },
	{ "0::/podium/podcast\n", "", "", "" },
	{ "0::/" ID "0", "", "", "" },
	{ "junk\n::\n:\n0:\n", "", "", "" },
	{ "", "", "", "" },
};

static void forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct who w;

		who_parse(rows[i].text, &w);
		if (strcmp(w.container, rows[i].container) != 0 ||
		    strcmp(w.pod, rows[i].pod) != 0 || strcmp(w.unit, rows[i].unit) != 0)
			fail_msg("%s: \"%s\" \"%s\" \"%s\"", rows[i].text, w.container, w.pod,
				 w.unit);
	}
}

static void the_deepest_path(void **state)
{
	struct who w;

	(void)state;
	who_parse("3:cpu:/\n2:memory:/a/b\n1:name=systemd:/a\n0::/\n", &w);
	assert_string_equal(w.cgroup, "/a/b");
	who_parse("0::/\n", &w);
	assert_string_equal(w.cgroup, "");
}

static void long_text(void **state)
{
	char text[3000];
	struct who w;

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	memcpy(text, "0::/", 4);
	text[sizeof(text) - 1] = 0;
	who_parse(text, &w);
	assert_int_equal(strlen(w.cgroup), sizeof(w.cgroup) - 1);
	assert_string_equal(w.container, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(the_deepest_path),
		cmocka_unit_test(long_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

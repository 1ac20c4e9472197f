/* sampler/podname: directories as a kubelet makes them. */
#include "podname.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define UID    "8d1f6c1e-5a1b-4f0e-9c53-0f6a3c6d2b11"
#define UID_   "8d1f6c1e_5a1b_4f0e_9c53_0f6a3c6d2b11"
#define STATIC "0123456789abcdef0123456789abcdef"

static void uids(void **state)
{
	static const char *const rows[][2] = {
		{ "5:memory:/kubepods/burstable/pod" UID "/0123\n", UID },
		{ "0::/kubepods.slice/kubepods-burstable-pod" UID_ ".slice/crio-0123.scope", UID },
		{ "0::/kubepods/pod" STATIC "/0123", STATIC },
		{ "0::/podium/podcast/pod12", NULL },
		{ "0::/system.slice/cron.service", NULL },
		{ "pod", NULL },
		{ "", NULL },
	};
	char uid[PODNAME_UID];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(podname_uid(rows[i][0], uid), rows[i][1] != NULL);
		if (rows[i][1])
			assert_string_equal(uid, rows[i][1]);
	}
}

static void names(void **state)
{
	static const char *const dirs[] = { "kube-system_coredns-5d78c_" UID, "junk", "a_" STATIC,
					    "shop_cart-0_" STATIC };
	char dir[] = "/tmp/sirqprof-pods-XXXXXX", path[128], name[PODNAME_LEN];

	(void)state;
	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, dirs[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	assert_true(podname_find(dir, UID, name));
	assert_string_equal(name, "kube-system/coredns-5d78c");
	assert_true(podname_find(dir, STATIC, name));
	assert_string_equal(name, "shop/cart-0");
	assert_false(podname_find(dir, "0000", name));
	assert_false(podname_find("/nonexistent", UID, name));
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, dirs[i]);
		rmdir(path);
	}
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(uids), cmocka_unit_test(names) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

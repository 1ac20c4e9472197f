/* symbolize/users: what is mapped in a process at a time. */
#include "unit.h"

#include "users.h"

static struct sp_err err = SP_ERR_INIT;

static void map_anon(struct users *u, int32_t pid, uint64_t t, uint64_t start, const char *path)
{
	assert_int_equal(users_map(u,
				   &(struct sp_mapping){ .pid = pid,
							 .time_ns = t,
							 .start = start,
							 .len = 0x1000,
							 .path = path,
							 .build_id = "" },
				   &err),
			 0);
}

static const char *at(struct users *u, int32_t pid, uint64_t t, uint64_t pc)
{
	struct sp_frame f;

	assert_int_equal(users_frames(u, pid, t, pc, &f, 1), 1);
	return f.module;
}

static void mappings_over_time(void **state)
{
	sp_auto(users) u = NULL;

	(void)state;
	assert_int_equal(users_new(&u, false, &err), 0);
	map_anon(u, 10, 0, 0x1000, "/bin/a");
	map_anon(u, 10, 50, 0x1000, "/bin/b");
	assert_string_equal(at(u, 10, 49, 0x1800), "/bin/a");
	assert_string_equal(at(u, 10, 50, 0x1800), "/bin/b");
	assert_string_equal(at(u, 10, 50, 0x2000), "");
	/* The child has its parent's maps, until it becomes another program. */
	assert_int_equal(users_fork(u, 11, 10, 60, &err), 0);
	assert_string_equal(at(u, 11, 61, 0x1800), "/bin/b");
	assert_string_equal(at(u, 11, 59, 0x1800), "");
	assert_int_equal(users_exec(u, 11, 70, &err), 0);
	assert_string_equal(at(u, 11, 69, 0x1800), "/bin/b");
	assert_string_equal(at(u, 11, 71, 0x1800), "");
	map_anon(u, 11, 72, 0x1000, "/bin/c");
	assert_string_equal(at(u, 11, 73, 0x1800), "/bin/c");
	assert_string_equal(at(u, 11, 65, 0x1800), "/bin/b");
	/* Threads change nothing. */
	assert_int_equal(users_fork(u, 11, 11, 80, &err), 0);
	assert_string_equal(at(u, 11, 81, 0x1800), "/bin/c");
	/* The number is used again. */
	assert_int_equal(users_fork(u, 11, 99, 90, &err), 0);
	assert_string_equal(at(u, 11, 91, 0x1800), "");
}

/* However many processes came and went: the new one has names, and so has one that stays. */
static void the_gone_make_room(void **state)
{
	sp_auto(users) u = NULL;

	(void)state;
	assert_int_equal(users_new(&u, false, &err), 0);
	map_anon(u, 10, 0, 0x1000, "/bin/a");
	for (int32_t pid = 100; pid < 200000; pid++) {
		uint64_t t = 1000ULL + (uint32_t)pid;

		assert_int_equal(users_fork(u, pid, 10, t, &err), 0);
		for (uint64_t k = 0; k < 8; k++)
			map_anon(u, pid, t, 0x10000 + k * 0x1000, "/lib/b");
		assert_string_equal(at(u, pid, t, 0x17800), "/lib/b");
		assert_int_equal(users_exit(u, pid), 0);
	}
	assert_string_equal(at(u, 10, 300000, 0x1800), "/bin/a");
	assert_string_equal(at(u, 100, 300000, 0x10800), "");
}

/* What stands at an address changes with exec and with what is mapped over it. */
static void lives(void **state)
{
	sp_auto(users) u = NULL;
	uint64_t before;

	(void)state;
	assert_int_equal(users_new(&u, false, &err), 0);
	assert_int_equal(users_life(u, 20, 5), 0);
	map_anon(u, 20, 0, 0x1000, "/bin/a");
	map_anon(u, 20, 50, 0x1000, "/bin/b");
	before = users_life(u, 20, 60);
	assert_int_equal(before, users_life(u, 20, 99));
	assert_int_not_equal(before, users_life(u, 20, 49));
	assert_int_equal(users_exec(u, 20, 100, &err), 0);
	assert_int_not_equal(before, users_life(u, 20, 100));
	/* Late news of something earlier finds its place. */
	map_anon(u, 20, 70, 0x9000, "/lib/c");
	assert_int_not_equal(users_life(u, 20, 69), users_life(u, 20, 70));
	assert_int_equal(users_life(u, 20, 101), 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mappings_over_time),
		cmocka_unit_test(the_gone_make_room),
		cmocka_unit_test(lives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

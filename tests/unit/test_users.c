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
		assert_int_equal(users_exit(u, pid, t + 1, &err), 0);
	}
	assert_string_equal(at(u, 10, 300000, 0x1800), "/bin/a");
	assert_string_equal(at(u, 100, 300000, 0x10800), "");
}

/* Of who ended what will be asked for stays: the mappings that addresses lie in, and nothing of
 * who was not kept. */
static void the_gone_are_forgotten(void **state)
{
	sp_auto(users) u = NULL;
	uint64_t life;

	(void)state;
	assert_int_equal(users_new(&u, false, &err), 0);
	for (int32_t pid = 10; pid <= 14; pid++)
		for (uint64_t k = 0; k < 8; k++)
			map_anon(u, pid, 5 + k, 0x10000 + k * 0x1000, k == 3 ? "/lib/c" : "/lib/b");
	life = users_life(u, 10, 20);
	for (int32_t pid = 10; pid <= 12; pid++)
		assert_int_equal(users_exit(u, pid, 50, &err), 0);
	assert_int_equal(users_exit(u, 13, 90, &err), 0);
	/* 10 is asked for at one address, 11 not, 12 has threads that live, 13 ended a moment ago,
	 * 14 lives. */
	assert_true(users_keep(u, 10, 1, false));
	users_keep_at(u, 10, 20, 0x13800);
	users_keep_at(u, 10, 20, 0x99800);
	users_keep(u, 12, 1, true);
	assert_true(users_keep(u, 13, 1, false));
	assert_false(users_keep(u, 14, 1, false));
	assert_false(users_keep(u, 4711, 1, false));
	users_forget(u, 80);
	assert_string_equal(at(u, 10, 20, 0x13800), "/lib/c");
	assert_string_equal(at(u, 10, 20, 0x12800), "");
	assert_string_equal(at(u, 11, 20, 0x13800), "");
	for (int32_t pid = 12; pid <= 14; pid++)
		for (uint64_t k = 0; k < 8; k++)
			assert_string_equal(at(u, pid, 20, 0x10800 + k * 0x1000),
					    k == 3 ? "/lib/c" : "/lib/b");
	/* A number for what stands there: that of before, or another, but the same all the time
	 * that nothing changes. */
	assert_int_not_equal(users_life(u, 10, 7), users_life(u, 10, 20));
	assert_int_equal(users_life(u, 10, 20), users_life(u, 10, 300));
	assert_true(life >= users_life(u, 10, 20));
	/* It was told its addresses; kept again, it stays as it is. */
	assert_false(users_keep(u, 10, 1, false));
	users_forget(u, 80);
	assert_string_equal(at(u, 10, 20, 0x13800), "/lib/c");
	assert_string_equal(at(u, 12, 20, 0x13800), "");
	/* Another life of the number. */
	assert_int_equal(users_exec(u, 10, 200, &err), 0);
	map_anon(u, 10, 201, 0x10000, "/bin/new");
	users_forget(u, 1000);
	assert_string_equal(at(u, 10, 300, 0x10800), "/bin/new");
	assert_string_equal(at(u, 13, 20, 0x13800), "");
}

/* Half of the room: worth a look at who ended. */
static void crowds(void **state)
{
	sp_auto(users) u = NULL;
	int32_t pid = 100;

	(void)state;
	assert_int_equal(users_new(&u, false, &err), 0);
	for (; !users_crowded(u) && pid < 100000; pid++) {
		for (uint64_t k = 0; k < 50; k++)
			map_anon(u, pid, 1, 0x10000 + k * 0x1000, "/lib/b");
		assert_int_equal(users_exit(u, pid, 2, &err), 0);
	}
	assert_in_range(pid, 600, 1500);
	for (int32_t i = 100; i < pid; i++)
		if (users_keep(u, i, 1, false))
			users_keep_at(u, i, 2, 0x10800);
	users_forget(u, 10);
	assert_false(users_crowded(u));
	assert_string_equal(at(u, 100, 2, 0x10800), "/lib/b");
	assert_string_equal(at(u, pid - 1, 2, 0x10800), "/lib/b");
	/* And who was asked for goes last. */
	for (int32_t i = 100000; i < 110000; i++) {
		for (uint64_t k = 0; k < 50; k++)
			map_anon(u, i, 11, 0x10000 + k * 0x1000, "/lib/b");
		assert_int_equal(users_exit(u, i, 12, &err), 0);
	}
	assert_string_equal(at(u, 100, 2, 0x10800), "/lib/b");
	assert_string_equal(at(u, 100000, 12, 0x10800), "");
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
		cmocka_unit_test(the_gone_are_forgotten),
		cmocka_unit_test(crowds),
		cmocka_unit_test(lives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

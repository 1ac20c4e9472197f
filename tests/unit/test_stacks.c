/* analyze/stacks: markers go, kernel and user parts stay apart, equal chains share an id. */
#include "stacks.h"

#include "unit.h"

#include <byteswap.h>
#include <linux/perf_event.h>
#include <sirqprof/limits.h>

#define KERNEL ((uint64_t)PERF_CONTEXT_KERNEL)
#define USER   ((uint64_t)PERF_CONTEXT_USER)

static sp_stack add(struct stacks *s, const uint64_t *chain, uint32_t n, bool swap)
{
	struct sp_err err = SP_ERR_INIT;
	sp_stack id = UINT32_MAX;

	assert_int_equal(stacks_add(s, chain, n, swap, &id, &err), 0);
	return id;
}

static void markers_part_kernel_from_user(void **state)
{
	const uint64_t chain[] = { KERNEL, 0xffffffff81000010, 0xffffffff81001000, USER, 0x400000 };
	uint64_t turned[5];
	struct sp_err err = SP_ERR_INIT;
	sp_auto(stacks) s = NULL;
	struct stack got;
	sp_stack id;

	(void)state;
	assert_int_equal(stacks_new(&s, &err), 0);
	id = add(s, chain, 5, false);
	got = stacks_get(s, id);
	assert_int_equal(got.nkernel, 2);
	assert_int_equal(got.nuser, 1);
	assert_true(got.addr[0] == 0xffffffff81000010 && got.addr[2] == 0x400000);
	for (int i = 0; i < 5; i++)
		turned[i] = bswap_64(chain[i]);
	assert_int_equal(add(s, turned, 5, true), id);
	/* The same addresses, all of them user's, are another stack. */
	assert_int_not_equal(add(s, (uint64_t[]){ USER, chain[1], chain[2], chain[4] }, 4, false),
			     id);
	assert_int_equal(add(s, (uint64_t[]){ KERNEL }, 1, false), 0);
	assert_int_equal(stacks_get(s, 999).nkernel, 0);
}

/* The quick way by the bytes as the kernel writes them, and every other way, say the same. */
static void forms_of_one_chain(void **state)
{
	const uint64_t k = 0xffffffff81000010, u = 0x400000;
	struct sp_err err = SP_ERR_INIT;
	sp_auto(stacks) s = NULL;
	sp_stack both, kernel, user;

	(void)state;
	assert_int_equal(stacks_new(&s, &err), 0);
	both = add(s, (uint64_t[]){ k, k + 1, USER, u }, 4, false); /* no first marker */
	assert_int_equal(add(s, (uint64_t[]){ KERNEL, k, k + 1, USER, u }, 5, false), both);
	assert_int_equal(add(s, (uint64_t[]){ KERNEL, k, k + 1, USER, u }, 5, false), both);
	assert_int_equal(add(s, (uint64_t[]){ KERNEL, k, KERNEL, k + 1, USER, u }, 6, false), both);
	assert_int_equal(add(s, (uint64_t[]){ KERNEL, k, k + 1, USER, USER, u }, 6, false), both);
	kernel = add(s, (uint64_t[]){ KERNEL, k, k + 1 }, 3, false);
	user = add(s, (uint64_t[]){ USER, k, k + 1 }, 3, false);
	assert_int_not_equal(kernel, both);
	assert_int_not_equal(user, kernel);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(add(s, (uint64_t[]){ KERNEL, k, k + 1 }, 3, false), kernel);
		assert_int_equal(add(s, (uint64_t[]){ USER, k, k + 1 }, 3, false), user);
		assert_int_equal(add(s, (uint64_t[]){ KERNEL, k, k + 1, USER, u }, 5, false), both);
	}
	assert_int_equal(stacks_count(s), 3);
	assert_int_equal(stacks_get(s, user).nkernel, 0);
}

static void many_stacks_keep_their_ids(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(stacks) s = NULL;
	uint64_t chain[SP_MAX_CHAIN + 100];

	(void)state;
	assert_int_equal(stacks_new(&s, &err), 0);
	for (uint64_t i = 1; i <= 30000; i++)
		assert_int_equal(add(s, (uint64_t[]){ KERNEL, i, i * 7 }, 3, false), i);
	for (uint64_t i = 1; i <= 30000; i++)
		assert_int_equal(add(s, (uint64_t[]){ KERNEL, i, i * 7 }, 3, false), i);
	assert_int_equal(stacks_count(s), 30000);
	for (uint32_t i = 0; i < SP_MAX_CHAIN + 100; i++)
		chain[i] = 0x1000 + i;
	assert_int_equal(stacks_get(s, add(s, chain, SP_MAX_CHAIN + 100, false)).nkernel,
			 SP_MAX_CHAIN);
}

static void cleared_it_begins_again(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(stacks) s = NULL;

	(void)state;
	assert_int_equal(stacks_new(&s, &err), 0);
	for (uint64_t round = 0; round < 3; round++) {
		for (uint64_t i = 1; i <= 5000; i++)
			assert_int_equal(add(s, (uint64_t[]){ KERNEL, i + round * 2500 }, 2, false),
					 i);
		assert_true(stacks_get(s, 5000).addr[0] == 5000 + round * 2500);
		stacks_clear(s);
		assert_int_equal(stacks_count(s), 0);
		assert_int_equal(stacks_get(s, 1).nkernel, 0);
	}
}

/* Held ones stay, under ids that are dense again and in the order that they had; the others are new
 * when they come again. */
static void what_nobody_holds_is_swept(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(stacks) s = NULL;
	sp_stack held[1000], third;
	uint64_t before, kept;

	(void)state;
	assert_int_equal(stacks_new(&s, &err), 0);
	for (uint64_t i = 1; i <= 3000; i++)
		add(s, (uint64_t[]){ KERNEL, i, USER, i * 7, i * 9 }, 5, false);
	before = stacks_bytes(s);
	for (uint32_t i = 0; i < 1000; i++)
		held[i] = 3 * (i + 1);
	assert_int_equal(stacks_sweep_begin(s, &err), 0);
	for (uint32_t i = 0; i < 1000; i++) {
		stacks_keep(s, &held[i]);
		stacks_keep(s, &held[i]);
	}
	stacks_keep(s, &(sp_stack){ 0 });
	stacks_keep(s, &(sp_stack){ 99999 });
	kept = stacks_kept_bytes(s);
	stacks_sweep(s);
	for (uint32_t i = 0; i < 1000; i++)
		stacks_move(s, &held[i]);
	third = 1;
	stacks_move(s, &third);
	assert_int_equal(third, 0);
	assert_int_equal(stacks_moved_count(s, 8), 2);
	assert_int_equal(stacks_moved_count(s, 2), 0);
	assert_int_equal(stacks_moved_count(s, UINT32_MAX), 1000);
	stacks_sweep_end(s);
	assert_int_equal(stacks_count(s), 1000);
	assert_true(stacks_bytes(s) < before / 2 && stacks_bytes(s) - kept < 200);
	for (uint64_t i = 0; i < 1000; i++) {
		const uint64_t a = 3 * (i + 1);
		struct stack k = stacks_get(s, held[i]);

		assert_int_equal(held[i], i + 1);
		assert_true(k.nkernel == 1 && k.nuser == 2 && k.addr[0] == a && k.addr[2] == a * 9);
		/* Found again, in the kernel's form and without it. */
		assert_int_equal(add(s, (uint64_t[]){ KERNEL, a, USER, a * 7, a * 9 }, 5, false),
				 i + 1);
		assert_int_equal(
			add(s, (uint64_t[]){ KERNEL, a, USER, a * 7, USER, a * 9 }, 6, false),
			i + 1);
	}
	assert_int_equal(add(s, (uint64_t[]){ KERNEL, 1, USER, 7, 9 }, 5, false), 1001);
}

/* A holder that lets go is asked again. */
static void keeping_begins_again(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(stacks) s = NULL;
	sp_stack two = 2;

	(void)state;
	assert_int_equal(stacks_new(&s, &err), 0);
	for (uint64_t i = 1; i <= 10; i++)
		add(s, (uint64_t[]){ KERNEL, i }, 2, false);
	assert_int_equal(stacks_sweep_begin(s, &err), 0);
	for (sp_stack i = 1; i <= 10; i++)
		stacks_keep(s, &i);
	assert_int_equal(stacks_sweep_begin(s, &err), 0);
	assert_int_equal(stacks_kept_bytes(s), 0);
	stacks_keep(s, &two);
	stacks_sweep(s);
	stacks_move(s, &two);
	stacks_sweep_end(s);
	assert_int_equal(two, 1);
	assert_int_equal(stacks_count(s), 1);
	assert_int_equal(stacks_get(s, 1).addr[0], 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(markers_part_kernel_from_user),
		cmocka_unit_test(forms_of_one_chain),
		cmocka_unit_test(many_stacks_keep_their_ids),
		cmocka_unit_test(cleared_it_begins_again),
		cmocka_unit_test(what_nobody_holds_is_swept),
		cmocka_unit_test(keeping_begins_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

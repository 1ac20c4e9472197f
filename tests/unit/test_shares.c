/* analyze/shares: each sample owns the time back to the one before, and no more than there is. */
#include "unit.h"

#include "shares.h"

static struct sp_event sample(uint64_t ns, int32_t tid, sp_stack stack)
{
	return (struct sp_event){
		.type = SP_EV_SAMPLE,
		.time_ns = ns,
		.pid = tid + 1000,
		.tid = tid,
		.sample = { .stack = stack, .mode = SP_MODE_KERNEL },
	};
}

static void add(struct shares *s, uint64_t ns, int32_t tid, sp_stack stack)
{
	const struct sp_event e = sample(ns, tid, stack);

	shares_add(s, &e);
}

static struct sp_stall give(const struct shares *s, uint64_t begin_ns, uint64_t end_ns)
{
	struct sp_stall stall = { .begin_ns = begin_ns, .end_ns = end_ns };
	struct sp_err err = SP_ERR_INIT;
	uint64_t sum;

	assert_int_equal(shares_give(s, &stall, &err), 0);
	sum = stall.unsampled_ns;
	for (uint32_t i = 0; i < stall.nshares; i++)
		sum += stall.shares[i].owned_ns;
	assert_int_equal(sum, end_ns - begin_ns);
	return stall;
}

static void back_to_the_one_before(void **state)
{
	static struct shares s;
	struct sp_stall stall;

	(void)state;
	shares_begin(&s, 1000);
	add(&s, 1100, 7, 1);
	add(&s, 1400, 8, 2);
	add(&s, 1450, 7, 1);
	/* Late in the stream: it owns nothing, and takes nothing back. */
	add(&s, 1300, 7, 1);
	assert_int_equal(s.samples, 4);
	assert_int_equal(s.owned_ns, 450);
	assert_int_equal(s.from_ns, 1450);
	stall = give(&s, 1000, 1500);
	assert_int_equal(stall.nshares, 2);
	assert_int_equal(stall.shares[0].tid, 8);
	assert_int_equal(stall.shares[0].owned_ns, 300);
	assert_int_equal(stall.shares[1].tid, 7);
	assert_int_equal(stall.shares[1].pid, 1007);
	assert_int_equal(stall.shares[1].owned_ns, 150);
	assert_int_equal(stall.shares[1].samples, 3);
	assert_int_equal(stall.shares[1].mode, SP_MODE_KERNEL);
	assert_int_equal(stall.unsampled_ns, 50);
	free(stall.shares);
}

static void one_row_a_task_and_stack(void **state)
{
	static struct shares s;
	struct sp_stall stall;

	(void)state;
	shares_begin(&s, 0);
	add(&s, 10, 7, 1);
	add(&s, 20, 7, 2);
	add(&s, 30, 8, 1);
	stall = give(&s, 0, 30);
	assert_int_equal(stall.nshares, 3);
	/* Of equal rows the lower stack first: the same order at every run. */
	assert_int_equal(stall.shares[2].stack, 2);
	free(stall.shares);
}

static void the_last_argument_counts(void **state)
{
	static struct shares s;
	struct sp_event e = sample(10, 7, 1);
	struct sp_stall stall;

	(void)state;
	shares_begin(&s, 0);
	e.sample.has_arg0 = 1;
	e.sample.arg0 = 3;
	shares_add(&s, &e);
	e.time_ns = 20;
	e.sample.arg0 = 4;
	shares_add(&s, &e);
	add(&s, 30, 7, 1);
	stall = give(&s, 0, 30);
	assert_int_equal(stall.shares[0].has_arg0, 1);
	assert_int_equal(stall.shares[0].arg0, 4);
	free(stall.shares);
}

static void no_sample_no_owner(void **state)
{
	static struct shares s;
	struct sp_stall stall;

	(void)state;
	shares_begin(&s, 500);
	stall = give(&s, 500, 900);
	assert_null(stall.shares);
	assert_int_equal(stall.nshares, 0);
	assert_int_equal(stall.unsampled_ns, 400);
}

/* The stall turned out shorter than what was sampled: the largest keep theirs. */
static void no_more_than_the_stall_is_long(void **state)
{
	static struct shares s;
	struct sp_stall stall;

	(void)state;
	shares_begin(&s, 0);
	add(&s, 100, 7, 1);
	add(&s, 400, 8, 2);
	add(&s, 600, 9, 3);
	stall = give(&s, 0, 350);
	assert_int_equal(stall.shares[0].owned_ns, 300);
	assert_int_equal(stall.shares[1].owned_ns, 50);
	assert_int_equal(stall.shares[2].owned_ns, 0);
	assert_int_equal(stall.unsampled_ns, 0);
	free(stall.shares);
}

/* A new interval forgets the one before. */
static void begun_anew(void **state)
{
	static struct shares s;
	struct sp_stall stall;

	(void)state;
	shares_begin(&s, 0);
	add(&s, 100, 7, 1);
	shares_begin(&s, 1000);
	assert_int_equal(s.owned_ns, 0);
	add(&s, 1010, 8, 2);
	stall = give(&s, 1000, 1010);
	assert_int_equal(stall.nshares, 1);
	assert_int_equal(stall.shares[0].tid, 8);
	free(stall.shares);
}

/* More rows than are kept: time stays whole, but no stack is true of a mix, nor a task that has no
 * row of its own. */
static void more_than_are_kept(void **state)
{
	static struct shares s;
	struct sp_stall stall;
	uint32_t mixed = 0;

	(void)state;
	shares_begin(&s, 0);
	for (uint32_t i = 0; i < SP_MAX_STALL_SHARES; i++)
		add(&s, (i + 1) * 10, (int32_t)(100 + i), i + 1);
	/* Of a task that has one. */
	add(&s, 1000, 100, 5000);
	/* Of one that has none. */
	add(&s, 2000, 999, 5001);
	assert_int_equal(s.n, SP_MAX_STALL_SHARES);
	stall = give(&s, 0, 2000);
	assert_int_equal(stall.nshares, SP_MAX_STALL_SHARES);
	for (uint32_t i = 0; i < stall.nshares; i++) {
		const struct sp_share *k = &stall.shares[i];

		if (k->owned_ns == 10)
			continue;
		mixed++;
		assert_int_equal(k->stack, 0);
		assert_int_equal(k->samples, 2);
		if (k->owned_ns == 10 + 1000 - SP_MAX_STALL_SHARES * 10) {
			assert_int_equal(k->tid, 100);
		} else {
			assert_int_equal(k->owned_ns, 1010);
			assert_int_equal(k->tid, SP_NO_TASK);
			assert_int_equal(k->pid, SP_NO_TASK);
		}
	}
	assert_int_equal(mixed, 2);
	free(stall.shares);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(back_to_the_one_before),
		cmocka_unit_test(one_row_a_task_and_stack),
		cmocka_unit_test(the_last_argument_counts),
		cmocka_unit_test(no_sample_no_owner),
		cmocka_unit_test(no_more_than_the_stall_is_long),
		cmocka_unit_test(begun_anew),
		cmocka_unit_test(more_than_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

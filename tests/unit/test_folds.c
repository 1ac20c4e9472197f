/* analyze/folds: equal rows are one, in the order of comm and frames, from the outermost on. */
#include "unit.h"

#include "folds.h"

static const char *const ab[] = { "a", "b" }, *const abc[] = { "a", "b", "c" },
			 *const b[] = { "b" };

static void add(struct folds *f, const char *comm, const char *const *frames, uint32_t n,
		uint64_t weight_ns)
{
	struct sp_err err = SP_ERR_INIT;
	const struct sp_fold row = { comm, frames, n, weight_ns };

	assert_int_equal(folds_add(f, &row, &err), 0);
}

static void row(const struct sp_fold *k, const char *comm, uint32_t n, uint64_t weight_ns)
{
	assert_string_equal(k->comm, comm);
	assert_int_equal(k->nframes, n);
	assert_int_equal(k->weight_ns, weight_ns);
}

static void equal_rows_are_one(void **state)
{
	/* The same text elsewhere in memory. */
	char other_a[] = "a", other_b[] = "b";
	const char *const other[] = { other_a, other_b };
	struct sp_err err = SP_ERR_INIT;
	const struct sp_fold *at = NULL;
	struct folds f = { 0 };
	sp_auto(arena) arena = NULL;
	uint32_t n = 0;

	(void)state;
	assert_int_equal(arena_new(&arena, &err), 0);
	add(&f, "web", b, 1, 1);
	add(&f, "web", abc, 3, 10);
	add(&f, "web", ab, 2, 100);
	add(&f, "cron", ab, 2, 1000);
	add(&f, "web", other, 2, 20000);
	add(&f, "web", ab, 0, 3);
	assert_int_equal(folds_done(&f, arena, &at, &n, &err), 0);
	assert_int_equal(n, 5);
	row(&at[0], "cron", 2, 1000);
	row(&at[1], "web", 0, 3);
	row(&at[2], "web", 2, 20100);
	row(&at[3], "web", 3, 10);
	row(&at[4], "web", 1, 1);
	assert_string_equal(at[4].frames[0], "b");
	/* It was freed, and may be filled anew. */
	assert_null(f.at);
	assert_int_equal(f.n, 0);
	folds_free(&f);
}

static void nothing(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	const struct sp_fold *at = NULL;
	struct folds f = { 0 };
	sp_auto(arena) arena = NULL;
	uint32_t n = 77;

	(void)state;
	assert_int_equal(arena_new(&arena, &err), 0);
	assert_int_equal(folds_done(&f, arena, &at, &n, &err), 0);
	assert_int_equal(n, 0);
	assert_non_null(at);
	folds_free(&f);
}

static void many_rows(void **state)
{
	enum { COMMS = 600, EACH = 5 };
	static char comms[COMMS][8];
	struct sp_err err = SP_ERR_INIT;
	const struct sp_fold *at = NULL;
	struct folds f = { 0 };
	sp_auto(arena) arena = NULL;
	uint32_t n = 0;

	(void)state;
	assert_int_equal(arena_new(&arena, &err), 0);
	for (uint32_t i = 0; i < COMMS * EACH; i++) {
		uint32_t k = i * 7 % COMMS;

		snprintf(comms[k], sizeof(comms[k]), "c%03u", k);
		add(&f, comms[k], ab, 2, k + 1);
	}
	assert_int_equal(folds_done(&f, arena, &at, &n, &err), 0);
	assert_int_equal(n, COMMS);
	for (uint32_t k = 0; k < COMMS; k++)
		row(&at[k], comms[k], 2, (uint64_t)(k + 1) * EACH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_rows_are_one),
		cmocka_unit_test(nothing),
		cmocka_unit_test(many_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* analyze/quality: equal rows add up, worst come first, the table is bounded. */
#include "quality.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What the rows of a code add up to. */
static uint64_t count_of(struct quality *q, enum sp_quality_code code)
{
	const struct sp_quality_row *rows;
	uint64_t sum = 0;
	uint32_t n;

	rows = quality_rows(q, &n);
	for (uint32_t i = 0; i < n; i++)
		if (rows[i].code == code)
			sum += rows[i].count;
	return sum;
}

static void equal_rows_add_up(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	const struct sp_quality_row *rows;
	sp_auto(quality) q = NULL;
	uint32_t n;

	(void)state;
	assert_int_equal(quality_new(&q, &err), 0);
	assert_int_equal(quality_add(q, SP_Q_NO_NMI, SP_NO_CPU, 1, NULL, &err), 0);
	assert_int_equal(quality_add(q, SP_Q_LOST, 1, 5, NULL, &err), 0);
	assert_int_equal(quality_add(q, SP_Q_LOST, 1, 7, "", &err), 0);
	assert_int_equal(quality_add(q, SP_Q_LOST, 0, 1, NULL, &err), 0);
	assert_int_equal(count_of(q, SP_Q_LOST), 13);
	rows = quality_rows(q, &n);
	assert_int_equal(n, 3);
	assert_int_equal(rows[0].code, SP_Q_LOST);
	assert_int_equal(rows[0].cpu, 0);
	assert_int_equal(rows[1].count, 12);
	assert_int_equal(rows[0].severity, SP_SEV_ERROR);
	assert_int_equal(rows[2].code, SP_Q_NO_NMI);
}

static void a_sum_saturates(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(quality) q = NULL;

	(void)state;
	assert_int_equal(quality_new(&q, &err), 0);
	assert_int_equal(quality_add(q, SP_Q_NOT_OBSERVED, 1, 4, NULL, &err), 0);
	assert_int_equal(count_of(q, SP_Q_NOT_OBSERVED), 4);
	assert_int_equal(quality_add(q, SP_Q_NOT_OBSERVED, 1, UINT64_MAX, NULL, &err), 0);
	assert_true(count_of(q, SP_Q_NOT_OBSERVED) == UINT64_MAX);
}

static void a_flood_of_details_is_bounded(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(quality) q = NULL;
	uint32_t n;

	(void)state;
	assert_int_equal(quality_new(&q, &err), 0);
	for (int i = 0; i < 5000; i++) {
		char detail[32];

		snprintf(detail, sizeof(detail), "lib%d.so", i);
		assert_int_equal(quality_add(q, SP_Q_NO_SYMBOLS, SP_NO_CPU, 1, detail, &err), 0);
	}
	quality_rows(q, &n);
	assert_true(n <= QUALITY_MAX);
	assert_int_equal(count_of(q, SP_Q_NO_SYMBOLS), 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_rows_add_up),
		cmocka_unit_test(a_sum_saturates),
		cmocka_unit_test(a_flood_of_details_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

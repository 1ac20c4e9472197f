/* analyze/arena: memory that is freed all at once. */
#include "arena.h"

#include "unit.h"

static void pieces_are_zeroed_aligned_and_apart(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	struct arena *a = NULL;
	unsigned char *at[500];
	size_t size[500];

	(void)state;
	assert_int_equal(arena_new(&a, &err), SP_OK);
	for (size_t i = 0; i < 500; i++) {
		size[i] = 1 + i * 37 % 700;
		at[i] = arena_get(a, size[i], &err);
		assert_non_null(at[i]);
		assert_int_equal((uintptr_t)at[i] % _Alignof(max_align_t), 0);
		for (size_t k = 0; k < size[i]; k++)
			assert_int_equal(at[i][k], 0);
		memset(at[i], (int)(i % 255) + 1, size[i]);
	}
	/* Nobody wrote into anybody else's. */
	for (size_t i = 0; i < 500; i++)
		for (size_t k = 0; k < size[i]; k++)
			assert_int_equal(at[i][k], i % 255 + 1);
	arena_free(a);
	arena_free(NULL);
}

static void larger_than_a_chunk(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	struct arena *a = NULL;
	unsigned char *big, *small;

	(void)state;
	assert_int_equal(arena_new(&a, &err), SP_OK);
	small = arena_get(a, 10, &err);
	big = arena_get(a, 3 * ARENA_CHUNK + 1, &err);
	assert_non_null(big);
	memset(big, 1, 3 * ARENA_CHUNK + 1);
	assert_int_equal(small[9], 0);
	small = arena_get(a, 10, &err);
	assert_non_null(small);
	assert_int_equal(small[0], 0);
	arena_free(a);
}

static void text_ends(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	struct arena *a = NULL;
	char *text;

	(void)state;
	assert_int_equal(arena_new(&a, &err), SP_OK);
	text = arena_text(a, "slabinfo and more", 8, &err);
	assert_string_equal(text, "slabinfo");
	assert_string_equal(arena_text(a, "", 0, &err), "");
	assert_string_equal(text, "slabinfo");
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
		cmocka_unit_test(larger_than_a_chunk),
		cmocka_unit_test(text_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

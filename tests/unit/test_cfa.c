#include "unit.h"

#include "cfa.h"

#define NREGS 17

#define SAFE(...)                                                                               \
	cfa_is_safe((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }), \
		    NREGS)

/* What gcc writes: def_cfa rsp 8, offset rip, advance_loc, def_cfa_offset, expression, nop. */
static void compilers_code_is_safe(void **state)
{
	(void)state;
	assert_true(SAFE(0x0c, 7, 8, 0x90, 1, 0, 0));
	assert_true(SAFE(0x41, 0x0e, 0x10, 0x86, 2, 0x0a, 0xc6, 0x0b, 0x2e, 0));
	assert_true(SAFE(0x0f, 2, 0x77, 8, 0x10, 6, 1, 0x30, 0x03, 0, 1, 0x04, 0, 0, 0, 1));
	assert_true(cfa_is_safe(NULL, 0, NREGS));
}

static void a_copied_register_is_checked(void **state)
{
	(void)state;
	assert_true(SAFE(0x09, 16, 16));
	assert_false(SAFE(0x09, 16, 17));
	/* 0x10de39: what once was read 17 MB beyond libunwind's registers */
	assert_false(SAFE(0x09, 0, 0xb9, 0xbc, 0x43));
}

static void what_is_cut_or_unknown_is_not_safe(void **state)
{
	(void)state;
	assert_false(SAFE(0x0c, 7));
	assert_false(SAFE(0x0e, 0x80));
	assert_false(SAFE(0x03, 1));
	assert_false(SAFE(0x0f, 9, 1));
	assert_false(SAFE(0x01, 0, 0, 0, 0, 0, 0, 0, 0));
	assert_false(SAFE(0x3f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compilers_code_is_safe),
		cmocka_unit_test(a_copied_register_is_checked),
		cmocka_unit_test(what_is_cut_or_unknown_is_not_safe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

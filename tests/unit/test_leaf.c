/* analyze/leaf: which functions switch interrupts on, and where an interrupt begins. */
#include "leaf.h"

#include "unit.h"

static void names_have_classes(void **state)
{
	(void)state;
	assert_int_equal(leaf_of_name("_raw_spin_unlock_irqrestore"), LEAF_RELEASE);
	assert_int_equal(leaf_of_name("bpf_local_irq_restore"), LEAF_RELEASE);
	assert_int_equal(leaf_of_name("_raw_spin_unlock_irq"), LEAF_RELEASE);
	assert_int_equal(leaf_of_name("do_syscall_64"), LEAF_OTHER);
	assert_int_equal(leaf_of_name("clear_page_erms"), LEAF_CLEARING);
	assert_int_equal(leaf_of_name("s_show"), LEAF_OTHER);
	assert_int_equal(leaf_of_name("_raw_spin_unlock"), LEAF_OTHER);
	assert_int_equal(leaf_of(NULL, 1), LEAF_UNKNOWN);
	assert_true(leaf_is_irq_entry("asm_sysvec_call_function_single"));
	assert_false(leaf_is_irq_entry("asm_exc_page_fault"));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(names_have_classes) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

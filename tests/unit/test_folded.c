/* report/folded: lines that flamegraph.pl takes, whatever a name holds. */
#include "rendered.h"

static void names_cannot_break_a_line(void **state)
{
	struct sp_report r = fake_report();
	char *text = rendered(folded_render, &r, 10, true);

	(void)state;
	assert_string_equal(text, "[unknown];do:it;new?line;?;[unknown] 1\n"
				  "my task;vfs_read;s_show 20000\n");
	free(text);
}

static void the_baseline_is_the_other_side(void **state)
{
	struct sp_report r = fake_report();
	char *text = rendered(folded_baseline_render, &r, 10, true);

	(void)state;
	assert_string_equal(text, "my task;vfs_read;s_show 20000\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_cannot_break_a_line),
		cmocka_unit_test(the_baseline_is_the_other_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* cli/options: what a command line becomes. */
#include "options.h"

#include "unit.h"

static void a_whole_command_line(void **state)
{
	static const char *const words[] = { "sirqprof", "--cpu", "17",	      "-d",    "5",
					     "--spikes", "a.csv", "--spikes", "b.csv", "--json",
					     "-",	 "--",	  "ping",     "-D" };
	char *argv[15] = { NULL };
	struct options o;

	(void)state;
	for (int i = 0; i < 14; i++)
		argv[i] = strdup(words[i]);
	options_parse(&o, CMD_RUN, 14, argv);
	assert_string_equal(o.cpu, "17");
	assert_true(o.duration_ns == 5000000000);
	assert_int_equal(o.spikes.n, 2);
	assert_string_equal(o.spikes.at[1], "b.csv");
	assert_string_equal(o.json, "-");
	assert_string_equal(o.command[0], "ping");
	assert_string_equal(o.command[1], "-D");
	assert_int_equal(o.top, 10);
	assert_true(o.min_stall_ns == 1000000);
	for (int i = 0; i < 14; i++)
		free(argv[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_command_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

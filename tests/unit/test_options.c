/* cli/options: durations, sizes, and what a command line becomes. */
#include "options.h"

#include "unit.h"

static void durations(void **state)
{
	uint64_t ns = 0;

	(void)state;
	assert_true(options_duration("10ms", 1, &ns) && ns == 10000000);
	assert_true(options_duration("1.5", 1000000000, &ns) && ns == 1500000000);
	assert_true(options_duration("2m", 1, &ns) && ns == 120000000000);
	assert_false(options_duration("", 1, &ns));
	assert_false(options_duration("-1s", 1, &ns));
	assert_false(options_duration("5 parsecs", 1, &ns));
	assert_false(options_duration("1e30s", 1, &ns));
	assert_false(options_duration("inf", 1, &ns));
}

static void sizes(void **state)
{
	uint64_t bytes = 0;

	(void)state;
	assert_true(options_size("64M", &bytes) && bytes == 64 << 20);
	assert_true(options_size("512k", &bytes) && bytes == 512 << 10);
	assert_true(options_size("4096", &bytes) && bytes == 4096);
	assert_false(options_size("M", &bytes));
	assert_false(options_size("1X", &bytes));
}

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
		cmocka_unit_test(durations),
		cmocka_unit_test(sizes),
		cmocka_unit_test(a_whole_command_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

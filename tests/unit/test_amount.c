/* cli/amount: durations and sizes as people write them. */
#include "amount.h"

#include "unit.h"

static void durations(void **state)
{
	static const struct {
		const char *text;
		uint64_t bare_ns, ns;
	} good[] = {
		{ "10ms", 1, 10000000 },   { "1.5", 1000000000, 1500000000 },
		{ "2m", 1, 120000000000 }, { "2min", 1, 120000000000 },
		{ ".5s", 1, 500000000 },   { "0", 1000, 0 },
		{ "7ns", 1000, 7 },	   { "1d", 1, 86400000000000 },
	};
	static const char *const bad[] = { "",	  "-1s",   "5 parsecs", "1e30s", "inf",
					   "nan", "10ms ", "ms",	"1,5s",	 "+1s" };
	uint64_t ns = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(amount_duration(good[i].text, good[i].bare_ns, &ns));
		assert_int_equal(ns, good[i].ns);
	}
	ns = 42;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(amount_duration(bad[i], 1, &ns));
	assert_int_equal(ns, 42);
}

static void sizes(void **state)
{
	static const char *const bad[] = { "", "M", "1X", "-1", "1MM", "1e30G", " 1" };
	uint64_t bytes = 0;

	(void)state;
	assert_true(amount_size("64M", &bytes) && bytes == 64 << 20);
	assert_true(amount_size("512k", &bytes) && bytes == 512 << 10);
	assert_true(amount_size("4096", &bytes) && bytes == 4096);
	assert_true(amount_size("1GiB", &bytes) && bytes == 1 << 30);
	assert_true(amount_size("1.5K", &bytes) && bytes == 1536);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(amount_size(bad[i], &bytes));
	assert_int_equal(bytes, 1536);
}

static void numbers(void **state)
{
	static const char *const bad[] = { "", "-1", "1.5", "18446744073709551616", "0x10", "7 " };
	uint64_t n = 0;

	(void)state;
	assert_true(amount_number("18446744073709551615", &n) && n == UINT64_MAX);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(amount_number(bad[i], &n));
	assert_true(n == UINT64_MAX);
}

/* What is shown reads back as the same. */
static void shown_and_read_again(void **state)
{
	static const uint64_t all[] = { 0,	 1,	  999,	       1000,	      50000,
					1000000, 1500000, 60000000000, 86400000000000 };
	static const uint64_t sizes[] = { 0,	 1,	     1000,	 1024,
					  65536, 1500 << 10, 1ULL << 30, 1ULL << 50 };
	char text[32];
	uint64_t ns, bytes;

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		amount_text(text, sizeof(text), all[i]);
		assert_true(amount_duration(text, 0, &ns));
		assert_int_equal(ns, all[i]);
	}
	amount_text(text, sizeof(text), 1000000);
	assert_string_equal(text, "1ms");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		amount_size_text(text, sizeof(text), sizes[i]);
		assert_true(amount_size(text, &bytes));
		assert_int_equal(bytes, sizes[i]);
	}
	amount_size_text(text, sizeof(text), 1 << 20);
	assert_string_equal(text, "1M");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations),
		cmocka_unit_test(sizes),
		cmocka_unit_test(numbers),
		cmocka_unit_test(shown_and_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* symbolize/demangle: C++ and Rust names as people write them, and what stays as it is. */
#include "unit.h"

#include "demangle.h"

#include <stdbool.h>

static void is(const char *mangled, const char *name)
{
	char *got = demangle_name(mangled);

	if (!name)
		assert_null(got);
	else
		assert_string_equal(got ? got : "nothing", name);
	free(got);
}

static void names_without_their_parameters(void **state)
{
	(void)state;
	is("_Z3fooi", "foo");
	is("_ZN3foo3barEid", "foo::bar");
	is("_ZN5boost4asio6detail9scheduler3runERNS_6system10error_codeE",
	   "boost::asio::detail::scheduler::run");
	is("_ZNSt6vectorIiSaIiEE9push_backERKi",
	   "std::vector<int, std::allocator<int> >::push_back");
}

static void rust_of_both_schemes(void **state)
{
	(void)state;
	/* The legacy one without its hash. */
	is("_ZN4core3ptr13drop_in_place17h0123456789abcdefE", "core::ptr::drop_in_place");
	is("_RNvC6_123foo3bar", "123foo::bar");
}

static void what_is_not_mangled(void **state)
{
	static const char *const plain[] = { "",	"main",	   "_",	    "_Z",	  "_R",
					     "__Z3foo", "_ZN3foo", "_Zzzz", "s_show.cold" };

	(void)state;
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		is(plain[i], NULL);
}

/*
 * A template whose arguments are both the one before, n deep: f<A<A<int, int>, A<int, int> > > for
 * two. S0_ is A, S1_ what was written of it first, and so on: a few bytes more double the meaning.
 */
static char *doubled(int n)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	char name[512];
	size_t len = (size_t)snprintf(name, sizeof(name), "_Z1fI1AI");

	for (int i = 1; i < n; i++)
		len += (size_t)snprintf(name + len, sizeof(name) - len, "S0_I");
	len += (size_t)snprintf(name + len, sizeof(name) - len, "iiE");
	for (int i = 1; i < n; i++)
		len += (size_t)snprintf(name + len, sizeof(name) - len, "S%c_E", digits[i]);
	snprintf(name + len, sizeof(name) - len, "Evv");
	return demangle_name(name);
}

/* A small name that means a huge one stays as it is. */
static void no_name_longer_than_allowed(void **state)
{
	bool too_long = false;
	size_t before = 0;

	(void)state;
	for (int n = 1; n <= 20; n++) {
		char *got = doubled(n);
		size_t len = got ? strlen(got) : 0;

		free(got);
		if (!len) {
			/* It would have been twice as long at least. */
			assert_true(before * 2 > DEMANGLE_MAX / 2);
			too_long = true;
			continue;
		}
		assert_false(too_long);
		assert_true(len <= DEMANGLE_MAX);
		assert_true(len > before * 3 / 2);
		before = len;
	}
	assert_true(too_long);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_without_their_parameters),
		cmocka_unit_test(rust_of_both_schemes),
		cmocka_unit_test(what_is_not_mangled),
		cmocka_unit_test(no_name_longer_than_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

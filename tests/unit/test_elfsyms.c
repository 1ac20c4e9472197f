/* symbolize/elfsyms: the function that holds an address, and which of several names is shown. */
#include "unit.h"

#include "elfsyms.h"

#include <sirqprof/limits.h>

static struct elfsyms syms;

static void add(uint64_t start, uint64_t size, uint64_t limit, uint8_t rank, const char *name)
{
	const struct elfsym s = {
		.start = start, .size = size, .limit = limit, .rank = rank, .name = name
	};

	assert_true(elfsyms_add(&syms, &s, strlen(name)));
}

static void is(uint64_t addr, const char *name)
{
	const struct elfsym *s = elfsyms_find(&syms, addr);

	if (!name) {
		assert_null(s);
		return;
	}
	assert_non_null(s);
	assert_string_equal(s->name, name);
	assert_true(s->start <= addr);
}

static int clear(void **state)
{
	(void)state;
	elfsyms_free(&syms);
	return 0;
}

static void none(void **state)
{
	(void)state;
	elfsyms_seal(&syms);
	is(0, NULL);
	is(UINT64_MAX, NULL);
}

static void from_first_byte_to_last(void **state)
{
	(void)state;
	add(0x2000, 0x10, 0, 0, "second");
	add(0x1000, 0x10, 0, 0, "first");
	add(UINT64_MAX - 0xf, 0x10, 0, 0, "highest");
	elfsyms_seal(&syms);
	is(0xfff, NULL);
	is(0x1000, "first");
	is(0x100f, "first");
	is(0x1010, NULL);
	is(0x2000, "second");
	is(0x2010, NULL);
	is(UINT64_MAX, "highest");
}

/* Assembly: up to the next one, or to the end of its section. */
static void without_a_size(void **state)
{
	(void)state;
	add(0x1000, 0, 0x1800, 0, "asm_one");
	add(0x1100, 0, 0x1800, 0, "asm_two");
	add(0x1900, 0, 0x1900, 0, "at_the_end");
	elfsyms_seal(&syms);
	is(0x10ff, "asm_one");
	is(0x1100, "asm_two");
	is(0x17ff, "asm_two");
	is(0x1800, NULL);
	/* Its own address at least. */
	is(0x1900, "at_the_end");
	is(0x1901, NULL);
}

static void a_short_one_inside_a_long_one(void **state)
{
	(void)state;
	add(0x1000, 0x1000, 0, 0, "outer");
	add(0x1100, 0x10, 0, 0, "label");
	elfsyms_seal(&syms);
	is(0x10ff, "outer");
	is(0x1108, "label");
	is(0x1110, "outer");
	is(0x1fff, "outer");
	is(0x2000, NULL);
}

/* Of one address: one with a size, of the greater rank, of fewer underscores, the longer, the first
 * added. */
static void of_several_names_one(void **state)
{
	(void)state;
	add(0x1000, 0, 0x2000, 9, "sizeless");
	add(0x1000, 0x10, 0, 1, "sized");
	add(0x2000, 0x10, 0, 1, "weak_but_long");
	add(0x2000, 0x10, 0, 2, "global");
	add(0x3000, 0x10, 0, 1, "__under_scored");
	add(0x3000, 0x10, 0, 1, "plain");
	add(0x4000, 0x10, 0, 1, "short");
	add(0x4000, 0x10, 0, 1, "longer_name");
	add(0x5000, 0x10, 0, 1, "same_a");
	add(0x5000, 0x10, 0, 1, "same_b");
	elfsyms_seal(&syms);
	is(0x1001, "sized");
	is(0x2001, "global");
	is(0x3001, "plain");
	is(0x4001, "longer_name");
	is(0x5001, "same_a");
}

static void names_are_made_readable_when_found(void **state)
{
	const struct elfsym *s;

	(void)state;
	add(0x1000, 0x10, 0, 0, "_ZN3foo3barEi");
	add(0x2000, 0x10, 0, 0, "_ZN3foo");
	elfsyms_seal(&syms);
	is(0x1001, "foo::bar");
	s = elfsyms_find(&syms, 0x1002);
	assert_ptr_equal(s->name, elfsyms_find(&syms, 0x1003)->name);
	/* What is no name of C++ stays. */
	is(0x2001, "_ZN3foo");
}

static void names_are_copied(void **state)
{
	char name[2 * SP_MAX_STRING];
	struct elfsym s = { .start = 0x1000, .size = 1, .name = name };

	(void)state;
	memset(name, 'x', sizeof(name));
	assert_true(elfsyms_add(&syms, &s, 4));
	s.start = 0x2000;
	assert_true(elfsyms_add(&syms, &s, sizeof(name)));
	memset(name, 0, sizeof(name));
	elfsyms_seal(&syms);
	is(0x1000, "xxxx");
	assert_int_equal(strlen(elfsyms_find(&syms, 0x2000)->name), SP_MAX_STRING);
}

static void very_many(void **state)
{
	char name[32];

	(void)state;
	for (uint64_t i = 0; i < 20000; i++) {
		uint64_t k = i * 7919 % 20000;

		snprintf(name, sizeof(name), "function_%05u", (unsigned int)k);
		add(k * 16, 16, 0, 0, name);
	}
	elfsyms_seal(&syms);
	for (uint64_t k = 0; k < 20000; k += 37) {
		snprintf(name, sizeof(name), "function_%05u", (unsigned int)k);
		is(k * 16, name);
		is(k * 16 + 15, name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(none, clear),
		cmocka_unit_test_teardown(from_first_byte_to_last, clear),
		cmocka_unit_test_teardown(without_a_size, clear),
		cmocka_unit_test_teardown(a_short_one_inside_a_long_one, clear),
		cmocka_unit_test_teardown(of_several_names_one, clear),
		cmocka_unit_test_teardown(names_are_made_readable_when_found, clear),
		cmocka_unit_test_teardown(names_are_copied, clear),
		cmocka_unit_test_teardown(very_many, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

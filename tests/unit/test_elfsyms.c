/* symbolize/elfsyms: the function that holds an address, and which of several names is shown. */
#include "unit.h"

#include "elfsyms.h"

static struct elfsyms syms;
static const char *names[32768];
static uint32_t nnames, looks;

static bool put(uint64_t start, uint64_t size, uint64_t limit, uint8_t rank, const char *name)
{
	names[nnames] = name;
	return elfsyms_add(&syms, &(struct elfsym_told){
					  .start = start,
					  .size = size,
					  .limit = limit,
					  .rank = rank,
					  .name = nnames++,
					  .strings = 2,
				  });
}

static void add(uint64_t start, uint64_t size, uint64_t limit, uint8_t rank, const char *name)
{
	assert_true(put(start, size, limit, rank, name));
}

static struct elfsyms_look look(void *self, uint32_t strings, uint32_t name)
{
	assert_ptr_equal(self, &syms);
	assert_int_equal(strings, 2);
	looks++;
	return (struct elfsyms_look){ strspn(names[name], "_"), strlen(names[name]) };
}

static void seal(void)
{
	elfsyms_seal(&syms, look, &syms);
	for (size_t i = 1; i < syms.n; i++)
		assert_true(elfsyms_start(&syms, &syms.at[i - 1]) <
			    elfsyms_start(&syms, &syms.at[i]));
	/* Nothing is kept but what is there. */
	assert_int_equal(elfsyms_bytes(&syms), 16 * syms.n);
}

static void is(uint64_t addr, const char *name)
{
	uint64_t first, last, same[2];
	const struct elfsym *s = elfsyms_find(&syms, addr, &first, &last);

	/* All over where it says so, and no further. */
	assert_true(first <= addr && addr <= last);
	assert_ptr_equal(elfsyms_find(&syms, first, &same[0], &same[1]), s);
	assert_true(same[0] == first && same[1] == last);
	assert_ptr_equal(elfsyms_find(&syms, last, &same[0], &same[1]), s);
	assert_true(same[0] == first && same[1] == last);
	if (!name) {
		assert_null(s);
		return;
	}
	assert_non_null(s);
	assert_string_equal(names[s->name], name);
	assert_true(elfsyms_start(&syms, s) <= addr);
	assert_int_equal(s->nr, 0);
}

static int clear(void **state)
{
	(void)state;
	elfsyms_free(&syms);
	nnames = looks = 0;
	return 0;
}

static void none(void **state)
{
	(void)state;
	seal();
	is(0, NULL);
	is(UINT64_MAX, NULL);
}

static void from_first_byte_to_last(void **state)
{
	(void)state;
	add(0x2000, 0x10, 0, 0, "second");
	add(0x1000, 0x10, 0, 0, "first");
	add(UINT64_MAX - 0xf, 0x10, 0, 0, "highest");
	seal();
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
	seal();
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
	seal();
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
	add(0x1000, 0, 0x2000, 7, "sizeless");
	add(0x1000, 0x10, 0, 1, "sized");
	add(0x2000, 0x10, 0, 1, "weak_but_long");
	add(0x2000, 0x10, 0, 2, "global");
	add(0x3000, 0x10, 0, 1, "__under_scored");
	add(0x3000, 0x10, 0, 1, "plain");
	add(0x4000, 0x10, 0, 1, "short");
	add(0x4000, 0x10, 0, 1, "longer_name");
	add(0x5000, 0x10, 0, 1, "same_a");
	add(0x5000, 0x10, 0, 1, "same_b");
	/* One that won by its rank is compared by its own name. */
	add(0x6000, 0x10, 0, 1, "the_longest_name");
	add(0x6000, 0x10, 0, 3, "shorter");
	add(0x6000, 0x10, 0, 3, "_short");
	add(0x6000, 0x10, 0, 3, "short");
	seal();
	assert_int_equal(syms.n, 6);
	is(0x1001, "sized");
	is(0x2001, "global");
	is(0x3001, "plain");
	is(0x4001, "longer_name");
	is(0x5001, "same_a");
	is(0x6001, "shorter");
}

/* Of so many sorting does not keep the order in which they were added. */
static void of_many_alike_the_first(void **state)
{
	static char room[300][8];

	(void)state;
	for (uint64_t i = 0; i < 300; i++) {
		snprintf(room[i], sizeof(room[i]), "s%03u", (unsigned int)i);
		/* 3 addresses, the highest first. */
		add(0x3000 - 0x1000 * (i % 3), 0x10, 0, 1, room[i]);
	}
	seal();
	assert_int_equal(syms.n, 3);
	is(0x3000, "s000");
	is(0x2000, "s001");
	is(0x1000, "s002");
}

/* Names are read from the file for it. */
static void names_are_looked_at_only_where_they_decide(void **state)
{
	(void)state;
	add(0x1000, 0x10, 0, 1, "one");
	add(0x2000, 0x10, 0, 1, "two");
	add(0x2000, 0x10, 0, 2, "three");
	seal();
	assert_int_equal(looks, 0);
	is(0x2000, "three");
}

/* Of several without a size none is known to reach further than where it begins. */
static void of_several_without_a_size(void **state)
{
	(void)state;
	add(0x1000, 0, 0x2000, 1, "a");
	add(0x1000, 0, 0x2000, 1, "longer");
	seal();
	is(0x1000, "longer");
	is(0x1001, NULL);
}

/* Half an address and half a size are kept. */
static void far_apart_and_very_long(void **state)
{
	static const uint64_t at[] = { 0xffffffff81000000, 0x1000, 0x7f0000001000, 0x100001000 };

	(void)state;
	for (size_t i = 0; i < 4; i++)
		add(at[i] + 0x100, 0x10, 0, 0, "second");
	for (size_t i = 0; i < 4; i++)
		add(at[i], 0x10, 0, 0, "first");
	add(1ULL << 50, UINT64_MAX >> 1, 0, 0, "endless");
	add(2ULL << 50, 0, 3ULL << 50, 0, "asm");
	seal();
	for (size_t i = 0; i < 4; i++) {
		is(at[i] - 1, NULL);
		is(at[i] + 0xf, "first");
		is(at[i] + 0x10, NULL);
		is(at[i] + 0x100, "second");
		is(at[i] + 0x110, NULL);
	}
	is((1ULL << 50) + UINT32_MAX - 1, "endless");
	is((2ULL << 50) + UINT32_MAX - 1, "asm");
	/* Rather unknown than longer than what is kept. */
	is((1ULL << 50) + UINT32_MAX, NULL);
	is((2ULL << 50) + UINT32_MAX, NULL);
}

/* Only a file that was made to has its functions everywhere. */
static void everywhere(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 100; i++)
		assert_int_equal(put((100 - i) << 32, 16, 0, 0, "x"), i < ELFSYMS_UPPERS);
	add((100ULL << 32) + 32, 16, 0, 0, "y");
	seal();
	assert_int_equal(syms.n, ELFSYMS_UPPERS + 1);
	is((100ULL << 32) + 33, "y");
	is((85ULL << 32) + 1, "x");
	is((84ULL << 32) + 1, NULL);
}

static void very_many(void **state)
{
	static char room[20000][16];
	const char *name;

	(void)state;
	for (uint64_t i = 0; i < 20000; i++) {
		uint64_t k = i * 7919 % 20000;

		snprintf(room[k], sizeof(room[k]), "function_%05u", (unsigned int)k);
		add(k * 16, 16, 0, 0, room[k]);
	}
	seal();
	for (uint64_t k = 0; k < 20000; k += 37) {
		name = room[k];
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
		cmocka_unit_test_teardown(of_many_alike_the_first, clear),
		cmocka_unit_test_teardown(names_are_looked_at_only_where_they_decide, clear),
		cmocka_unit_test_teardown(of_several_without_a_size, clear),
		cmocka_unit_test_teardown(far_apart_and_very_long, clear),
		cmocka_unit_test_teardown(everywhere, clear),
		cmocka_unit_test_teardown(very_many, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

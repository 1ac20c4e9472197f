/* symbolize/elftables, elfdebug, elfnames, elfstrings: tables that are given up and read again give
 * the same names, or none. */
#include "fakeelf.h"
#include "faketables.h"
#include "tempdir.h"

#include <sirqprof/limits.h>

/* What the tables in memory take, counted. */
static size_t counted(void)
{
	size_t sum = 0;

	for (const struct elftable *t = all.oldest; t; t = t->next)
		sum += elfsyms_bytes(&t->image.symbols);
	return sum;
}

static void names_stay_when_tables_go(void **state)
{
	static const char *const of[] = { "a", "b", "c", "d", "e" };
	struct elftable t[5];
	const char *was[5][MANY];

	(void)state;
	budget((size_t)2 * MANY * SIZE);
	for (int k = 0; k < 5; k++) {
		load(&t[k], make_many(of[k], 0));
		for (uint32_t i = 0; i < MANY; i += 7)
			was[k][i] = ask(&t[k], i);
	}
	/* For what was asked for before nothing is read. */
	for (uint32_t i = 0; i < MANY; i += 7)
		for (int k = 0; k < 5; k++)
			assert_ptr_equal(ask(&t[k], i), was[k][i]);
	assert_int_equal(all.reloads, 0);
	for (uint32_t i = 0; i < MANY; i += 7) {
		for (int k = 0; k < 5; k++) {
			forget(&t[k]);
			is(&t[k], i);
			assert_ptr_equal(ask(&t[k], i), was[k][i]);
			/* The same name of another file is another function. */
			assert_true(!k || was[k][i] != was[k - 1][i]);
			assert_int_equal(counted(), all.bytes);
			assert_int_equal(all.bytes, (size_t)2 * MANY * SIZE);
		}
	}
	assert_true(all.reloads > 500);
	/* Names never asked for before can be, too. */
	for (int k = 0; k < 5; k++)
		is(&t[k], 500);
	for (int k = 0; k < 5; k++) {
		elftable_free(&all, &t[k]);
		unlink(in_tempdir(of[k]));
	}
}

static void the_one_asked_for_least_recently_goes(void **state)
{
	struct elftable a, b, c;

	(void)state;
	budget((size_t)2 * MANY * SIZE);
	load(&a, make_many("a", 0));
	load(&b, make_many("b", 0));
	is(&a, 1);
	load(&c, make_many("c", 0));
	assert_true(a.in && !b.in && c.in);
	is(&a, 2);
	is(&c, 2);
	assert_int_equal(all.reloads, 0);
	is(&b, 2);
	assert_true(!a.in && b.in && c.in);
	assert_int_equal(all.reloads, 1);
	elftable_free(&all, &a);
	elftable_free(&all, &b);
	elftable_free(&all, &c);
	unlink(in_tempdir("a"));
	unlink(in_tempdir("b"));
	unlink(in_tempdir("c"));
}

static void one_larger_than_the_budget(void **state)
{
	struct elftable small, large;
	const struct fakeelf few = { .syms = many, .n = 10 };

	(void)state;
	budget((size_t)MANY * SIZE - 1);
	load(&small, make("small", &few));
	load(&large, make_many("large", 0));
	assert_true(!small.in && large.in);
	is(&large, 999);
	is(&large, 3);
	assert_int_equal(all.reloads, 0);
	is(&small, 3);
	assert_true(small.in && !large.in);
	assert_int_equal(all.bytes, 10 * SIZE);
	is(&large, 998);
	assert_int_equal(all.bytes, MANY * SIZE);
	elftable_free(&all, &small);
	elftable_free(&all, &large);
	unlink(in_tempdir("small"));
	unlink(in_tempdir("large"));
}

/* Of what is asked for in vain nothing is read again and again. */
static void no_symbols(void **state)
{
	const struct fakeelf none = { .n = 0 };
	struct elftable t;

	(void)state;
	load(&t, make("none", &none));
	assert_null(ask(&t, 0));
	assert_false(t.lost);
	assert_int_equal(all.reloads, 0);
	elftable_free(&all, &t);
	unlink(in_tempdir("none"));
}

static void what_is_read_again_gets_room(void **state)
{
	static const char *const of[] = { "a", "b", "c" };
	struct elftable t[3];

	(void)state;
	all.most_bytes = (size_t)2 * MANY * SIZE;
	all.grown_bytes = (size_t)5 * MANY * SIZE / 2;
	for (int k = 0; k < 3; k++)
		load(&t[k], make_many(of[k], 0));
	assert_int_equal(all.most_bytes, 2 * MANY * SIZE);
	is(&t[0], 0);
	assert_int_equal(all.most_bytes, all.grown_bytes);
	all.grown_bytes *= 2;
	for (uint32_t i = 0; i < MANY; i++)
		for (int k = 0; k < 3; k++)
			is(&t[k], i);
	assert_int_equal(all.reloads, 2);
	assert_int_equal(all.most_bytes, 7 * MANY * SIZE / 2);
	assert_true(t[0].in && t[1].in && t[2].in);
	for (int k = 0; k < 3; k++) {
		elftable_free(&all, &t[k]);
		unlink(in_tempdir(of[k]));
	}
}

static void read_again_too_often(void **state)
{
	struct elftable a, b;
	const char *first;

	(void)state;
	budget((size_t)MANY * SIZE);
	load(&a, make_many("a", 0));
	first = ask(&a, 1);
	load(&b, make_many("b", 0));
	all.again = ELFTABLES_AGAIN_MOST - MANY - 2;
	is(&a, 2);
	/* One entry of each table is none. */
	assert_int_equal(all.again, ELFTABLES_AGAIN_MOST - 1);
	is(&b, 2);
	for (int i = 0; i < 3; i++)
		assert_null(ask(&a, 3));
	assert_int_equal(all.unnamed, 1);
	assert_null(ask(&a, 4));
	assert_int_equal(all.unnamed, 2);
	assert_false(a.in || a.lost || a.away);
	assert_int_equal(all.reloads, 2);
	assert_ptr_equal(ask(&a, 1), first);
	/* The one that is in memory goes on. */
	is(&b, 3);
	elftable_free(&all, &a);
	elftable_free(&all, &b);
	unlink(in_tempdir("a"));
	unlink(in_tempdir("b"));
}

static void functions_are_told_apart_by_pointers(void **state)
{
	const struct fakesym syms[] = {
		{ .start = FAKEELF_AT, .size = 64, .name = "same" },
		{ .start = FAKEELF_AT + 64, .size = 64, .name = "same" },
		{ .start = FAKEELF_AT + 128, .size = 64, .name = "__alias" },
		{ .start = FAKEELF_AT + 128, .size = 64, .name = "the_name@@GLIBC_2.14" },
		{ .start = FAKEELF_AT + 128,
		  .size = 64,
		  .name = "a_weak_one_of_more_letters",
		  .info = ELF64_ST_INFO(STB_WEAK, STT_FUNC) },
	};
	const struct fakeelf e = { .syms = syms, .n = 5 };
	struct elftable t, other;
	const char *first, *second;

	(void)state;
	load(&t, make("same", &e));
	for (int again = 0; again <= 1; again++) {
		forget(&t);
		first = again ? first : ask(&t, 0);
		second = again ? second : ask(&t, 1);
		assert_string_equal(first, second);
		assert_ptr_not_equal(first, second);
		assert_ptr_equal(ask(&t, 0), first);
		assert_ptr_equal(ask(&t, 1), second);
		assert_string_equal(ask(&t, 2), "the_name");
		budget(1);
		load(&other, make_many("other", 0));
		elftable_free(&all, &other);
		assert_false(t.in);
	}
	elftable_free(&all, &t);
	unlink(in_tempdir("same"));
	unlink(in_tempdir("other"));
}

/* Names of all lengths, on both sides of where the file is read in pieces. */
static void long_names(void **state)
{
	enum { N = 300 };
	static char text[N][2 * SP_MAX_STRING];
	static struct fakesym syms[2 * N];
	struct elftable t;

	(void)state;
	for (uint32_t i = 0; i < N; i++) {
		memset(text[i], 'a' + i % 26, i < 290 ? 17 * i + 1 : 2 * SP_MAX_STRING - 1);
		syms[2 * i] = (struct fakesym){ .start = FAKEELF_AT + 64 * i,
						.size = 64,
						.name = text[i] };
		/* Loses by its length, or by one underscore. */
		syms[2 * i + 1] = (struct fakesym){ .start = FAKEELF_AT + 64 * i,
						    .size = 64,
						    .name = i % 2 ? "_" : "" };
	}
	load(&t, make("long", &(struct fakeelf){ .syms = syms, .n = (size_t)2 * N }));
	assert_int_equal(t.image.symbols.n, N);
	for (uint32_t i = 0; i < N; i++) {
		size_t len = strlen(text[i]) < SP_MAX_STRING ? strlen(text[i]) : SP_MAX_STRING;

		assert_non_null(ask(&t, i));
		assert_int_equal(strlen(ask(&t, i)), len);
		assert_memory_equal(ask(&t, i), text[i], len);
	}
	elftable_free(&all, &t);
	unlink(in_tempdir("long"));
}

static void names_are_bounded(void **state)
{
	struct elfnames n = { 0 };
	char name[64];
	uint32_t i = 0, nr;
	const char *first;
	uint64_t start;

	(void)state;
	assert_int_equal(elfnames_find(&n, 3, 0), 0);
	assert_int_equal(elfnames_add(&n, 3, 0, "first"), 1);
	first = elfnames_at(&n, 1, &start);
	do {
		snprintf(name, sizeof(name), "function_of_some_length_%u", ++i);
		nr = elfnames_add(&n, 3, i, name);
		assert_true(n.bytes <= ELFNAMES_MOST_BYTES);
		assert_true(!nr || nr == i + 1);
	} while (nr);
	assert_true(i > 45000 && n.bytes > ELFNAMES_MOST_BYTES - (1U << 17));
	/* What was given out stays. */
	assert_ptr_equal(elfnames_at(&n, elfnames_find(&n, 3, 0), &start), first);
	assert_string_equal(elfnames_at(&n, elfnames_find(&n, 3, 20000), &start),
			    "function_of_some_length_20000");
	assert_int_equal(elfnames_find(&n, 4, 20000), 0);
	elfnames_free(&n);
}

static void answers_are_bounded(void **state)
{
	struct elfspans few = { 0 }, more[80] = { { 0 } };
	uint32_t room = 0;

	(void)state;
	assert_null(elfspans_find(&few, 0));
	for (uint32_t i = 0; i < 5 * ELFSPANS_MOST; i++) {
		const uint64_t at = 16ULL * (i * 7919 % (5 * ELFSPANS_MOST));

		assert_null(elfspans_find(&few, at + 5));
		elfspans_add(&few, &(struct elfspan){ at + 4, at + 7, i }, &room);
		assert_true(few.n <= ELFSPANS_MOST && room <= ELFSPANS_MOST);
		/* Never all are forgotten, and some of everywhere stay. */
		assert_true(i < ELFSPANS_MOST || (few.n > ELFSPANS_MOST / 2 &&
						  few.at[few.n - 1].first > 60 * ELFSPANS_MOST));
		for (uint64_t k = 4; k < 8; k++)
			assert_int_equal(elfspans_find(&few, at + k)->nr, i);
		assert_null(elfspans_find(&few, at + 3));
		assert_null(elfspans_find(&few, at + 8));
		for (uint32_t k = 1; k < few.n; k++)
			assert_true(few.at[k - 1].last < few.at[k].first);
	}
	/* Of all files. */
	for (uint64_t i = 0; i < ELFSPANS_MOST; i++)
		for (uint32_t k = 0; k < 80; k++)
			elfspans_add(&more[k], &(struct elfspan){ i, i, k }, &room);
	assert_true(room <= ELFSPANS_MOST_ALL && room > ELFSPANS_MOST_ALL / 2);
	for (uint32_t k = 0; k < 80; k++)
		elfspans_free(&more[k], &room);
	assert_int_equal(room, few.room);
	elfspans_free(&few, &room);
	assert_int_equal(room, 0);
}

static void no_room_for_a_name(void **state)
{
	struct elftable t;
	uint32_t i;

	(void)state;
	load(&t, make_many("a", 0));
	is(&t, 1);
	all.names.bytes += ELFNAMES_MOST_BYTES;
	is(&t, 1);
	/* What there is room for still has a name. */
	for (i = 2; i < MANY && ask(&t, i); i++)
		is(&t, i);
	assert_true(i < MANY);
	assert_null(ask(&t, i));
	assert_int_equal(all.unnamed, 1);
	assert_null(ask(&t, i + 1));
	assert_int_equal(all.unnamed, 2);
	is(&t, 1);
	assert_false(t.lost);
	elftable_free(&all, &t);
	unlink(in_tempdir("a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(names_stay_when_tables_go, begin, end),
		cmocka_unit_test_setup_teardown(the_one_asked_for_least_recently_goes, begin, end),
		cmocka_unit_test_setup_teardown(one_larger_than_the_budget, begin, end),
		cmocka_unit_test_setup_teardown(no_symbols, begin, end),
		cmocka_unit_test_setup_teardown(what_is_read_again_gets_room, begin, end),
		cmocka_unit_test_setup_teardown(read_again_too_often, begin, end),
		cmocka_unit_test_setup_teardown(functions_are_told_apart_by_pointers, begin, end),
		cmocka_unit_test_setup_teardown(long_names, begin, end),
		cmocka_unit_test_setup_teardown(names_are_bounded, begin, end),
		cmocka_unit_test_setup_teardown(answers_are_bounded, begin, end),
		cmocka_unit_test_setup_teardown(no_room_for_a_name, begin, end),
	};

	return cmocka_run_group_tests(tests, setup, tempdir_remove);
}

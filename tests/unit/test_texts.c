/* symbolize/texts and travelled: what is told again is kept once, what is too much is refused, and
 * nothing that was given out moves. */
#include "unit.h"

#include "texts.h"
#include "travelled.h"

#include <sirqprof/limits.h>

#include <stdio.h>
#include <time.h>

static struct texts *texts_of(size_t most)
{
	struct sp_err err = SP_ERR_INIT;
	struct texts *t = NULL;

	assert_int_equal(texts_new(&t, most, &err), 0);
	return t;
}

static const char *keep(struct texts *t, const char *text)
{
	struct sp_err err = SP_ERR_INIT;
	const char *ret = NULL;

	assert_int_equal(texts_keep(t, text, &ret, &err), 0);
	assert_string_equal(ret, text);
	return ret;
}

static void told_again_is_the_same(void **state)
{
	sp_auto(texts) t = texts_of(1 << 20);
	struct sp_err err = SP_ERR_INIT;
	const char *at[5000], *copy;
	char text[32];

	(void)state;
	keep(t, "");
	for (int i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text), "/usr/lib/%d", i);
		at[i] = keep(t, text);
	}
	for (int i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text), "/usr/lib/%d", i);
		assert_ptr_equal(keep(t, text), at[i]);
	}
	/* The begin of another is not that. */
	assert_ptr_not_equal(keep(t, "/usr/lib"), at[0]);
	assert_int_equal(texts_copy(t, "/usr/lib/7", &copy, &err), 0);
	assert_string_equal(copy, at[7]);
	assert_ptr_not_equal(copy, at[7]);
	assert_ptr_equal(keep(t, "/usr/lib/7"), at[7]);
}

static void long_ones_are_cut(void **state)
{
	sp_auto(texts) t = texts_of(1 << 20);
	struct sp_err err = SP_ERR_INIT;
	char text[2 * SP_MAX_STRING];
	const char *a, *b;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = 0;
	assert_int_equal(texts_keep(t, text, &a, &err), 0);
	assert_int_equal(strlen(a), SP_MAX_STRING - 1);
	assert_int_equal(texts_keep(t, text, &b, &err), 0);
	assert_ptr_equal(a, b);
	assert_int_equal(texts_copy(t, text, &b, &err), 0);
	assert_string_equal(a, b);
}

/* What is there already is still found when there is no room for more. */
static void too_many_are_refused(void **state)
{
	sp_auto(texts) t = texts_of(200000);
	struct sp_err err = SP_ERR_INIT;
	const char *ret, *first = keep(t, "text 0");
	char text[32];
	int n = 1, rc;

	(void)state;
	for (;; n++) {
		snprintf(text, sizeof(text), "text %d", n);
		rc = texts_keep(t, text, &ret, &err);
		if (rc)
			break;
	}
	assert_int_equal(rc, SP_END);
	assert_string_equal(ret, "");
	assert_in_range(n, 5000, 20000);
	assert_int_equal(err.code, 0);
	assert_ptr_equal(keep(t, "text 0"), first);
}

static void no_room_at_all(void **state)
{
	sp_auto(texts) t = texts_of(0);
	struct sp_err err = SP_ERR_INIT;
	const char *ret;

	(void)state;
	keep(t, "");
	assert_int_equal(texts_keep(t, "x", &ret, &err), SP_END);
	assert_int_equal(texts_copy(t, "x", &ret, &err), SP_END);
	assert_string_equal(ret, "");
}

static void symbols_that_travelled(void **state)
{
	sp_auto(texts) t = texts_of(5 << 20);
	sp_auto(travelled) all = NULL;
	struct sp_err err = SP_ERR_INIT;
	struct ksymbol s;
	char name[32];

	(void)state;
	assert_int_equal(travelled_new(&all, t, &err), 0);
	assert_false(travelled_find(all, 1000, &s));
	for (uint64_t i = 0; i < TRAVELLED_MAX + 10; i++) {
		snprintf(name, sizeof(name), "f%u", (unsigned)i);
		assert_int_equal(
			travelled_add(all, 1000 + i * 16, 1000 + i * 16 - 4, name, "[m]", &err), 0);
	}
	/* The first that was told of an address stays; one that begins behind it begins there. */
	assert_int_equal(travelled_add(all, 1000, 900, "again", "[m]", &err), 0);
	for (uint64_t i = 0; i < TRAVELLED_MAX; i++) {
		snprintf(name, sizeof(name), "f%u", (unsigned)i);
		assert_true(travelled_find(all, 1000 + i * 16, &s));
		assert_string_equal(s.name, name);
		assert_string_equal(s.module, "[m]");
		assert_int_equal(s.start, 1000 + i * 16 - 4);
		assert_false(travelled_find(all, 1001 + i * 16, &s));
	}
	assert_false(travelled_find(all, 1000 + TRAVELLED_MAX * 16, &s));
}

/* CPU seconds that it takes to keep symbols at so many multiples of an address. */
static double seconds_of(uint64_t address)
{
	sp_auto(texts) t = texts_of(1 << 20);
	sp_auto(travelled) all = NULL;
	struct sp_err err = SP_ERR_INIT;
	clock_t begin = clock();
	struct ksymbol s;

	assert_int_equal(travelled_new(&all, t, &err), 0);
	for (uint64_t i = 1; i <= TRAVELLED_MAX; i++)
		assert_int_equal(travelled_add(all, i * address, i * address, "f", "", &err), 0);
	assert_true(travelled_find(all, TRAVELLED_MAX * address, &s));
	return (double)(clock() - begin) / CLOCKS_PER_SEC;
}

/* Addresses made to meet in one slot, where it is found by a multiplication that can be inverted:
 * a thousand times as long. */
static void no_address_is_like_another(void **state)
{
	const uint64_t inverse = 0xf1de83e19937733dULL;

	(void)state;
	assert_int_equal(inverse * 0x9e3779b97f4a7c15ULL, 1);
	assert_true(seconds_of(inverse) < 1 + 50 * seconds_of(16));
}

static void a_begin_behind_the_address(void **state)
{
	sp_auto(texts) t = texts_of(1 << 20);
	sp_auto(travelled) all = NULL;
	struct sp_err err = SP_ERR_INIT;
	struct ksymbol s;

	(void)state;
	assert_int_equal(travelled_new(&all, t, &err), 0);
	assert_int_equal(travelled_add(all, 100, 200, "f", "", &err), 0);
	assert_true(travelled_find(all, 100, &s));
	assert_int_equal(s.start, 100);
	assert_string_equal(s.module, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told_again_is_the_same),
		cmocka_unit_test(long_ones_are_cut),
		cmocka_unit_test(too_many_are_refused),
		cmocka_unit_test(no_room_at_all),
		cmocka_unit_test(symbols_that_travelled),
		cmocka_unit_test(no_address_is_like_another),
		cmocka_unit_test(a_begin_behind_the_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

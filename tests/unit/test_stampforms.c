/* analyze/stampforms: each form a program writes a civil time in, and a cursor that moves only past
 * what was read. test_stamps.c has what becomes of them. */
#include "unit.h"

#include "stampforms.h"

#define S UINT64_C(1000000000)

struct civil_case {
	const char *text, *rest;
	struct civil as;
};

/* The first form that reads it, as stamps.c asks them. */
static bool reads(stampform *const *forms, const char *text, struct civil *ret, struct cursor *in)
{
	for (; *forms; forms++) {
		*ret = (struct civil){ 0 };
		*in = (struct cursor){ text, text + strlen(text) };
		if ((*forms)(in, ret))
			return true;
		assert_ptr_equal(in->at, text);
	}
	return false;
}

static void check(stampform *const *forms, const struct civil_case *c)
{
	struct cursor in;
	struct civil got;

	if (!reads(forms, c->text, &got, &in))
		fail_msg("'%s' was not read", c->text);
	assert_string_equal(in.at, c->rest);
	assert_int_equal(got.year, c->as.year);
	assert_int_equal(got.month, c->as.month);
	assert_int_equal(got.day, c->as.day);
	assert_int_equal(got.second, c->as.second);
	assert_int_equal(got.ns, c->as.ns);
	assert_int_equal(got.resolution_ns, c->as.resolution_ns);
	assert_int_equal(got.zoned, c->as.zoned);
	if (got.zoned)
		assert_int_equal(got.offset_s, c->as.offset_s);
	assert_int_equal(got.either, c->as.either);
}

/* clang-format off */
#define AT(h, m, s) .second = (h) * 3600 + (m) * 60 + (s)

static const struct civil_case of_digit[] = {
	{ "2026-11-24T11:29:04.25Z]", "]",
	  { 2026, 11, 24, AT(11, 29, 4), 250000000, 0, true, false, S / 100 } },
	{ "2026/1/4 1:09", "", { 2026, 1, 4, AT(1, 9, 0), 0, 0, false, false, 60 * S } },
	{ "17/06/09 20:10:40 x", " x", { 2017, 6, 9, AT(20, 10, 40), 0, 0, false, false, S } },
	{ "70/06/09 20:10:40", "", { 1970, 6, 9, AT(20, 10, 40), 0, 0, false, false, S } },
	{ "24.11.2026 11:29:04", "", { 2026, 11, 24, AT(11, 29, 4), 0, 0, false, false, S } },
	{ "24/11/2026 11:29:04", "", { 2026, 11, 24, AT(11, 29, 4), 0, 0, false, false, S } },
	{ "11/24/2026 11:29:04", "", { 2026, 11, 24, AT(11, 29, 4), 0, 0, false, false, S } },
	/* Nobody knows, but where both are the same. */
	{ "03/04/2026 11:29:04", "", { 2026, 3, 4, AT(11, 29, 4), 0, 0, false, true, S } },
	{ "04/04/2026 11:29:04", "", { 2026, 4, 4, AT(11, 29, 4), 0, 0, false, false, S } },
	{ "03.04.2026 11:29:04", "", { 2026, 4, 3, AT(11, 29, 4), 0, 0, false, false, S } },
	{ "10/Oct/2000:13:55:36 -0700", "",
	  { 2000, 10, 10, AT(13, 55, 36), 0, -25200, true, false, S } },
	{ "24 Nov 2026 11:29:04 +0000", "", { 2026, 11, 24, AT(11, 29, 4), 0, 0, true, false, S } },
	{ "11:29:04.200 rest", " rest",
	  { 0, 0, 0, AT(11, 29, 4), 200000000, 0, false, false, S / 1000 } },
	{ "20261124T112904,5", "", { 2026, 11, 24, AT(11, 29, 4), 500000000, 0, false, false,
				    S / 10 } },
	/* Halves of the day; noon and midnight are the odd ones. */
	{ "2026-11-24 12:00:00 AM", "", { 2026, 11, 24, AT(0, 0, 0), 0, 0, false, false, S } },
	{ "2026-11-24 12:00:00 PM", "", { 2026, 11, 24, AT(12, 0, 0), 0, 0, false, false, S } },
	{ "2026-11-24 1:00:00 p.m. CET", "",
	  { 2026, 11, 24, AT(13, 0, 0), 0, 3600, true, false, S } },
	{ "11/24/2026, 11:29:04\xe2\x80\xafPM", "",
	  { 2026, 11, 24, AT(23, 29, 4), 0, 0, false, false, S } },
	{ "2026-11-24 11:29:04 PMX", " PMX", { 2026, 11, 24, AT(11, 29, 4), 0, 0, false, false, S } },
	/* A leap second, and more digits than ns. */
	{ "2016-12-31T23:59:60.1234567899Z", "",
	  { 2016, 12, 31, AT(23, 59, 60), 123456789, 0, true, false, 1 } },
	/* A zone must end where it ends. */
	{ "2026-11-24 11:29:04 ESTONIA", " ESTONIA",
	  { 2026, 11, 24, AT(11, 29, 4), 0, 0, false, false, S } },
	{ "2026-11-24 11:29:04-05:00", "",
	  { 2026, 11, 24, AT(11, 29, 4), 0, -18000, true, false, S } },
	{ "2026-11-24 11:29:04.", ".", { 2026, 11, 24, AT(11, 29, 4), 0, 0, false, false, S } },
};

static const struct civil_case of_word[] = {
	{ "Nov 24 11:29:04 host app:", " host app:",
	  { 0, 11, 24, AT(11, 29, 4), 0, 0, false, false, S } },
	{ "Nov  4 11:29:04", "", { 0, 11, 4, AT(11, 29, 4), 0, 0, false, false, S } },
	{ "Nov 24, 2026 11:29:04.2 UTC", "",
	  { 2026, 11, 24, AT(11, 29, 4), 200000000, 0, true, false, S / 10 } },
	{ "Sun Dec 04 04:51:08 2005]", "]",
	  { 2005, 12, 4, AT(4, 51, 8), 0, 0, false, false, S } },
	{ "Tue Nov 24 11:29:04 UTC 2026", "",
	  { 2026, 11, 24, AT(11, 29, 4), 0, 0, true, false, S } },
	{ "Tue, 24 Nov 2026 11:29:04 +0000", "",
	  { 2026, 11, 24, AT(11, 29, 4), 0, 0, true, false, S } },
};
/* clang-format on */

static void forms_that_begin_with_a_digit(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(of_digit) / sizeof(of_digit[0]); i++)
		check(stampforms_of_digit, &of_digit[i]);
}

static void forms_that_begin_with_a_word(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(of_word) / sizeof(of_word[0]); i++)
		check(stampforms_of_word, &of_word[i]);
}

/* reads() checks that none of them moved the cursor. */
static void what_is_no_time(void **state)
{
	static const char *const wrong[] = {
		"",
		"2",
		"2026-11-24",
		"2026-11-24T",
		"2026-11-24T11",
		"2026-11-24T24:00:00",
		"2026-11-24T11:60:00",
		"2026-11-24T11:29:61",
		"2026-13-24T11:29:04",
		"2026-11-32T11:29:04",
		"2026-11/24T11:29:04",
		"02026-11-24T11:29:04",
		"13/13/2026 11:29:04",
		"11/24/1969 11:29:04",
		"20261324T112904",
		"20261124T116004",
		"20261124 112904",
		"11:29",
		"64 bytes from",
		"99999999999999999999999999:00:00",
	};
	static const char *const words[] = { "",
					     "Nov",
					     "November 24 11:29:04",
					     "nov 24 11:29:04",
					     "Nov 32 11:29:04",
					     "Nov 24 11:29:61",
					     "Sun 11:29:04",
					     "No" };
	struct cursor in;
	struct civil got;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (reads(stampforms_of_digit, wrong[i], &got, &in))
			fail_msg("'%s' was read", wrong[i]);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (reads(stampforms_of_word, words[i], &got, &in))
			fail_msg("'%s' was read", words[i]);
}

/* Every beginning of every case, without NUL behind it: nothing past the end is read. */
static void cut_anywhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(of_digit) / sizeof(of_digit[0]); i++) {
		size_t len = strlen(of_digit[i].text);

		for (size_t n = 0; n < len; n++) {
			char *text = malloc(n ? n : 1);
			struct cursor in;

			assert_non_null(text);
			memcpy(text, of_digit[i].text, n);
			for (stampform *const *f = stampforms_of_digit; *f; f++) {
				struct civil got = { 0 };

				in = (struct cursor){ text, text + n };
				(*f)(&in, &got);
				assert_true(in.at >= text && in.at <= in.end);
			}
			free(text);
		}
	}
}

static void a_number_within_its_bounds(void **state)
{
	static const char text[] = "0123x";
	struct cursor in = { text, text + 5 };
	int64_t v = 77;

	(void)state;
	assert_false(stampforms_number(&in, 1, 3, 0, 999, &v));
	assert_false(stampforms_number(&in, 5, 9, 0, 999, &v));
	assert_false(stampforms_number(&in, 1, 4, 124, 999, &v));
	assert_false(stampforms_number(&in, 1, 4, 0, 122, &v));
	assert_ptr_equal(in.at, text);
	assert_int_equal(v, 77);
	assert_true(stampforms_number(&in, 4, 4, 123, 123, &v));
	assert_int_equal(v, 123);
	assert_string_equal(in.at, "x");
	assert_false(stampforms_number(&in, 0, 4, 1, 9, &v));
}

static void a_fraction_and_its_last_digit(void **state)
{
	static const struct {
		const char *text, *rest;
		int64_t unit_ns, ns;
		uint64_t resolution_ns;
	} cases[] = {
		{ ".5", "", 1000000000, 500000000, 100000000 },
		{ ",050x", "x", 1000000000, 50000000, 1000000 },
		{ ".0000000019", "", 1000000000, 1, 1 },
		{ ".5", "", 1000, 500, 100 },
		{ "", "", 1000, 0, 1000 },
		{ ".", ".", 1000, 0, 1000 },
		{ ".x", ".x", 1000, 0, 1000 },
		{ "5", "5", 1000, 0, 1000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cursor in = { cases[i].text, cases[i].text + strlen(cases[i].text) };
		uint64_t resolution_ns = 0;
		int64_t ns = -1;

		stampforms_fraction(&in, cases[i].unit_ns, &ns, &resolution_ns);
		assert_string_equal(in.at, cases[i].rest);
		assert_int_equal(ns, cases[i].ns);
		assert_int_equal(resolution_ns, cases[i].resolution_ns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_that_begin_with_a_digit),
		cmocka_unit_test(forms_that_begin_with_a_word),
		cmocka_unit_test(what_is_no_time),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(a_number_within_its_bounds),
		cmocka_unit_test(a_fraction_and_its_last_digit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

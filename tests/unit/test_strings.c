/* analyze/strings: equal text, equal id; texts stay where they are. */
#include "strings.h"

#include "unit.h"

#include <sirqprof/limits.h>

static sp_str add(struct strings *s, const char *text)
{
	struct sp_err err = SP_ERR_INIT;
	sp_str id = UINT32_MAX;

	assert_int_equal(strings_add(s, text, strlen(text), &id, &err), 0);
	return id;
}

static void equal_text_equal_id(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(strings) s = NULL;
	const char *before;
	sp_str cat;

	(void)state;
	assert_int_equal(strings_new(&s, &err), 0);
	assert_int_equal(add(s, ""), 0);
	cat = add(s, "cat");
	before = strings_get(s, cat);
	for (int i = 0; i < 20000; i++) {
		char text[32];

		snprintf(text, sizeof(text), "comm-%d", i % 10000);
		assert_string_equal(strings_get(s, add(s, text)), text);
	}
	assert_int_equal(add(s, "cat"), cat);
	assert_ptr_equal(strings_get(s, cat), before);
	assert_string_equal(strings_get(s, 4000000), "");
}

static void long_text_is_cut_and_many_are_refused(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(strings) s = NULL;
	char text[SP_MAX_STRING * 2];
	sp_str id = 0;

	(void)state;
	assert_int_equal(strings_new(&s, &err), 0);
	memset(text, 'x', sizeof(text));
	assert_int_equal(strings_add(s, text, sizeof(text), &id, &err), 0);
	assert_int_equal(strlen(strings_get(s, id)), SP_MAX_STRING - 1);
	for (uint32_t i = 0; i < 20000; i++) {
		memcpy(text, &i, sizeof(i));
		assert_int_equal(strings_add(s, text, sizeof(text), &id, &err), 0);
	}
	assert_true(strings_refused(s) > 0);
	assert_string_equal(strings_get(s, id), "[too many strings]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_text_equal_id),
		cmocka_unit_test(long_text_is_cut_and_many_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

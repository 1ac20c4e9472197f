/* report/quality_text: every code has its row. */
#include "unit.h"

#include "quality_text.h"

#include <sirqprof/event.h>

static const char *sentence(uint32_t code, uint32_t cpu, uint64_t count, const char *detail,
			    char ret[QUALITY_TEXT_LEN])
{
	const struct sp_quality_row row = {
		.code = code, .cpu = cpu, .count = count, .detail = detail
	};

	return quality_sentence(&row, ret);
}

/* The highest code of the header: a new one without a sentence is found. */
static uint32_t last_code(void)
{
	FILE *f = fopen(SP_SOURCE_DIR "/include/sirqprof/quality.h", "re");
	char line[256];
	uint32_t last = 0, code;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, " SP_Q_%*[A-Z_] = %u", &code) == 1)
			last = code;
	fclose(f);
	assert_true(last >= SP_Q_FILE_INFERRED);
	return last;
}

static void every_code_has_a_name_of_its_own(void **state)
{
	char text[QUALITY_TEXT_LEN];

	(void)state;
	for (uint32_t a = 1; a <= last_code(); a++) {
		if (strcmp(quality_code_name(a), "unknown") == 0)
			fail_msg("code %u has no row", a);
		assert_true(sentence(a, 3, 2, "detail", text)[0]);
		assert_null(strstr(text, "%n"));
		for (uint32_t b = 1; b < a; b++)
			assert_string_not_equal(quality_code_name(a), quality_code_name(b));
	}
	assert_string_equal(quality_code_name(99999), "unknown");
}

static void numbers_are_filled_in(void **state)
{
	char text[QUALITY_TEXT_LEN];

	(void)state;
	assert_string_equal(sentence(SP_Q_LOST, 3, 1, "", text),
			    "1 record of CPU 3 was lost: the time around them is not judged");
	assert_string_equal(sentence(SP_Q_THROTTLED, SP_NO_CPU, 2000000, "", text),
			    "the kernel throttled the sampler for 2.00 ms");
	assert_string_equal(sentence(SP_Q_PRIVATE, SP_NO_CPU, 0, "%n%s as it is", text),
			    "%n%s as it is");
}

static void a_long_detail_is_cut(void **state)
{
	char text[QUALITY_TEXT_LEN], detail[2 * QUALITY_TEXT_LEN];

	(void)state;
	memset(detail, 'x', sizeof(detail));
	detail[sizeof(detail) - 1] = 0;
	assert_int_equal(strlen(sentence(SP_Q_PRIVATE, SP_NO_CPU, 0, detail, text)),
			 QUALITY_TEXT_LEN - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_has_a_name_of_its_own),
		cmocka_unit_test(numbers_are_filled_in),
		cmocka_unit_test(a_long_detail_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

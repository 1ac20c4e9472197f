/* symbolize/troubles: files that gave no names, as rows of what the report cannot know. */
#include "unit.h"

#include "troubles.h"

#include <unistd.h>

static struct sp_err err = SP_ERR_INIT;

struct rows {
	uint32_t n;
	struct {
		enum sp_quality_code code;
		uint64_t count;
		char detail[200];
	} at[4];
};

static int tell(void *self, enum sp_quality_code code, uint64_t count, const char *detail,
		struct sp_err *e)
{
	struct rows *r = self;

	(void)e;
	assert_true(r->n < 4);
	r->at[r->n].code = code;
	r->at[r->n].count = count;
	snprintf(r->at[r->n++].detail, sizeof(r->at[0].detail), "%s", detail);
	return code == SP_Q_BUILD_ID ? SP_ELIMIT : 0;
}

static void map(struct users *u, uint64_t start, const char *path, const char *build_id)
{
	assert_int_equal(users_map(u,
				   &(struct sp_mapping){ .pid = 10,
							 .time_ns = 1,
							 .start = start,
							 .len = 0x1000,
							 .path = path,
							 .build_id = build_id },
				   &err),
			 0);
}

/* One row a cause, with the file that has most of them. */
static void many_troubles_few_rows(void **state)
{
	char exe[4096] = "";
	struct users *u = NULL;
	struct rows rows = { 0 };
	struct sp_frame frame;

	(void)state;
	assert_true(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	assert_int_equal(users_new(&u, true, &err), 0);
	assert_int_equal(troubles_tell(u, tell, &rows, &err), 0);
	assert_int_equal(rows.n, 0);
	map(u, 0x1000, "/no/such/a", "");
	map(u, 0x3000, "/no/such/b", "");
	for (uint64_t pc = 0x3000; pc < 0x3005; pc++)
		users_frames(u, 10, 5, pc, &frame, 1);
	users_frames(u, 10, 5, 0x1001, &frame, 1);
	assert_int_equal(troubles_tell(u, tell, &rows, &err), 0);
	assert_int_equal(rows.n, 1);
	assert_int_equal(rows.at[0].code, SP_Q_NO_SYMBOLS);
	assert_int_equal(rows.at[0].count, 6);
	assert_string_equal(rows.at[0].detail, "/no/such/b and 1 more");
	map(u, 0x5000, exe, "0123456789abcdef");
	users_frames(u, 10, 5, 0x5001, &frame, 1);
	rows.n = 0;
	/* What the teller says ends it. */
	assert_int_equal(troubles_tell(u, tell, &rows, &err), SP_ELIMIT);
	assert_int_equal(rows.n, 2);
	assert_int_equal(rows.at[1].count, 1);
	assert_string_equal(rows.at[1].detail, exe);
	users_free(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(many_troubles_few_rows) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

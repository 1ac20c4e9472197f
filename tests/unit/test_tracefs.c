/* sampler/tracefs: ids and formats of this kernel's tracepoints. */
#include "tracefs.h"

#include "unit.h"

#include <dirent.h>
#include <stdbool.h>
#include <unistd.h>

static struct tracefs *t;

static int open_it(void **state)
{
	struct sp_err err = SP_ERR_INIT;

	(void)state;
	if (tracefs_new(&t, &err))
		printf("skip: %s\n", err.text);
	return 0;
}

static int close_it(void **state)
{
	(void)state;
	tracefs_free(t);
	tracefs_free(NULL);
	return 0;
}

static void a_tracepoint_has_the_id_of_its_format(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	char *format = NULL, expected[32];
	uint32_t id = 0, other = 0;
	size_t len = 0;

	(void)state;
	if (!t)
		skip();
	assert_int_equal(tracefs_id(t, "irq", "softirq_entry", &id, &err), SP_OK);
	assert_int_equal(tracefs_id(t, "irq", "softirq_exit", &other, &err), SP_OK);
	assert_true(id && other && id != other);
	assert_int_equal(tracefs_read(t, "events/irq/softirq_entry/format", &format, &len, &err),
			 SP_OK);
	assert_int_equal(strlen(format), len);
	snprintf(expected, sizeof(expected), "\nID: %u\n", id);
	assert_non_null(strstr(format, expected));
	free(format);
}

static void what_is_not_there_is_told(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	char *text = NULL;
	uint32_t id = 42;
	size_t len = 42;

	(void)state;
	if (!t)
		skip();
	assert_int_equal(tracefs_id(t, "irq", "no_such_event", &id, &err), SP_ESYS);
	assert_int_equal(err.sys, ENOENT);
	assert_int_equal(id, 42);
	err = (struct sp_err)SP_ERR_INIT;
	assert_int_equal(tracefs_read(t, "events/none/none/id", &text, &len, &err), SP_ESYS);
	assert_true(!text && len == 42);
	assert_true(tracefs_system(t, "no_such_system") < 0);
}

static void a_system_can_be_listed(void **state)
{
	bool found = false;
	DIR *d;
	int fd;

	(void)state;
	if (!t)
		skip();
	fd = tracefs_system(t, "irq");
	assert_true(fd >= 0);
	d = fdopendir(fd);
	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d));)
		found |= strcmp(e->d_name, "softirq_raise") == 0;
	closedir(d);
	assert_true(found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tracepoint_has_the_id_of_its_format),
		cmocka_unit_test(what_is_not_there_is_told),
		cmocka_unit_test(a_system_can_be_listed),
	};

	return cmocka_run_group_tests(tests, open_it, close_it);
}

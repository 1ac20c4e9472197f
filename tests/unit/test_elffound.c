/* symbolize/elffound: what was found for one mapping is the file of its like, and of no other. */
#include "elffound.h"

#include "unit.h"

#include <sys/wait.h>
#include <unistd.h>

/* Only its address matters. */
static struct elffile *const file = (struct elffile *)(void *)&(char){ 0 };

static void the_same_path_and_inode(void **state)
{
	struct elffound f = { 0 };
	struct sp_mapping m = { .pid = 5, .path = "/lib/a.so", .ino = 7, .time_ns = 100 };
	struct sp_mapping other = m;

	(void)state;
	assert_null(elffound_get(&f, &m));
	elffound_note(&f, &m, m.time_ns, file);
	assert_ptr_equal(elffound_get(&f, &m), file);
	m.pid = 6;
	m.time_ns = 200;
	assert_ptr_equal(elffound_get(&f, &m), file);
	/* The file may have changed between an older mapping and this one. */
	m.time_ns = 99;
	assert_null(elffound_get(&f, &m));
	other.ino = 8;
	assert_null(elffound_get(&f, &other));
	other = (struct sp_mapping){ .path = "/lib/b.so", .ino = 7, .time_ns = 100 };
	assert_null(elffound_get(&f, &other));
	elffound_note(&f, &m, 0, file);
	assert_ptr_equal(elffound_get(&f, &m), file);
	elffound_free(&f);
}

static void a_process_is_gone_or_not(void **state)
{
	struct elffound f = { 0 };
	pid_t child = fork();

	(void)state;
	if (!child)
		_exit(0);
	assert_true(child > 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_false(elffound_gone(&f, getpid()));
	assert_true(elffound_gone(&f, child));
	assert_true(elffound_gone(&f, child));
	assert_false(elffound_gone(&f, getpid()));
	elffound_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_path_and_inode),
		cmocka_unit_test(a_process_is_gone_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

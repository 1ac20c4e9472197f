/* symbolize/elffound: what was found for one mapping is the file of its like, and of no other. */
#include "elffound.h"

#include "thatpid.h"
#include "unit.h"

#include <string.h>
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
	pid_t child = fork();

	(void)state;
	if (!child)
		_exit(0);
	assert_true(child > 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_false(elffound_gone(getpid()));
	assert_true(elffound_gone(child));
	assert_false(elffound_gone(getpid()));
	/* The number is given out again. */
	if (!child_of_number(child))
		skip();
	assert_false(elffound_gone(child));
	end_child(child);
	assert_true(elffound_gone(child));
}

/* A recording may name any number of files. */
static void what_is_kept_is_bounded(void **state)
{
	struct elffound f = { 0 };
	char path[4000] = "/";
	struct sp_mapping m = { .pid = 5, .path = path, .time_ns = 100 };

	(void)state;
	memset(path + 1, 'a', sizeof(path) - 2);
	for (m.ino = 1; m.ino < 5000; m.ino++) {
		elffound_note(&f, &m, m.time_ns, file);
		/* The last one always. */
		assert_ptr_equal(elffound_get(&f, &m), file);
		assert_in_range(f.bytes, sizeof(path), 1 << 20);
	}
	elffound_free(&f);
	assert_int_equal(f.bytes, 0);
	assert_null(elffound_get(&f, &m));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_path_and_inode),
		cmocka_unit_test(a_process_is_gone_or_not),
		cmocka_unit_test(what_is_kept_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

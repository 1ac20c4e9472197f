/* report/render: an output appears whole or not at all. */
#include "unit.h"

#include "render.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/test_render.XXXXXX";
static char target[64];

static int make(void **state)
{
	(void)state;
	snprintf(target, sizeof(target), "%s/out", mkdtemp(folder));
	return 0;
}

static int remove_all(void **state)
{
	(void)state;
	unlink(target);
	return rmdir(folder);
}

static uint32_t files(void)
{
	DIR *d = opendir(folder);
	uint32_t n = 0;

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d));)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static void closed_is_there_given_up_is_not(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	struct render_out *o = NULL;
	struct stat st;

	(void)state;
	assert_int_equal(render_open(&o, target, &err), SP_OK);
	fputs("half", render_file(o));
	assert_int_not_equal(access(target, F_OK), 0);
	render_out_free(o);
	assert_int_equal(files(), 0);

	assert_int_equal(render_open(&o, target, &err), SP_OK);
	fputs("whole", render_file(o));
	assert_int_equal(render_close(o, &err), SP_OK);
	render_out_free(o);
	assert_int_equal(files(), 1);
	assert_int_equal(stat(target, &st), 0);
	assert_int_equal(st.st_size, 5);
	assert_int_equal(st.st_mode & 0400, 0400);
}

static void what_cannot_be_written_is_told_at_once(void **state)
{
	struct sp_err err = SP_ERR_INIT, other = SP_ERR_INIT;
	struct render_out *o = NULL;

	(void)state;
	assert_int_equal(render_open(&o, "/nonexistent/out", &err), SP_ESYS);
	assert_non_null(strstr(err.text, "/nonexistent/out"));
	assert_int_equal(render_open(&o, folder, &other), SP_ESYS);
	assert_null(o);
}

/* What a link leads to is replaced; the link, and who else reads through it, stays. */
static void a_link_stays_one(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	struct render_out *o = NULL;
	struct stat st;
	char link[80];

	(void)state;
	snprintf(link, sizeof(link), "%s/link", folder);
	assert_int_equal(render_open(&o, target, &err), SP_OK);
	assert_int_equal(render_close(o, &err), SP_OK);
	render_out_free(o);
	assert_int_equal(symlink("out", link), 0);
	assert_int_equal(render_open(&o, link, &err), SP_OK);
	fputs("through", render_file(o));
	assert_int_equal(render_close(o, &err), SP_OK);
	render_out_free(o);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat(target, &st), 0);
	assert_int_equal(st.st_size, 7);
	assert_int_equal(files(), 2);
	assert_int_equal(unlink(link), 0);
}

/* An open file by its name is written into: a rename would put a file in the place of /dev/fd/N. */
static void a_descriptor_is_written_directly(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	struct render_out *o = NULL;
	struct stat st;
	char name[32];
	int fd = open(target, O_RDWR | O_CREAT | O_TRUNC, 0600);

	(void)state;
	assert_true(fd >= 0);
	snprintf(name, sizeof(name), "/dev/fd/%d", fd);
	assert_int_equal(render_open(&o, name, &err), SP_OK);
	fputs("direct", render_file(o));
	assert_int_equal(render_close(o, &err), SP_OK);
	render_out_free(o);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 6);
	assert_int_equal(st.st_nlink, 1);
	close(fd);
	assert_true(render_is_stdout("-") && render_is_stdout("/dev/stdout"));
	assert_false(render_is_stdout("/dev/stderr") || render_is_stdout("./-"));
}

static void a_full_disk_is_an_error(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	struct render_out *o = NULL;

	(void)state;
	if (access("/dev/full", W_OK) != 0)
		skip();
	assert_int_equal(render_open(&o, "/dev/full", &err), SP_OK);
	fputs("text", render_file(o));
	assert_int_equal(render_close(o, &err), SP_ESYS);
	assert_non_null(strstr(err.text, "/dev/full"));
	render_out_free(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closed_is_there_given_up_is_not),
		cmocka_unit_test(what_cannot_be_written_is_told_at_once),
		cmocka_unit_test(a_link_stays_one),
		cmocka_unit_test(a_descriptor_is_written_directly),
		cmocka_unit_test(a_full_disk_is_an_error),
	};

	return cmocka_run_group_tests(tests, make, remove_all);
}

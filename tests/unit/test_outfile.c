/* sampler/outfile: whose file it is, and that it always ends at the end of a piece. */
#include "outfile.h"
#include "tempdir.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

static void put_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void refuse(const char *path, bool force, const char *word)
{
	struct sp_err err = SP_ERR_INIT;
	struct outfile *o = NULL;

	assert_int_equal(outfile_new(&o, path, force, &err), SP_EUSAGE);
	assert_null(o);
	if (!strstr(err.text, word))
		fail_msg("no \"%s\" in: %s", word, err.text);
}

static void other_files_are_left_alone(void **state)
{
	struct stat st;

	(void)state;
	put_text(in_tempdir("diary"), "dear diary");
	refuse(in_tempdir("diary"), false, "is no recording");
	assert_int_equal(symlink("diary", in_tempdir("link")), 0);
	refuse(in_tempdir("link"), true, "symbolic link");
	assert_int_equal(link(in_tempdir("diary"), in_tempdir("twin")), 0);
	refuse(in_tempdir("diary"), true, "more than one name");
	unlink(in_tempdir("twin"));
	unlink(in_tempdir("link"));
	refuse("-", true, "standard output");
	assert_int_equal(mkfifo(in_tempdir("fifo"), 0600), 0);
	refuse(in_tempdir("fifo"), true, "no regular file");
	unlink(in_tempdir("fifo"));
	assert_int_equal(stat(in_tempdir("diary"), &st), 0);
	assert_int_equal(st.st_size, 10);
	unlink(in_tempdir("diary"));
}

/* One file, one recorder: the other one is told, and takes nothing away. */
static void a_file_has_one_writer(void **state)
{
	const char *path = in_tempdir("sirq.data");
	struct sp_err err = SP_ERR_INIT;
	struct outfile *o = NULL;

	(void)state;
	assert_int_equal(outfile_new(&o, path, false, &err), SP_OK);
	assert_int_equal(outfile_put(o, "PERFILE2", 8, &err), SP_OK);
	assert_int_equal(outfile_flush(o, &err), SP_OK);
	refuse(path, false, "another sirqprof");
	refuse(path, true, "another sirqprof");
	assert_int_equal(outfile_put(o, "more", 4, &err), SP_OK);
	assert_int_equal(outfile_size(o), 12);
	assert_int_equal(outfile_close(o, &err), SP_OK);
	outfile_free(o);
	/* Now it is free. */
	o = NULL;
	assert_int_equal(outfile_new(&o, path, false, &err), SP_OK);
	assert_int_equal(outfile_size(o), 0);
	outfile_free(o);
	unlink(path);
}

static void pieces_and_patches(void **state)
{
	const char *path = in_tempdir("sirq.data");
	struct sp_err err = SP_ERR_INIT;
	struct outfile *o = NULL;
	char piece[1000], back[8];
	struct stat st;
	int fd;

	(void)state;
	memset(piece, 'p', sizeof(piece));
	assert_int_equal(outfile_new(&o, path, false, &err), SP_OK);
	for (int i = 0; i < 3000; i++)
		assert_int_equal(outfile_put(o, piece, sizeof(piece), &err), SP_OK);
	assert_int_equal(outfile_size(o), 3000000);
	assert_int_equal(outfile_flush(o, &err), SP_OK);
	assert_int_equal(outfile_patch(o, 4, "PATCH", 5, &err), SP_OK);
	assert_int_equal(outfile_put(o, "end", 3, &err), SP_OK);
	assert_int_equal(outfile_close(o, &err), SP_OK);
	outfile_free(o);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 3000003);
	assert_int_equal(st.st_mode & 0777, 0600);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(pread(fd, back, 7, 3), 7);
	assert_memory_equal(back, "pPATCHp", 7);
	assert_int_equal(pread(fd, back, 4, 2999999), 4);
	assert_memory_equal(back, "pend", 4);
	close(fd);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_files_are_left_alone),
		cmocka_unit_test(a_file_has_one_writer),
		cmocka_unit_test(pieces_and_patches),
	};

	return cmocka_run_group_tests(tests, tempdir_make, tempdir_remove);
}

/* analyze/source: the same bytes from a file, from memory and through a pipe. */
#include "unit.h"

#include "source.h"
#include "tempdir.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>

#define SIZE (900U << 10) /* several pieces */

static uint8_t bytes[SIZE];
static char path[64];

static int setup(void **state)
{
	FILE *f;

	if (tempdir_make(state))
		return -1;
	for (uint32_t i = 0; i < SIZE; i++)
		bytes[i] = (uint8_t)(i * 2654435761U >> 24);
	snprintf(path, sizeof(path), "%s", in_tempdir("input"));
	f = fopen(path, "we");
	if (!f || fwrite(bytes, 1, SIZE, f) != SIZE)
		return -1;
	return fclose(f);
}

static int teardown(void **state)
{
	unlink(path);
	return tempdir_remove(state);
}

static void at(struct source *s, uint64_t off, uint64_t size)
{
	struct sp_err err = SP_ERR_INIT;
	const uint8_t *got = source_at(s, off, size, &err);

	assert_non_null(got);
	assert_memory_equal(got, bytes + off, size);
	assert_int_equal(err.code, SP_OK);
}

static void none(struct source *s, uint64_t off, uint64_t size)
{
	struct sp_err err = SP_ERR_INIT;

	assert_null(source_at(s, off, size, &err));
}

/* Any offset, back and forth. */
static void check_whole(struct source *s)
{
	assert_true(s->whole);
	assert_int_equal(s->size, SIZE);
	at(s, 0, 16);
	at(s, 300000, 600000);
	at(s, 262140, 8);
	at(s, SIZE - 1, 1);
	at(s, 5, 100000);
	at(s, 0, SIZE);
	at(s, SIZE, 0);
	none(s, SIZE - 1, 2);
	none(s, SIZE + 1, 0);
	none(s, UINT64_MAX, 2);
	none(s, 2, UINT64_MAX);
	assert_int_equal(source_left(s, 100), SIZE - 100);
	assert_int_equal(source_left(s, SIZE), 0);
	assert_int_equal(source_left(s, UINT64_MAX), 0);
	/* Of a whole input nothing is let go. */
	source_forget(s, SIZE);
	at(s, 0, 16);
}

static void a_file(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	struct source_times t;
	struct source s;
	struct stat st;

	(void)state;
	assert_int_equal(source_open(&s, path, &err), 0);
	check_whole(&s);
	source_times(&s, &t);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(t.written_ns, st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec);
	assert_true(t.made_ns == 0 || t.made_ns <= t.written_ns);
	source_close(&s);
	assert_int_equal(s.fd, -1);
	source_close(&s);
}

static void memory(void **state)
{
	struct source_times t;
	struct source s;

	(void)state;
	source_memory(&s, bytes, SIZE);
	check_whole(&s);
	/* Not a copy. */
	assert_ptr_equal(source_at(&s, 7, 1, NULL), bytes + 7);
	source_times(&s, &t);
	assert_int_equal(t.made_ns, 0);
	assert_int_equal(t.written_ns, 0);
	source_close(&s);
}

static void a_file_that_is_cut_meanwhile(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	const char *copy = in_tempdir("cut");
	FILE *f = fopen(copy, "we");
	struct source s;

	(void)state;
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, SIZE, f), SIZE);
	fclose(f);
	assert_int_equal(source_open(&s, copy, &err), 0);
	at(&s, 0, 16);
	assert_int_equal(truncate(copy, 1000), 0);
	none(&s, SIZE - 100, 100);
	at(&s, 500, 500);
	source_close(&s);
	unlink(copy);
}

static void *feed(void *self)
{
	int fd = *(int *)self;

	/* In pieces of any size. */
	for (uint32_t done = 0, n = 1; done < SIZE; done += n, n = n * 3 % 60000 + 1) {
		n = n < SIZE - done ? n : SIZE - done;
		if (write(fd, bytes + done, n) != (ssize_t)n)
			break;
	}
	close(fd);
	return NULL;
}

static void a_pipe_is_read_ahead(void **state)
{
	const char *fifo = in_tempdir("fifo");
	struct sp_err err = SP_ERR_INIT;
	struct source_times t;
	struct source s;
	pthread_t thread;
	int fd;

	(void)state;
	assert_int_equal(mkfifo(fifo, 0600), 0);
	fd = open(fifo, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(source_open(&s, fifo, &err), 0);
	assert_int_equal(pthread_create(&thread, NULL, feed, &fd), 0);
	assert_false(s.whole);
	at(&s, 0, 8);
	assert_true(source_left(&s, 0) >= 8);
	at(&s, 8, 300000);
	/* Still there, until it is let go. */
	at(&s, 0, 8);
	source_forget(&s, 299000);
	at(&s, 299000, 1000);
	none(&s, 298999, 1);
	at(&s, 299000, SIZE - 299000);
	none(&s, 299000, SIZE - 299000 + 1);
	assert_true(s.ended);
	assert_int_equal(source_left(&s, SIZE - 10), 10);
	source_times(&s, &t);
	assert_true(t.made_ns > 0 && t.written_ns >= t.made_ns);
	pthread_join(thread, NULL);
	source_close(&s);
	unlink(fifo);
}

/* However much is asked for, no more than one record may need is kept. */
static void a_pipe_without_end(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	struct source s;

	(void)state;
	assert_int_equal(source_open(&s, "/dev/zero", &err), 0);
	assert_non_null(source_at(&s, 0, 1 << 20, &err));
	none(&s, 0, 1ULL << 40);
	none(&s, 1ULL << 40, 1);
	none(&s, UINT64_MAX, 1);
	assert_true(s.room < 64U << 20);
	source_close(&s);
}

static void what_cannot_be_opened(void **state)
{
	const char *empty = in_tempdir("empty");
	struct sp_err err = SP_ERR_INIT;
	struct source s;
	FILE *f;

	(void)state;
	assert_int_equal(source_open(&s, in_tempdir("none"), &err), SP_ESYS);
	assert_non_null(strstr(err.text, "none"));
	source_close(&s);
	/* A folder may hold the recording under that name. */
	err = (struct sp_err)SP_ERR_INIT;
	assert_int_equal(source_open(&s, tempdir, &err), SP_EFORMAT);
	source_close(&s);
	f = fopen(in_tempdir("data"), "we");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, 100, f), 100);
	fclose(f);
	err = (struct sp_err)SP_ERR_INIT;
	assert_int_equal(source_open(&s, tempdir, &err), 0);
	at(&s, 0, 100);
	source_close(&s);
	unlink(in_tempdir("data"));
	f = fopen(empty, "we");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(source_open(&s, empty, &err), 0);
	none(&s, 0, 1);
	source_close(&s);
	unlink(empty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file),
		cmocka_unit_test(memory),
		cmocka_unit_test(a_file_that_is_cut_meanwhile),
		cmocka_unit_test(a_pipe_is_read_ahead),
		cmocka_unit_test(a_pipe_without_end),
		cmocka_unit_test(what_cannot_be_opened),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

/* analyze/follow: files to their end, pipes while they are written. */
#include "follow.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define MS UINT64_C(1000000)
#define T  (INT64_C(1795519744) * 1000000000) /* 2026-11-24T11:29:04Z */

static void *write_slowly(void *path)
{
	static const char *const parts[] = { "time,late", "ncy_ms\n1795519744", ",60\n17955197",
					     "45,70\n" };
	int fd = open(path, O_WRONLY);

	for (int i = 0; i < 4; i++) {
		if (write(fd, parts[i], strlen(parts[i])) < 0)
			break;
		nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
	}
	close(fd);
	return NULL;
}

static void files_and_fifos(void **state)
{
	char dir[] = "/tmp/sirqprof-test-XXXXXX", path[64];
	struct sp_err err = SP_ERR_INIT;
	struct spikefile_cfg cfg = { .near_ns = T };
	struct spikefile_seen seen;
	sp_auto(spikes) s = NULL;
	pthread_t writer;
	uint32_t n;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/fifo", dir);
	assert_int_equal(spikes_new(&s, &err), 0);
	assert_int_equal(follow_read(s, path, &cfg, &seen, &err), SP_ESYS);
	assert_non_null(strstr(err.text, path));
	assert_non_null(strstr(err.text, "No such file"));
	err = (struct sp_err)SP_ERR_INIT;
	assert_int_equal(follow_read(s, dir, &cfg, &seen, &err), SP_ESYS);
	assert_non_null(strstr(err.text, "directory"));
	err = (struct sp_err)SP_ERR_INIT;
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(pthread_create(&writer, NULL, write_slowly, path), 0);
	assert_int_equal(follow_read(s, path, &cfg, &seen, &err), 0);
	pthread_join(writer, NULL);
	spikes_all(s, &n);
	assert_int_equal(n, 2);
	unlink(path);
	rmdir(dir);
}

/* A pipe is read while it is written, in whatever pieces it comes, and never waited for. */
static void pipes_are_followed(void **state)
{
	char dir[] = "/tmp/sirqprof-test-XXXXXX", path[64];
	static const char *const pieces[] = { "time,late", "ncy_ms\n1795519744", ",60.5\n",
					      "1795519745,70" };
	struct spikefile_cfg cfg = { .near_ns = T };
	struct sp_err err = SP_ERR_INIT;
	struct spikefile_seen seen;
	sp_auto(spikes) s = NULL;
	sp_auto(follow) f = NULL;
	struct sp_spike *all;
	uint32_t n;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/fifo", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_true(follow_wants(path));
	assert_false(follow_wants(dir));
	assert_int_equal(spikes_new(&s, &err), 0);
	assert_int_equal(follow_new(&f, s, path, &cfg, &err), 0);
	follow_poll(f); /* nobody writes yet */
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		/* Each by a writer of its own, as `echo … >fifo` is. */
		fd = open(path, O_WRONLY | O_NONBLOCK);
		assert_true(fd >= 0);
		assert_int_equal(write(fd, pieces[i], strlen(pieces[i])), strlen(pieces[i]));
		close(fd);
		follow_poll(f);
		follow_poll(f);
	}
	assert_int_equal(follow_finish(f, &seen, &err), 0);
	all = spikes_all(s, &n);
	assert_int_equal(n, 2);
	assert_int_equal(all[1].latency_ns, 70 * MS);
	unlink(path);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_and_fifos),
		cmocka_unit_test(pipes_are_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The writer: what it makes is a perf.data file; parts, full disks and other people's files. */
#include "header.h"
#include "stream.h"
#include "writer.h"

#include <sirqprof/perfdata.h>

#include <fcntl.h>
#include <linux/perf_event.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ID 7ULL

static char dir[64];

static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/sirqprof-test-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}

static const char *in_dir(const char *name)
{
	static char path[4][128];
	static int n;

	n = (n + 1) % 4;
	snprintf(path[n], sizeof(path[n]), "%s/%s", dir, name);
	return path[n];
}

static int send(struct writer *w, uint32_t type, const void *body, size_t size, struct sp_err *err)
{
	static uint8_t buf[70000];
	struct perf_event_header header = { .type = type, .size = (uint16_t)(8 + size) };
	struct sp_record r = { .type = type, .data = buf, .size = 8 + size, .off = SP_NOWHERE };
	struct sp_record_sink sink = writer_sink(w);

	memcpy(buf, &header, sizeof(header));
	memcpy(buf + 8, body, size);
	return sink.put(sink.self, &r, err);
}

static void send_header(struct writer *w)
{
	struct {
		struct perf_event_attr attr;
		uint64_t id;
	} attr = {
		.attr = {
			.size = PERF_ATTR_SIZE_VER6,
			.type = PERF_TYPE_SOFTWARE,
			.config = PERF_COUNT_SW_DUMMY,
			.sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TIME,
			.sample_id_all = 1,
		},
	};
	uint8_t body[PERF_ATTR_SIZE_VER6 + 8];
	struct {
		uint64_t what, id;
		char name[8];
	} update = { SP_UPDATE_NAME, ID, "dummy" };
	struct {
		uint64_t bit;
		uint32_t len;
		char text[64];
	} host = { SP_FEAT_HOSTNAME, 64, "box" };
	uint64_t id = ID;
	struct sp_err err = SP_ERR_INIT;

	memcpy(body, &attr.attr, PERF_ATTR_SIZE_VER6);
	memcpy(body + PERF_ATTR_SIZE_VER6, &id, sizeof(id));
	assert_int_equal(send(w, SP_REC_HEADER_ATTR, body, sizeof(body), &err), 0);
	assert_int_equal(send(w, SP_REC_EVENT_UPDATE, &update, sizeof(update), &err), 0);
	assert_int_equal(send(w, SP_REC_HEADER_FEATURE, &host, 76, &err), 0);
}

/* A sample of 8 bytes of id and 8 of time, or a round. */
static int send_sample(struct writer *w, uint64_t time, struct sp_err *err)
{
	uint64_t body[2] = { ID, time };

	return send(w, PERF_RECORD_SAMPLE, body, sizeof(body), err);
}

static struct sp_file_header read_header(const char *path)
{
	struct sp_file_header h = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(read(fd, &h, sizeof(h)), (ssize_t)sizeof(h));
	close(fd);
	return h;
}

static uint64_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : (uint64_t)st.st_size;
}

/* Counts the samples of the data section; every record must be whole. */
static uint64_t count_samples(const char *path, bool closed)
{
	struct sp_file_header h = read_header(path);
	uint64_t end = closed ? h.data.offset + h.data.size : size_of(path), n = 0;
	struct perf_event_header header;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(end <= size_of(path));
	for (uint64_t at = h.data.offset; at < end; at += header.size) {
		assert_int_equal(pread(fd, &header, 8, (off_t)at), 8);
		assert_true(header.size >= 8 && at + header.size <= end);
		n += header.type == PERF_RECORD_SAMPLE;
	}
	close(fd);
	return n;
}

static struct writer *open_writer(const char *path, uint64_t max_bytes)
{
	struct writer_cfg cfg = { .path = path, .max_bytes = max_bytes };
	struct sp_err err = SP_ERR_INIT;
	struct writer *w = NULL;

	assert_int_equal(writer_new(&w, &cfg, &err), 0);
	return w;
}

static void a_closed_file_has_its_sections(void **state)
{
	const char *path = in_dir("closed");
	struct writer *w = open_writer(path, 0);
	struct sp_err err = SP_ERR_INIT;
	struct sp_file_header h;
	struct stat st;
	uint32_t parts;

	(void)state;
	send_header(w);
	for (uint64_t i = 1; i <= 1000; i++)
		assert_int_equal(send_sample(w, i, &err), 0);
	assert_int_equal(writer_close(w, &err), 0);
	h = read_header(path);
	assert_true(h.magic == SP_PERF_MAGIC2);
	assert_int_equal(h.attr_size, PERF_ATTR_SIZE_VER6 + 16);
	assert_int_equal(h.attrs.size, h.attr_size);
	assert_int_equal(h.data.size, 1000 * 24);
	assert_true(h.features[0] >> SP_FEAT_HOSTNAME & 1);
	assert_true(h.features[0] >> SP_FEAT_EVENT_DESC & 1);
	assert_int_equal(count_samples(path, true), 1000);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(size_of(path), writer_bytes(w));
	assert_int_equal(size_of(path), writer_kept(w, &parts));
	assert_int_equal(parts, 1);
	writer_free(w);
}

static void an_abandoned_file_holds_whole_records(void **state)
{
	const char *path = in_dir("abandoned");
	struct writer *w = open_writer(path, 0);
	struct sp_err err = SP_ERR_INIT;

	(void)state;
	send_header(w);
	for (uint64_t i = 1; i <= 100000; i++)
		assert_int_equal(send_sample(w, i, &err), 0);
	writer_free(w); /* as if killed: no close */
	assert_int_equal(read_header(path).data.size, 0);
	/* At most a buffer is missing. */
	assert_true(count_samples(path, false) > 100000 - (1 << 20) / 24 - 1);
}

static void a_failed_capture_leaves_a_closed_file(void **state)
{
	const char *path = in_dir("failed"), *none = in_dir("none");
	struct writer *w = open_writer(path, 0);
	struct sp_err err = SP_ERR_INIT;

	(void)state;
	send_header(w);
	for (uint64_t i = 1; i <= 10; i++)
		assert_int_equal(send_sample(w, i, &err), 0);
	writer_close_failed(w);
	writer_close_failed(w);
	writer_free(w);
	assert_int_equal(read_header(path).data.size, 10 * 24);
	assert_int_equal(count_samples(path, true), 10);
	assert_true(read_header(path).features[0] >> SP_FEAT_HOSTNAME & 1);
	w = open_writer(none, 0);
	send_header(w);
	writer_close_failed(w);
	writer_free(w);
	assert_int_equal(size_of(none), 0);
	writer_close_failed(NULL);
}

static void a_round_reaches_the_disk_soon(void **state)
{
	const char *path = in_dir("soon");
	struct writer *w = open_writer(path, 0);
	struct sp_err err = SP_ERR_INIT;

	(void)state;
	send_header(w);
	assert_int_equal(send_sample(w, 1, &err), 0);
	usleep(WRITER_FLUSH_NS / 1000 + 10000);
	assert_int_equal(send(w, SP_REC_FINISHED_ROUND, "", 0, &err), 0);
	assert_int_equal(count_samples(path, false), 1);
	writer_free(w);
}

static void send_shed(struct writer *w)
{
	struct sp_err err = SP_ERR_INIT;
	struct stream *s = NULL;

	assert_int_equal(stream_new(&s, writer_sink(w), &err), 0);
	fact_begin(s, SP_FACT_SHED, 5, 0);
	fact_u32(s, 2);
	assert_int_equal(fact_end(s, &err), 0);
	stream_free(s);
}

static void parts_are_whole_and_bounded(void **state)
{
	const uint64_t limit = 400000;
	const char *path = in_dir("parts");
	struct writer *w = open_writer(path, limit);
	struct sp_err err = SP_ERR_INIT;
	uint64_t total = 0, kept = 0, there;
	uint32_t parts;
	uint64_t comm[7] = { 1 | 1ULL << 32, 0x61, 0, 0, 99, 0, ID };

	(void)state;
	send_header(w);
	assert_int_equal(send(w, PERF_RECORD_COMM, comm, sizeof(comm), &err), 0);
	send_shed(w);
	for (uint64_t i = 1; i <= 100000; i++) {
		assert_int_equal(send_sample(w, i, &err), 0);
		if (i % 100 == 0)
			assert_int_equal(send(w, SP_REC_FINISHED_ROUND, "", 0, &err), 0);
	}
	assert_int_equal(writer_close(w, &err), 0);
	assert_true(writer_bytes(w) > 2400000);
	there = writer_kept(w, &parts);
	assert_int_equal(parts, WRITER_PARTS);
	writer_free(w);
	for (int i = 0; i < (int)WRITER_PARTS + 1; i++) {
		char name[64];
		const char *part;
		struct sp_file_header h;
		uint64_t record[8 + 6];
		int fd;

		snprintf(name, sizeof(name), i ? "parts.%d" : "parts", i);
		part = in_dir(name);
		if (i == (int)WRITER_PARTS) {
			assert_int_equal(access(part, F_OK), -1);
			break;
		}
		kept += count_samples(part, true);
		total += size_of(part);
		h = read_header(part);
		/* Each begins with who was there and what was shed, without time. */
		fd = open(part, O_RDONLY | O_CLOEXEC);
		assert_int_equal(pread(fd, record, sizeof(record), (off_t)h.data.offset),
				 sizeof(record));
		close(fd);
		assert_int_equal((uint32_t)record[0], PERF_RECORD_COMM);
		assert_int_equal(record[5], 0);
		assert_int_equal((uint32_t)record[8], PERF_RECORD_SAMPLE);
		assert_int_equal(record[10], 0);
		assert_int_equal((uint16_t)record[13], SP_FACT_SHED);
	}
	assert_true(total == there && total <= limit + limit / 4);
	assert_true(kept * 24 > limit / 2);
}

/* RLIMIT_FSIZE stands in for the full disk: a write comes back short, the next one fails. */
static void a_full_disk_leaves_a_recording(void **state)
{
	const char *path = in_dir("full");
	struct writer *w = open_writer(path, 0);
	struct sp_err err = SP_ERR_INIT;
	struct rlimit before, small;
	uint64_t sent = 0;
	int rc = 0;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 2500000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	send_header(w);
	while (!rc && sent < 1000000) {
		rc = send_sample(w, ++sent, &err);
	}
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(rc, SP_ESYS);
	assert_non_null(strstr(err.text, "full"));
	err = (struct sp_err)SP_ERR_INIT;
	assert_int_equal(send_sample(w, 1, &err), SP_ESYS);
	err = (struct sp_err)SP_ERR_INIT;
	assert_int_equal(writer_close(w, &err), 0);
	writer_free(w);
	assert_true(read_header(path).data.size > 1000000);
	assert_true(count_samples(path, true) > 80000);
	assert_true(read_header(path).features[0] >> SP_FEAT_HOSTNAME & 1);
}

static int try_open(const char *path, bool force, struct sp_err *err)
{
	struct writer_cfg cfg = { .path = path, .force = force };
	struct writer *w = NULL;
	int rc;

	*err = (struct sp_err)SP_ERR_INIT;
	rc = writer_new(&w, &cfg, err);
	writer_free(w);
	return rc;
}

static void other_files_are_left_alone(void **state)
{
	const char *text = in_dir("text"), *link = in_dir("link"), *hard = in_dir("hard");
	struct sp_err err;
	FILE *f = fopen(text, "we");

	(void)state;
	assert_non_null(f);
	fputs("dear diary, nothing starved today\n", f);
	fclose(f);
	assert_int_equal(try_open(text, false, &err), SP_EUSAGE);
	assert_int_equal(size_of(text), 34);
	assert_int_equal(symlink(text, link), 0);
	assert_int_equal(try_open(link, true, &err), SP_EUSAGE);
	assert_non_null(strstr(err.text, "symbolic link"));
	assert_int_equal(linkat(AT_FDCWD, text, AT_FDCWD, hard, 0), 0);
	assert_int_equal(try_open(hard, true, &err), SP_EUSAGE);
	assert_int_equal(size_of(text), 34);
	unlink(hard);
	assert_int_equal(mkfifo(hard, 0600), 0);
	assert_int_equal(try_open(hard, true, &err), SP_EUSAGE);
	assert_int_equal(try_open(in_dir("no/where"), false, &err), SP_ESYS);
	assert_int_equal(try_open(text, true, &err), 0);
	assert_int_equal(size_of(text), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(text, 12345, 12345), 0);
		assert_int_equal(try_open(text, true, &err), SP_EUSAGE);
		assert_non_null(strstr(err.text, "another user"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_closed_file_has_its_sections),
		cmocka_unit_test(an_abandoned_file_holds_whole_records),
		cmocka_unit_test(a_failed_capture_leaves_a_closed_file),
		cmocka_unit_test(a_round_reaches_the_disk_soon),
		cmocka_unit_test(parts_are_whole_and_bounded),
		cmocka_unit_test(a_full_disk_leaves_a_recording),
		cmocka_unit_test(other_files_are_left_alone),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}

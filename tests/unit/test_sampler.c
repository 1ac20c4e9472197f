/*
 * The live side on this kernel: a second of one CPU, as records and as a file that perf reads.
 * Skips without the privilege to profile.
 */
#include "collect.h"
#include "header.h"
#include "probe.h"
#include "sampler.h"
#include "stream.h"
#include "writer.h"

#include <sirqprof/perfdata.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct collect got;
static char file[] = "/tmp/sirqprof-live-XXXXXX";

struct tee {
	struct sp_record_sink to[2];
};

static int tee_put(void *self, const struct sp_record *r, struct sp_err *err)
{
	struct tee *t = self;
	int rc = t->to[0].put(t->to[0].self, r, err);

	return rc ? rc : t->to[1].put(t->to[1].self, r, err);
}

static void run(struct sampler *s, struct sp_record_sink sink, uint64_t ms)
{
	struct sp_err err = SP_ERR_INIT;
	uint64_t end;

	assert_int_equal(sampler_start(s, sink, &err), 0);
	end = sampler_begin(s) + ms * 1000000;
	while (stream_now() < end)
		assert_int_equal(sampler_poll(s, 20, &err), 0);
	assert_int_equal(sampler_stop(s, &err), 0);
}

/* Records a second of CPU 0 into got and file. */
static void record(void)
{
	static const uint32_t cpus[] = { 0 };
	struct sampler_cfg cfg = {
		.cpus = cpus, .ncpus = 1, .event = "cpu-clock", .freq_hz = 1000
	};
	struct writer_cfg writer_cfg = { .path = file };
	struct sp_err err = SP_ERR_INIT;
	struct sampler *s = NULL;
	struct writer *w = NULL;
	struct tee tee;
	int fd = mkstemp(file);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(writer_new(&w, &writer_cfg, &err), 0);
	tee = (struct tee){ { collect_sink(&got), writer_sink(w) } };
	assert_int_equal(sampler_new(&s, &cfg, &err), 0);
	run(s, (struct sp_record_sink){ tee_put, &tee }, 1000);
	assert_int_equal(writer_close(w, &err), 0);
	writer_free(w);
	sampler_free(s);
}

static void the_header_comes_first(void **state)
{
	size_t attrs = collect_count(&got, SP_REC_HEADER_ATTR), first = 0;

	(void)state;
	assert_true(attrs > 10);
	assert_int_equal(collect_count(&got, SP_REC_EVENT_UPDATE), attrs);
	assert_int_equal(collect_count(&got, SP_REC_HEADER_TRACING_DATA), 1);
	assert_true(collect_count(&got, SP_REC_ID_INDEX) >= 1);
	while (got.type[first] >= SP_REC_HEADER_ATTR)
		first++;
	for (size_t i = first; i < got.n; i++)
		assert_true(got.type[i] < SP_REC_HEADER_ATTR ||
			    got.type[i] == SP_REC_FINISHED_ROUND);
	assert_int_equal(got.type[got.n - 1], SP_REC_FINISHED_ROUND);
}

/* perf 6.1 reads attrs of at most 128 bytes, and wants an id first where sample types differ. */
static void attrs_are_what_perf_reads(void **state)
{
	struct perf_event_attr attr;

	(void)state;
	for (size_t i = 0; i < got.n; i++) {
		if (got.type[i] != SP_REC_HEADER_ATTR)
			continue;
		memset(&attr, 0, sizeof(attr));
		memcpy(&attr, got.at[i] + 8, PERF_ATTR_SIZE_VER0);
		assert_true(attr.size <= 128);
		memcpy(&attr, got.at[i] + 8, attr.size);
		assert_true(attr.sample_type & PERF_SAMPLE_IDENTIFIER);
		assert_true(attr.sample_type & PERF_SAMPLE_TIME);
		assert_true(attr.sample_id_all && attr.use_clockid && !attr.freq);
		assert_int_equal(attr.clockid, CLOCK_MONOTONIC);
		/* No stack on a tracepoint: that is what makes it cheap. */
		assert_true(attr.type != PERF_TYPE_TRACEPOINT ||
			    !(attr.sample_type & PERF_SAMPLE_CALLCHAIN));
	}
}

/* Each sample's id is that of an attr; what a sample holds fits its record. */
static void every_sample_has_a_known_id(void **state)
{
	static uint64_t ids[4096];
	size_t nids = 0, samples = 0;

	(void)state;
	for (size_t i = 0; i < got.n; i++) {
		bool known = false;
		uint64_t id;

		if (got.type[i] == SP_REC_HEADER_ATTR)
			for (uint64_t at = 8 + sp_u32_at(got.at[i] + 12); at < got.size[i]; at += 8)
				ids[nids++ % 4096] = sp_u64_at(got.at[i] + at);
		if (got.type[i] != PERF_RECORD_SAMPLE)
			continue;
		id = sp_u64_at(got.at[i] + 8);
		for (size_t k = 0; k < nids && !known; k++)
			known = ids[k] == id;
		assert_true(known);
		samples++;
	}
	assert_true(samples > 50);
}

/* Rounds promise: nothing after round N+1 is older than what came before round N. */
static void rounds_keep_their_promise(void **state)
{
	uint64_t newest = 0, before = 0, sealed = 0, t, id;

	(void)state;
	for (size_t i = 0; i < got.n; i++) {
		if (got.type[i] == SP_REC_FINISHED_ROUND) {
			sealed = before;
			before = newest;
			continue;
		}
		if (got.type[i] != PERF_RECORD_SAMPLE)
			continue;
		id = sp_u64_at(got.at[i] + 8);
		/* IDENTIFIER TIME RAW: facts and tracepoints, told apart from the sampler by size
		 */
		if (id != HEADER_FACT_ID && got.size[i] > 72)
			continue;
		t = sp_u64_at(got.at[i] + 16);
		assert_true(t >= sealed);
		newest = t > newest ? t : newest;
	}
	assert_true(sealed > 0);
}

static void we_ourselves_were_running_already(void **state)
{
	size_t comms = 0;

	(void)state;
	for (size_t i = 0; i < got.n; i++)
		comms += got.type[i] == PERF_RECORD_COMM &&
			 sp_u32_at(got.at[i] + 8) == (uint32_t)getpid() &&
			 sp_u32_at(got.at[i] + 12) == (uint32_t)getpid() &&
			 strcmp((const char *)got.at[i] + 16, "test_sampler") == 0;
	assert_int_equal(comms, 1);
	assert_int_equal(collect_count(&got, PERF_RECORD_MMAP), 1);
	assert_true(collect_count(&got, PERF_RECORD_MMAP2) > 0);
}

/* perf finds as many samples as went into the file, and has nothing to say about it. */
static void perf_reads_the_file(void **state)
{
	char command[256], line[256];
	unsigned long total = 0, n;
	FILE *p;

	(void)state;
	if (system("perf version >/dev/null 2>&1") != 0)
		skip();
	snprintf(command, sizeof(command), "unshare -m perf report --stats -i %s 2>&1", file);
	p = popen(command, "re");
	assert_non_null(p);
	while (fgets(line, sizeof(line), p)) {
		assert_null(strstr(line, "WARNING"));
		if (!total && sscanf(line, " SAMPLE events: %lu", &n) == 1)
			total = n;
	}
	assert_int_equal(pclose(p), 0);
	assert_int_equal(total, collect_count(&got, PERF_RECORD_SAMPLE));
	snprintf(command, sizeof(command), "unshare -m perf script -i %s 2>&1 >/dev/null", file);
	p = popen(command, "re");
	assert_non_null(p);
	assert_null(fgets(line, sizeof(line), p));
	assert_int_equal(pclose(p), 0);
}

static void record_until_killed(const char *path)
{
	static const uint32_t cpus[] = { 0 };
	struct sampler_cfg cfg = {
		.cpus = cpus, .ncpus = 1, .event = "cpu-clock", .freq_hz = 1000
	};
	struct writer_cfg writer_cfg = { .path = path };
	struct sp_err err = SP_ERR_INIT;
	struct sampler *s = NULL;
	struct writer *w = NULL;

	if (writer_new(&w, &writer_cfg, &err) || sampler_new(&s, &cfg, &err) ||
	    sampler_start(s, writer_sink(w), &err))
		_exit(1);
	while (!sampler_poll(s, 20, &err))
		;
	_exit(1);
}

/* The samples before the last end of a round; *ret_whole: the file ends with a whole record. */
static size_t samples_in_rounds(int fd, bool *ret_whole)
{
	size_t samples = 0, sure = 0;
	struct perf_event_header header;
	struct sp_file_header h;
	struct stat st;
	uint64_t at = 0;

	*ret_whole = false;
	if (fstat(fd, &st) || pread(fd, &h, sizeof(h), 0) != (ssize_t)sizeof(h))
		return 0;
	for (at = h.data.offset; at < (uint64_t)st.st_size; at += header.size) {
		if (pread(fd, &header, sizeof(header), (off_t)at) != (ssize_t)sizeof(header) ||
		    header.size < sizeof(header))
			return sure;
		samples += header.type == PERF_RECORD_SAMPLE;
		if (header.type == SP_REC_FINISHED_ROUND)
			sure = samples;
	}
	*ret_whole = at == (uint64_t)st.st_size;
	return sure;
}

/*
 * What a killed recorder leaves: a header without data size, the formats, whole records, of which
 * the last round's may lack some where more than a buffer was waiting.
 */
static void a_killed_recorder_leaves_whole_rounds(void **state)
{
	static const char magic[] = "\027\010\104tracing";
	char path[] = "/tmp/sirqprof-killed-XXXXXX", found[sizeof(magic) - 1];
	struct sp_file_header h;
	int fd = mkstemp(path), status;
	bool whole;
	uint64_t at;
	pid_t pid;

	(void)state;
	assert_true(fd >= 0);
	pid = fork();
	if (!pid)
		record_until_killed(path);
	for (int i = 0; i < 600 && samples_in_rounds(fd, &whole) <= 50; i++)
		usleep(100000);
	usleep(50000); /* not in the middle of the write just seen */
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(pread(fd, &h, sizeof(h), 0), (ssize_t)sizeof(h));
	assert_int_equal(h.data.size, 0);
	at = h.attrs.offset + h.attrs.size;
	assert_int_equal(pread(fd, found, sizeof(found), (off_t)at), (ssize_t)sizeof(found));
	assert_memory_equal(found, magic, sizeof(found));
	assert_true(samples_in_rounds(fd, &whole) > 50);
	assert_true(whole);
	close(fd);
	unlink(path);
}

static void what_cannot_be_is_one_clear_line(void **state)
{
	static const uint32_t cpus[] = { 0 };
	struct sampler_cfg cfg = {
		.cpus = cpus, .ncpus = 1, .event = "no-such-event", .freq_hz = 1000
	};
	struct sp_err err = SP_ERR_INIT;
	struct sampler *s = NULL;

	(void)state;
	assert_int_equal(sampler_new(&s, &cfg, &err), SP_EUSAGE);
	assert_non_null(strstr(err.text, "no-such-event"));
	assert_null(strchr(err.text, '\n'));
	assert_null(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_header_comes_first),
		cmocka_unit_test(attrs_are_what_perf_reads),
		cmocka_unit_test(every_sample_has_a_known_id),
		cmocka_unit_test(rounds_keep_their_promise),
		cmocka_unit_test(we_ourselves_were_running_already),
		cmocka_unit_test(perf_reads_the_file),
		cmocka_unit_test(a_killed_recorder_leaves_whole_rounds),
		cmocka_unit_test(what_cannot_be_is_one_clear_line),
	};
	struct sp_err err = SP_ERR_INIT;
	int rc;

	if (probe_privilege(&err)) {
		printf("skip: %s\n", err.text);
		return 77;
	}
	record();
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(file);
	collect_free(&got);
	return rc;
}

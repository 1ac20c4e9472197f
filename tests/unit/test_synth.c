/* sampler/synth and meta: what already runs, told as the kernel would; what a capture says of
 * itself. */
#include "unit.h"

#include "collect.h"
#include "meta.h"
#include "synth.h"

#include <inttypes.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define LEAD 4242U

static struct collect got;

static struct stream *open_stream(void)
{
	struct sp_err err = SP_ERR_INIT;
	struct stream *s = NULL;

	collect_free(&got);
	assert_int_equal(stream_new(&s, collect_sink(&got), &err), 0);
	return s;
}

static void check_records(void)
{
	for (size_t i = 0; i < got.n; i++) {
		struct perf_event_header header;
		const uint8_t *end = got.at[i] + got.size[i];

		memcpy(&header, got.at[i], sizeof(header));
		assert_int_equal(header.size, got.size[i]);
		assert_int_equal(header.size % 8, 0);
		assert_int_equal(header.type, got.type[i]);
		assert_int_equal(sp_u64_at(end - 24), 0);
		assert_int_equal(sp_u64_at(end - 8), LEAD);
	}
}

/* The record of that type, pid and tid; for MAPs the first one. */
static const uint8_t *find(uint32_t type, uint32_t pid, uint32_t tid, uint32_t tid_at)
{
	for (size_t i = 0; i < got.n; i++)
		if (got.type[i] == type && sp_u32_at(got.at[i] + 8) == pid &&
		    sp_u32_at(got.at[i] + tid_at) == tid)
			return got.at[i];
	return NULL;
}

static pthread_barrier_t barrier;
static uint32_t thread_tid;

static void *wait_here(void *self)
{
	(void)self;
	thread_tid = (uint32_t)syscall(SYS_gettid);
	pthread_setname_np(pthread_self(), "a (b) c");
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	return NULL;
}

static void processes_and_threads(void **state)
{
	const uint32_t pid = (uint32_t)getpid();
	struct stream *s = open_stream();
	struct sp_err err = SP_ERR_INIT;
	const uint8_t *fork, *comm;
	pthread_t thread;

	(void)state;
	pthread_barrier_init(&barrier, NULL, 2);
	assert_int_equal(pthread_create(&thread, NULL, wait_here, NULL), 0);
	pthread_barrier_wait(&barrier);
	assert_int_equal(synth_all(s, LEAD, &err), 0);
	pthread_barrier_wait(&barrier);
	pthread_join(thread, NULL);
	check_records();
	/* pid, ppid, tid, ptid, time */
	fork = find(PERF_RECORD_FORK, pid, pid, 16);
	assert_non_null(fork);
	assert_int_equal(sp_u32_at(fork + 12), (uint32_t)getppid());
	fork = find(PERF_RECORD_FORK, pid, thread_tid, 16);
	assert_non_null(fork);
	assert_int_equal(sp_u32_at(fork + 12), pid);
	assert_int_equal(sp_u64_at(fork + 24), 0);
	comm = find(PERF_RECORD_COMM, pid, thread_tid, 12);
	assert_non_null(comm);
	assert_string_equal((const char *)comm + 16, "a (b) c");
	/* As many names as tasks, kernel threads among them. */
	assert_int_equal(collect_count(&got, PERF_RECORD_COMM),
			 collect_count(&got, PERF_RECORD_FORK));
	assert_non_null(find(PERF_RECORD_COMM, 1, 1, 12));
	stream_free(s);
}

__attribute__((noinline)) static void *here(void)
{
	return __builtin_return_address(0);
}

static void executable_mappings(void **state)
{
	const uint32_t pid = (uint32_t)getpid();
	struct stream *s = open_stream();
	struct sp_err err = SP_ERR_INIT;
	uint64_t at = (uintptr_t)here();
	char exe[4096] = "";
	uint32_t own = 0, holding = 0;

	(void)state;
	assert_true(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	assert_int_equal(synth_all(s, LEAD, &err), 0);
	for (size_t i = 0; i < got.n; i++) {
		const uint8_t *r = got.at[i];

		if (got.type[i] != PERF_RECORD_MMAP2 || sp_u32_at(r + 8) != pid)
			continue;
		own++;
		/* PROT_READ | PROT_EXEC: data is not told. */
		assert_int_equal(sp_u32_at(r + 64), 5);
		if (at < sp_u64_at(r + 16) || at - sp_u64_at(r + 16) >= sp_u64_at(r + 24))
			continue;
		holding++;
		assert_string_equal((const char *)r + 72, exe);
		assert_true(sp_u64_at(r + 48) != 0);
	}
	/* At least the program and the C library. */
	assert_true(own >= 2);
	assert_int_equal(holding, 1);
	stream_free(s);
}

static void the_kernels_text(void **state)
{
	struct stream *s = open_stream();
	struct sp_err err = SP_ERR_INIT;

	(void)state;
	assert_int_equal(synth_kernel(s, LEAD, &err), 0);
	if (!got.n) {
		/* Addresses are withheld here. */
		stream_free(s);
		skip();
	}
	check_records();
	assert_int_equal(got.n, 1);
	assert_int_equal(got.type[0], PERF_RECORD_MMAP);
	assert_int_equal(sp_u32_at(got.at[0] + 8), UINT32_MAX);
	assert_true(sp_u64_at(got.at[0] + 16) >= 1ULL << 63);
	assert_string_equal((const char *)got.at[0] + 40, "[kernel.kallsyms]_text");
	stream_free(s);
}

/* The value that META gives to the key; NULL: none. */
static const char *meta_of(const char *key)
{
	for (size_t i = 0; i < got.n; i++) {
		const char *body = (const char *)collect_fact(&got, i, SP_FACT_META);

		if (body && strcmp(body, key) == 0)
			return body + strlen(body) + 1;
	}
	return NULL;
}

/* The row of that code; NULL: none. Its count stands behind code and CPU, its detail behind that.
 */
static const uint8_t *quality_of(enum sp_quality_code code)
{
	for (size_t i = 0; i < got.n; i++) {
		const uint8_t *body = collect_fact(&got, i, SP_FACT_QUALITY);

		if (body && sp_u32_at(body) == code)
			return body;
	}
	return NULL;
}

static void tell(const struct plan *p, const struct meta *m)
{
	struct stream *s = open_stream();
	struct sp_err err = SP_ERR_INIT;

	assert_int_equal(meta_tell(s, p, m, &err), 0);
	stream_free(s);
}

static void what_a_capture_says_of_itself(void **state)
{
	struct plan p = { .sampler = "cpu-clock",
			  .period_ns = 1000000,
			  .notes = { { SP_Q_NO_TRACEPOINT, "napi:napi_poll" } },
			  .nnotes = 1 };
	struct meta m = { .begin_ns = 5000000,
			  .ncpus = 1,
			  .witness = 3,
			  .ring_asked = 1 << 20,
			  .ring_bytes = 1 << 20 };
	struct utsname u;

	(void)state;
	tell(&p, &m);
	assert_int_equal(uname(&u), 0);
	assert_string_equal(meta_of("host"), u.nodename);
	assert_string_equal(meta_of("kernel"), u.release);
	assert_string_equal(meta_of("sampler"), "cpu-clock");
	assert_string_equal(meta_of("period_ns"), "1000000");
	assert_string_equal(meta_of("witness"), "3");
	assert_int_equal(strlen(meta_of("boot_id")), 36);
	/* Of this boot and instant. */
	assert_memory_equal(meta_of("capture_id"), meta_of("boot_id"), 8);
	assert_string_equal(meta_of("capture_id") + 8, "-1388");
	assert_non_null(strstr(meta_of("cmdline"), "test_synth"));
	assert_non_null(meta_of("tz_offset"));
	assert_non_null(meta_of("version"));
	assert_string_equal((const char *)quality_of(SP_Q_NO_TRACEPOINT) + 16, "napi:napi_poll");
	assert_null(quality_of(SP_Q_NO_WITNESS));
	assert_null(quality_of(SP_Q_SMALL_RING));
}

static void what_falls_short(void **state)
{
	struct plan p = { .sampler = "cycles" };
	struct meta m = {
		.ncpus = 1, .witness = UINT32_MAX, .ring_asked = 1 << 20, .ring_bytes = 1 << 16
	};

	(void)state;
	tell(&p, &m);
	assert_null(meta_of("witness"));
	assert_non_null(quality_of(SP_Q_NO_WITNESS));
	assert_int_equal(sp_u64_at(quality_of(SP_Q_SMALL_RING) + 8), 1 << 16);
	/* Several CPUs are each other's witnesses. */
	m.ncpus = 2;
	tell(&p, &m);
	assert_null(quality_of(SP_Q_NO_WITNESS));
	collect_free(&got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(processes_and_threads),
		cmocka_unit_test(executable_mappings),
		cmocka_unit_test(the_kernels_text),
		cmocka_unit_test(what_a_capture_says_of_itself),
		cmocka_unit_test(what_falls_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

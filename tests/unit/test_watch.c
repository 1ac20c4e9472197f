/* The watch thread: sees beside the reader that a ring is silent, and whose; tells once. */
#include "collect.h"
#include "watches.h"

#include <dirent.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define NCPUS  2U
#define BYTES  16384U
#define SILENT 2000000ULL

static struct collect got;

struct bench {
	struct events_cpu cpus[NCPUS];
	struct events events;
	uint64_t sampler[NCPUS], switches[NCPUS];
	struct watch_cfg cfg;
	struct stream *stream;
};

static struct bench *open_bench(void)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct sp_err err = SP_ERR_INIT;

	assert_non_null(b);
	collect_free(&got);
	for (uint32_t i = 0; i < NCPUS; i++) {
		uint8_t *base = calloc(2, BYTES);

		assert_non_null(base);
		b->cpus[i].cpu = i;
		b->cpus[i].ring =
			(struct ring){ .base = base, .data = base + BYTES, .size = BYTES };
		b->sampler[i] = 100 + i;
		b->switches[i] = 200 + i;
	}
	b->events = (struct events){ .cpus = b->cpus, .ncpus = NCPUS };
	b->cfg = (struct watch_cfg){ .events = &b->events,
				     .ids = { b->sampler, b->switches, 56 },
				     .to = NCPUS,
				     .silent_ns = SILENT };
	assert_int_equal(stream_new(&b->stream, collect_sink(&got), &err), 0);
	return b;
}

static void close_bench(struct bench *b)
{
	for (uint32_t i = 0; i < NCPUS; i++)
		free(b->cpus[i].ring.base);
	stream_free(b->stream);
	free(b);
	collect_free(&got);
}

/* The sampler's record of a task, as the kernel would write it. */
static void sample(struct bench *b, uint32_t cpu, uint32_t tid, uint64_t time)
{
	struct perf_event_header header = { .type = PERF_RECORD_SAMPLE, .size = 64 };
	struct perf_event_mmap_page *page = b->cpus[cpu].ring.base;
	uint8_t *at = (uint8_t *)b->cpus[cpu].ring.base + BYTES + page->data_head % BYTES;

	memcpy(at, &header, sizeof(header));
	memcpy(at + 8, &b->sampler[cpu], 8);
	memcpy(at + 28, &tid, 4);
	memcpy(at + 32, &time, 8);
	__atomic_store_n(&page->data_head, page->data_head + header.size, __ATOMIC_RELEASE);
}

static size_t files_told_of(uint32_t tid)
{
	size_t n = 0;

	for (size_t i = 0; i < got.n; i++) {
		const uint8_t *fact = collect_fact(&got, i, SP_FACT_FDS);

		n += fact && sp_u32_at(fact) == tid;
	}
	return n;
}

static void a_silence_counts_from_the_last_record(void **state)
{
	struct bench *b = open_bench();
	const uint64_t at = 5000000000ULL;
	struct sp_err err = SP_ERR_INIT;
	struct watch *w = NULL;

	(void)state;
	assert_int_equal(watch_new(&w, &b->cfg, &err), 0);
	sample(b, 1, (uint32_t)getpid(), at);
	/* Seen 0.9 ms later: the silence began when it was written. */
	assert_int_equal(watch_look(w, at + 900000, &err), 0);
	assert_false(watch_stuck(w, 1));
	assert_int_equal(watch_look(w, at + SILENT - 1, &err), 0);
	assert_false(watch_stuck(w, 1));
	assert_int_equal(watch_look(w, at + SILENT, &err), 0);
	assert_true(watch_stuck(w, 1));
	assert_false(watch_stuck(w, 0));
	assert_int_equal(watch_take(w, b->stream, &err), 0);
	assert_int_equal(files_told_of((uint32_t)getpid()), 1);
	/* Once a silence; and it ends. */
	assert_int_equal(watch_look(w, at + 3 * SILENT, &err), 0);
	sample(b, 1, 0, at + 4 * SILENT);
	assert_int_equal(watch_look(w, at + 4 * SILENT, &err), 0);
	assert_false(watch_stuck(w, 1));
	assert_int_equal(watch_look(w, at + 9 * SILENT, &err), 0); /* idle */
	assert_int_equal(watch_take(w, b->stream, &err), 0);
	assert_int_equal(files_told_of((uint32_t)getpid()), 1);
	watch_free(w);
	close_bench(b);
}

static struct watch_cpus set_of(const uint32_t *cpus, uint32_t n)
{
	struct watch_cpus set = { 0 };

	for (uint32_t i = 0; i < n; i++)
		CPU_SET_S(cpus[i], sizeof(set.set), set.set);
	return set;
}

/* The same set, no more and no less. */
static void assert_set(const struct watch_cpus *set, const uint32_t *cpus, uint32_t n)
{
	struct watch_cpus want = set_of(cpus, n);

	assert_memory_equal(set, &want, sizeof(want));
}

/* Where threads run and how, by the CPUs that they may run on and those watched. */
static void a_realtime_thread_never_looks_where_it_runs(void **state)
{
	static const struct {
		uint32_t allowed[4], nallowed, watched[4], nwatched, nplaces;
		struct {
			uint32_t on[4], non;
			bool realtime;
			uint32_t from, to;
		} want[WATCHES_MOST];
	} cases[] = {
		/* Beside the watched ones. */
		{ { 0, 1 }, 2, { 1 }, 1, 1, { { { 0 }, 1, true, 0, 1 } } },
		{ { 0, 1, 2, 8191 }, 4, { 1, 2 }, 2, 1, { { { 0, 8191 }, 2, true, 0, 2 } } },
		{ { 0 }, 1, { 1, 2 }, 2, 1, { { { 0 }, 1, true, 0, 2 } } },
		/* All that are online are watched. */
		{ { 0, 1 },
		  2,
		  { 0, 1 },
		  2,
		  2,
		  { { { 0 }, 1, true, 1, 2 }, { { 1 }, 1, true, 0, 1 } } },
		{ { 0, 1, 2 },
		  3,
		  { 0, 1, 2 },
		  3,
		  2,
		  { { { 0 }, 1, true, 1, 3 }, { { 1 }, 1, true, 0, 1 } } },
		/* There are others, but kept from us (taskset, cpuset). */
		{ { 2, 3 },
		  2,
		  { 0, 2, 1, 3 },
		  4,
		  2,
		  { { { 2 }, 1, true, 2, 4 }, { { 3 }, 1, true, 0, 2 } } },
		/* One CPU, and it is watched: a guest with one, or we are kept on it. */
		{ { 0 }, 1, { 0 }, 1, 1, { { { 0 }, 1, false, 0, 1 } } },
		{ { 5 }, 1, { 4, 5 }, 2, 1, { { { 5 }, 1, false, 0, 2 } } },
		/* Not known. */
		{ { 0 }, 0, { 4, 5 }, 2, 1, { { { 0 }, 0, false, 0, 2 } } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct watch_cpus allowed = set_of(cases[i].allowed, cases[i].nallowed);
		struct watch_place places[WATCHES_MOST];

		assert_int_equal(
			watches_places(&allowed, cases[i].watched, cases[i].nwatched, places),
			cases[i].nplaces);
		for (uint32_t k = 0; k < cases[i].nplaces; k++) {
			assert_set(&places[k].on, cases[i].want[k].on, cases[i].want[k].non);
			assert_int_equal(places[k].realtime, cases[i].want[k].realtime);
			assert_int_equal(places[k].from, cases[i].want[k].from);
			assert_int_equal(places[k].to, cases[i].want[k].to);
		}
	}
}

/* Threads that are real-time, of this process. */
static int realtime_threads(void)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *d;
	int n = 0;

	assert_non_null(tasks);
	while ((d = readdir(tasks)))
		n += d->d_name[0] != '.' && sched_getscheduler(atoi(d->d_name)) == SCHED_FIFO;
	closedir(tasks);
	return n;
}

static void sharing_is_told_and_not_realtime(void **state)
{
	static const uint32_t mine = 0, none = SP_MAX_CPUS - 1;
	const struct watch_cpus sets[] = { set_of(&mine, 1), set_of(&none, 1) };

	const struct sched_param lowest = { .sched_priority = 1 }, other = { 0 };

	(void)state;
	/* On the CPU that is watched; and where the kernel lets no thread to its CPU. Each also
	 * below a maker that is real-time itself, where that is permitted. */
	for (int i = 0; i < 4; i++) {
		bool chrt = i >= 2 && !sched_setscheduler(0, SCHED_FIFO, &lowest);
		struct bench *b = open_bench();
		struct sp_err err = SP_ERR_INIT;
		struct watches *w = NULL;

		b->cfg.to = 1;
		assert_int_equal(watches_new(&w, &b->cfg, &sets[i % 2], &err), 0);
		assert_int_equal(watches_start(w), WATCH_SHARED);
		assert_int_equal(realtime_threads(), chrt);
		assert_int_equal(sched_setscheduler(0, SCHED_OTHER, &other), 0);
		watches_free(w);
		close_bench(b);
	}
}

static void the_thread_looks_and_wakes(bool spare)
{
	static const uint32_t both[] = { 0, 1 };
	const struct watch_cpus watched = set_of(both, 2);
	struct bench *b = open_bench();
	struct pollfd fds[WATCHES_MOST];
	struct sp_err err = SP_ERR_INIT;
	struct watches *w = NULL;
	int wakes[WATCHES_MOST];
	uint32_t n;

	/* CPUs that are not here: all that are here are beside them. */
	for (uint32_t i = 0; spare && i < NCPUS; i++)
		b->cpus[i].cpu = SP_MAX_CPUS - NCPUS + i;
	assert_int_equal(watches_new(&w, &b->cfg, spare ? NULL : &watched, &err), 0);
	n = watches_fds(w, wakes);
	assert_int_equal(n, spare ? 1 : 2);
	for (uint32_t i = 0; i < n; i++)
		fds[i] = (struct pollfd){ .fd = wakes[i], .events = POLLIN };
	assert_int_not_equal(watches_start(w), WATCH_NONE);
	for (uint32_t cpu = 0; cpu < NCPUS; cpu++) {
		sample(b, cpu, (uint32_t)getpid(), stream_now());
		while (!watches_stuck(w, cpu))
			assert_int_not_equal(poll(fds, n, 60000), 0);
		/* The look follows its flag, and the wake the look. */
		while (cpu == 0 && !files_told_of((uint32_t)getpid())) {
			poll(fds, n, 10);
			assert_int_equal(watches_take(w, b->stream, &err), 0);
		}
	}
	/* A look under way when the threads are to end is not lost. */
	watches_stop(w);
	assert_int_equal(watches_take(w, b->stream, &err), 0);
	assert_int_equal(files_told_of((uint32_t)getpid()), NCPUS);
	watches_free(w);
	close_bench(b);
}

static void one_thread_looks_and_wakes(void **state)
{
	(void)state;
	the_thread_looks_and_wakes(true);
}

static void of_two_threads_each_looks_at_the_other(void **state)
{
	(void)state;
	the_thread_looks_and_wakes(false);
}

static bool wakes(const struct watch *w)
{
	struct pollfd fd = { .fd = watch_fd(w), .events = POLLIN };

	return poll(&fd, 1, 0) == 1;
}

static void a_ring_that_fills_wakes_the_loop(void **state)
{
	struct bench *b = open_bench();
	struct sp_err err = SP_ERR_INIT;
	struct watch *w = NULL;
	struct perf_event_mmap_page *page = b->cpus[1].ring.base;

	(void)state;
	assert_int_equal(watch_new(&w, &b->cfg, &err), 0);
	for (uint32_t i = 0; (i + 1) * 64 < WATCH_FILLED; i++)
		sample(b, 1, (uint32_t)getpid(), 5000000000ULL);
	assert_int_equal(watch_look(w, 5000000000ULL, &err), 0);
	assert_false(wakes(w));
	sample(b, 1, (uint32_t)getpid(), 5000000000ULL);
	assert_int_equal(watch_look(w, 5000000000ULL, &err), 0);
	assert_true(wakes(w));
	/* Drained. */
	assert_int_equal(watch_take(w, b->stream, &err), 0);
	__atomic_store_n(&page->data_tail, page->data_head, __ATOMIC_RELEASE);
	assert_int_equal(watch_look(w, 5000000000ULL, &err), 0);
	assert_false(wakes(w));
	watch_free(w);
	close_bench(b);
}

static void what_finds_no_room_is_counted(void **state)
{
	struct bench *b = open_bench();
	struct sp_err err = SP_ERR_INIT;
	struct watch *w = NULL;
	size_t limits = 0;
	int fds[200];

	(void)state;
	assert_int_equal(watch_new(&w, &b->cfg, &err), 0);
	/* Each silence has 2 kB and more; nobody takes them. */
	for (size_t i = 0; i < 200; i++)
		fds[i] = dup(0);
	for (uint64_t i = 1; i < 1000; i++) {
		sample(b, 0, (uint32_t)getpid(), i * 10 * SILENT);
		assert_int_equal(watch_look(w, i * 10 * SILENT, &err), 0);
		assert_int_equal(watch_look(w, i * 10 * SILENT + SILENT, &err), 0);
	}
	assert_int_equal(watch_take(w, b->stream, &err), 0);
	for (size_t i = 0; i < got.n; i++) {
		const uint8_t *fact = collect_fact(&got, i, SP_FACT_QUALITY);

		limits += fact && sp_u32_at(fact) == SP_Q_LIMIT && sp_u64_at(fact + 8) > 0;
	}
	assert_int_equal(limits, 1);
	assert_true(got.n > 100);
	for (size_t i = 0; i < 200; i++)
		close(fds[i]);
	watch_free(w);
	close_bench(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_silence_counts_from_the_last_record),
		cmocka_unit_test(a_realtime_thread_never_looks_where_it_runs),
		cmocka_unit_test(sharing_is_told_and_not_realtime),
		cmocka_unit_test(one_thread_looks_and_wakes),
		cmocka_unit_test(of_two_threads_each_looks_at_the_other),
		cmocka_unit_test(what_finds_no_room_is_counted),
		cmocka_unit_test(a_ring_that_fills_wakes_the_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

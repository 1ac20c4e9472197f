/*
 * Kernel symbols: how long reading them takes, of which the kernel's printing, and one look-up.
 *
 *	bench_symbols [RUNS]
 *	{"bench":"symbols","load_ms":…,"print_ms":…,"lookup_ns":…,"symbols":…,"check":…}
 *
 * Medians; print_ms is read(2) of /proc/kallsyms to its end and nothing else, which no reader can
 * go below. Look-ups are CPU time, of addresses all over the kernel's text, in no order.
 */
#include "kallsyms.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PATH	 "/proc/kallsyms"
#define LOOK_UPS 1000000U
#define MAX_RUNS 101

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x == y ? 0 : x < y ? -1 : 1;
}

static uint64_t median(uint64_t *ns, int n)
{
	qsort(ns, (size_t)n, sizeof(*ns), by_size);
	return ns[n / 2];
}

static uint64_t print_ns(void)
{
	static char text[1 << 20];
	uint64_t begin = now_ns();
	int fd = open(PATH, O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && read(fd, text, sizeof(text)) > 0)
		;
	close(fd);
	return now_ns() - begin;
}

/* Of this thread: a look-up is not made slower by who else wants the CPU. */
static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

/* CPU time of a look-up, in ns, over addresses between two functions that every kernel has at its
 * ends. */
static double look_up_ns(const struct kallsyms *k, uint64_t *check)
{
	uint64_t from = kallsyms_address(k, "_stext"), to = kallsyms_address(k, "_etext");
	uint64_t begin, random = 88172645463325252ULL, at;
	struct ksymbol s;

	if (to <= from)
		to = from + (8U << 20);
	begin = cpu_ns();
	for (uint32_t i = 0; i < LOOK_UPS; i++) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		at = from + random % (to - from);
		if (kallsyms_find(k, at, &s))
			*check += s.start;
	}
	return (double)(cpu_ns() - begin) / LOOK_UPS;
}

int main(int argc, char **argv)
{
	int runs = argc > 1 ? atoi(argv[1]) : 11;
	uint64_t load[MAX_RUNS], print[MAX_RUNS], check = 0;
	size_t count = 0;
	double look_up = 0;

	if (runs < 1 || runs > MAX_RUNS) {
		fprintf(stderr, "usage: bench_symbols [RUNS]\n");
		return 2;
	}
	for (int i = 0; i < runs; i++) {
		struct sp_err err = SP_ERR_INIT;
		struct kallsyms *k = NULL;
		uint64_t begin;

		print[i] = print_ns();
		begin = now_ns();
		if (kallsyms_load(&k, PATH, &err)) {
			fprintf(stderr, "bench_symbols: %s\n", err.text);
			return 1;
		}
		load[i] = now_ns() - begin;
		count = kallsyms_count(k);
		if (i == 0)
			look_up = look_up_ns(k, &check);
		kallsyms_free(k);
	}
	printf("{\"bench\":\"symbols\",\"load_ms\":%.2f,\"print_ms\":%.2f,\"lookup_ns\":%.1f,"
	       "\"symbols\":%zu,\"check\":%" PRIu64 "}\n",
	       (double)median(load, runs) / 1e6, (double)median(print, runs) / 1e6, look_up, count,
	       check);
	return 0;
}

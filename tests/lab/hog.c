/*
 * Starves one CPU for real, in one way, and writes down the truth.
 *
 *	hog --way WAY --cpu N --count N --min-ms A --max-ms B --pause-ms P [--seed S]
 *	    [--short-every K] [--beside before|after|reader] [--pin PATH] [--probe]
 *	hog --list
 *
 * Lengths are random in A … B, but every Kth is one of 2 to 3 ms; pauses in P/2 … 3P/2. One line a
 * stall:
 *
 *	truth MECHANISM BEGIN_NS END_NS CPU TID COMM NAMES
 *
 * in CLOCK_MONOTONIC; NAMES are the functions that would be right, separated by commas; TID 0 and
 * COMM - say that no task is to blame. A line that begins with "busy" is too short to be the stall
 * that the way is about, but the time was used. --probe says whether this kernel can do it (0) or
 *not (77), and why. Nothing is left behind on every way out that a process can take.
 */
#include "way.h"

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The stalls that are hard to see last from here to one more. */
#define SHORT_MS 2.0

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

bool hog_stopped(void)
{
	return stopped;
}

_Noreturn void hog_skip(const char *why)
{
	fprintf(stderr, "skip: %s\n", why);
	exit(77);
}

void hog_sleep_ns(uint64_t ns)
{
	struct timespec ts = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) };

	while (ns && nanosleep(&ts, &ts) && errno == EINTR && !stopped)
		;
}

uint64_t hog_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

void hog_pin_to_cpu(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* The name of a kernel function, empty when unknown. */
static void name_function(unsigned long long addr, char *name, size_t size)
{
	FILE *f = addr ? fopen("/proc/kallsyms", "r") : NULL;
	char line[512], found[256];
	unsigned long long at;

	name[0] = 0;
	while (f && !name[0] && fgets(line, sizeof(line), f))
		if (sscanf(line, "%llx %*c %255s", &at, found) == 2 && at == addr)
			snprintf(name, size, "%s", found);
	if (f)
		fclose(f);
}

void hog_print_truth(const struct hog *h, const struct hog_truth *t)
{
	char function[256];

	name_function(t->function, function, sizeof(function));
	printf("%s %s %llu %llu %u %u %s %s%s%s\n",
	       t->end_ns - t->begin_ns < h->way->least_ns ? "busy" : "truth", h->way->mechanism,
	       t->begin_ns, t->end_ns, t->cpu, h->way->nobodys ? 0 : t->tid,
	       h->way->nobodys ? "-" : t->comm, h->way->accept, function[0] ? "," : "", function);
	fflush(stdout);
}

static double random_in(double from, double to)
{
	return from + (to - from) * ((double)rand() / RAND_MAX);
}

static uint64_t length_ns(const struct hog *h, unsigned int i)
{
	bool is_short = h->short_every && i % h->short_every == h->short_every - 1;

	return (uint64_t)((is_short ? random_in(SHORT_MS, SHORT_MS + 1)
				    : random_in(h->min_ms, h->max_ms)) *
			  1e6);
}

static _Noreturn void list_ways(void)
{
	for (size_t i = 0; hog_ways[i]; i++)
		puts(hog_ways[i]->name);
	exit(0);
}

static void choose(struct hog *h, const char *name)
{
	h->way = hog_way(name);
	if (h->way)
		return;
	fprintf(stderr, "hog: no way called %s: see --list\n", name);
	exit(2);
}

static enum beside beside_of(const char *name)
{
	static const char *const names[] = { "nobody", "before", "after", "reader" };

	for (int i = 0; i < 4; i++)
		if (strcmp(names[i], name) == 0)
			return (enum beside)i;
	fprintf(stderr, "hog: --beside before, after or reader\n");
	exit(2);
}

static bool parse(struct hog *h, int argc, char **argv)
{
	static const struct option options[] = {
		{ "way", 1, NULL, 'w' },
		{ "cpu", 1, NULL, 'c' },
		{ "count", 1, NULL, 'n' },
		{ "min-ms", 1, NULL, 'a' },
		{ "max-ms", 1, NULL, 'b' },
		{ "pause-ms", 1, NULL, 'p' },
		{ "seed", 1, NULL, 's' },
		{ "pin", 1, NULL, 'i' },
		{ "short-every", 1, NULL, 'k' },
		{ "probe", 0, NULL, 't' },
		{ "beside", 1, NULL, 'd' },
		{ "list", 0, NULL, 'l' },
		{ NULL, 0, NULL, 0 },
	};
	bool probe = false;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'w':
			choose(h, optarg);
			break;
		case 'c':
			h->cpu = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'n':
			h->count = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'a':
			h->min_ms = strtod(optarg, NULL);
			break;
		case 'b':
			h->max_ms = strtod(optarg, NULL);
			break;
		case 'p':
			h->pause_ms = strtod(optarg, NULL);
			break;
		case 's':
			h->seed = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'k':
			h->short_every = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'i':
			h->pin = optarg;
			break;
		case 'd':
			h->beside = beside_of(optarg);
			break;
		case 't':
			probe = true;
			break;
		case 'l':
			list_ways();
		default:
			exit(2);
		}
	}
	return probe;
}

int main(int argc, char **argv)
{
	struct hog h = { .cpu = 1, .count = 10, .min_ms = 5, .max_ms = 40, .pause_ms = 100 };
	struct sigaction sa = { .sa_handler = on_signal };
	bool probe = parse(&h, argc, argv);

	if (!h.way) {
		fprintf(stderr, "hog: --way WAY, one of --list\n");
		return 2;
	}
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	srand(h.seed);
	if (geteuid() != 0)
		hog_skip("needs root");
	snprintf(h.object_file, sizeof(h.object_file), "%s.bpf.o", argv[0]);
	if (h.way->open)
		h.way->open(&h);
	hog_beside_begin(&h);
	for (unsigned int i = 0; i < h.count && !stopped && !probe; i++) {
		h.way->starve(&h, length_ns(&h, i));
		hog_sleep_ns((uint64_t)(random_in(h.pause_ms / 2, h.pause_ms * 1.5) * 1e6));
	}
	hog_beside_end(&h);
	if (h.way->close)
		h.way->close(&h);
	if (h.object)
		hog_unload(&h);
	return 0;
}

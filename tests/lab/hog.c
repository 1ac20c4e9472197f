/*
 * Starves one CPU for real, in one way, and writes down the truth.
 *
 *	hog --way irqs-off|bh-off|softirq|napi|hardirq --cpu N --count N --min-ms A --max-ms B
 *	    --pause-ms P [--seed S] [--pin PATH] [--probe]
 *
 * One line a stall: way begin_ns end_ns cpu tid comm accepted,names (CLOCK_MONOTONIC). --probe says
 * whether this kernel can do it (0) or not (77), and why. Nothing is left behind: the pinned
 *iterator is removed on every way out that a process can take.
 */
#include "hog.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BPF_FS_MAGIC_NUMBER 0xcafe4a11

struct way {
	const char *name, *program, *accept;
};

/* The names that would be right, written down before any run. */
static const struct way ways[] = {
	{ "irqs-off", "hog_show", "hog_show,bpf_seq_read,bpf_iter_run_prog,task_seq_show" },
	{ "bh-off", "hog_xdp", "hog_xdp,bpf_prog_test_run_xdp,bpf_test_run" },
	{ "softirq", "hog_timer", "hog_timer,call_timer_fn,*" },
	{ "napi", "hog_napi", "hog_napi,NET_RX,*" },
	{ "hardirq", "hog_irq", "hog_irq,local_timer,*" },
};

struct config {
	const struct way *way;
	unsigned int cpu, count, seed;
	double min_ms, max_ms, pause_ms;
	const char *pin;
	bool probe;
};

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

__attribute__((format(printf, 2, 0))) static int quiet(enum libbpf_print_level level,
						       const char *fmt, va_list args)
{
	return level == LIBBPF_WARN && getenv("HOG_DEBUG") ? vfprintf(stderr, fmt, args) : 0;
}

static _Noreturn void skip(const char *why)
{
	fprintf(stderr, "skip: %s\n", why);
	exit(77);
}

static void sleep_ns(unsigned long long ns)
{
	struct timespec ts = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) };

	while (nanosleep(&ts, &ts) && errno == EINTR && !stopped)
		;
}

static int on_truth(void *ctx, void *data, size_t size)
{
	const struct config *c = ctx;
	const struct hog_truth *t = data;

	(void)size;
	printf("%s %llu %llu %u %u %s %s\n", c->way->name, t->begin_ns, t->end_ns, t->cpu, t->tid,
	       t->comm, c->way->accept);
	fflush(stdout);
	return 0;
}

/* A private mount of bpffs where the machine has none; gone with this process. */
static const char *pin_path(const struct config *c, char *path, size_t size)
{
	struct statfs fs;

	if (c->pin)
		return c->pin;
	if (statfs("/sys/fs/bpf", &fs) || fs.f_type != BPF_FS_MAGIC_NUMBER) {
		if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		    mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL))
			skip("no bpf file system, and none can be mounted");
	}
	snprintf(path, size, "/sys/fs/bpf/sirqprof_hog_%d", (int)getpid());
	return path;
}

/* A child on the CPU that reads the file once, as cat does. */
static pid_t start_reader(const struct config *c, const char *path)
{
	pid_t pid = fork();
	cpu_set_t set;

	if (pid)
		return pid;
	CPU_ZERO(&set);
	CPU_SET(c->cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	if (!freopen("/dev/null", "w", stdout))
		_exit(1);
	execlp("cat", "cat", path, NULL);
	_exit(127);
}

static pid_t start_test_run(const struct config *c, int prog)
{
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet),
		    .repeat = 1);
	pid_t pid = fork();
	cpu_set_t set;

	if (pid)
		return pid;
	CPU_ZERO(&set);
	CPU_SET(c->cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	_exit(bpf_prog_test_run_opts(prog, &opts) ? 1 : 0);
}

struct loaded {
	struct bpf_object *object;
	struct bpf_program *program;
	struct bpf_link *link;
	struct ring_buffer *ring;
	volatile unsigned long long *spin_ns;
	const char *pinned;
	char path[64];
};

/* The two variables of the program, in its .bss. */
static void find_variables(struct loaded *l, const struct config *c)
{
	struct bpf_map *bss = bpf_object__find_map_by_name(l->object, ".bss");
	struct bpf_map *map;
	long page = sysconf(_SC_PAGESIZE);
	char *at;

	if (!bss)
		bpf_object__for_each_map(map, l->object) if (strstr(bpf_map__name(map), ".bss"))
			bss = map;
	at = bss ? mmap(NULL, (size_t)page, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(bss), 0)
		 : MAP_FAILED;
	if (at == MAP_FAILED)
		skip("the hog's variables cannot be mapped");
	l->spin_ns = (volatile unsigned long long *)(void *)at;
	*(volatile unsigned int *)(void *)(at + 8) = c->cpu;
}

static void load(struct loaded *l, const struct config *c, const char *file)
{
	struct bpf_map *truths;

	l->object = bpf_object__open_file(file, NULL);
	if (!l->object)
		skip("the BPF object cannot be opened: this kernel has no BTF");
	l->program = bpf_object__find_program_by_name(l->object, c->way->program);
	bpf_program__set_autoload(l->program, true);
	if (bpf_object__load(l->object))
		skip("the kernel refuses the BPF program (needs root, and for irqs-off the kfunc "
		     "bpf_local_irq_save of Linux 6.14)");
	find_variables(l, c);
	truths = bpf_object__find_map_by_name(l->object, "truths");
	l->ring = ring_buffer__new(bpf_map__fd(truths), on_truth, (void *)c, NULL);
	if (!l->ring)
		skip("no BPF ring buffer");
	if (strcmp(c->way->name, "bh-off") == 0)
		return;
	l->link = bpf_program__attach(l->program);
	if (!l->link)
		skip("the kernel refuses to attach the BPF program");
	if (strcmp(c->way->name, "irqs-off") != 0)
		return;
	l->pinned = pin_path(c, l->path, sizeof(l->path));
	if (bpf_link__pin(l->link, l->pinned))
		skip("the iterator cannot be pinned");
}

static void unload(struct loaded *l)
{
	if (l->pinned)
		unlink(l->pinned);
	ring_buffer__free(l->ring);
	bpf_link__destroy(l->link);
	bpf_object__close(l->object);
}

static void starve_once(struct loaded *l, const struct config *c)
{
	double ms = c->min_ms + (c->max_ms - c->min_ms) * ((double)rand() / RAND_MAX);
	pid_t pid = 0;

	*l->spin_ns = (unsigned long long)(ms * 1e6);
	if (strcmp(c->way->name, "irqs-off") == 0)
		pid = start_reader(c, l->pinned);
	else if (strcmp(c->way->name, "bh-off") == 0)
		pid = start_test_run(c, bpf_program__fd(l->program));
	if (pid > 0)
		waitpid(pid, NULL, 0);
	/* The others wait for the next timer, packet or tick. */
	for (int i = 0; !pid && *l->spin_ns && i < 200 && !stopped; i++)
		sleep_ns(5000000);
	sleep_ns(pid ? 0 : (unsigned long long)(ms * 1e6) + 2000000);
	*l->spin_ns = 0;
	ring_buffer__consume(l->ring);
}

static void parse(struct config *c, int argc, char **argv)
{
	static const struct option options[] = {
		{ "way", 1, NULL, 'w' },    { "cpu", 1, NULL, 'c' },
		{ "count", 1, NULL, 'n' },  { "min-ms", 1, NULL, 'a' },
		{ "max-ms", 1, NULL, 'b' }, { "pause-ms", 1, NULL, 'p' },
		{ "seed", 1, NULL, 's' },   { "pin", 1, NULL, 'i' },
		{ "probe", 0, NULL, 't' },  { NULL, 0, NULL, 0 },
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'w':
			for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
				if (strcmp(ways[i].name, optarg) == 0)
					c->way = &ways[i];
			break;
		case 'c':
			c->cpu = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'n':
			c->count = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'a':
			c->min_ms = strtod(optarg, NULL);
			break;
		case 'b':
			c->max_ms = strtod(optarg, NULL);
			break;
		case 'p':
			c->pause_ms = strtod(optarg, NULL);
			break;
		case 's':
			c->seed = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'i':
			c->pin = optarg;
			break;
		case 't':
			c->probe = true;
			break;
		default:
			exit(2);
		}
	}
	if (!c->way) {
		fprintf(stderr, "hog: --way irqs-off, bh-off, softirq, napi or hardirq\n");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct config c = { .cpu = 1, .count = 10, .min_ms = 5, .max_ms = 40, .pause_ms = 100 };
	struct loaded l = { 0 };
	char file[512];
	struct sigaction sa = { .sa_handler = on_signal };

	parse(&c, argc, argv);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	libbpf_set_print(quiet);
	srand(c.seed);
	if (geteuid() != 0)
		skip("needs root");
	snprintf(file, sizeof(file), "%s.bpf.o", argv[0]);
	load(&l, &c, file);
	for (unsigned int i = 0; i < c.count && !stopped && !c.probe; i++) {
		starve_once(&l, &c);
		sleep_ns((unsigned long long)(c.pause_ms * 1e6));
	}
	unload(&l);
	return 0;
}

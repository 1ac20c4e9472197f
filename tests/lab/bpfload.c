/* Loads a starving BPF program, gives it orders, prints what it logged. */
#include "way.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

#define MORE_PROGRAMS	    (sizeof(((struct way *)0)->more_programs) / sizeof(char *))
#define BPF_FS_MAGIC_NUMBER 0xcafe4a11

__attribute__((format(printf, 2, 0))) static int quiet(enum libbpf_print_level level,
						       const char *fmt, va_list args)
{
	return level == LIBBPF_WARN && getenv("HOG_DEBUG") ? vfprintf(stderr, fmt, args) : 0;
}

static int on_truth(void *ctx, void *data, size_t size)
{
	const struct hog *h = ctx;

	if (size >= sizeof(struct hog_truth))
		hog_print_truth(h, data);
	return 0;
}

static void find_maps(struct hog *h)
{
	int orders = bpf_object__find_map_fd_by_name(h->object, "orders");
	int truths = bpf_object__find_map_fd_by_name(h->object, "truths");
	void *at = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED,
			orders, 0);

	if (at == MAP_FAILED)
		hog_skip("the hog's orders cannot be mapped");
	h->order = at;
	h->order->cpu = h->cpu;
	h->ring = ring_buffer__new(truths, on_truth, h, NULL);
	if (!h->ring)
		hog_skip("no BPF ring buffer");
}

void hog_use_object(struct hog *h, const char *name)
{
	char *slash = strrchr(h->object_file, '/');
	size_t at = slash ? (size_t)(slash + 1 - h->object_file) : 0;

	snprintf(h->object_file + at, sizeof(h->object_file) - at, "%s.bpf.o", name);
}

/* False: it is not in this object. */
static bool want(struct hog *h, const char *name, struct bpf_program **p)
{
	*p = bpf_object__find_program_by_name(h->object, name);
	if (*p)
		bpf_program__set_autoload(*p, true);
	return *p != NULL;
}

static bool load(struct hog *h, const char *file)
{
	struct bpf_program *more;

	h->object = bpf_object__open_file(file, NULL);
	if (!h->object)
		hog_skip("the BPF object cannot be opened: this kernel has no BTF");
	if (!want(h, h->way->program, &h->program))
		return false;
	for (size_t i = 0; i < MORE_PROGRAMS && h->way->more_programs[i]; i++)
		if (!want(h, h->way->more_programs[i], &more))
			return false;
	return bpf_object__load(h->object) == 0;
}

void hog_load(struct hog *h)
{
	char old[sizeof(h->object_file) + 8];

	libbpf_set_print(quiet);
	/* The same without what Linux 5.10 does not know: NAME.old.bpf.o. */
	snprintf(old, sizeof(old), "%.*s.old.bpf.o",
		 (int)(strlen(h->object_file) - strlen(".bpf.o")), h->object_file);
	if (!load(h, h->object_file)) {
		bpf_object__close(h->object);
		if (load(h, old)) {
			find_maps(h);
			return;
		}
		hog_skip("the kernel refuses the BPF program (needs root, and for irqs-off the "
			 "kfunc bpf_local_irq_save of Linux 6.14)");
	}
	find_maps(h);
}

void hog_attach(struct hog *h)
{
	h->link = bpf_program__attach(h->program);
	if (!h->link)
		hog_skip("the kernel refuses to attach the BPF program");
}

/* A private mount of bpffs where the machine has none; gone with this process. */
void hog_pin(struct hog *h)
{
	struct statfs fs;

	if (!h->pin) {
		if ((statfs("/sys/fs/bpf", &fs) || fs.f_type != BPF_FS_MAGIC_NUMBER) &&
		    (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		     mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL)))
			hog_skip("no bpf file system, and none can be mounted");
		snprintf(h->path, sizeof(h->path), "/sys/fs/bpf/sirqprof_hog_%d", (int)getpid());
		h->pin = h->path;
	}
	if (bpf_link__pin(h->link, h->pin))
		hog_skip("the iterator cannot be pinned");
	h->pinned = h->pin;
}

void hog_unload(struct hog *h)
{
	if (h->pinned)
		unlink(h->pinned);
	ring_buffer__free(h->ring);
	bpf_link__destroy(h->link);
	bpf_object__close(h->object);
}

void hog_collect(struct hog *h)
{
	ring_buffer__consume(h->ring);
}

bool hog_await(struct hog *h, uint64_t ns)
{
	bool taken;

	for (int i = 0; ns && h->order->spin_ns && i < 1000 && !hog_stopped(); i++)
		hog_sleep_ns(1000000);
	taken = !h->order->spin_ns;
	/* Taken is not yet done. */
	hog_sleep_ns(taken && ns ? ns + 2000000 : 0);
	h->order->spin_ns = 0;
	hog_collect(h);
	return taken;
}

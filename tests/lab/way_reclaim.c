/*
 * task-delay: a task takes room away from its own memory cgroup, as who resizes a container does,
 * and the kernel reclaims on its back until the group is at its limit. No CPU is starved: the
 * task's own request is late. The write that sets the limit does nothing else, so its time is the
 * truth.
 */
#include "way.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_BYTES (4UL << 20)
#define ROOM_BYTES  (256UL << 20)
#define NS_A_BLOCK  600000UL /* what it takes to reclaim one, here */
#define FILE_BYTES  (512UL << 20)
/* So much is read at once, and how often the file is mapped: to take a page away the kernel undoes
 * each mapping. */
#define BLOCK  (64UL << 10)
#define MAPS   16
#define GROUPS "/sys/fs/cgroup/memory"

static struct {
	char group[128], file[64];
	int fd;
	char *map[MAPS];
	uint64_t at, ns;
} here;

static void put(const char *name, unsigned long v)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", here.group, name);
	f = fopen(path, "we");
	if (!f || fprintf(f, "%lu", v) < 0 || fclose(f))
		hog_skip("no memory cgroup (v1) of its own");
}

static void open_group(struct hog *h)
{
	(void)h;
	snprintf(here.group, sizeof(here.group), GROUPS "/sirqprof-lab-%d", (int)getpid());
	if (mkdir(here.group, 0700))
		hog_skip("no memory cgroup (v1) of its own");
	put("memory.limit_in_bytes", LIMIT_BYTES);
	snprintf(here.file, sizeof(here.file), "/var/tmp/sirqprof-lab-%d", (int)getpid());
	here.fd = open(here.file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (here.fd < 0 || ftruncate(here.fd, FILE_BYTES))
		hog_skip("no file to read");
	for (int i = 0; i < MAPS; i++) {
		void *at = mmap(NULL, FILE_BYTES, PROT_READ, MAP_SHARED, here.fd, 0);

		if (at == MAP_FAILED)
			hog_skip("no file to read");
		here.map[i] = at;
	}
}

static void close_group(struct hog *h)
{
	(void)h;
	close(here.fd);
	unlink(here.file);
	rmdir(here.group);
}

/* Reads pages that the group has no room for, one after the other. */
static void read_pages(uint64_t bytes)
{
	for (uint64_t n = 0; n < bytes; n += BLOCK) {
		for (int i = 0; i < MAPS; i++)
			madvise(here.map[i] + here.at, BLOCK, MADV_POPULATE_READ);
		here.at = (here.at + BLOCK) % FILE_BYTES;
	}
}

/* Fills the group, then takes the room away: one request. */
static void shrink_group(struct hog *h)
{
	struct hog_truth truth = { .cpu = h->cpu, .tid = (unsigned int)getpid() };

	put("memory.limit_in_bytes", ROOM_BYTES);
	put("tasks", (unsigned long)getpid());
	snprintf(truth.comm, sizeof(truth.comm), "%s", "hog-child");
	read_pages(LIMIT_BYTES + here.ns / NS_A_BLOCK * BLOCK);
	truth.begin_ns = hog_now_ns();
	put("memory.limit_in_bytes", LIMIT_BYTES);
	truth.end_ns = hog_now_ns();
	hog_print_truth(h, &truth);
}

static void starve_request(struct hog *h, uint64_t ns)
{
	here.ns = ns;
	here.at = (here.at + LIMIT_BYTES * 16) % FILE_BYTES;
	hog_in_child(h, shrink_group);
}

const struct way way_task_delay = {
	.name = "task-delay",
	.mechanism = "task-delay",
	.accept = "-",
	.open = open_group,
	.starve = starve_request,
	.close = close_group,
};

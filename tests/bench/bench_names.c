/*
 * What names cost: loading and indexing kernel symbols, looking one up, and 50,000 distinct user
 * addresses over 200 ELF files.
 *
 *	bench_names [DIRECTORY…]	where ELF files are taken from (/usr/lib/x86_64-linux-gnu
 * /usr/bin)
 *
 * One JSON line each, best of a few runs for kallsyms; "check" keeps the work from being optimized
 * away. kallsyms is timed from text in memory, and read_ms is what the kernel takes to make the
 *text.
 */
#include "elfimage.h"
#include "kallsyms.h"
#include "symbols.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILES	  200U
#define ADDRESSES 250U /* a file */
#define LOOKUPS	  2000000U
#define RUNS	  5

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static void fail(const char *what)
{
	fprintf(stderr, "bench_names: %s\n", what);
	exit(1);
}

/* xorshift: addresses must not be in order. */
static uint64_t next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static char *read_kallsyms(size_t *len, double *ms)
{
	size_t room = 64 << 20;
	char *text = malloc(room);
	uint64_t begin = now_ns();
	int fd = open("/proc/kallsyms", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	*len = 0;
	while (text && fd >= 0 && (n = read(fd, text + *len, room - *len)) > 0)
		*len += (size_t)n;
	*ms = (double)(now_ns() - begin) / 1e6;
	if (!*len)
		fail("/proc/kallsyms cannot be read");
	close(fd);
	return text;
}

static void bench_kallsyms(void)
{
	struct sp_err err = SP_ERR_INIT;
	struct kallsyms *k = NULL;
	uint64_t best = UINT64_MAX, load = UINT64_MAX, begin, seed = 88172645463325252ULL,
		 check = 0;
	double read_ms;
	size_t len;
	char *text = read_kallsyms(&len, &read_ms);

	for (int i = 0; i < RUNS; i++) {
		kallsyms_free(k);
		begin = now_ns();
		if (kallsyms_parse(&k, text, len, &err))
			fail(err.text);
		best = now_ns() - begin < best ? now_ns() - begin : best;
	}
	for (int i = 0; i < RUNS; i++) {
		kallsyms_free(k);
		begin = now_ns();
		if (kallsyms_load(&k, "/proc/kallsyms", &err))
			fail(err.text);
		load = now_ns() - begin < load ? now_ns() - begin : load;
	}
	begin = now_ns();
	for (uint32_t i = 0; i < LOOKUPS; i++) {
		struct ksymbol s;

		if (kallsyms_find(k, 0xffffffff81000000ULL + next(&seed) % (20 << 20), &s))
			check += s.start;
	}
	printf("{\"bench\":\"kallsyms\",\"symbols\":%zu,\"index_ms\":%.2f,\"read_ms\":%.2f,"
	       "\"load_ms\":%.2f,\"lookup_ns\":%.1f,\"check\":%" PRIu64 "}\n",
	       kallsyms_count(k), (double)best / 1e6, read_ms, (double)load / 1e6,
	       (double)(now_ns() - begin) / LOOKUPS, check);
	kallsyms_free(k);
	free(text);
}

struct program {
	char path[512];
	uint64_t offset, size; /* of its largest segment */
};

static bool take(struct program *p, const char *dir, const char *name)
{
	struct elfbytes bytes = ELFBYTES_INIT;
	struct elfimage image = { 0 };
	struct stat st;
	int fd;

	snprintf(p->path, sizeof(p->path), "%s/%s", dir, name);
	fd = lstat(p->path, &st) == 0 && S_ISREG(st.st_mode) ? open(p->path, O_RDONLY | O_CLOEXEC)
							     : -1;
	p->size = 0;
	if (fd < 0 || !elfbytes_open(&bytes, fd) || !elfimage_read(&image, &bytes))
		image.nsegments = 0;
	for (size_t i = 0; i < image.nsegments; i++)
		if (image.segments[i].filesz > p->size) {
			p->offset = image.segments[i].offset;
			p->size = image.segments[i].filesz;
		}
	elfimage_free(&image);
	elfbytes_close(&bytes);
	return p->size >= ADDRESSES;
}

static uint32_t gather(struct program *p, uint32_t n, const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && n < FILES && (e = readdir(d)))
		n += take(&p[n], dir, e->d_name);
	if (d)
		closedir(d);
	return n;
}

static void bench_users(const struct program *p, uint32_t n)
{
	struct sp_err err = SP_ERR_INIT;
	struct symbols *s;
	const struct sp_resolver *r;
	uint64_t begin, seed = 88172645463325252ULL;
	uint32_t known = 0;

	begin = now_ns();
	if (symbols_new(&s, &(struct symbols_cfg){ .local = true, .user = true }, &err))
		fail(err.text);
	r = symbols_resolver(s);
	for (uint32_t i = 0; i < n; i++)
		if (r->mapped(r->self,
			      &(struct sp_mapping){ .pid = (int32_t)(100000000 + i),
						    .time_ns = begin,
						    .start = 0x7f0000000000ULL,
						    .len = p[i].size,
						    .pgoff = p[i].offset,
						    .path = p[i].path,
						    .build_id = "" },
			      &err))
			fail(err.text);
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < ADDRESSES; k++) {
			struct sp_frame f;

			r->user(r->self, (int32_t)(100000000 + i), begin,
				0x7f0000000000ULL + p[i].size / ADDRESSES * k +
					next(&seed) % (p[i].size / ADDRESSES),
				&f, 1);
			known += f.known;
		}
	printf("{\"bench\":\"user_names\",\"files\":%u,\"addresses\":%u,\"known\":%u,\"ms\":%.1f}"
	       "\n",
	       n, n * ADDRESSES, known, (double)(now_ns() - begin) / 1e6);
	symbols_free(s);
}

int main(int argc, char **argv)
{
	static struct program programs[FILES];
	uint32_t n = 0;

	for (int i = 1; i < argc; i++)
		n = gather(programs, n, argv[i]);
	if (argc < 2)
		n = gather(programs, gather(programs, 0, "/usr/lib/x86_64-linux-gnu"), "/usr/bin");
	bench_kallsyms();
	bench_users(programs, n);
	return 0;
}

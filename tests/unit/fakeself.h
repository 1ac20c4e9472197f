#ifndef FAKESELF_H
#define FAKESELF_H

/* The process under test is this one: a resolver that was told what it has mapped. */
#include "symbols.h"
#include "unit.h"

#include <inttypes.h>
#include <time.h>
#include <unistd.h>

static struct sp_err err = SP_ERR_INIT;

static inline uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Tells a resolver what this process has mapped. By itself: its buffers would fill the stack that
 * test_unwind.c takes a copy of. */
__attribute__((noinline, unused)) static void tell_maps(struct symbols *s)
{
	const struct sp_resolver *r = symbols_resolver(s);
	FILE *f = fopen("/proc/self/maps", "re");
	char line[4500], perms[8], path[4096];
	uint64_t start, end, off;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		path[0] = 0;
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %" SCNx64 " %*s %*s %4095[^\n]",
			   &start, &end, perms, &off, path) < 4)
			continue;
		if (!strchr(perms, 'x'))
			continue;
		assert_int_equal(r->mapped(r->self,
					   &(struct sp_mapping){
						   .pid = getpid(),
						   .time_ns = now_ns(),
						   .start = start,
						   .len = end - start,
						   .pgoff = off,
						   .path = path,
						   .build_id = "",
					   },
					   &err),
				 0);
	}
	fclose(f);
}

static inline struct symbols *own_symbols(bool local)
{
	struct symbols *s = NULL;

	assert_int_equal(
		symbols_new(&s, &(struct symbols_cfg){ .local = local, .user = true }, &err), 0);
	tell_maps(s);
	return s;
}

static inline struct sp_frame frame_of(struct symbols *s, uint64_t pc)
{
	const struct sp_resolver *r = symbols_resolver(s);
	struct sp_frame f;

	assert_int_equal(r->user(r->self, getpid(), now_ns(), pc, &f, 1), 1);
	return f;
}

#endif

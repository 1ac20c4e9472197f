#ifndef SIRQPROF_HUGE_H
#define SIRQPROF_HUGE_H

/*
 * Memory for large tables: in huge pages where the system gives them, since a tenth of a report's
 * time is page faults of 4 kB otherwise (include/uapi/asm-generic/mman-common.h, MADV_HUGEPAGE).
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define SP_HUGE_PAGE ((size_t)2 << 20)

/* size bytes, for free(); NULL when there are none. Below a huge page it is malloc(). */
static inline void *sp_huge_alloc(size_t size)
{
	void *at;

	if (size < SP_HUGE_PAGE)
		return malloc(size);
	if (size > SIZE_MAX - SP_HUGE_PAGE)
		return NULL;
	/* Whole pages: what is not used of the last one is little beside the rest. */
	size = (size + SP_HUGE_PAGE - 1) & ~(SP_HUGE_PAGE - 1);
	if (posix_memalign(&at, SP_HUGE_PAGE, size))
		return NULL;
	madvise(at, size, MADV_HUGEPAGE);
	return at;
}

#endif

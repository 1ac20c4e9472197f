#ifndef SIRQPROF_HUGE_H
#define SIRQPROF_HUGE_H

/*
 * Memory for large tables: in huge pages where the system gives them, since a tenth of a report's
 * time is page faults of 4 kB otherwise (include/uapi/asm-generic/mman-common.h, MADV_HUGEPAGE).
 *
 * A large block is a mapping of its own, never malloc()'s: once a mapped block is freed, malloc()
 * takes blocks of that size from its heap (mallopt(3), M_MMAP_THRESHOLD), and the heap, which
 * blocks that come and go leave full of holes, is not given back.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define SP_HUGE_PAGE ((size_t)2 << 20)

/* From this size on a block is a mapping. Under ASan none is: it guards malloc()'s blocks only. */
#if defined(__SANITIZE_ADDRESS__)
#define SP_HUGE_LEAST SIZE_MAX
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SP_HUGE_LEAST SIZE_MAX
#endif
#endif
#ifndef SP_HUGE_LEAST
#define SP_HUGE_LEAST SP_HUGE_PAGE
#endif

/* Whole pages: what is not used of the last one is little beside the rest. */
static inline size_t sp_huge_whole(size_t size)
{
	return (size + SP_HUGE_PAGE - 1) & ~(SP_HUGE_PAGE - 1);
}

/* size bytes, of any content, for sp_huge_free() and nothing else; NULL when there are none. Below
 * a huge page it is malloc(). */
static inline void *sp_huge_alloc(size_t size)
{
	size_t whole = sp_huge_whole(size), head;
	char *at;

	if (size < SP_HUGE_LEAST)
		return malloc(size);
	if (size > SIZE_MAX - 2 * SP_HUGE_PAGE)
		return NULL;
	at = mmap(NULL, whole + SP_HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		  -1, 0);
	if (at == MAP_FAILED)
		return NULL;
	/* What stands before and behind the whole pages goes back. */
	head = -(uintptr_t)at & (SP_HUGE_PAGE - 1);
	if (head)
		munmap(at, head);
	at += head;
	munmap(at + whole, SP_HUGE_PAGE - head);
	madvise(at, whole, MADV_HUGEPAGE);
	return at;
}

/* Only the first so many bytes are used from now on: where the block is a mapping, the others go
 * back to the system. at: of sp_huge_alloc(size). */
static inline void sp_huge_trim(void *at, size_t size, size_t used)
{
	/* The largest page that Linux runs on anywhere. */
	size_t kept = (used + 65535) & ~(size_t)65535;

	if (size >= SP_HUGE_LEAST && kept < size)
		madvise((char *)at + kept, sp_huge_whole(size) - kept, MADV_DONTNEED);
}

/* at: of sp_huge_alloc(size), with the same size; or NULL. Its memory goes back to the system. */
static inline void sp_huge_free(void *at, size_t size)
{
	if (size < SP_HUGE_LEAST)
		free(at);
	else if (at)
		munmap(at, sp_huge_whole(size));
}

#endif

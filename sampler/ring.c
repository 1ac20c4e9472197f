#include "ring.h"

#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int ring_map(struct ring *r, int fd, uint64_t bytes, struct sp_err *err)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint8_t *wrapped = malloc(UINT16_MAX + 1);
	void *base;

	if (!wrapped)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for a ring");
	base = mmap(NULL, page + bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (base == MAP_FAILED) {
		sp_fail_sys(err,
			    "cannot map a ring of %llu kB (smaller --buffer, ulimit -l, or sysctl "
			    "kernel.perf_event_mlock_kb)",
			    (unsigned long long)(bytes >> 10));
		free(wrapped);
		return SP_ESYS;
	}
	*r = (struct ring){
		.base = base,
		.data = (const uint8_t *)base + page,
		.size = bytes,
		.wrapped = wrapped,
	};
	return SP_OK;
}

void ring_unmap(struct ring *r)
{
	if (r->base)
		munmap(r->base, (size_t)(r->data - (const uint8_t *)r->base) + r->size);
	free(r->wrapped);
	*r = (struct ring){ 0 };
}

bool ring_look(struct ring *r)
{
	const struct perf_event_mmap_page *page = r->base;
	uint64_t before = r->head;

	/* Pairs with the kernel's release of data_head in perf_output_put_handle(). */
	r->head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
	return r->head != before;
}

const uint8_t *ring_next(struct ring *r, uint16_t *ret_size, uint64_t *ret_bad)
{
	uint64_t from = r->at & (r->size - 1), until_end = r->size - from;
	struct perf_event_header header;

	if (r->head - r->at < sizeof(header))
		return NULL;
	/* Records are 8-byte aligned, so a header never wraps. */
	memcpy(&header, r->data + from, sizeof(header));
	if (header.size < sizeof(header) || header.size > r->head - r->at) {
		*ret_bad += r->head - r->at;
		r->at = r->head;
		return NULL;
	}
	*ret_size = header.size;
	r->at += header.size;
	if (header.size <= until_end)
		return r->data + from;
	memcpy(r->wrapped, r->data + from, until_end);
	memcpy(r->wrapped + until_end, r->data, header.size - until_end);
	return r->wrapped;
}

void ring_done(struct ring *r)
{
	struct perf_event_mmap_page *page = r->base;

	/* Pairs with the kernel's read of data_tail in __perf_output_begin(): the bytes are read.
	 */
	__atomic_store_n(&page->data_tail, r->at, __ATOMIC_RELEASE);
}

bool ring_peek_look(const struct ring *r, struct ring_peek *p)
{
	const struct perf_event_mmap_page *page = r->base;
	uint64_t before = p->head, tail;

	/* As in ring_look(). The tail pairs with ring_done() of the first reader: it is where a
	 * record begins, and at or before the head. */
	tail = __atomic_load_n(&page->data_tail, __ATOMIC_ACQUIRE);
	p->head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
	if (p->at < tail)
		p->at = tail;
	return p->head != before;
}

/* Copies the begin of what stands at p->at, be it a record or not; returns the bytes copied, 0 when
 * it cannot be one. */
static size_t peek_copy(const struct ring *r, const struct ring_peek *p,
			uint8_t ret[RING_PEEK_BYTES], uint16_t *ret_size)
{
	uint64_t from = p->at & (r->size - 1), until_end = r->size - from;
	struct perf_event_header header;
	size_t n;

	memcpy(&header, r->data + from, sizeof(header));
	if (header.size < sizeof(header) || header.size > p->head - p->at)
		return 0;
	n = header.size < RING_PEEK_BYTES ? header.size : RING_PEEK_BYTES;
	memcpy(ret, r->data + from, n < until_end ? n : until_end);
	if (n > until_end)
		memcpy(ret + until_end, r->data, n - until_end);
	*ret_size = header.size;
	return n;
}

bool ring_peek_next(const struct ring *r, struct ring_peek *p, uint8_t ret[RING_PEEK_BYTES],
		    uint16_t *ret_size)
{
	const struct perf_event_mmap_page *page = r->base;

	while (p->at < p->head && p->head - p->at >= sizeof(struct perf_event_header)) {
		size_t n = peek_copy(r, p, ret, ret_size);
		uint64_t tail;

		/* The kernel writes there only after it saw a tail behind the record's begin: if
		 * we copied any of that, we see such a tail too. */
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		tail = __atomic_load_n(&page->data_tail, __ATOMIC_ACQUIRE);
		if (tail > p->at) {
			p->at = tail;
			continue;
		}
		p->at = n ? p->at + *ret_size : p->head;
		return n > 0;
	}
	return false;
}

uint64_t ring_filled(const struct ring *r)
{
	const struct perf_event_mmap_page *page = r->base;
	uint64_t tail = __atomic_load_n(&page->data_tail, __ATOMIC_ACQUIRE);

	return __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE) - tail;
}

#ifndef RING_H
#define RING_H

/*
 * One CPU's perf ring buffer (perf_event_open(2), "MMAP layout").
 *
 * In:    a perf event's descriptor
 * Out:   its records one by one, in place; only one that wraps is copied
 * Keeps: the mapping: one page and the data
 */
#include <sirqprof/err.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring {
	void *base; /* struct perf_event_mmap_page; NULL: not mapped */
	const uint8_t *data;
	uint64_t size;	  /* of data, a power of two */
	uint64_t at;	  /* next byte to read, never wraps */
	uint64_t head;	  /* as read last from the kernel */
	uint8_t *wrapped; /* copy of a record that wraps */
};

/* Maps fd's ring of bytes (a power of two of pages). Errors: SP_ESYS; EPERM with the remedy
 * (kernel.perf_event_mlock_kb, RLIMIT_MEMLOCK). */
int ring_map(struct ring *r, int fd, uint64_t bytes, struct sp_err *err);
void ring_unmap(struct ring *r);

/* Reads how far the kernel has written; true when that has moved since the last call. */
bool ring_look(struct ring *r);

/* The next record up to what ring_look() saw, its whole bytes, valid until ring_done(); NULL when
 * there is none, or when what stands there is no record (then the rest up to head is skipped and
 * *ret_bad counts it). */
const uint8_t *ring_next(struct ring *r, uint16_t *ret_size, uint64_t *ret_bad);

/* A second reader beside the first, in a thread of its own: it looks at records and leaves them. */
struct ring_peek {
	uint64_t at, head;
};

/* Bytes of a record that ring_peek_next() copies at most. */
#define RING_PEEK_BYTES 128U

/* Bytes that the kernel has written and the first reader has not given back. */
uint64_t ring_filled(const struct ring *r);

/* As ring_look(), for this reader; passes over what the first has given back. */
bool ring_peek_look(const struct ring *r, struct ring_peek *p);

/* The begin of the next record up to what ring_peek_look() saw, and its size; false when there is
 * none. One that the first reader has given back by the end of the copy is passed over, as the
 * kernel may have written over it: what is returned is whole, but not every record is seen. What is
 * in ret when none is returned means nothing. */
bool ring_peek_next(const struct ring *r, struct ring_peek *p, uint8_t ret[RING_PEEK_BYTES],
		    uint16_t *ret_size);

/* Gives the bytes read back to the kernel. */
void ring_done(struct ring *r);

#endif

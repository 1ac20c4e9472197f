/* The ring: records in place, one that wraps, one that is none. */
#include "ring.h"

#include <linux/perf_event.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define SIZE 4096U

/* What the kernel would map: a control page, then the data. */
static struct ring make_ring(void)
{
	uint8_t *base = calloc(2, SIZE);

	assert_non_null(base);
	return (struct ring){
		.base = base,
		.data = base + SIZE,
		.size = SIZE,
		.wrapped = malloc(UINT16_MAX + 1),
	};
}

static void drop_ring(struct ring *r)
{
	free(r->base);
	free(r->wrapped);
}

static struct perf_event_mmap_page *page_of(struct ring *r)
{
	return r->base;
}

/* Writes a record of size bytes filled with mark at the head, as the kernel does. */
static void produce(struct ring *r, uint16_t size, uint8_t mark)
{
	struct perf_event_header header = { .type = PERF_RECORD_SAMPLE, .size = size };
	uint8_t *data = (uint8_t *)r->base + SIZE, bytes[SIZE];
	uint64_t head = page_of(r)->data_head;

	memset(bytes, mark, size);
	memcpy(bytes, &header, sizeof(header));
	for (uint16_t i = 0; i < size; i++)
		data[(head + i) % SIZE] = bytes[i];
	page_of(r)->data_head = head + size;
}

static void records_come_out_as_they_went_in(void **state)
{
	struct ring r = make_ring();
	uint64_t bad = 0, sum = 0;
	uint16_t size;

	(void)state;
	assert_false(ring_look(&r));
	assert_null(ring_next(&r, &size, &bad));
	for (unsigned int i = 0; i < 1000; i++) {
		uint16_t want = (uint16_t)(8 + 8 * (i % 50));
		const uint8_t *rec;

		produce(&r, want, (uint8_t)i);
		assert_true(ring_look(&r));
		rec = ring_next(&r, &size, &bad);
		assert_non_null(rec);
		assert_int_equal(size, want);
		for (uint16_t k = 8; k < size; k++)
			assert_int_equal(rec[k], (uint8_t)i);
		assert_null(ring_next(&r, &size, &bad));
		/* The tail moves only when the reader is done with the bytes. */
		assert_int_equal(page_of(&r)->data_tail, sum);
		ring_done(&r);
		sum += want;
		assert_int_equal(page_of(&r)->data_tail, sum);
	}
	assert_int_equal(bad, 0);
	drop_ring(&r);
}

static void what_was_not_looked_at_stays(void **state)
{
	struct ring r = make_ring();
	uint64_t bad = 0;
	uint16_t size;

	(void)state;
	produce(&r, 16, 1);
	assert_true(ring_look(&r));
	produce(&r, 24, 2);
	assert_non_null(ring_next(&r, &size, &bad));
	assert_null(ring_next(&r, &size, &bad));
	ring_done(&r);
	assert_int_equal(page_of(&r)->data_tail, 16);
	assert_true(ring_look(&r));
	assert_non_null(ring_next(&r, &size, &bad));
	assert_int_equal(size, 24);
	drop_ring(&r);
}

static void a_bad_size_is_counted_and_skipped(void **state)
{
	static const uint16_t bad_sizes[] = { 0, 7, 4000 };
	struct ring r = make_ring();
	uint16_t size;

	(void)state;
	for (size_t i = 0; i < sizeof(bad_sizes) / sizeof(bad_sizes[0]); i++) {
		uint64_t bad = 0, at = page_of(&r)->data_head % SIZE;

		produce(&r, 64, 9);
		memcpy((uint8_t *)r.base + SIZE + at + 6, &bad_sizes[i], sizeof(bad_sizes[i]));
		assert_true(ring_look(&r));
		assert_null(ring_next(&r, &size, &bad));
		assert_int_equal(bad, 64);
		ring_done(&r);
		assert_int_equal(page_of(&r)->data_tail, page_of(&r)->data_head);
	}
	drop_ring(&r);
}

static void a_second_reader_sees_them_too_and_leaves_them(void **state)
{
	struct ring r = make_ring();
	struct ring_peek p = { 0 };
	uint8_t begin[RING_PEEK_BYTES];
	uint64_t bad = 0, tail;
	uint16_t size;

	(void)state;
	assert_false(ring_peek_look(&r, &p));
	for (unsigned int i = 0; i < 1000; i++) {
		uint16_t want = (uint16_t)(8 + 8 * (i % 50));

		produce(&r, want, (uint8_t)i);
		tail = page_of(&r)->data_tail;
		assert_true(ring_peek_look(&r, &p));
		assert_true(ring_peek_next(&r, &p, begin, &size));
		assert_int_equal(size, want);
		for (uint16_t k = 8; k < size && k < RING_PEEK_BYTES; k++)
			assert_int_equal(begin[k], (uint8_t)i);
		assert_false(ring_peek_next(&r, &p, begin, &size));
		assert_int_equal(page_of(&r)->data_tail, tail);
		/* The first reader comes behind, and not each time. */
		if (i % 5)
			continue;
		ring_look(&r);
		while (ring_next(&r, &size, &bad))
			;
		ring_done(&r);
	}
	/* Far behind the first reader: it goes on where that one is. */
	p = (struct ring_peek){ 0 };
	produce(&r, 64, 7);
	assert_true(ring_peek_look(&r, &p));
	while (ring_peek_next(&r, &p, begin, &size))
		assert_true(p.at > page_of(&r)->data_tail && p.at <= page_of(&r)->data_head);
	assert_int_equal(begin[8], 7);
	/* What is no record ends it until more comes. */
	produce(&r, 64, 9);
	memset((uint8_t *)r.base + SIZE + (page_of(&r)->data_head - 64) % SIZE, 0, 8);
	assert_true(ring_peek_look(&r, &p));
	assert_false(ring_peek_next(&r, &p, begin, &size));
	produce(&r, 64, 11);
	assert_true(ring_peek_look(&r, &p));
	assert_true(ring_peek_next(&r, &p, begin, &size));
	assert_int_equal(begin[8], 11);
	drop_ring(&r);
}

/* The first reader gives back what is before tail, and the kernel writes n records more. */
static void come_round(struct ring *r, uint64_t tail, uint16_t size, unsigned int n)
{
	__atomic_store_n(&page_of(r)->data_tail, tail, __ATOMIC_RELEASE);
	for (unsigned int i = 0; i < n; i++)
		produce(r, size, 0xee);
}

static void what_was_written_over_after_the_look_is_passed_over(void **state)
{
	struct ring r = make_ring();
	struct ring_peek p = { 0 };
	uint8_t begin[RING_PEEK_BYTES];
	uint16_t size;

	(void)state;
	/* Half of what was seen is still there. */
	for (unsigned int i = 0; i < SIZE / 64; i++)
		produce(&r, 64, (uint8_t)i);
	assert_true(ring_peek_look(&r, &p));
	come_round(&r, SIZE / 2, 72, 20);
	for (unsigned int i = SIZE / 128; i < SIZE / 64; i++) {
		assert_true(ring_peek_next(&r, &p, begin, &size));
		assert_int_equal(size, 64);
		assert_int_equal(begin[8], (uint8_t)i);
	}
	assert_false(ring_peek_next(&r, &p, begin, &size));
	assert_true(ring_peek_look(&r, &p));
	for (unsigned int i = 0; i < 20; i++) {
		assert_true(ring_peek_next(&r, &p, begin, &size));
		assert_int_equal(size, 72);
		assert_int_equal(begin[8], 0xee);
	}
	/* All that was seen is gone, and the tail behind it: records of other sizes, so that none
	 * begins where one was seen. */
	produce(&r, 64, 1);
	produce(&r, 64, 2);
	assert_true(ring_peek_look(&r, &p));
	come_round(&r, page_of(&r)->data_head, 72, SIZE / 72);
	come_round(&r, page_of(&r)->data_head - 72, 80, SIZE / 80 - 1);
	assert_false(ring_peek_next(&r, &p, begin, &size));
	assert_true(ring_peek_look(&r, &p));
	assert_true(ring_peek_next(&r, &p, begin, &size));
	assert_int_equal(size, 72);
	assert_true(ring_peek_next(&r, &p, begin, &size));
	assert_int_equal(size, 80);
	drop_ring(&r);
}

/* A ring whose bytes change while the second reader copies: its first touch of them faults, and the
 * handler is first reader and kernel. */
static struct ring touched;

static void on_touch(int sig)
{
	(void)sig;
	mprotect((void *)(uintptr_t)touched.data, SIZE, PROT_READ | PROT_WRITE);
	come_round(&touched, page_of(&touched)->data_head, 72, SIZE / 72);
}

static void what_is_written_over_during_the_copy_is_passed_over(void **state)
{
	struct sigaction act = { .sa_handler = on_touch }, old;
	uint8_t begin[RING_PEEK_BYTES], *base;
	struct ring_peek p = { 0 };
	uint16_t size;

	(void)state;
	if (sysconf(_SC_PAGESIZE) != SIZE)
		skip();
	base = mmap(NULL, 2UL * SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(base != MAP_FAILED);
	touched = (struct ring){ .base = base, .data = base + SIZE, .size = SIZE };
	for (unsigned int i = 0; i < SIZE / 128; i++)
		produce(&touched, 128, (uint8_t)i);
	assert_true(ring_peek_look(&touched, &p));
	sigaction(SIGSEGV, &act, &old);
	assert_int_equal(mprotect(base + SIZE, SIZE, PROT_NONE), 0);
	assert_false(ring_peek_next(&touched, &p, begin, &size));
	sigaction(SIGSEGV, &old, NULL);
	assert_true(page_of(&touched)->data_tail == SIZE); /* it was called */
	assert_true(ring_peek_look(&touched, &p));
	for (unsigned int i = 0; i < SIZE / 72; i++) {
		assert_true(ring_peek_next(&touched, &p, begin, &size));
		assert_int_equal(size, 72);
		assert_int_equal(begin[8], 0xee);
	}
	munmap(base, 2UL * SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_out_as_they_went_in),
		cmocka_unit_test(what_was_not_looked_at_stays),
		cmocka_unit_test(a_bad_size_is_counted_and_skipped),
		cmocka_unit_test(a_second_reader_sees_them_too_and_leaves_them),
		cmocka_unit_test(what_was_written_over_after_the_look_is_passed_over),
		cmocka_unit_test(what_is_written_over_during_the_copy_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

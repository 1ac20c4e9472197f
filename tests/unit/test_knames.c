/* cli/knames: every kernel address is told once, before the round, in memory that does not grow. */
#include "collect.h"
#include "unit.h"

#include "knames.h"

#include <sirqprof/perfdata.h>

#include <malloc.h>

#define ID     7ULL
#define KERNEL 0xffffffff81000000ULL
#define USER   0x400000ULL
#define DEPTH  60U /* user frames of each stack */

static struct collect got;
static uint64_t ntold;

static size_t name_all(void *self, uint64_t addr, struct sp_frame *ret, size_t max)
{
	(void)self;
	(void)max;
	*ret = (struct sp_frame){ .name = "f", .module = "", .offset = addr & 15, .known = true };
	return 1;
}

static const struct sp_resolver resolver = { .kernel = name_all };

static int count_told(void *self, const struct sp_record *r, struct sp_err *err)
{
	(void)self;
	(void)err;
	ntold += r->type == PERF_RECORD_SAMPLE && r->size < DEPTH * 8;
	return SP_OK;
}

static void send(struct knames *k, uint32_t type, const void *body, size_t size)
{
	uint8_t buf[1024];
	struct perf_event_header header = { .type = type, .size = (uint16_t)(8 + size) };
	struct sp_record r = { .type = type, .data = buf, .size = 8 + size, .off = SP_NOWHERE };
	struct sp_record_sink sink = knames_sink(k);
	struct sp_err err = SP_ERR_INIT;

	memcpy(buf, &header, sizeof(header));
	memcpy(buf + 8, body, size);
	assert_int_equal(sink.put(sink.self, &r, &err), 0);
}

static struct knames *begin(struct sp_record_sink out)
{
	struct perf_event_attr attr = {
		.size = PERF_ATTR_SIZE_VER6,
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TIME | PERF_SAMPLE_CALLCHAIN,
		.sample_period = 1000000,
		.sample_id_all = 1,
	};
	uint8_t body[PERF_ATTR_SIZE_VER6 + 8];
	uint64_t id = ID;
	struct sp_err err = SP_ERR_INIT;
	struct knames *k = NULL;

	memcpy(body, &attr, PERF_ATTR_SIZE_VER6);
	memcpy(body + PERF_ATTR_SIZE_VER6, &id, sizeof(id));
	assert_int_equal(knames_new(&k, &resolver, out, &err), 0);
	send(k, SP_REC_HEADER_ATTR, body, sizeof(body));
	return k;
}

/* One kernel frame, DEPTH frames of a program that differ every time. */
static void send_stack(struct knames *k, uint64_t kernel, uint64_t n)
{
	uint64_t body[3 + 3 + DEPTH] = { ID,	    1000 + n,
					 3 + DEPTH, (uint64_t)PERF_CONTEXT_KERNEL,
					 kernel,    (uint64_t)PERF_CONTEXT_USER };

	for (uint32_t i = 0; i < DEPTH; i++)
		body[6 + i] = USER + n * DEPTH + i;
	send(k, PERF_RECORD_SAMPLE, body, sizeof(body));
}

static void an_address_is_told_once(void **state)
{
	struct knames *k = begin(collect_sink(&got));
	size_t facts = 0;

	(void)state;
	for (uint64_t i = 0; i < 20000; i++) {
		send_stack(k, KERNEL + i % 50 * 16, i);
		if (i % 100 == 99)
			send(k, SP_REC_FINISHED_ROUND, "", 0);
	}
	for (size_t i = 0; i < got.n; i++) {
		const uint8_t *body = collect_fact(&got, i, SP_FACT_KSYM);

		if (!body)
			continue;
		assert_true(sp_u64_at(body) == KERNEL + facts * 16);
		facts++;
	}
	assert_int_equal(facts, 50);
	assert_int_equal(collect_count(&got, SP_REC_FINISHED_ROUND), 200);
	knames_free(k);
	collect_free(&got);
}

static uint64_t in_use(void)
{
	struct mallinfo2 m = mallinfo2(); /* nothing under a sanitizer */

	return m.uordblks + m.hblkhd;
}

/* 400,000 stacks would be 200 MB, as many addresses 40. */
static void memory_does_not_grow(void **state)
{
	struct knames *k = begin((struct sp_record_sink){ .put = count_told });
	uint64_t before = in_use();

	(void)state;
	ntold = 0;
	for (uint64_t i = 0; i < 400000; i++) {
		send_stack(k, KERNEL + i * 16, i);
		if (i % 100 == 99)
			send(k, SP_REC_FINISHED_ROUND, "", 0);
	}
	assert_int_equal(ntold, 400000);
	assert_true(in_use() < before + (24ULL << 20));
	knames_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_told_once),
		cmocka_unit_test(memory_does_not_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

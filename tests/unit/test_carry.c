/* sampler/carry: what is thinned and shed outlives any number of tasks and mappings. */
#include "unit.h"

#include "carry.h"
#include "stream.h"

#define COMM_SIZE 64U

static int note(void *self, const struct sp_record *r, struct sp_err *err)
{
	return carry_note(self, r, err);
}

static void state_of_cpu(struct stream *s, enum sp_fact_kind kind, uint32_t cpu, uint32_t value)
{
	struct sp_err err = SP_ERR_INIT;

	fact_begin(s, kind, 12345, cpu);
	fact_u32(s, value);
	assert_int_equal(fact_end(s, &err), 0);
}

static void comms(struct stream *s, uint64_t bytes)
{
	uint64_t body[COMM_SIZE / 8] = { 0 };
	struct perf_event_header header = { .type = PERF_RECORD_COMM, .size = COMM_SIZE };
	struct sp_err err = SP_ERR_INIT;

	memcpy(body, &header, sizeof(header));
	for (uint64_t n = 0; n < bytes / COMM_SIZE; n++) {
		body[1] = n;
		assert_int_equal(stream_record(s, (const uint8_t *)body, COMM_SIZE, &err), 0);
	}
}

/* The fact of this kind and CPU must be there once, with this value and without time. */
static void check_state(const struct carry *c, uint16_t kind, uint32_t cpu, uint32_t value)
{
	struct perf_event_header header;
	uint32_t times = 0;

	for (size_t at = 0; at < c->latest.len; at += header.size) {
		const uint8_t *rec = c->latest.at + at;
		struct sp_fact_head head;
		uint64_t time_ns;
		uint32_t got_cpu, got;

		memcpy(&header, rec, sizeof(header));
		assert_true(header.size >= 48 && at + header.size <= c->latest.len);
		memcpy(&time_ns, rec + 16, sizeof(time_ns));
		memcpy(&got_cpu, rec + 24, sizeof(got_cpu));
		memcpy(&head, rec + 36, sizeof(head));
		memcpy(&got, rec + 44, sizeof(got));
		if (head.kind != kind || got_cpu != cpu)
			continue;
		times++;
		assert_int_equal(got, value);
		assert_int_equal(time_ns, 0);
	}
	assert_int_equal(times, 1);
}

static void states_outlive_tasks(void **state)
{
	struct carry c = { 0 };
	struct sp_err err = SP_ERR_INIT;
	sp_auto(stream) s = NULL;
	size_t five;

	(void)state;
	assert_int_equal(stream_new(&s, (struct sp_record_sink){ note, &c }, &err), 0);
	state_of_cpu(s, SP_FACT_SHED, 3, 1);
	state_of_cpu(s, SP_FACT_THIN, 3, 100);
	state_of_cpu(s, SP_FACT_THIN, 0, 100);
	state_of_cpu(s, SP_FACT_SHED, 259, 1);
	state_of_cpu(s, SP_FACT_SHED, 1, 1);
	five = c.latest.len;
	comms(s, 3ULL * CARRY_RECENT_MAX);
	assert_true(c.recent.len <= CARRY_RECENT_MAX);
	assert_true(c.recent.len >= CARRY_RECENT_MAX / 4);
	for (uint32_t i = 0; i < 1000; i++) {
		state_of_cpu(s, SP_FACT_THIN, 0, i % 2 ? 1 : 100);
		state_of_cpu(s, SP_FACT_SHED, 1, i % 3);
	}
	assert_int_equal(c.latest.len, five);
	check_state(&c, SP_FACT_SHED, 3, 1);
	check_state(&c, SP_FACT_THIN, 3, 100);
	check_state(&c, SP_FACT_THIN, 0, 1);
	check_state(&c, SP_FACT_SHED, 259, 1);
	check_state(&c, SP_FACT_SHED, 1, 0);
	carry_free(&c);
}

struct told {
	uint32_t rows;
	uint64_t count;
};

static int see_quality(void *self, const struct sp_record *r, struct sp_err *err)
{
	struct told *t = self;
	struct sp_fact_head head;
	uint32_t code;

	(void)err;
	memcpy(&head, r->data + 36, sizeof(head));
	memcpy(&code, r->data + 44, sizeof(code));
	assert_int_equal(head.kind, SP_FACT_QUALITY);
	assert_int_equal(code, SP_Q_LIMIT);
	memcpy(&t->count, r->data + 52, sizeof(t->count));
	t->rows++;
	return SP_OK;
}

/* Kernel names past the bound are missing in the next part, which says so. */
static void what_is_left_out_is_told(void **state)
{
	struct carry c = { 0 };
	struct sp_err err = SP_ERR_INIT;
	sp_auto(stream) s = NULL;
	struct told told = { 0 };
	uint64_t n = 0;

	(void)state;
	assert_int_equal(stream_new(&s, (struct sp_record_sink){ note, &c }, &err), 0);
	assert_int_equal(carry_tell(&c, (struct sp_record_sink){ see_quality, &told }, &err), 0);
	assert_int_equal(told.rows, 0);
	while (c.left_out < 10) {
		fact_begin(s, SP_FACT_KSYM, 1, UINT32_MAX);
		fact_u64(s, n++);
		fact_u64(s, n);
		fact_str(s, "a_function");
		fact_str(s, "[module]");
		assert_int_equal(fact_end(s, &err), 0);
	}
	assert_true(c.fixed.len <= CARRY_FIXED_MAX && c.fixed.len > CARRY_FIXED_MAX - 200);
	assert_int_equal(carry_tell(&c, (struct sp_record_sink){ see_quality, &told }, &err), 0);
	assert_int_equal(told.rows, 1);
	assert_int_equal(told.count, 10);
	carry_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states_outlive_tasks),
		cmocka_unit_test(what_is_left_out_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* analyze/attrs: the events of a recording, their ids, names and CPUs; both byte orders. */
#include "unit.h"

#include "attrs.h"
#include "fakebytes.h"

#include <sirqprof/limits.h>
#include <sirqprof/perfdata.h>

#include <linux/perf_event.h>
#include <time.h>

static struct attrs *attrs(void)
{
	struct sp_err err = SP_ERR_INIT;
	struct attrs *a = NULL;

	assert_int_equal(attrs_new(&a, &err), 0);
	return a;
}

/* An attr that tells of itself a size, as far as so many bytes reach; then ids. */
static struct bytes description(bool swap, uint32_t size, uint32_t nids, uint64_t first_id)
{
	struct bytes b = { .swap = swap };

	bytes_u32(&b, PERF_TYPE_TRACEPOINT);
	bytes_u32(&b, size);
	bytes_u64(&b, 225); /* config */
	bytes_u64(&b, 1000000);
	bytes_u64(&b, PERF_SAMPLE_TIME | PERF_SAMPLE_RAW);
	bytes_u64(&b, PERF_FORMAT_ID);
	/* freq 10, sample_id_all 18, use_clockid 25, context_switch 26: of a machine of the other
	 * order the bits of each byte count from the other end. */
	bytes_u8(&b, 0);
	bytes_u8(&b, swap ? 0x20 : 0x04);
	bytes_u8(&b, swap ? 0x20 : 0x04);
	bytes_u8(&b, swap ? 0x60 : 0x06);
	bytes_zero(&b, 4);
	bytes_zero(&b, 16); /* wakeup, bp_type, config1 */
	if (size >= PERF_ATTR_SIZE_VER4) {
		bytes_u64(&b, 0);   /* config2 */
		bytes_u64(&b, 0x8); /* branch_sample_type */
		bytes_u64(&b, 0x5); /* sample_regs_user */
		bytes_u32(&b, 8192);
		bytes_u32(&b, (uint32_t)-2); /* clockid */
		bytes_u64(&b, 0x7);	     /* sample_regs_intr */
		bytes_zero(&b, size - PERF_ATTR_SIZE_VER4);
	}
	for (uint32_t i = 0; i < nids; i++)
		bytes_u64(&b, first_id + i);
	return b;
}

static int add(struct attrs *a, const struct bytes *b)
{
	struct sp_err err = SP_ERR_INIT;

	return attrs_add(a, bytes_span(b), &err);
}

static void whole_descriptions(void **state)
{
	(void)state;
	for (int swap = 0; swap <= 1; swap++) {
		struct bytes b = description(swap, PERF_ATTR_SIZE_VER6, 2, 7);
		sp_auto(attrs) a = attrs();
		const struct attr *k;

		assert_int_equal(add(a, &b), 0);
		assert_int_equal(attrs_count(a), 1);
		k = attrs_at(a, 0);
		assert_int_equal(k->type, PERF_TYPE_TRACEPOINT);
		assert_int_equal(k->config, 225);
		assert_int_equal(k->sample_period, 1000000);
		assert_int_equal(k->sample_type, PERF_SAMPLE_TIME | PERF_SAMPLE_RAW);
		assert_int_equal(k->read_format, PERF_FORMAT_ID);
		assert_true(k->freq && k->sample_id_all && k->use_clockid);
		assert_int_equal(k->branch_sample_type, 8);
		assert_int_equal(k->sample_regs_user, 5);
		assert_int_equal(k->clockid, -2);
		assert_int_equal(k->sample_regs_intr, 7);
		assert_int_equal(attrs_find(a, 7)->attr, 0);
		assert_int_equal(attrs_find(a, 8)->cpu, SP_NO_CPU);
		assert_null(attrs_find(a, 9));
		assert_null(attrs_at(a, 1));
	}
}

/* What older kernels did not have is zero, not the ids that follow. */
static void short_descriptions(void **state)
{
	struct bytes b = description(false, PERF_ATTR_SIZE_VER0, 1, 7);
	sp_auto(attrs) a = attrs();

	(void)state;
	assert_int_equal(add(a, &b), 0);
	assert_int_equal(attrs_at(a, 0)->sample_regs_user, 0);
	assert_int_equal(attrs_at(a, 0)->sample_regs_intr, 0);
	assert_int_equal(attrs_find(a, 7)->attr, 0);
	/* Size 0 is the first version. */
	memset(b.at + 4, 0, 4);
	assert_int_equal(add(a, &b), 0);
	assert_int_equal(attrs_count(a), 2);
	/* Longer ones are stepped over. */
	b = description(false, PERF_ATTR_SIZE_VER6 + 64, 1, 99);
	assert_int_equal(add(a, &b), 0);
	assert_int_equal(attrs_find(a, 99)->attr, 2);
}

static void descriptions_that_cannot_be(void **state)
{
	struct bytes b = description(false, PERF_ATTR_SIZE_VER6, 0, 0);
	sp_auto(attrs) a = attrs();

	(void)state;
	for (size_t len = 0; len < b.len; len++) {
		struct sp_err err = SP_ERR_INIT;
		uint8_t *at = bytes_cut(&b, len);

		assert_int_equal(attrs_add(a, sp_span_of(at, len, false), &err), SP_EFORMAT);
		free(at);
	}
	/* Smaller than any was. */
	b = description(false, PERF_ATTR_SIZE_VER0 - 8, 0, 0);
	assert_int_equal(add(a, &b), SP_EFORMAT);
	memset(b.at + 4, 0xff, 4);
	assert_int_equal(add(a, &b), SP_EFORMAT);
	assert_int_equal(attrs_count(a), 0);
	assert_null(attrs_find(a, 0));
}

/* An id that two events claim stays the first one's. */
static void ids_by_the_thousand(void **state)
{
	sp_auto(attrs) a = attrs();

	(void)state;
	for (uint32_t i = 0; i < 50; i++) {
		struct bytes b = description(false, PERF_ATTR_SIZE_VER0, 400, i * 400ULL << 32);

		assert_int_equal(add(a, &b), 0);
	}
	for (uint32_t i = 0; i < 50; i++) {
		assert_int_equal(attrs_find(a, i * 400ULL << 32)->attr, i);
		assert_int_equal(attrs_find(a, (i * 400ULL << 32) + 399)->attr, i);
		assert_null(attrs_find(a, (i * 400ULL << 32) + 400));
	}
	{
		struct bytes b = description(false, PERF_ATTR_SIZE_VER0, 1, 0);

		assert_int_equal(add(a, &b), 0);
		assert_int_equal(attrs_find(a, 0)->attr, 0);
	}
}

static void no_more_events_than_allowed(void **state)
{
	struct bytes b = description(false, PERF_ATTR_SIZE_VER0, 0, 0);
	sp_auto(attrs) a = attrs();

	(void)state;
	for (uint32_t i = 0; i < SP_MAX_ATTRS; i++)
		assert_int_equal(add(a, &b), 0);
	assert_int_equal(add(a, &b), SP_ELIMIT);
	assert_int_equal(attrs_count(a), SP_MAX_ATTRS);
}

static void no_more_ids_than_allowed(void **state)
{
	sp_auto(attrs) a = attrs();
	uint32_t added = 0;
	int rc = 0;

	(void)state;
	while (!rc && added < SP_MAX_IDS + 1000) {
		struct bytes b = description(false, PERF_ATTR_SIZE_VER0, 500, added);

		rc = add(a, &b);
		added += 500;
	}
	assert_int_equal(rc, SP_ELIMIT);
	assert_int_equal(added, (SP_MAX_IDS + 499) / 500 * 500);
	assert_non_null(attrs_find(a, SP_MAX_IDS - 1));
	assert_null(attrs_find(a, SP_MAX_IDS));
}

/* CPU seconds that so many ids take, which are multiples of a number. */
static double seconds_of(uint64_t number)
{
	sp_auto(attrs) a = attrs();
	clock_t begin = clock();

	for (uint64_t i = 0; i < 200; i++) {
		struct bytes b = description(false, PERF_ATTR_SIZE_VER0, 0, 0);

		for (uint64_t k = 1; k <= 500; k++)
			bytes_u64(&b, (i * 500 + k) * number);
		assert_int_equal(add(a, &b), 0);
	}
	for (uint64_t i = 1; i <= 100000; i++)
		assert_non_null(attrs_find(a, i * number));
	return (double)(clock() - begin) / CLOCKS_PER_SEC;
}

/* Ids made to meet in one slot, where it is found by a multiplication that can be inverted; and
 * ids that differ in their upper bits only. */
static void no_id_is_like_another(void **state)
{
	double plain;

	(void)state;
	plain = seconds_of(1);
	assert_true(seconds_of(0xf1de83e19937733dULL) < 0.5 + 20 * plain);
	assert_true(seconds_of(1ULL << 47) < 0.5 + 20 * plain);
}

static int update(struct attrs *a, uint64_t what, uint64_t id, const char *name, size_t len)
{
	struct sp_err err = SP_ERR_INIT;
	struct bytes b = { .swap = false };

	bytes_u64(&b, what);
	bytes_u64(&b, id);
	bytes_put(&b, name, len);
	return attrs_update(a, bytes_span(&b), &err);
}

static void names_by_update(void **state)
{
	struct bytes b = description(false, PERF_ATTR_SIZE_VER6, 1, 7);
	sp_auto(attrs) a = attrs();
	struct sp_err err = SP_ERR_INIT;
	char text[200];

	(void)state;
	assert_int_equal(add(a, &b), 0);
	assert_string_equal(attrs_at(a, 0)->name, "");
	assert_int_equal(update(a, SP_UPDATE_NAME, 7, "irq:softirq_entry\0pad", 21), 0);
	assert_string_equal(attrs_at(a, 0)->name, "irq:softirq_entry");
	/* Another kind of update, an id that nobody has, a body that ends. */
	assert_int_equal(update(a, SP_UPDATE_UNIT, 7, "ms", 3), 0);
	assert_int_equal(update(a, SP_UPDATE_NAME, 8, "else", 5), 0);
	assert_int_equal(attrs_update(a, sp_span_of("12345678", 8, false), &err), 0);
	assert_string_equal(attrs_at(a, 0)->name, "irq:softirq_entry");
	/* Too long, and without a NUL. */
	memset(text, 'x', sizeof(text));
	assert_int_equal(update(a, SP_UPDATE_NAME, 7, text, sizeof(text)), 0);
	assert_int_equal(strlen(attrs_at(a, 0)->name), sizeof(attrs_at(a, 0)->name) - 1);
}

/* EVENT_DESC: how many, the size of an attr; each with ids and a padded name. */
static struct bytes event_desc(uint32_t n, uint32_t nids, uint64_t first_id)
{
	static const char *const names[] = { "one", "two", "three" };
	struct bytes b = { .swap = false };

	bytes_u32(&b, n);
	bytes_u32(&b, 64);
	for (uint32_t i = 0; i < n; i++) {
		bytes_zero(&b, 64);
		bytes_u32(&b, nids);
		bytes_u32(&b, 64);
		bytes_text(&b, names[i]);
		bytes_zero(&b, 64 - strlen(names[i]) - 1);
		for (uint32_t k = 0; k < nids; k++)
			bytes_u64(&b, first_id + i * 10 + k);
	}
	return b;
}

static void names_by_description(void **state)
{
	struct bytes first = description(false, PERF_ATTR_SIZE_VER6, 1, 11);
	struct bytes second = description(false, PERF_ATTR_SIZE_VER6, 1, 1);
	sp_auto(attrs) a = attrs();
	struct sp_err err = SP_ERR_INIT;
	struct bytes b = event_desc(3, 2, 0);

	(void)state;
	assert_int_equal(add(a, &first), 0);
	assert_int_equal(add(a, &second), 0);
	/* By id, whatever the order; "three" is of none. */
	assert_int_equal(attrs_describe(a, bytes_span(&b), &err), 0);
	assert_string_equal(attrs_at(a, 0)->name, "two");
	assert_string_equal(attrs_at(a, 1)->name, "one");
	/* Without ids, by order. */
	b = event_desc(2, 0, 0);
	assert_int_equal(attrs_describe(a, bytes_span(&b), &err), 0);
	assert_string_equal(attrs_at(a, 0)->name, "one");
	assert_string_equal(attrs_at(a, 1)->name, "two");
}

static void a_description_cut_anywhere(void **state)
{
	struct bytes first = description(false, PERF_ATTR_SIZE_VER6, 1, 1);
	struct bytes b = event_desc(2, 1, 1);
	sp_auto(attrs) a = attrs();

	(void)state;
	assert_int_equal(add(a, &first), 0);
	for (size_t len = 0; len < b.len; len++) {
		struct sp_err err = SP_ERR_INIT;
		uint8_t *at = bytes_cut(&b, len);

		assert_int_equal(attrs_describe(a, sp_span_of(at, len, false), &err), SP_ETRUNC);
		free(at);
	}
}

static void cpus_by_index(void **state)
{
	struct bytes d = description(false, PERF_ATTR_SIZE_VER6, 3, 1), b = { .swap = false };
	sp_auto(attrs) a = attrs();
	struct sp_err err = SP_ERR_INIT;

	(void)state;
	bytes_u64(&b, 1);
	bytes_u64(&b, 1);
	bytes_zero(&b, 24);
	/* Before any id is known. */
	assert_int_equal(attrs_index(a, bytes_span(&b), &err), 0);
	assert_int_equal(add(a, &d), 0);
	b.len = 0;
	bytes_u64(&b, 4);
	for (uint64_t id = 1; id <= 4; id++) {
		bytes_u64(&b, id);
		bytes_u64(&b, 0);
		bytes_u64(&b, id == 2 ? UINT64_MAX : id == 3 ? SP_MAX_CPUS : id * 10);
		bytes_u64(&b, UINT64_MAX);
	}
	assert_int_equal(attrs_index(a, bytes_span(&b), &err), 0);
	assert_int_equal(attrs_find(a, 1)->cpu, 10);
	assert_int_equal(attrs_find(a, 2)->cpu, SP_NO_CPU);
	assert_int_equal(attrs_find(a, 3)->cpu, SP_NO_CPU);
	assert_null(attrs_find(a, 4));
	/* More than the record holds. */
	memset(b.at, 0xff, 8);
	assert_int_equal(attrs_index(a, bytes_span(&b), &err), SP_EFORMAT);
	err = (struct sp_err)SP_ERR_INIT;
	assert_int_equal(attrs_index(a, sp_span_of(NULL, 0, false), &err), SP_EFORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_descriptions),
		cmocka_unit_test(no_id_is_like_another),
		cmocka_unit_test(short_descriptions),
		cmocka_unit_test(descriptions_that_cannot_be),
		cmocka_unit_test(ids_by_the_thousand),
		cmocka_unit_test(no_more_events_than_allowed),
		cmocka_unit_test(no_more_ids_than_allowed),
		cmocka_unit_test(names_by_update),
		cmocka_unit_test(names_by_description),
		cmocka_unit_test(a_description_cut_anywhere),
		cmocka_unit_test(cpus_by_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

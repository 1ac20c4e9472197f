/* analyze/siderecords and symrecords: the kernel's records that are no samples, and those that say
 * what addresses and files are. */
#include "unit.h"

#include "fakebytes.h"
#include "siderecords.h"
#include "symrecords.h"

#include <linux/perf_event.h>

#define BUILD_ID_HAS_SIZE (1U << 15) /* misc of HEADER_BUILD_ID (tools/lib/perf) */

static struct strings *strings;

static int setup(void **state)
{
	struct sp_err err = SP_ERR_INIT;

	(void)state;
	return strings_new(&strings, &err);
}

static int teardown(void **state)
{
	(void)state;
	strings_free(strings);
	return 0;
}

struct decoded {
	int rc;
	bool over;
	struct sp_event e;
	struct sp_map map;
};

static struct decoded decode_span(uint32_t type, uint16_t misc, struct sp_span in)
{
	const struct sp_record r = { .type = type, .misc = misc, .swap = in.swap };
	struct sp_err err = SP_ERR_INIT;
	struct decoded d = { 0 };

	d.rc = siderecords_decode(&r, &in, strings, &d.e, &d.map, &err);
	d.over = in.over;
	return d;
}

static struct decoded decode(uint32_t type, uint16_t misc, const struct bytes *b)
{
	return decode_span(type, misc, bytes_span(b));
}

static void is_text(sp_str s, const char *text)
{
	assert_string_equal(strings_get(strings, s), text);
}

static bool believed(uint32_t first, bool asked, size_t len)
{
	struct bytes b = { 0 };
	struct sp_record r = { .type = PERF_RECORD_MMAP2, .data = b.at, .size = len };

	bytes_zero(&b, 40);
	bytes_u32(&b, first);
	bytes_zero(&b, 40);
	return siderecords_build_id(&r, asked);
}

/* The flag of another recorder's record: a major number stands where a size would. */
static void a_flag_that_is_anothers(void **state)
{
	(void)state;
	assert_true(believed(20, false, 80));
	assert_true(believed(16, false, 80));
	assert_true(believed(8, true, 80));
	assert_false(believed(8, false, 80));	 /* sd */
	assert_false(believed(0, false, 80));	 /* none */
	assert_false(believed(254, true, 80));	 /* virtio */
	assert_false(believed(0x103, true, 80)); /* nvme */
	assert_false(believed(20, true, 63));	 /* no room for it */
}

static void tasks(void **state)
{
	(void)state;
	for (int swap = 0; swap <= 1; swap++) {
		struct bytes b = { .swap = swap };
		struct decoded d;

		bytes_u32(&b, 10);
		bytes_u32(&b, 11);
		bytes_text(&b, "web");
		d = decode(PERF_RECORD_COMM, PERF_RECORD_MISC_COMM_EXEC, &b);
		assert_int_equal(d.rc, 0);
		assert_int_equal(d.e.type, SP_EV_COMM);
		assert_int_equal(d.e.pid, 10);
		assert_int_equal(d.e.tid, 11);
		assert_int_equal(d.e.task.exec, 1);
		is_text(d.e.task.comm, "web");
		assert_int_equal(decode(PERF_RECORD_COMM, 0, &b).e.task.exec, 0);
		/* pid, ppid, tid, ptid, time */
		b.len = 0;
		bytes_u32(&b, 10);
		bytes_u32(&b, 1);
		bytes_u32(&b, 12);
		bytes_u32(&b, 1);
		bytes_u64(&b, 99);
		d = decode(PERF_RECORD_FORK, 0, &b);
		assert_int_equal(d.e.type, SP_EV_FORK);
		assert_int_equal(d.e.pid, 10);
		assert_int_equal(d.e.tid, 12);
		assert_int_equal(d.e.task.ppid, 1);
		assert_int_equal(decode(PERF_RECORD_EXIT, 0, &b).e.type, SP_EV_TASK_EXIT);
	}
}

static void lost_and_throttled(void **state)
{
	struct bytes b = { .swap = false };
	struct decoded d;

	(void)state;
	bytes_u64(&b, 7); /* id */
	bytes_u64(&b, 123);
	d = decode(PERF_RECORD_LOST, 0, &b);
	assert_int_equal(d.e.type, SP_EV_LOST);
	assert_int_equal(d.e.count, 123);
	d = decode(PERF_RECORD_LOST_SAMPLES, 0, &b);
	assert_int_equal(d.e.type, SP_EV_LOST);
	assert_int_equal(d.e.count, 7);
	d = decode(PERF_RECORD_THROTTLE, 0, &b);
	assert_int_equal(d.e.type, SP_EV_THROTTLE);
	assert_int_equal(d.e.time_ns, 7);
	assert_int_equal(decode(PERF_RECORD_UNTHROTTLE, 0, &b).e.type, SP_EV_UNTHROTTLE);
	assert_int_equal(decode(PERF_RECORD_AUX, 0, &b).rc, SP_END);
	assert_int_equal(decode(250, 0, &b).rc, SP_END);
}

/* With the device and inode of a file, or its build-id. */
static struct bytes mmap2(bool with_id, uint8_t size, uint32_t prot)
{
	struct bytes b = { .swap = false };

	bytes_u32(&b, 10);
	bytes_u32(&b, 11);
	bytes_u64(&b, 0x400000);
	bytes_u64(&b, 0x1000);
	bytes_u64(&b, 0x2000);
	if (with_id) {
		bytes_u8(&b, size);
		bytes_zero(&b, 3);
		for (uint8_t i = 0; i < 20; i++)
			bytes_u8(&b, (uint8_t)(0xa0 + i));
	} else {
		bytes_u32(&b, 8);
		bytes_u32(&b, 1);
		bytes_u64(&b, 4242);
		bytes_u64(&b, 1);
	}
	bytes_u32(&b, prot);
	bytes_u32(&b, 2); /* flags */
	bytes_text(&b, "/usr/bin/web");
	return b;
}

static void mappings(void **state)
{
	struct bytes b = mmap2(false, 0, 5);
	struct decoded d = decode(PERF_RECORD_MMAP2, PERF_RECORD_MISC_USER, &b);

	(void)state;
	assert_int_equal(d.rc, 0);
	assert_int_equal(d.e.type, SP_EV_MMAP);
	assert_int_equal(d.e.pid, 10);
	assert_int_equal(d.map.start, 0x400000);
	assert_int_equal(d.map.len, 0x1000);
	assert_int_equal(d.map.pgoff, 0x2000);
	assert_int_equal(d.map.ino, 4242);
	assert_int_equal(d.map.executable, 1);
	assert_int_equal(d.map.kernel, 0);
	assert_int_equal(d.map.build_id, 0);
	is_text(d.map.path, "/usr/bin/web");
	b = mmap2(false, 0, 3);
	assert_int_equal(decode(PERF_RECORD_MMAP2, 0, &b).map.executable, 0);
	assert_int_equal(decode(PERF_RECORD_MMAP2, PERF_RECORD_MISC_KERNEL, &b).map.kernel, 1);
}

static void mappings_with_a_build_id(void **state)
{
	const uint16_t misc = PERF_RECORD_MISC_USER | PERF_RECORD_MISC_MMAP_BUILD_ID;
	struct bytes b = mmap2(true, 20, 5);
	struct decoded d = decode(PERF_RECORD_MMAP2, misc, &b);

	(void)state;
	is_text(d.map.build_id, "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3");
	assert_int_equal(d.map.ino, 0);
	assert_int_equal(d.map.executable, 1);
	is_text(d.map.path, "/usr/bin/web");
	b = mmap2(true, 8, 5);
	is_text(decode(PERF_RECORD_MMAP2, misc, &b).map.build_id, "a0a1a2a3a4a5a6a7");
	/* A size that cannot be. */
	b = mmap2(true, 255, 5);
	assert_int_equal(
		strlen(strings_get(strings, decode(PERF_RECORD_MMAP2, misc, &b).map.build_id)), 40);
	b = mmap2(true, 0, 5);
	assert_int_equal(decode(PERF_RECORD_MMAP2, misc, &b).map.build_id, 0);
}

static void mappings_of_the_first_kind(void **state)
{
	struct bytes b = { .swap = false };
	struct decoded d;

	(void)state;
	bytes_u32(&b, UINT32_MAX);
	bytes_u32(&b, 0);
	bytes_u64(&b, 0xffffffff81000000);
	bytes_u64(&b, 0x1000000);
	bytes_u64(&b, 0xffffffff81000000);
	bytes_text(&b, "[kernel.kallsyms]_text");
	d = decode(PERF_RECORD_MMAP, PERF_RECORD_MISC_KERNEL, &b);
	assert_int_equal(d.e.pid, -1);
	assert_int_equal(d.map.kernel, 1);
	assert_int_equal(d.map.executable, 1);
	is_text(d.map.path, "[kernel.kallsyms]_text");
	assert_int_equal(decode(PERF_RECORD_MMAP, PERF_RECORD_MISC_MMAP_DATA, &b).map.executable,
			 0);
}

/* What is missing shows, nothing behind it is read. */
static void cut_anywhere(void **state)
{
	static const uint32_t types[] = { PERF_RECORD_COMM,	PERF_RECORD_FORK,
					  PERF_RECORD_EXIT,	PERF_RECORD_MMAP,
					  PERF_RECORD_MMAP2,	PERF_RECORD_KSYMBOL,
					  PERF_RECORD_LOST,	PERF_RECORD_LOST_SAMPLES,
					  PERF_RECORD_THROTTLE, PERF_RECORD_UNTHROTTLE };
	static const size_t needs[] = { 8, 12, 12, 32, 64, 16, 16, 8, 8, 8 };
	struct bytes b = { .swap = false };

	(void)state;
	bytes_zero(&b, 80);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		for (size_t len = 0; len <= b.len; len++) {
			uint8_t *at = bytes_cut(&b, len);
			struct decoded d = decode_span(types[i], 0, sp_span_of(at, len, false));

			free(at);
			assert_int_equal(d.over, len < needs[i]);
		}
	}
}

static struct bytes ksymbol(uint32_t len, uint16_t type, uint16_t flags)
{
	struct bytes b = { .swap = false };

	bytes_u64(&b, 0xffffffffc0001000);
	bytes_u32(&b, len);
	bytes_u16(&b, type);
	bytes_u16(&b, flags);
	bytes_text(&b, "bpf_prog_x");
	return b;
}

static void symbols_that_the_kernel_made(void **state)
{
	struct bytes b = ksymbol(100, PERF_RECORD_KSYMBOL_TYPE_BPF, 0);
	struct decoded d = decode(PERF_RECORD_KSYMBOL, 0, &b);

	(void)state;
	assert_int_equal(d.e.type, SP_EV_KRANGE);
	assert_int_equal(d.e.krange.start, 0xffffffffc0001000);
	assert_int_equal(d.e.krange.len, 100);
	is_text(d.e.krange.name, "bpf_prog_x");
	is_text(d.e.krange.module, "[bpf]");
	b = ksymbol(100, PERF_RECORD_KSYMBOL_TYPE_OOL, 0);
	is_text(decode(PERF_RECORD_KSYMBOL, 0, &b).e.krange.module, "[generated]");
	/* One that goes keeps its name; one of no length holds no address. */
	b = ksymbol(100, PERF_RECORD_KSYMBOL_TYPE_BPF, PERF_RECORD_KSYMBOL_FLAGS_UNREGISTER);
	assert_int_equal(decode(PERF_RECORD_KSYMBOL, 0, &b).rc, SP_END);
	b = ksymbol(0, PERF_RECORD_KSYMBOL_TYPE_BPF, 0);
	assert_int_equal(decode(PERF_RECORD_KSYMBOL, 0, &b).rc, SP_END);
}

/* One record of the feature section, its header in front. */
static void build_id(struct bytes *b, uint16_t misc, uint8_t size, const char *path)
{
	bytes_u32(b, 0);
	bytes_u16(b, misc);
	bytes_u16(b, (uint16_t)(8 + 4 + 24 + strlen(path) + 1));
	bytes_u32(b, UINT32_MAX);
	for (uint8_t i = 0; i < 20; i++)
		bytes_u8(b, (uint8_t)(0xa0 + i));
	bytes_u8(b, size);
	bytes_zero(b, 3);
	bytes_text(b, path);
}

struct seen {
	uint32_t n;
	struct sp_event at[8];
	int rc;
};

static int see(void *self, const struct sp_event *e, struct sp_err *err)
{
	struct seen *s = self;

	(void)err;
	assert_true(s->n < 8);
	s->at[s->n++] = *e;
	return s->rc;
}

static void build_ids_of_the_files_hit(void **state)
{
	const uint16_t user = PERF_RECORD_MISC_USER, kernel = PERF_RECORD_MISC_KERNEL;

	(void)state;
	for (int swap = 0; swap <= 1; swap++) {
		struct bytes b = { .swap = swap };
		struct sp_err err = SP_ERR_INIT;
		struct seen s = { 0 };

		build_id(&b, user | BUILD_ID_HAS_SIZE, 8, "/bin/web");
		build_id(&b, PERF_RECORD_MISC_GUEST_USER, 20, "/guest");
		/* Before the size was there: that of SHA-1, whatever stands in its place. */
		build_id(&b, kernel, 3, "[kernel.kallsyms]");
		build_id(&b, kernel | BUILD_ID_HAS_SIZE, 200, "/lib/x.ko");
		assert_int_equal(symrecords_build_ids(bytes_span(&b), strings,
						      (struct sp_event_sink){ see, &s }, &err),
				 0);
		assert_int_equal(s.n, 3);
		assert_int_equal(s.at[0].type, SP_EV_BUILD_ID);
		assert_int_equal(s.at[0].cpu, SP_NO_CPU);
		assert_int_equal(s.at[0].file.kernel, 0);
		is_text(s.at[0].file.build_id, "a0a1a2a3a4a5a6a7");
		is_text(s.at[0].file.path, "/bin/web");
		assert_int_equal(s.at[1].file.kernel, 1);
		assert_int_equal(strlen(strings_get(strings, s.at[1].file.build_id)), 40);
		assert_int_equal(strlen(strings_get(strings, s.at[2].file.build_id)), 40);
	}
}

static void a_damaged_section_gives_what_is_whole(void **state)
{
	struct bytes b = { .swap = false };
	size_t first;

	(void)state;
	build_id(&b, PERF_RECORD_MISC_USER, 20, "/bin/web");
	first = b.len;
	build_id(&b, PERF_RECORD_MISC_USER, 20, "/bin/db");
	for (size_t len = 0; len <= b.len; len++) {
		uint8_t *at = bytes_cut(&b, len);
		struct sp_err err = SP_ERR_INIT;
		struct seen s = { 0 };

		assert_int_equal(symrecords_build_ids(sp_span_of(at, len, false), strings,
						      (struct sp_event_sink){ see, &s }, &err),
				 0);
		assert_int_equal(s.n, (len >= first) + (len == b.len));
		free(at);
	}
	{
		struct sp_err err = SP_ERR_INIT;
		struct seen s = { .rc = SP_ELIMIT };

		/* What the sink says ends it. */
		assert_int_equal(symrecords_build_ids(bytes_span(&b), strings,
						      (struct sp_event_sink){ see, &s }, &err),
				 SP_ELIMIT);
		assert_int_equal(s.n, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tasks),
		cmocka_unit_test(a_flag_that_is_anothers),
		cmocka_unit_test(lost_and_throttled),
		cmocka_unit_test(mappings),
		cmocka_unit_test(mappings_with_a_build_id),
		cmocka_unit_test(mappings_of_the_first_kind),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(symbols_that_the_kernel_made),
		cmocka_unit_test(build_ids_of_the_files_hit),
		cmocka_unit_test(a_damaged_section_gives_what_is_whole),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

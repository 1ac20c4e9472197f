/*
 * analyze/decode with attrs, sample, points, facts and features behind it: records of a made stream
 * become events, in both byte orders, and what contradicts itself is counted and passed over.
 */
#include "decode.h"

#include "unit.h"

#include <linux/perf_event.h>
#include <sirqprof/facts.h>
#include <sirqprof/perfdata.h>

#define SAMPLER_ID 7
#define FACT_ID	   9

static struct strings *strings;
static struct stacks *stacks;
static struct decode *decode;
static struct sp_event events[32];
static uint32_t nevents;
static struct sp_map mapped; /* of the newest mapping */
static struct sp_err err;

static int put(void *self, const struct sp_event *e, struct sp_err *e2)
{
	(void)self;
	(void)e2;
	assert_true(nevents < 32);
	if (e->type == SP_EV_MMAP && e->map)
		mapped = *e->map;
	events[nevents++] = *e;
	return 0;
}

static int setup(void **state)
{
	struct decode_parts parts = { .sink = { put, NULL } };

	(void)state;
	nevents = 0;
	err = (struct sp_err)SP_ERR_INIT;
	if (strings_new(&strings, &err) || stacks_new(&stacks, &err))
		return -1;
	parts.strings = strings;
	parts.stacks = stacks;
	return decode_new(&decode, &parts, &err);
}

static int teardown(void **state)
{
	(void)state;
	decode_free(decode);
	stacks_free(stacks);
	strings_free(strings);
	return 0;
}

/* A record built field by field; swap turns every integer. */
static uint8_t rec[1024];
static size_t len;
static bool swap;

static void begin(void)
{
	len = 8;
}

static void u64(uint64_t v)
{
	v = swap ? __builtin_bswap64(v) : v;
	memcpy(rec + len, &v, 8);
	len += 8;
}

static void u32(uint32_t v)
{
	v = swap ? __builtin_bswap32(v) : v;
	memcpy(rec + len, &v, 4);
	len += 4;
}

static void u16(uint16_t v)
{
	v = swap ? __builtin_bswap16(v) : v;
	memcpy(rec + len, &v, 2);
	len += 2;
}

static void text(const char *s)
{
	memcpy(rec + len, s, strlen(s) + 1);
	len += strlen(s) + 1;
}

static void send(uint32_t type, uint16_t misc)
{
	const struct sp_record r = {
		.type = type,
		.misc = misc,
		.data = rec,
		.size = len,
		.off = 0,
		.swap = swap,
	};

	assert_int_equal(decode_put(decode, &r, &err), 0);
}

static void attr(uint32_t type, uint64_t config, uint64_t sample_type, uint64_t id)
{
	begin();
	u32(type);
	u32(PERF_ATTR_SIZE_VER6);
	u64(config);
	u64(1000000); /* period */
	u64(sample_type);
	u64(0); /* read_format */
	/* sample_id_all and use_clockid; on a machine of the other order the bits of each byte
	 * turn. */
	memset(rec + len, 0, 8);
	rec[len + 2] = swap ? 0x20 : 0x04;
	rec[len + 3] = swap ? 0x40 : 0x02;
	len += 8;
	u64(0);
	u64(0);
	u64(0);
	u64(0);	     /* branch_sample_type */
	u64(1 << 5); /* regs_user */
	u32(0);
	u32(1);	     /* CLOCK_MONOTONIC */
	u64(1 << 9); /* regs_intr */
	u64(0);
	u64(0);
	assert_int_equal(len, 8 + PERF_ATTR_SIZE_VER6);
	u64(id);
	send(SP_REC_HEADER_ATTR, 0);
}

static void header(void)
{
	attr(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK,
	     PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME |
		     PERF_SAMPLE_CPU | PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_REGS_USER |
		     PERF_SAMPLE_REGS_INTR,
	     SAMPLER_ID);
	attr(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_BPF_OUTPUT,
	     PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU | PERF_SAMPLE_RAW,
	     FACT_ID);
	begin();
	u64(SP_FEAT_OSRELEASE);
	u32(64);
	text("5.16.0-rc1");
	len = 8 + 8 + 4 + 64;
	send(SP_REC_HEADER_FEATURE, 0);
}

static void sample(uint64_t nchain)
{
	begin();
	u64(SAMPLER_ID);
	u64(0xffffffff81000010);
	u32(70);
	u32(71);
	u64(123456789);
	u32(3);
	u32(0);
	u64(nchain);
	u64((uint64_t)PERF_CONTEXT_KERNEL);
	u64(0xffffffff81000010);
	u64(0xffffffff81002020);
	u64(PERF_SAMPLE_REGS_ABI_64);
	u64(5); /* rdi: the fd */
	u64(PERF_SAMPLE_REGS_ABI_64);
	u64(0x46); /* flags without IF */
	send(PERF_RECORD_SAMPLE, PERF_RECORD_MISC_KERNEL);
}

static void check_sample(void)
{
	header();
	sample(3);
	assert_int_equal(nevents, 1);
	assert_int_equal(events[0].type, SP_EV_SAMPLE);
	assert_int_equal(events[0].time_ns, 123456789);
	assert_int_equal(events[0].cpu, 3);
	assert_int_equal(events[0].pid, 70);
	assert_int_equal(events[0].tid, 71);
	assert_int_equal(events[0].sample.is_sampler, 1);
	assert_int_equal(events[0].sample.irqs_on, SP_NO);
	assert_int_equal(events[0].sample.arg0, 5);
	assert_int_equal(stacks_get(stacks, events[0].sample.stack).nkernel, 2);
	assert_int_equal(decode_info(decode)->period_ns, 1000000);
	assert_int_equal(decode_info(decode)->clockid, 1);
	assert_false(decode_info(decode)->has_bh_flag);
}

static void a_sample_in_either_byte_order(void **state)
{
	(void)state;
	swap = false;
	check_sample();
}

static void a_sample_of_the_other_byte_order(void **state)
{
	(void)state;
	swap = true;
	check_sample();
	swap = false;
}

static void what_does_not_fit_is_counted(void **state)
{
	(void)state;
	header();
	sample(1ULL << 61); /* a callchain longer than its record */
	begin();
	u64(SAMPLER_ID);
	send(PERF_RECORD_SAMPLE, 0);
	begin();
	u64(4711); /* an id that no event has */
	send(PERF_RECORD_SAMPLE, 0);
	begin();
	send(PERF_RECORD_SAMPLE, 0);
	assert_int_equal(nevents, 0);
	assert_int_equal(decode_info(decode)->bad_records, 4);
}

/* Every size that an attr has had, and what a kernel of the future may make of it. */
static void attrs_of_every_size(void **state)
{
	static const uint32_t sizes[] = { 64, 72, 80, 96, 104, 112, 120, 128, 136, 144, 800 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (int other = 0; other < 2; other++) {
			assert_int_equal(setup(state), 0);
			swap = other;
			begin();
			u32(PERF_TYPE_SOFTWARE);
			u32(sizes[i]);
			u64(PERF_COUNT_SW_CPU_CLOCK);
			u64(1000000);
			u64(PERF_SAMPLE_IP | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU);
			/* Flags none; the tail, known or not, is full of bits. */
			memset(rec + len, 0, 8 + sizes[i] - 40);
			memset(rec + 8 + 64, sizes[i] > 112 ? 0 : 0xff, sizes[i] - 64);
			if (sizes[i] > 128)
				memset(rec + 8 + 128, 0xff, sizes[i] - 128);
			len = 8 + sizes[i];
			u64(SAMPLER_ID);
			send(SP_REC_HEADER_ATTR, 0);
			begin();
			u64(0x1234);
			u64(99);
			u32(2);
			u32(0);
			send(PERF_RECORD_SAMPLE, 0);
			assert_int_equal(decode_info(decode)->bad_records, 0);
			assert_int_equal(nevents, 1);
			assert_int_equal(events[0].time_ns, 99);
			assert_int_equal(events[0].cpu, 2);
			teardown(state);
		}
	}
	swap = false;
}

/* Traps that other readers fell into. */
static void sections_that_lie(void **state)
{
	(void)state;
	header();
	begin();
	u64(SP_FEAT_HOSTNAME); /* a string longer than its section */
	u32(1U << 31);
	text("box");
	send(SP_REC_HEADER_FEATURE, 0);
	begin();
	u64(SP_FEAT_HOSTNAME); /* without NUL */
	u32(4);
	memcpy(rec + len, "boxy", 4);
	len += 4;
	send(SP_REC_HEADER_FEATURE, 0);
	assert_string_equal(decode_info(decode)->host, "boxy");
	begin();
	u64(SP_FEAT_EVENT_DESC); /* more events than there are bytes */
	u32(UINT32_MAX);
	u32(0);
	send(SP_REC_HEADER_FEATURE, 0);
	begin();
	u64(UINT64_MAX); /* ID_INDEX longer than its record */
	send(SP_REC_ID_INDEX, 0);
	assert_int_equal(decode_info(decode)->bad_records, 3);
	assert_int_equal(nevents, 0);
}

static void a_cpu_that_no_machine_has(void **state)
{
	(void)state;
	header();
	begin();
	u64(FACT_ID);
	u64(55);
	u32(UINT32_MAX - 1);
	u32(0);
	u32(28);
	u32(SP_FACT_MAGIC);
	u16(SP_FACT_STEAL);
	u16(1);
	u64(1);
	u64(2);
	len += 4;
	send(PERF_RECORD_SAMPLE, 0);
	assert_int_equal(nevents, 1);
	assert_int_equal(events[0].cpu, SP_NO_CPU);
}

/* Another recorder on the machine asked for build-ids, and the kernel left its flag set for ours.
 */
static void a_mapping_with_anothers_flag(void **state)
{
	(void)state;
	header();
	nevents = 0;
	begin();
	u32(70);
	u32(71);
	u64(0x7f0000000000);
	u64(0x1000);
	u64(0);
	u32(254); /* the major number: no size of a build-id */
	u32(1);
	u64(4711);
	u64(0);
	u32(5); /* PROT_READ | PROT_EXEC */
	u32(2);
	memset(rec + len, 0, 16);
	memcpy(rec + len, "/bin/true", 9);
	len += 16;
	u32(70);
	u32(71);
	u64(123456789);
	u32(3);
	u32(0);
	u64(SAMPLER_ID);
	send(PERF_RECORD_MMAP2, PERF_RECORD_MISC_USER | PERF_RECORD_MISC_MMAP_BUILD_ID);
	assert_int_equal(nevents, 1);
	assert_int_equal(mapped.ino, 0);
	assert_int_equal(mapped.build_id, 0);
	assert_true(mapped.executable);
	assert_string_equal(strings_get(strings, mapped.path), "/bin/true");
}

/* A trailer of the sampler's fields, then what the ring held before: the kernel counted the
 * trailers of other recorders' records too. */
static void trailer_and_rest(uint64_t id)
{
	u32(70);
	u32(71);
	u64(123456789);
	u32(3);
	u32(0);
	u64(id);
	u64(0xdeadbeefdeadbeef);
	u64(UINT64_MAX); /* a time, for whoever looks at the end */
	u32(7880);
	u32(0);
	u64(SAMPLER_ID);
}

static void check_overlong(enum sp_event_type type, uint64_t time_ns)
{
	assert_int_equal(nevents, 1);
	assert_int_equal(events[0].type, type);
	assert_int_equal(events[0].time_ns, time_ns);
	assert_int_equal(events[0].cpu, time_ns ? 3 : SP_NO_CPU);
	nevents = 0;
}

static void ksymbol(const char *name, uint64_t id)
{
	begin();
	u64(0xffffffffc0026314);
	u32(161);
	u16(PERF_RECORD_KSYMBOL_TYPE_BPF);
	u16(0);
	memset(rec + len, 0, 64);
	text(name);
	len = (len + 7) & ~7UL;
	trailer_and_rest(id);
	send(PERF_RECORD_KSYMBOL, 0);
}

static void a_record_longer_than_it_is(void **state)
{
	(void)state;
	for (swap = false;; swap = true) {
		header();
		nevents = 0;
		ksymbol("bpf_prog_1", SAMPLER_ID);
		check_overlong(SP_EV_KRANGE, 123456789);
		ksymbol("bpf_pro", SAMPLER_ID); /* its NUL is the last of eight */
		check_overlong(SP_EV_KRANGE, 123456789);
		/* Whose trailer that is nobody knows: it is of no time. */
		ksymbol("bpf_prog_1", 4711);
		check_overlong(SP_EV_KRANGE, 0);
		if (swap)
			break;
		teardown(state);
		setup(state);
	}
	swap = false;
}

/* A comm without NUL ends where its record's own part ends, not in the sample_id behind it. */
static void text_without_nul(void **state)
{
	(void)state;
	header();
	begin();
	u32(7);
	u32(7);
	memcpy(rec + len, "sixteen letters!", 16);
	len += 16;
	u32(7);
	u32(7);
	u64(1234); /* time */
	u32(3);
	u32(0);
	u64(SAMPLER_ID);
	send(PERF_RECORD_COMM, 0);
	assert_int_equal(nevents, 1);
	assert_int_equal(events[0].time_ns, 1234);
	assert_string_equal(strings_get(strings, events[0].task.comm), "sixteen letters!");
	begin();
	u32(7); /* too short for its own fields */
	u32(7);
	u32(7);
	u64(1234);
	u32(3);
	u32(0);
	u64(SAMPLER_ID);
	send(PERF_RECORD_COMM, 0);
	assert_int_equal(nevents, 1);
	assert_int_equal(decode_info(decode)->bad_records, 1);
}

static void fact(uint16_t kind)
{
	begin();
	u64(FACT_ID);
	u64(55);
	u64(2);
	u32(200);
	u32(SP_FACT_MAGIC);
	u16(kind);
	u16(1);
}

static void facts_become_events(void **state)
{
	(void)state;
	header();
	fact(SP_FACT_FDS);
	u32(71);
	u32(2);
	u32(3);
	text("/proc/slabinfo");
	u32(4);
	text("/etc/hosts");
	len = 36 + 200;
	send(PERF_RECORD_SAMPLE, 0);
	assert_int_equal(nevents, 2);
	assert_int_equal(events[1].type, SP_EV_FD);
	assert_int_equal(events[1].tid, 71);
	assert_int_equal(events[1].fd.fd, 4);
	assert_string_equal(strings_get(strings, events[0].fd.path), "/proc/slabinfo");
	fact(9999); /* a kind of the future */
	len = 36 + 200;
	send(PERF_RECORD_SAMPLE, 0);
	assert_int_equal(nevents, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_sample_in_either_byte_order, setup, teardown),
		cmocka_unit_test_setup_teardown(a_sample_of_the_other_byte_order, setup, teardown),
		cmocka_unit_test_setup_teardown(what_does_not_fit_is_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(facts_become_events, setup, teardown),
		cmocka_unit_test(attrs_of_every_size),
		cmocka_unit_test_setup_teardown(sections_that_lie, setup, teardown),
		cmocka_unit_test_setup_teardown(a_cpu_that_no_machine_has, setup, teardown),
		cmocka_unit_test_setup_teardown(a_record_longer_than_it_is, setup, teardown),
		cmocka_unit_test_setup_teardown(a_mapping_with_anothers_flag, setup, teardown),
		cmocka_unit_test_setup_teardown(text_without_nul, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

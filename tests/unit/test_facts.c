/* analyze/facts: what sirqprof's recordings say of themselves; docs/recording.md has the bodies. */
#include "unit.h"

#include "facts.h"
#include "fakebytes.h"

#include <sirqprof/limits.h>
#include <sirqprof/quality.h>

static struct strings *strings;

struct seen {
	uint32_t n;
	struct sp_event at[SP_MAX_FDS + 8];
};

static struct seen seen;
static struct decode_info info;

static int setup(void **state)
{
	struct sp_err err = SP_ERR_INIT;

	(void)state;
	info = (struct decode_info){ .witness = SP_NO_CPU };
	return strings_new(&strings, &err);
}

static int teardown(void **state)
{
	(void)state;
	strings_free(strings);
	return 0;
}

static int see(void *self, const struct sp_event *e, struct sp_err *err)
{
	(void)self;
	(void)err;
	assert_true(seen.n < SP_MAX_FDS + 8);
	seen.at[seen.n++] = *e;
	return 0;
}

static struct bytes fact(uint16_t kind, bool swap)
{
	struct bytes b = { .swap = swap };

	bytes_u32(&b, SP_FACT_MAGIC);
	bytes_u16(&b, kind);
	bytes_u16(&b, 1);
	return b;
}

static uint32_t decode_raw(const uint8_t *at, size_t len, bool swap)
{
	struct sp_event e = { .time_ns = 5000, .cpu = 3, .pid = SP_NO_TASK, .tid = SP_NO_TASK };
	struct sp_err err = SP_ERR_INIT;

	seen.n = 0;
	assert_int_equal(facts_decode(at, len, swap, strings, &e, &info,
				      (struct sp_event_sink){ see, NULL }, &err),
			 0);
	return seen.n;
}

/* The one event that a fact comes to. */
static const struct sp_event *one(const struct bytes *b, enum sp_event_type type)
{
	assert_int_equal(decode_raw(b->at, b->len, b->swap), 1);
	assert_int_equal(seen.at[0].type, type);
	return &seen.at[0];
}

static void is_text(sp_str s, const char *text)
{
	assert_string_equal(strings_get(strings, s), text);
}

static void counters_and_clocks(void **state)
{
	(void)state;
	for (int swap = 0; swap <= 1; swap++) {
		struct bytes b = fact(SP_FACT_CLOCK, swap);
		const struct sp_event *e;

		bytes_u64(&b, 111);
		bytes_u64(&b, 222);
		bytes_u64(&b, 3);
		e = one(&b, SP_EV_CLOCK);
		assert_int_equal(e->time_ns, 111);
		assert_int_equal(e->clock.real_ns, 222);
		assert_int_equal(e->clock.width_ns, 3);
		b = fact(SP_FACT_STEAL, swap);
		bytes_u64(&b, 111);
		bytes_u64(&b, 222);
		e = one(&b, SP_EV_STEAL);
		assert_int_equal(e->steal.total_ns, 111);
		assert_int_equal(e->steal.step_ns, 222);
		/* Time and CPU are the sample's. */
		assert_int_equal(e->time_ns, 5000);
		assert_int_equal(e->cpu, 3);
		b = fact(SP_FACT_SOFTNET, swap);
		bytes_u64(&b, 1);
		bytes_u64(&b, 2);
		bytes_u64(&b, 3);
		e = one(&b, SP_EV_SOFTNET);
		assert_int_equal(e->softnet.dropped, 2);
		assert_int_equal(e->softnet.squeezed, 3);
		b = fact(SP_FACT_NETSTAT, swap);
		bytes_u64(&b, 1);
		bytes_u64(&b, 2);
		assert_int_equal(one(&b, SP_EV_NETSTAT)->netstat.retrans, 2);
		b = fact(SP_FACT_SELF, swap);
		bytes_u32(&b, 77);
		bytes_u64(&b, 999);
		e = one(&b, SP_EV_SELF);
		assert_int_equal(e->pid, 77);
		assert_int_equal(e->self.cpu_ns, 999);
		b = fact(SP_FACT_THIN, swap);
		bytes_u32(&b, 16);
		assert_int_equal(one(&b, SP_EV_THIN)->count, 16);
		b = fact(SP_FACT_SHED, swap);
		bytes_u32(&b, 2);
		assert_int_equal(one(&b, SP_EV_SHED)->count, 2);
	}
}

static void texts(void **state)
{
	struct bytes b = fact(SP_FACT_TASK, false);
	const struct sp_event *e;

	(void)state;
	bytes_u32(&b, 12);
	bytes_u32(&b, 10);
	bytes_u32(&b, 1);
	bytes_text(&b, "web");
	e = one(&b, SP_EV_COMM);
	assert_int_equal(e->tid, 12);
	assert_int_equal(e->pid, 10);
	assert_int_equal(e->task.ppid, 1);
	is_text(e->task.comm, "web");
	b = fact(SP_FACT_SYSCALL, false);
	bytes_u32(&b, 12);
	bytes_text(&b, "read");
	bytes_u64(&b, 0);
	bytes_u64(&b, 7);
	e = one(&b, SP_EV_SYSCALL);
	assert_int_equal(e->tid, 12);
	assert_int_equal(e->syscall.arg0, 7);
	is_text(e->syscall.name, "read");
	b = fact(SP_FACT_KSYM, false);
	bytes_u64(&b, 0x1234);
	bytes_u64(&b, 0x1200);
	bytes_text(&b, "s_show");
	bytes_text(&b, "[x]");
	e = one(&b, SP_EV_KSYM);
	assert_int_equal(e->ksym.addr, 0x1234);
	assert_int_equal(e->ksym.start, 0x1200);
	is_text(e->ksym.name, "s_show");
	is_text(e->ksym.module, "[x]");
	b = fact(SP_FACT_IRQNAME, false);
	bytes_u32(&b, 33);
	bytes_text(&b, "nvme0q1");
	e = one(&b, SP_EV_IRQNAME);
	assert_int_equal(e->irq.id, 33);
	is_text(e->irq.name, "nvme0q1");
	b = fact(SP_FACT_CGROUP, false);
	bytes_u32(&b, 12);
	bytes_text(&b, "0::/a");
	e = one(&b, SP_EV_CGROUP);
	assert_int_equal(e->tid, 12);
	is_text(e->str, "0::/a");
}

/* A CPU that cannot be is none. */
static void facts_about_a_cpu(void **state)
{
	static const uint32_t cpus[] = { 0, SP_MAX_CPUS - 1, SP_MAX_CPUS, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof(cpus) / sizeof(cpus[0]); i++) {
		uint32_t want = cpus[i] < SP_MAX_CPUS ? cpus[i] : SP_NO_CPU;
		struct bytes b = fact(SP_FACT_QUALITY, false);
		const struct sp_event *e;

		bytes_u32(&b, SP_Q_LOST);
		bytes_u32(&b, cpus[i]);
		bytes_u64(&b, 9);
		bytes_text(&b, "detail");
		e = one(&b, SP_EV_QUALITY);
		assert_int_equal(e->cpu, want);
		assert_int_equal(e->quality.code, SP_Q_LOST);
		assert_int_equal(e->quality.count, 9);
		is_text(e->quality.detail, "detail");
		b = fact(SP_FACT_ONLINE, false);
		bytes_u32(&b, cpus[i]);
		bytes_u32(&b, 1);
		assert_int_equal(one(&b, SP_EV_ONLINE)->cpu, want);
		assert_int_equal(seen.at[0].count, 1);
	}
}

static void one_event_an_open_file(void **state)
{
	struct bytes b = fact(SP_FACT_FDS, false);

	(void)state;
	bytes_u32(&b, 12);
	bytes_u32(&b, 3);
	for (uint32_t fd = 0; fd < 3; fd++) {
		bytes_u32(&b, fd + 5);
		bytes_text(&b, fd == 1 ? "/proc/slabinfo" : "/dev/null");
	}
	assert_int_equal(decode_raw(b.at, b.len, false), 3);
	assert_int_equal(seen.at[1].type, SP_EV_FD);
	assert_int_equal(seen.at[1].tid, 12);
	assert_int_equal(seen.at[1].fd.fd, 6);
	is_text(seen.at[1].fd.path, "/proc/slabinfo");
	/* Of a cut one those that are whole. */
	assert_int_equal(decode_raw(b.at, b.len - 1, false), 2);
	/* More are said than there are; more than are kept. */
	memset(b.at + 12, 0xff, 4);
	assert_int_equal(decode_raw(b.at, b.len, false), 3);
	b = fact(SP_FACT_FDS, false);
	bytes_u32(&b, 12);
	bytes_u32(&b, SP_MAX_FDS + 5);
	for (uint32_t fd = 0; fd < SP_MAX_FDS + 5; fd++) {
		bytes_u32(&b, fd);
		bytes_text(&b, "x");
	}
	assert_int_equal(decode_raw(b.at, b.len, false), SP_MAX_FDS);
}

static void meta(const char *key, const char *value)
{
	struct bytes b = fact(SP_FACT_META, false);
	const struct sp_event *e;

	bytes_text(&b, key);
	bytes_text(&b, value);
	e = one(&b, SP_EV_META);
	is_text(e->meta.key, key);
	is_text(e->meta.value, value);
}

static void what_the_capture_says_of_itself(void **state)
{
	uint32_t generation = info.generation;

	(void)state;
	info = (struct decode_info){ .witness = SP_NO_CPU };
	meta("host", "web1");
	meta("kernel", "5.16.0");
	assert_false(info.has_bh_flag);
	info.kernel[0] = 0;
	meta("kernel", "6.1.0-rt7");
	assert_true(info.has_bh_flag);
	assert_true(info.realtime);
	meta("realtime", "0");
	assert_false(info.realtime);
	meta("boot_id", "b");
	meta("kernel_build_id", "abcd");
	meta("capture_id", "c");
	meta("version", "0.1");
	meta("sampler", "cycles");
	meta("period_ns", "1000000");
	meta("witness", "7");
	meta("tz_offset", "-3600");
	meta("pod:UID", "ns/name");
	assert_true(info.has_facts);
	assert_true(info.generation > generation);
	assert_string_equal(info.host, "web1");
	assert_string_equal(info.boot_id, "b");
	assert_string_equal(info.kernel_build_id, "abcd");
	assert_string_equal(info.capture_id, "c");
	assert_string_equal(info.version, "0.1");
	assert_string_equal(info.sampler, "cycles");
	assert_int_equal(info.period_ns, 1000000);
	assert_int_equal(info.witness, 7);
	assert_true(info.has_tz);
	assert_int_equal(info.tz_offset_s, -3600);
	/* The header's word stands. */
	meta("host", "other");
	assert_string_equal(info.host, "web1");
}

/* One byte less says nothing at all; more is passed over, as facts may grow. */
static void cut_anywhere(void **state)
{
	static const uint16_t kinds[] = { SP_FACT_META,	   SP_FACT_CLOCK,   SP_FACT_STEAL,
					  SP_FACT_SOFTNET, SP_FACT_NETSTAT, SP_FACT_CGROUP,
					  SP_FACT_TASK,	   SP_FACT_KSYM,    SP_FACT_QUALITY,
					  SP_FACT_SYSCALL, SP_FACT_IRQNAME, SP_FACT_SELF,
					  SP_FACT_ONLINE,  SP_FACT_THIN,    SP_FACT_SHED };
	static const size_t needs[] = { 2, 24, 16, 24, 16, 5, 13, 18, 17, 21, 5, 12, 8, 4, 4 };
	struct decode_info before;

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct bytes b = fact(kinds[i], false);
		size_t head = b.len;

		bytes_zero(&b, 32);
		for (size_t len = 0; len <= b.len; len++) {
			uint8_t *at = bytes_cut(&b, len);

			before = info;
			assert_int_equal(decode_raw(at, len, false), len >= head + needs[i]);
			if (len < head + needs[i])
				assert_memory_equal(&before, &info, sizeof(info));
			free(at);
		}
	}
}

static void what_is_no_fact_of_ours(void **state)
{
	struct bytes b = fact(SP_FACT_STEAL, false);

	(void)state;
	bytes_zero(&b, 64);
	assert_int_equal(decode_raw(b.at, b.len, false), 1);
	b.at[0] ^= 1;
	assert_int_equal(decode_raw(b.at, b.len, false), 0);
	b = fact(0, false);
	bytes_zero(&b, 64);
	assert_int_equal(decode_raw(b.at, b.len, false), 0);
	b = fact(999, false);
	bytes_zero(&b, 64);
	assert_int_equal(decode_raw(b.at, b.len, false), 0);
	assert_int_equal(decode_raw(NULL, 0, false), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counters_and_clocks),
		cmocka_unit_test(texts),
		cmocka_unit_test(facts_about_a_cpu),
		cmocka_unit_test(one_event_an_open_file),
		cmocka_unit_test(what_the_capture_says_of_itself),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(what_is_no_fact_of_ours),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

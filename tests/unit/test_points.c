/* analyze/points: RAW bytes of the tracepoints that are known, wherever their fields stand. */
#include "unit.h"

#include "fakebytes.h"
#include "points.h"

static struct strings *strings;
static struct formats *formats;
static struct sp_err err = SP_ERR_INIT;
static uint32_t next_id = 100;

static int setup(void **state)
{
	(void)state;
	return strings_new(&strings, &err) || formats_new(&formats, &err);
}

static int teardown(void **state)
{
	(void)state;
	formats_free(formats);
	strings_free(strings);
	return 0;
}

#define COMMON                                                                         \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"         \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"         \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n" \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
#define FIELD(type, name, offset, size, sign) \
	"\tfield:" type " " name ";\toffset:" offset ";\tsize:" size ";\tsigned:" sign ";\n"

/* Binds a tracepoint by the text of its format; NULL: it is not used. */
static struct point *bind(const char *system, const char *name, const char *fields)
{
	struct point *p = NULL;
	char text[2048];
	int len = snprintf(text, sizeof(text), "name: %s\nID: %u\nformat:\n%s%s", name, next_id,
			   COMMON, fields);

	assert_true(len > 0 && (size_t)len < sizeof(text));
	assert_int_equal(formats_add(formats, system, text, (size_t)len, &err), 0);
	assert_int_equal(point_bind(formats_get(formats, next_id++), &p, &err), 0);
	return p;
}

/* What stands in front of every tracepoint's own fields: flags 0x91, preempt_count 2, pid 4711. */
static struct bytes common(bool swap)
{
	struct bytes b = { .swap = swap };

	bytes_u16(&b, 100);
	bytes_u8(&b, 0x91);
	bytes_u8(&b, 2);
	bytes_u32(&b, 4711);
	return b;
}

static int decode(const struct point *p, const struct bytes *b, struct sp_event *e)
{
	*e = (struct sp_event){ .time_ns = 5, .cpu = 3, .pid = SP_NO_TASK, .tid = SP_NO_TASK };
	return point_decode(p, b->at, b->len, b->swap, strings, e, &err);
}

static void is_text(sp_str s, const char *text)
{
	assert_string_equal(strings_get(strings, s), text);
}

static void softirqs(void **state)
{
	static const struct {
		const char *name;
		enum sp_event_type type;
		enum point_bit bit;
	} cases[] = {
		{ "softirq_raise", SP_EV_RAISE, POINT_RAISE },
		{ "softirq_entry", SP_EV_ENTRY, POINT_ENTRY },
		{ "softirq_exit", SP_EV_EXIT, POINT_EXIT },
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct point *p =
			bind("irq", cases[i].name, FIELD("unsigned int", "vec", "8", "4", "0"));

		assert_non_null(p);
		assert_int_equal(point_bit(p), cases[i].bit);
		for (int swap = 0; swap <= 1; swap++) {
			struct bytes b = common(swap);
			struct sp_event e;

			bytes_u32(&b, 3);
			assert_int_equal(decode(p, &b, &e), 0);
			assert_int_equal(e.type, cases[i].type);
			assert_int_equal(e.vec, 3);
			assert_int_equal(e.flags, 0x91);
			assert_int_equal(e.preempt_count, 2);
			assert_int_equal(e.tid, 4711);
		}
		free(p);
	}
}

/* TID of the sample is better than common_pid. */
static void the_samples_own_task_stands(void **state)
{
	struct point *p = bind("irq", "softirq_entry", FIELD("unsigned int", "vec", "8", "4", "0"));
	struct sp_event e = { .pid = 10, .tid = 11 };
	struct bytes b = common(false);

	(void)state;
	bytes_u32(&b, 3);
	assert_int_equal(point_decode(p, b.at, b.len, false, strings, &e, &err), 0);
	assert_int_equal(e.pid, 10);
	assert_int_equal(e.tid, 11);
	free(p);
}

static void interrupts(void **state)
{
	static const char fields[] = FIELD("int", "irq", "8", "4", "1")
		FIELD("__data_loc char[]", "name", "12", "4", "0");
	struct point *p = bind("irq", "irq_handler_entry", fields);
	struct bytes b = common(false), tick = common(false);
	struct sp_event e;

	(void)state;
	bytes_u32(&b, 33);
	bytes_u32(&b, 16 | 5 << 16);
	bytes_text(&b, "eth0");
	assert_int_equal(decode(p, &b, &e), 0);
	assert_int_equal(e.type, SP_EV_IRQ_ENTRY);
	assert_int_equal(e.irq.id, 33);
	assert_int_equal(e.irq.kind, SP_IRQ_DEVICE);
	is_text(e.irq.name, "eth0");
	assert_int_equal(point_bit(p), POINT_IRQ);
	/* arm64's tick is a device interrupt. */
	bytes_u32(&tick, 11);
	bytes_u32(&tick, 16 | 11 << 16);
	bytes_text(&tick, "arch_timer");
	assert_int_equal(decode(p, &tick, &e), 0);
	assert_int_equal(e.irq.kind, SP_IRQ_TICK);
	free(p);
}

static void vectors_are_named_by_their_tracepoint(void **state)
{
	static const char fields[] = FIELD("int", "vector", "8", "4", "1");
	struct point *tick = bind("irq_vectors", "local_timer_entry", fields);
	struct point *call = bind("irq_vectors", "call_function_single_exit", fields);
	struct bytes b = common(false);
	struct sp_event e;

	(void)state;
	bytes_u32(&b, 236);
	assert_int_equal(decode(tick, &b, &e), 0);
	assert_int_equal(e.type, SP_EV_IRQ_ENTRY);
	assert_int_equal(e.irq.kind, SP_IRQ_TICK);
	is_text(e.irq.name, "local_timer");
	assert_int_equal(point_bit(tick), POINT_TICK);
	assert_int_equal(decode(call, &b, &e), 0);
	assert_int_equal(e.type, SP_EV_IRQ_EXIT);
	assert_int_equal(e.irq.kind, SP_IRQ_VECTOR);
	is_text(e.irq.name, "call_function_single");
	free(tick);
	free(call);
}

static void functions(void **state)
{
	static const struct {
		const char *system, *name, *object, *function;
		enum sp_event_type type;
		enum sp_func_kind kind;
	} cases[] = {
		{ "timer", "timer_expire_entry", "timer", "function", SP_EV_FUNC_ENTRY,
		  SP_FUNC_TIMER },
		{ "timer", "hrtimer_expire_entry", "hrtimer", "function", SP_EV_FUNC_ENTRY,
		  SP_FUNC_HRTIMER },
		{ "irq", "tasklet_exit", "tasklet", "func", SP_EV_FUNC_EXIT, SP_FUNC_TASKLET },
		{ "workqueue", "workqueue_execute_start", "work", "function", SP_EV_FUNC_ENTRY,
		  SP_FUNC_WORK },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes b = common(false);
		struct sp_event e;
		struct point *p;
		char fields[512];

		snprintf(fields, sizeof(fields),
			 FIELD("void *", "%s", "8", "8", "0") FIELD("void *", "%s", "16", "8", "0"),
			 cases[i].object, cases[i].function);
		p = bind(cases[i].system, cases[i].name, fields);
		bytes_u64(&b, 0xffff888000001000);
		bytes_u64(&b, 0xffffffff81234567);
		assert_int_equal(decode(p, &b, &e), 0);
		assert_int_equal(e.type, cases[i].type);
		assert_int_equal(e.func.kind, cases[i].kind);
		assert_int_equal(e.func.object, 0xffff888000001000);
		assert_int_equal(e.func.addr, 0xffffffff81234567);
		free(p);
		/* An exit of an older kernel carries no function. */
		snprintf(fields, sizeof(fields), FIELD("void *", "%s", "8", "8", "0"),
			 cases[i].object);
		p = bind(cases[i].system, cases[i].name, fields);
		assert_int_equal(decode(p, &b, &e), 0);
		assert_int_equal(e.func.addr, 0);
		free(p);
	}
}

/* clang-format off */
static const char switch_fields[] =
	FIELD("char", "prev_comm[16]", "8", "16", "0") FIELD("pid_t", "prev_pid", "24", "4", "1")
	FIELD("int", "prev_prio", "28", "4", "1") FIELD("long", "prev_state", "32", "8", "1")
	FIELD("char", "next_comm[16]", "40", "16", "0") FIELD("pid_t", "next_pid", "56", "4", "1")
	FIELD("int", "next_prio", "60", "4", "1");
static const char wake_fields[] =
	FIELD("char", "comm[16]", "8", "16", "0") FIELD("pid_t", "pid", "24", "4", "1")
	FIELD("int", "prio", "28", "4", "1") FIELD("int", "target_cpu", "32", "4", "1");
/* clang-format on */

static struct bytes switched(uint64_t state, uint32_t prio)
{
	struct bytes b = common(false);

	bytes_put(&b, "prev\0\0\0\0\0\0\0\0\0\0\0", 16);
	bytes_u32(&b, 10);
	bytes_u32(&b, prio);
	bytes_u64(&b, state);
	bytes_put(&b, "exactlysixteen!!", 16);
	bytes_u32(&b, 20);
	bytes_u32(&b, 98);
	return b;
}

static void switches(void **state)
{
	struct point *p = bind("sched", "sched_switch", switch_fields);
	struct bytes b = switched(0, 120);
	struct sp_event e;

	(void)state;
	assert_int_equal(decode(p, &b, &e), 0);
	assert_int_equal(e.type, SP_EV_SWITCH);
	assert_int_equal(e.tid, 10);
	assert_int_equal(e.sched.prev_prio, 120);
	assert_int_equal(e.sched.next_tid, 20);
	assert_int_equal(e.sched.next_prio, 98);
	is_text(e.sched.prev_comm, "prev");
	is_text(e.sched.next_comm, "exactlysixteen!!");
	assert_int_equal(e.sched.prev_runnable, 1);
	/* Preempted is above the states; a deadline task's priority is -1. */
	b = switched(0x100, (uint32_t)-1);
	assert_int_equal(decode(p, &b, &e), 0);
	assert_int_equal(e.sched.prev_runnable, 1);
	assert_int_equal(e.sched.prev_prio, -1);
	for (uint64_t s = 1; s < 0x100; s <<= 1) {
		b = switched(s, 120);
		assert_int_equal(decode(p, &b, &e), 0);
		assert_int_equal(e.sched.prev_runnable, 0);
	}
	assert_int_equal(point_bit(p), POINT_SWITCH);
	free(p);
}

static void wakeups(void **state)
{
	struct point *p = bind("sched", "sched_wakeup", wake_fields);
	struct bytes b = common(false);
	struct sp_event e;

	(void)state;
	bytes_put(&b, "ksoftirqd/1\0\0\0\0", 16);
	bytes_u32(&b, 22);
	bytes_u32(&b, 120);
	bytes_u32(&b, 1);
	assert_int_equal(decode(p, &b, &e), 0);
	assert_int_equal(e.type, SP_EV_WAKE);
	assert_int_equal(e.sched.next_tid, 22);
	assert_int_equal(e.sched.target_cpu, 1);
	is_text(e.sched.next_comm, "ksoftirqd/1");
	/* The waker. */
	assert_int_equal(e.tid, 4711);
	free(p);
}

static void polls(void **state)
{
	struct point *p = bind("napi", "napi_poll",
			       FIELD("__data_loc char[]", "dev_name", "8", "4", "0")
				       FIELD("int", "work", "12", "4", "1")
					       FIELD("int", "budget", "16", "4", "1"));
	struct bytes b = common(false);
	struct sp_event e;

	(void)state;
	bytes_u32(&b, 20 | 5 << 16);
	bytes_u32(&b, 17);
	bytes_u32(&b, 64);
	bytes_text(&b, "eth0");
	assert_int_equal(decode(p, &b, &e), 0);
	assert_int_equal(e.type, SP_EV_NAPI_POLL);
	assert_int_equal(e.napi.work, 17);
	assert_int_equal(e.napi.budget, 64);
	is_text(e.napi.dev, "eth0");
	free(p);
}

static void drops(void **state)
{
	static const char location[] = FIELD("void *", "location", "8", "8", "0");
	struct point *old = bind("skb", "kfree_skb", location), *p;
	struct bytes b = common(false);
	struct sp_event e;
	char fields[1024];

	(void)state;
	bytes_u64(&b, 0xffffffff81234567);
	bytes_u32(&b, 123);
	/* Before 5.17 it did not say why. */
	assert_int_equal(decode(old, &b, &e), SP_END);
	snprintf(fields, sizeof(fields), "%s%s\nprint fmt: \"%%s\", { 123, \"PFMEMALLOC\" }\n",
		 location, FIELD("enum skb_drop_reason", "reason", "16", "4", "0"));
	p = bind("skb", "kfree_skb", fields);
	assert_int_equal(decode(p, &b, &e), 0);
	assert_int_equal(e.type, SP_EV_DROP);
	assert_int_equal(e.drop.location, 0xffffffff81234567);
	assert_int_equal(e.drop.reason, 123);
	is_text(e.drop.reason_name, "PFMEMALLOC");
	b.at[16] = 7;
	assert_int_equal(decode(p, &b, &e), 0);
	assert_int_equal(e.drop.reason_name, 0);
	free(old);
	free(p);
}

static void suffixes_and_strangers(void **state)
{
	struct point *begin = bind("vmscan", "mm_vmscan_memcg_reclaim_begin", "");
	struct point *again = bind("tcp", "tcp_retransmit_skb", "");
	struct bytes b = common(false);
	struct sp_event e;

	(void)state;
	assert_int_equal(decode(begin, &b, &e), 0);
	assert_int_equal(e.type, SP_EV_RECLAIM_BEGIN);
	assert_int_equal(decode(again, &b, &e), 0);
	assert_int_equal(e.type, SP_EV_RETRANS);
	assert_null(bind("vmscan", "reclaim", ""));
	assert_null(bind("syscalls", "sys_enter_read", ""));
	/* The same name of another system. */
	assert_null(bind("mine", "softirq_entry", ""));
	assert_null(bind("irq", "softirq_entry2", ""));
	free(begin);
	free(again);
}

/* What lies outside the bytes is 0 or empty; nothing behind them is read. */
static void cut_anywhere(void **state)
{
	struct point *p = bind("sched", "sched_switch", switch_fields);
	struct bytes b = switched(1, 120);

	(void)state;
	for (size_t len = 0; len < b.len; len++) {
		uint8_t *at = bytes_cut(&b, len);
		struct sp_event e = { .tid = SP_NO_TASK };

		assert_int_equal(point_decode(p, at, len, false, strings, &e, &err), 0);
		assert_int_equal(e.sched.next_prio, 0);
		assert_int_equal(e.tid, len >= 28 ? 10 : 0);
		free(at);
	}
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(softirqs),
		cmocka_unit_test(the_samples_own_task_stands),
		cmocka_unit_test(interrupts),
		cmocka_unit_test(vectors_are_named_by_their_tracepoint),
		cmocka_unit_test(functions),
		cmocka_unit_test(switches),
		cmocka_unit_test(wakeups),
		cmocka_unit_test(polls),
		cmocka_unit_test(drops),
		cmocka_unit_test(suffixes_and_strangers),
		cmocka_unit_test(cut_anywhere),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

/*
 * analyze/timeline: each mechanism from the events that prove it, the known traps, and healthy
 * streams that must stay healthy.
 */
#include "timeline.h"

#include "stalls.h"
#include "unit.h"

#define MS	1000000ULL
#define PERIOD	MS
#define BEGIN	(1000 * MS)
#define HOG	50
#define RELEASE 0x1000 /* the fake resolver: a function that switches interrupts on */
#define WORK	0x2000 /* one that does not */
#define ENTRY	0x3000 /* an interrupt's first function */

static struct strings *strings;
static struct stacks *stacks;
static struct tasks *tasks;
static struct coverage *coverage;
static struct stalls *stalls;
static struct timeline *timeline;
static struct sp_err err;

static size_t name_of(void *self, uint64_t pc, struct sp_frame *ret, size_t max)
{
	(void)self;
	(void)max;
	*ret = (struct sp_frame){ .known = true, .module = "" };
	ret->name = (pc & ~0xfffULL) == RELEASE ? "_raw_spin_unlock_irqrestore"
		    : (pc & ~0xfffULL) == ENTRY ? "asm_sysvec_call_function_single"
						: "s_show";
	return 1;
}

static const struct sp_resolver resolver = { .kernel = name_of };

static int setup(void **state)
{
	const struct timeline_cfg cfg = {
		.period_ns = PERIOD,
		.min_stall_ns = 2 * MS,
		.has_raise = true,
		.has_entry = true,
		.has_exit = true,
		.has_tick = true,
		.has_switch = true,
		.has_sampler = true,
		.has_bh_flag = true,
		.witness = SP_NO_CPU,
	};
	struct timeline_parts parts = { .resolver = &resolver };

	(void)state;
	err = (struct sp_err)SP_ERR_INIT;
	if (strings_new(&strings, &err) || stacks_new(&stacks, &err) ||
	    tasks_new(&tasks, strings, &err) || coverage_new(&coverage, &err) ||
	    stalls_new(&stalls, &err))
		return -1;
	parts.strings = strings;
	parts.stacks = stacks;
	parts.tasks = tasks;
	parts.coverage = coverage;
	parts.stalls = stalls_sink(stalls);
	return timeline_new(&timeline, &parts, &err) || timeline_configure(timeline, &cfg, &err);
}

static int teardown(void **state)
{
	(void)state;
	timeline_free(timeline);
	stalls_free(stalls);
	coverage_free(coverage);
	tasks_free(tasks);
	stacks_free(stacks);
	strings_free(strings);
	return 0;
}

static void put(struct sp_event e)
{
	e.pid = e.pid ? e.pid : e.tid;
	assert_int_equal(timeline_put(timeline, &e, &err), 0);
}

static void irq(uint64_t ns, uint16_t type, uint8_t kind, int32_t tid, uint8_t flags)
{
	put((struct sp_event){ .type = type,
			       .time_ns = ns,
			       .tid = tid,
			       .flags = flags,
			       .irq = { .id = 236, .kind = kind } });
}

static void sample(uint64_t ns, int32_t tid, uint8_t mode, uint64_t a, uint64_t b, uint64_t c)
{
	const uint64_t chain[] = { a, b, c };
	sp_stack id = 0;

	assert_int_equal(stacks_add(stacks, chain, 3, false, &id, &err), 0);
	put((struct sp_event){ .type = SP_EV_SAMPLE,
			       .time_ns = ns,
			       .tid = tid,
			       .sample = { .stack = id, .mode = mode, .is_sampler = 1 } });
}

/* A clock interrupt that takes its sample in user code. */
static void tick(uint64_t ns, int32_t tid, uint8_t flags)
{
	irq(ns, SP_EV_IRQ_ENTRY, SP_IRQ_TICK, tid, flags);
	sample(ns + 1000, tid, SP_MODE_USER, 0x400000, 0x400010, 0x400020);
	irq(ns + 5000, SP_EV_IRQ_EXIT, SP_IRQ_TICK, tid, flags);
}

static void ticks(uint64_t from, uint64_t to, int32_t tid)
{
	for (uint64_t t = from; t <= to; t += PERIOD)
		tick(t, tid, 0);
}

static void soft(uint64_t ns, uint16_t type, uint32_t vec, int32_t tid)
{
	put((struct sp_event){ .type = type, .time_ns = ns, .tid = tid, .vec = vec });
}

static struct sp_stall *done(uint32_t *n)
{
	assert_int_equal(timeline_flush(timeline, SP_UNKNOWN_NS, &err), 0);
	return stalls_done(stalls, n);
}

/* What must hold of every stall. */
static void check(const struct sp_stall *s, uint32_t n)
{
	uint64_t last_end = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t sum = s[i].unsampled_ns;

		assert_true(s[i].begin_ns < s[i].end_ns);
		assert_true(s[i].begin_ns >= last_end);
		assert_true(s[i].begin_lo_ns <= s[i].begin_ns && s[i].begin_ns <= s[i].begin_hi_ns);
		assert_true(s[i].end_lo_ns <= s[i].end_ns && s[i].end_ns <= s[i].end_hi_ns);
		assert_true(s[i].confidence > 0 && s[i].confidence <= 1);
		for (uint32_t k = 0; k < s[i].nshares; k++)
			sum += s[i].shares[k].owned_ns;
		assert_int_equal(sum, s[i].end_ns - s[i].begin_ns);
		last_end = s[i].end_ns;
	}
}

static void interrupts_off_ends_at_the_release(void **state)
{
	uint64_t late = BEGIN + 50 * MS + 700000;
	struct sp_stall *s;
	uint32_t n;

	(void)state;
	put((struct sp_event){ .type = SP_EV_SWITCH,
			       .time_ns = BEGIN - 1000,
			       .tid = HOG,
			       .sched = { .next_tid = HOG } });
	ticks(BEGIN, BEGIN + 40 * MS, HOG);
	irq(late, SP_EV_IRQ_ENTRY, SP_IRQ_TICK, HOG, 0);
	sample(late + 1000, HOG, SP_MODE_KERNEL, RELEASE, WORK, WORK + 0x100);
	irq(late + 5000, SP_EV_IRQ_EXIT, SP_IRQ_TICK, HOG, 0);
	ticks(BEGIN + 51 * MS, BEGIN + 900 * MS, HOG);
	s = done(&n);
	check(s, n);
	assert_int_equal(n, 1);
	assert_int_equal(s->mechanism, SP_MECH_IRQS_OFF);
	assert_int_equal(s->tid, HOG);
	assert_true(s->confidence >= 0.9);
	assert_int_equal(s->end_ns, late);
	/* It began between the last tick and the first one missed. */
	assert_true(s->begin_lo_ns >= BEGIN + 40 * MS && s->begin_hi_ns <= BEGIN + 41 * MS);
}

/* Another interrupt came first, ran softirqs, and the tick's sample stands in there. */
static void frames_after_the_stall_are_left_out(void **state)
{
	uint64_t late = BEGIN + 60 * MS;
	const uint64_t chain[] = { WORK + 0x800, ENTRY + 1, RELEASE, WORK + 1 };
	struct sp_stall *s;
	sp_stack id;
	uint32_t n;

	(void)state;
	ticks(BEGIN, BEGIN + 40 * MS, HOG);
	put((struct sp_event){ .type = SP_EV_IRQ_ENTRY,
			       .time_ns = late,
			       .tid = HOG,
			       .irq = { .id = 251, .kind = SP_IRQ_VECTOR } });
	put((struct sp_event){ .type = SP_EV_IRQ_EXIT,
			       .time_ns = late + 2000,
			       .tid = HOG,
			       .irq = { .id = 251, .kind = SP_IRQ_VECTOR } });
	irq(late + 9000, SP_EV_IRQ_ENTRY, SP_IRQ_TICK, HOG, 0);
	assert_int_equal(stacks_add(stacks, chain, 4, false, &id, &err), 0);
	put((struct sp_event){
		.type = SP_EV_SAMPLE,
		.time_ns = late + 9500,
		.tid = HOG,
		.sample = { .stack = id, .mode = SP_MODE_KERNEL, .is_sampler = 1 } });
	irq(late + 12000, SP_EV_IRQ_EXIT, SP_IRQ_TICK, HOG, 0);
	ticks(BEGIN + 61 * MS, BEGIN + 900 * MS, HOG);
	s = done(&n);
	check(s, n);
	assert_int_equal(n, 1);
	assert_int_equal(s->mechanism, SP_MECH_IRQS_OFF);
	assert_int_equal(s->end_ns, late);
	assert_int_equal(stacks_get(stacks, s->shares[0].stack).nkernel, 2);
	assert_true(stacks_get(stacks, s->shares[0].stack).addr[0] == RELEASE);
}

static void a_late_sample_in_user_code_is_a_pause(void **state)
{
	struct sp_stall *s;
	uint32_t n;

	(void)state;
	ticks(BEGIN, BEGIN + 40 * MS, HOG);
	ticks(BEGIN + 60 * MS, BEGIN + 900 * MS, HOG);
	s = done(&n);
	check(s, n);
	assert_int_equal(n, 1);
	assert_int_equal(s->mechanism, SP_MECH_STOPPED);
	assert_int_equal(s->tid, SP_NO_TASK);
	assert_int_equal(s->nshares, 0);
}

static void steal_that_moved_is_steal(void **state)
{
	struct sp_stall *s;
	uint32_t n;

	(void)state;
	ticks(BEGIN, BEGIN + 40 * MS, HOG);
	put((struct sp_event){
		.type = SP_EV_STEAL, .time_ns = BEGIN + 39 * MS, .steal = { 0, 10 * MS } });
	ticks(BEGIN + 60 * MS, BEGIN + 70 * MS, HOG);
	put((struct sp_event){
		.type = SP_EV_STEAL, .time_ns = BEGIN + 71 * MS, .steal = { 20 * MS, 10 * MS } });
	ticks(BEGIN + 72 * MS, BEGIN + 900 * MS, HOG);
	s = done(&n);
	check(s, n);
	assert_int_equal(n, 1);
	assert_int_equal(s->mechanism, SP_MECH_STEAL);
	assert_int_equal(s->tid, SP_NO_TASK);
}

static void bottom_halves_off_by_the_flag(void **state)
{
	struct sp_stall *s;
	uint32_t n;

	(void)state;
	ticks(BEGIN, BEGIN + 40 * MS, HOG);
	soft(BEGIN + 41 * MS - 1, SP_EV_RAISE, SP_VEC_NET_RX, HOG);
	for (uint64_t t = 41; t <= 60; t++)
		tick(BEGIN + t * MS, HOG, SP_TF_BH_OFF);
	soft(BEGIN + 60 * MS + 300000, SP_EV_ENTRY, SP_VEC_NET_RX, HOG);
	soft(BEGIN + 60 * MS + 310000, SP_EV_EXIT, SP_VEC_NET_RX, HOG);
	ticks(BEGIN + 61 * MS, BEGIN + 200 * MS, HOG);
	s = done(&n);
	check(s, n);
	assert_int_equal(n, 1);
	assert_int_equal(s->mechanism, SP_MECH_BH_OFF);
	assert_int_equal(s->tid, HOG);
	assert_int_equal(s->end_ns, BEGIN + 60 * MS + 300000);
	assert_int_equal(s->vectors, 1U << SP_VEC_NET_RX);
}

/* Under a flood many ticks say BH off, but softirqs go on: no stall. */
static void bottom_halves_off_with_progress_is_none(void **state)
{
	uint32_t n;

	(void)state;
	for (uint64_t t = 0; t < 300; t++) {
		tick(BEGIN + t * MS, HOG, t % 8 ? SP_TF_BH_OFF : 0);
		soft(BEGIN + t * MS + 400000, SP_EV_ENTRY, SP_VEC_NET_RX, HOG);
		soft(BEGIN + t * MS + 600000, SP_EV_EXIT, SP_VEC_NET_RX, HOG);
	}
	done(&n);
	assert_int_equal(n, 0);
}

static void a_long_softirq_is_exact(void **state)
{
	struct sp_stall *s;
	uint32_t n;

	(void)state;
	tick(BEGIN, 0, 0);
	soft(BEGIN + 10000, SP_EV_ENTRY, SP_VEC_TIMER, 0);
	put((struct sp_event){ .type = SP_EV_FUNC_ENTRY,
			       .time_ns = BEGIN + 11000,
			       .func = { .addr = WORK, .kind = SP_FUNC_TIMER } });
	put((struct sp_event){ .type = SP_EV_FUNC_EXIT,
			       .time_ns = BEGIN + 20 * MS,
			       .func = { .kind = SP_FUNC_TIMER } });
	soft(BEGIN + 20 * MS + 10000, SP_EV_EXIT, SP_VEC_TIMER, 0);
	s = done(&n);
	check(s, n);
	assert_int_equal(n, 1);
	assert_int_equal(s->mechanism, SP_MECH_SOFTIRQ);
	assert_int_equal(s->vec, SP_VEC_TIMER);
	assert_true(s->func_addr == WORK);
	assert_int_equal(s->end_ns - s->begin_ns, 20 * MS);
}

/* Of a made recording: it is as long as it is, and takes nothing from the vectors that waited. */
static void a_vector_that_no_kernel_has(void **state)
{
	const struct sp_stall *s;
	uint32_t n;

	(void)state;
	tick(BEGIN, 0, 0);
	soft(BEGIN + 10000, SP_EV_ENTRY, 32 + SP_VEC_NET_RX, 0);
	soft(BEGIN + 20000, SP_EV_RAISE, SP_VEC_NET_RX, 0);
	soft(BEGIN + 20 * MS + 10000, SP_EV_EXIT, 32 + SP_VEC_NET_RX, 0);
	s = done(&n);
	check(s, n);
	assert_int_equal(n, 1);
	assert_int_equal(s->mechanism, SP_MECH_SOFTIRQ);
	assert_int_equal(s->vectors, 1U << SP_VEC_NET_RX);
}

static void lost_records_are_no_stall(void **state)
{
	struct coverage_answer a;
	uint32_t n;

	(void)state;
	ticks(BEGIN, BEGIN + 40 * MS, HOG);
	put((struct sp_event){
		.type = SP_EV_LOST, .time_ns = BEGIN + 80 * MS, .tid = HOG, .count = 9 });
	ticks(BEGIN + 81 * MS, BEGIN + 200 * MS, HOG);
	done(&n);
	assert_int_equal(n, 0);
	a = coverage_ask(coverage, 0, BEGIN + 50 * MS, BEGIN + 60 * MS);
	assert_int_equal(a.lost_ns, 10 * MS);
}

static void idle_is_no_stall(void **state)
{
	uint32_t n;

	(void)state;
	ticks(BEGIN, BEGIN + 10 * MS, HOG);
	put((struct sp_event){ .type = SP_EV_SWITCH,
			       .time_ns = BEGIN + 11 * MS - 9,
			       .tid = HOG,
			       .sched = { .next_tid = 0 } });
	put((struct sp_event){ .type = SP_EV_SWITCH,
			       .time_ns = BEGIN + 500 * MS,
			       .tid = 0,
			       .sched = { .next_tid = HOG } });
	ticks(BEGIN + 501 * MS, BEGIN + 600 * MS, HOG);
	done(&n);
	assert_int_equal(n, 0);
	assert_int_equal(coverage_ask(coverage, 0, BEGIN + 100 * MS, BEGIN + 200 * MS).observed_ns,
			 0);
}

/* Healthy streams: jitter, other timers' interrupts, short softirqs, naps, and ticks of which 3 %
 * meet a short section with BH off. Nothing comes out. */
static void random_healthy_streams_have_none(void **state)
{
	uint64_t t = BEGIN;
	struct sp_stall *s;
	uint32_t n;

	(void)state;
	srand(11);
	for (int i = 0; i < 20000; i++) {
		uint64_t jitter = (uint64_t)(rand() % 60000);

		t += PERIOD;
		tick(t + jitter, HOG, rand() % 30 ? 0 : SP_TF_BH_OFF);
		if (rand() % 3 == 0) {
			uint64_t at = t + 100000 + jitter;

			soft(at, SP_EV_RAISE, SP_VEC_NET_RX, HOG);
			soft(at + 2000, SP_EV_ENTRY, SP_VEC_NET_RX, HOG);
			soft(at + 2000 + (uint64_t)(rand() % 300000), SP_EV_EXIT, SP_VEC_NET_RX,
			     HOG);
		}
		if (rand() % 50 == 0) /* another timer's interrupt, off the grid */
			irq(t + 600000, SP_EV_IRQ_ENTRY, SP_IRQ_TICK, HOG, 0);
		if (rand() % 200 == 0) {
			put((struct sp_event){ .type = SP_EV_SWITCH,
					       .time_ns = t + 800000,
					       .tid = HOG,
					       .sched = { .next_tid = 0 } });
			t += (uint64_t)(rand() % 50) * PERIOD;
			put((struct sp_event){ .type = SP_EV_SWITCH,
					       .time_ns = t + 810000,
					       .tid = 0,
					       .sched = { .next_tid = HOG } });
		}
	}
	s = done(&n);
	for (uint32_t i = 0; i < n && i < 3; i++)
		print_message("%s of %llu ns, %u evidence rows\n",
			      sp_mechanism_name((enum sp_mechanism)s[i].mechanism),
			      (unsigned long long)(s[i].end_ns - s[i].begin_ns), s[i].nevidence);
	assert_int_equal(n, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(interrupts_off_ends_at_the_release),
		TEST(frames_after_the_stall_are_left_out),
		TEST(a_late_sample_in_user_code_is_a_pause),
		TEST(steal_that_moved_is_steal),
		TEST(bottom_halves_off_by_the_flag),
		TEST(bottom_halves_off_with_progress_is_none),
		TEST(a_long_softirq_is_exact),
		TEST(a_vector_that_no_kernel_has),
		TEST(lost_records_are_no_stall),
		TEST(idle_is_no_stall),
		TEST(random_healthy_streams_have_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

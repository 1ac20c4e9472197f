/* analyze/gaps and nmi: samples that come with interrupts off, and gaps, each checking the other.
 * And names where no sample can be taken. */
#include "fakethread.h"

#define READ_SLAB "u:read;entry_SYSCALL_64;do_syscall_64;vfs_read;seq_read;s_show;"

static void nmi(struct fakecpu *w, uint64_t us, enum sp_tristate on, const char *stack)
{
	struct sp_event e = event(w, us, SP_EV_SAMPLE);

	e.sample.stack = fake_stack(w->stacks, stack);
	e.sample.mode = SP_MODE_KERNEL;
	e.sample.irqs_on = on;
	e.sample.is_sampler = 1;
	put(w, e);
}

/* A tick as with a hardware sampler: the clock's own sample beside the NMI's. */
static void clock_tick(struct fakecpu *w, uint64_t us, const char *stack)
{
	struct sp_event e;

	irq(w, us, SP_EV_IRQ_ENTRY, SP_IRQ_TICK, 0, SP_TF_IRQS_OFF);
	e = event(w, us + 1, SP_EV_SAMPLE);
	e.sample.stack = fake_stack(w->stacks, stack);
	e.sample.mode = strchr(stack, ';') ? SP_MODE_KERNEL : SP_MODE_USER;
	e.sample.irqs_on = SP_YES;
	e.sample.is_sampler = 2;
	put(w, e);
	irq(w, us + 3, SP_EV_IRQ_EXIT, SP_IRQ_TICK, 0, SP_TF_IRQS_OFF);
}

static void run(struct fakecpu *w, uint64_t from, uint64_t to)
{
	for (uint64_t us = from; us < to; us += STEP) {
		clock_tick(w, us, "u:main");
		nmi(w, us + 200, us % 3 ? SP_YES : SP_NO, "u:main;entry_SYSCALL_64;short_section");
	}
}

static void a_gap_with_samples_inside_is_named_by_them(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	run(w, START, START + 20000);
	for (uint64_t us = START + 20200; us < START + 30000; us += STEP)
		nmi(w, us, SP_NO, READ_SLAB "count_partial");
	/* The late tick's own sample stands where no table knows that interrupts come on. */
	clock_tick(w, START + 30200, READ_SLAB "some_function");
	run(w, START + 30500, START + 40000);
	flush(w, START + 40000);
	s = one(w, SP_MECH_IRQS_OFF, 10200, 500);
	assert_non_null(evidence(s, SP_EVID_IF_CLEAR));
	assert_int_equal(s->tid, 100);
	assert_true(s->confidence >= 0.9);
}

/* It fires with interrupts off, and was silent: the CPU itself stood still, whatever the leaf. */
static void a_gap_without_samples_is_a_cpu_that_stood_still(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	run(w, START, START + 20000);
	clock_tick(w, START + 30200, READ_SLAB "_raw_spin_unlock_irqrestore");
	run(w, START + 30500, START + 40000);
	flush(w, START + 40000);
	s = one(w, SP_MECH_STOPPED, 10200, 500);
	assert_non_null(evidence(s, SP_EVID_NMI_SILENT));
	assert_int_equal(s->tid, SP_NO_TASK);
	assert_true(s->confidence < 0.9);
}

/* Samples with interrupts on prove that the tick was only not recorded. */
static void samples_with_interrupts_on_contradict_a_gap(void **state)
{
	struct fakecpu *w = *state;

	run(w, START, START + 20000);
	for (uint64_t us = START + 20200; us < START + 30000; us += STEP)
		nmi(w, us, SP_YES, READ_SLAB "count_partial");
	run(w, START + 30000, START + 40000);
	flush(w, START + 40000);
	assert_int_equal(w->n, 0);
}

static void a_sample_in_a_long_interrupt_names_it(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	run(w, START, START + 20000);
	irq(w, START + 20300, SP_EV_IRQ_ENTRY, SP_IRQ_DEVICE, 31, SP_TF_IRQS_OFF);
	for (uint64_t us = START + 20700; us < START + 27000; us += STEP)
		nmi(w, us, SP_NO, "u:main;asm_common_interrupt;nic_interrupt;wait_for_bit");
	irq(w, START + 27300, SP_EV_IRQ_EXIT, SP_IRQ_DEVICE, 31, SP_TF_IRQS_OFF);
	run(w, START + 27500, START + 40000);
	flush(w, START + 40000);
	s = one(w, SP_MECH_HARDIRQ, 7000, 0);
	assert_true(s->nshares > 0);
	assert_int_equal(s->tid, SP_NO_TASK);
}

/* perf record -e cycles: no clock, no tick. */
static int clockless(void **state)
{
	struct fakecpu *w;
	int rc = fakecpu_setup(state);

	w = *state;
	w->cfg = (struct timeline_cfg){
		.min_stall_ns = 1000 * US,
		.has_sampler = true,
		.witness = SP_NO_CPU,
	};
	configure(w);
	return rc;
}

static void row(struct fakecpu *w, uint32_t n, const char *stack)
{
	for (uint32_t i = 0; i < 20; i++)
		nmi(w, START + i * STEP, i % 4 ? SP_YES : SP_NO, "u:main;entry_SYSCALL_64;short");
	for (uint32_t i = 0; i < n; i++)
		nmi(w, START + 10000 + i * STEP, SP_NO, stack);
	nmi(w, START + 10000 + n * STEP, SP_YES, "u:main;entry_SYSCALL_64;short");
	flush(w, START + 30000);
}

static void a_row_of_them_is_a_stall_without_any_clock(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	row(w, 20, READ_SLAB "count_partial");
	s = one(w, SP_MECH_IRQS_OFF, 10000, 500);
	assert_int_equal(s->tid, 100);
	assert_true(s->begin_lo_ns == (START + 9500) * US);
	assert_true(s->begin_hi_ns == (START + 10000) * US);
	assert_true(s->confidence < 0.9);
}

static void in_an_interrupt_it_is_the_interrupt(void **state)
{
	struct fakecpu *w = *state;

	row(w, 20, "u:main;asm_common_interrupt;nic_interrupt;wait_for_bit");
	assert_int_equal(one(w, SP_MECH_HARDIRQ, 10000, 500)->tid, SP_NO_TASK);
}

static void three_in_a_row_may_be_luck(void **state)
{
	row(*state, 3, READ_SLAB "count_partial");
	assert_int_equal(((struct fakecpu *)*state)->n, 0);
}

static void of_two_tasks_they_are_no_stall(void **state)
{
	struct fakecpu *w = *state;

	nmi(w, START, SP_YES, "u:main;entry_SYSCALL_64;short");
	for (uint32_t i = 1; i < 20; i++) {
		w->tid = i % 2 ? 100 : 200;
		nmi(w, START + i * STEP, SP_NO, READ_SLAB "count_partial");
	}
	nmi(w, START + 20 * STEP, SP_YES, "u:main;entry_SYSCALL_64;short");
	flush(w, START + 30000);
	assert_int_equal(w->n, 0);
}

/* mwait and halt are entered with interrupts off. */
static void the_idle_task_is_no_stall(void **state)
{
	struct fakecpu *w = *state;

	w->tid = 0;
	row(w, 20, "cpu_startup_entry;do_idle;intel_idle");
	assert_int_equal(w->n, 0);
}

static void func(struct fakecpu *w, uint64_t us, enum sp_event_type type, enum sp_func_kind kind,
		 const char *name, uint8_t flags)
{
	struct sp_event e = event(w, us, type);

	e.func.addr = type == SP_EV_FUNC_ENTRY ? fake_func(name) : 0;
	e.func.kind = (uint8_t)kind;
	e.flags = flags;
	put(w, e);
}

/* A long function in a softirq of an idle CPU: not one sample. */
static const struct sp_stall *long_func(struct fakecpu *w, uint32_t v, enum sp_func_kind kind,
					uint8_t flags)
{
	w->tid = 0;
	vec(w, START, SP_EV_ENTRY, v);
	func(w, START + 10, SP_EV_FUNC_ENTRY, kind, "short_one", flags);
	func(w, START + 20, SP_EV_FUNC_EXIT, kind, "", flags);
	func(w, START + 30, SP_EV_FUNC_ENTRY, kind, "long_one", flags);
	func(w, START + 20030, SP_EV_FUNC_EXIT, kind, "", flags);
	vec(w, START + 20040, SP_EV_EXIT, v);
	flush(w, START + 30000);
	return one(w, SP_MECH_SOFTIRQ, 20040, 0);
}

static void a_timer_is_named_without_samples(void **state)
{
	const struct sp_stall *s = long_func(*state, SP_VEC_TIMER, SP_FUNC_TIMER, SP_TF_SOFTIRQ);

	assert_true(s->func_addr == fake_func("long_one"));
	assert_int_equal(s->nshares, 0);
}

static void a_tasklet_is_named_without_samples(void **state)
{
	assert_true(long_func(*state, SP_VEC_TASKLET, SP_FUNC_TASKLET, SP_TF_SOFTIRQ)->func_addr ==
		    fake_func("long_one"));
}

static void an_hrtimer_is_named_without_samples(void **state)
{
	assert_true(long_func(*state, SP_VEC_HRTIMER, SP_FUNC_HRTIMER, SP_TF_SOFTIRQ)->func_addr ==
		    fake_func("long_one"));
}

static void a_work_item_of_a_softirq_is_named_without_samples(void **state)
{
	assert_true(long_func(*state, SP_VEC_TASKLET, SP_FUNC_WORK, SP_TF_SOFTIRQ)->func_addr ==
		    fake_func("long_one"));
}

/* Softirqs as threads are preempted by workers: their items are not the softirq's. */
static void a_work_item_of_a_thread_is_not_the_softirqs(void **state)
{
	assert_true(long_func(*state, SP_VEC_TASKLET, SP_FUNC_WORK, 0)->func_addr == 0);
}

static void poll(struct fakecpu *w, uint64_t us, const char *dev, uint32_t work)
{
	struct sp_event e = event(w, us, SP_EV_NAPI_POLL);

	e.napi.dev = fake_str(w, dev);
	e.napi.work = work;
	put(w, e);
}

static void a_poll_names_its_device_without_samples(void **state)
{
	struct fakecpu *w = *state;
	const struct sp_stall *s;

	w->tid = 0;
	vec(w, START, SP_EV_ENTRY, SP_VEC_NET_RX);
	poll(w, START + 300, "eth0", 64);
	poll(w, START + 18000, "wlan0", 3);
	poll(w, START + 18100, "eth1", 1);
	vec(w, START + 18200, SP_EV_EXIT, SP_VEC_NET_RX);
	flush(w, START + 30000);
	s = one(w, SP_MECH_SOFTIRQ, 18200, 0);
	assert_string_equal(strings_get(w->strings, s->dev), "wlan0");
	assert_int_equal(evidence(s, SP_EVID_POLL)->n[0], 3);
	assert_int_equal(evidence(s, SP_EVID_POLL)->n[1], 17700 * US);
}

static void steal_that_covers_an_interrupt_is_steal(void **state)
{
	struct fakecpu *w = *state;

	steal(w, START - 100, 50000);
	irq(w, START, SP_EV_IRQ_ENTRY, SP_IRQ_DEVICE, 31, 0);
	irq(w, START + 20000, SP_EV_IRQ_EXIT, SP_IRQ_DEVICE, 31, 0);
	steal(w, START + 20100, 70000);
	tick(w, START + 20500, 0, "u:main");
	flush(w, START + 30000);
	assert_true(one(w, SP_MECH_STEAL, 20000, 0)->confidence < 0.9);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fakecpu_setup, fakecpu_teardown)
#define C(f) cmocka_unit_test_setup_teardown(f, clockless, fakecpu_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_gap_with_samples_inside_is_named_by_them),
		T(a_gap_without_samples_is_a_cpu_that_stood_still),
		T(samples_with_interrupts_on_contradict_a_gap),
		T(a_sample_in_a_long_interrupt_names_it),
		C(a_row_of_them_is_a_stall_without_any_clock),
		C(in_an_interrupt_it_is_the_interrupt),
		C(three_in_a_row_may_be_luck),
		C(of_two_tasks_they_are_no_stall),
		C(the_idle_task_is_no_stall),
		T(a_timer_is_named_without_samples),
		T(a_tasklet_is_named_without_samples),
		T(an_hrtimer_is_named_without_samples),
		T(a_work_item_of_a_softirq_is_named_without_samples),
		T(a_work_item_of_a_thread_is_not_the_softirqs),
		T(a_poll_names_its_device_without_samples),
		T(steal_that_covers_an_interrupt_is_steal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

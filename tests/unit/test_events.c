/* sampler/events on this kernel: every event of a CPU in one ring, what is refused is told, all is
 * closed again. Skips without the privilege to profile. */
#include "unit.h"

#include "events.h"

#include <dirent.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define RING (256U << 10)
#define CPU  0U

static struct tracefs *tracefs;
static struct plan *plan;

static int setup(void **state)
{
	const struct plan_cfg cfg = { .event = "cpu-clock", .freq_hz = 1000, .cpu = CPU };
	struct sp_err err = SP_ERR_INIT;
	cpu_set_t set;

	(void)state;
	/* Where nothing runs some kernels record nothing. */
	CPU_ZERO(&set);
	CPU_SET(CPU, &set);
	sched_setaffinity(0, sizeof(set), &set);
	return tracefs_new(&tracefs, &err) || plan_new(&plan, &cfg, tracefs, &err);
}

static int teardown(void **state)
{
	(void)state;
	plan_free(plan);
	tracefs_free(tracefs);
	return 0;
}

/* Keeps the CPU for 10 ms of its time. */
static void spin(void)
{
	clock_t until = clock() + CLOCKS_PER_SEC / 100;

	while (clock() < until)
		;
}

static uint32_t open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	uint32_t n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static uint32_t wanted(bool witness)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < plan->nevents; i++)
		n += !plan->events[i].absent && (!witness || plan->events[i].on_witness);
	return n;
}

static void all_of_a_cpu_in_one_ring(void **state)
{
	const uint32_t cpu = CPU, before = open_files();
	struct sp_err err = SP_ERR_INIT;
	struct events *e = NULL;

	(void)state;
	assert_int_equal(events_new(&e, plan, &cpu, 1, UINT32_MAX, RING, &err), 0);
	assert_int_equal(e->ncpus, 1);
	assert_int_equal(e->cpus[0].cpu, CPU);
	assert_false(e->cpus[0].witness);
	assert_true(e->ring_bytes <= RING && e->ring_bytes >= EVENTS_RING_LEAST);
	assert_int_equal(e->cpus[0].ring.size, e->ring_bytes);
	assert_int_equal(e->nfds, wanted(false));
	assert_int_equal(e->cpus[0].lead, e->fds[0]);
	for (uint32_t i = 0; i < e->nfds; i++) {
		assert_int_equal(e->ids[i].cpu, CPU);
		assert_true(e->ids[i].id != 0);
		assert_false(plan->events[e->ids[i].event].absent);
		for (uint32_t k = 0; k < i; k++)
			assert_true(e->ids[k].id != e->ids[i].id &&
				    e->ids[k].event != e->ids[i].event);
	}
	events_free(e);
	assert_int_equal(open_files(), before);
	events_free(NULL);
}

/* On the witness only what it is watched with; it is the last. */
static void a_witness_is_watched(void **state)
{
	const uint32_t cpu = CPU;
	struct sp_err err = SP_ERR_INIT;
	struct events *e = NULL;

	(void)state;
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		skip();
	assert_int_equal(events_new(&e, plan, &cpu, 1, CPU + 1, RING, &err), 0);
	assert_int_equal(e->ncpus, 2);
	assert_true(e->cpus[1].witness);
	assert_int_equal(e->cpus[1].cpu, CPU + 1);
	assert_int_equal(e->nfds, wanted(false) + wanted(true));
	assert_true(wanted(true) > 0 && wanted(true) < wanted(false));
	for (uint32_t i = wanted(false); i < e->nfds; i++) {
		assert_int_equal(e->ids[i].cpu, CPU + 1);
		assert_true(plan->events[e->ids[i].event].on_witness);
	}
	events_free(e);
}

/* Records of the ring until there is one of the sampler, or patience ends. */
static bool sampled(struct events *e)
{
	bool found = false;

	for (int i = 0; i < 500 && !found; i++) {
		const uint8_t *r;
		uint16_t size;
		uint64_t bad = 0;

		spin();
		ring_look(&e->cpus[0].ring);
		while ((r = ring_next(&e->cpus[0].ring, &size, &bad)))
			found = found || *(const uint32_t *)(const void *)r == PERF_RECORD_SAMPLE;
		assert_int_equal(bad, 0);
		ring_done(&e->cpus[0].ring);
	}
	return found;
}

static void nothing_comes_before_it_is_enabled(void **state)
{
	const uint32_t cpu = CPU;
	struct sp_err err = SP_ERR_INIT;
	struct events *e = NULL;

	(void)state;
	assert_int_equal(events_new(&e, plan, &cpu, 1, UINT32_MAX, RING, &err), 0);
	spin();
	ring_look(&e->cpus[0].ring);
	assert_int_equal(e->cpus[0].ring.head, e->cpus[0].ring.at);
	assert_int_equal(events_enable(e, plan, &err), 0);
	assert_true(sampled(e));
	events_disable(e);
	ring_look(&e->cpus[0].ring);
	ring_done(&e->cpus[0].ring);
	events_free(e);
}

static uint64_t counted(const struct events *e, uint32_t i)
{
	uint64_t v[2] = { 0 };

	assert_true(read(e->fds[i], v, sizeof(v)) >= (ssize_t)sizeof(v[0]));
	return v[0];
}

static bool grows(const struct events *e, uint32_t i)
{
	uint64_t first = counted(e, i);

	for (int n = 0; n < 500; n++) {
		spin();
		if (counted(e, i) != first)
			return true;
	}
	return false;
}

/* NET_RX's own events go off and on by phase, those of a level by level; others stay. */
static void phases_and_levels(void **state)
{
	const uint32_t cpu = CPU;
	struct sp_err err = SP_ERR_INIT;
	struct events *e = NULL;
	uint32_t tick = UINT32_MAX;
	uint64_t stopped;

	(void)state;
	assert_int_equal(events_new(&e, plan, &cpu, 1, UINT32_MAX, RING, &err), 0);
	assert_int_equal(events_enable(e, plan, &err), 0);
	for (uint32_t i = 0; i < e->nfds && tick == UINT32_MAX; i++)
		if (strcmp(plan->events[e->ids[i].event].name, "irq:softirq_entry") == 0 &&
		    plan->events[e->ids[i].event].phase == PLAN_WHOLE)
			tick = i;
	if (tick == UINT32_MAX) {
		events_free(e);
		skip();
	}
	assert_true(grows(e, tick));
	events_phase(e, plan, cpu, PLAN_WHOLE, false);
	stopped = counted(e, tick);
	spin();
	assert_int_equal(counted(e, tick), stopped);
	/* Another CPU's are not touched. */
	events_phase(e, plan, cpu + 1, PLAN_WHOLE, true);
	spin();
	assert_int_equal(counted(e, tick), stopped);
	events_phase(e, plan, cpu, PLAN_WHOLE, true);
	assert_true(grows(e, tick));
	if (plan->events[e->ids[tick].event].shed) {
		uint32_t level = plan->events[e->ids[tick].event].shed;

		/* But not those of the phase that is off anyway. */
		events_shed(e, plan, cpu, level, PLAN_WHOLE, false);
		assert_true(grows(e, tick));
		events_shed(e, plan, cpu, level, PLAN_THIN, false);
		stopped = counted(e, tick);
		spin();
		assert_int_equal(counted(e, tick), stopped);
	}
	events_free(e);
}

static void what_the_kernel_refuses_is_told(void **state)
{
	const uint32_t cpu = CPU;
	struct sp_err err = SP_ERR_INIT;
	struct plan_event *last = NULL;
	struct events *e = NULL;
	uint32_t notes = plan->nnotes, before = open_files();

	(void)state;
	for (uint32_t i = 0; i < plan->nevents; i++)
		if (plan->events[i].role == PLAN_TRACEPOINT && !plan->events[i].absent &&
		    !plan->events[i].optional)
			last = &plan->events[i];
	assert_non_null(last);
	/* No tracepoint has this number. */
	last->attr.config = 0x7fffffff;
	assert_int_equal(events_new(&e, plan, &cpu, 1, UINT32_MAX, RING, &err), 0);
	assert_true(last->absent);
	assert_int_equal(plan->nnotes, notes + 1);
	assert_int_equal(plan->notes[notes].code, SP_Q_NO_TRACEPOINT);
	assert_string_equal(plan->notes[notes].detail, last->name);
	events_free(e);
	/* No such CPU: nothing is left open. */
	e = NULL;
	assert_int_equal(events_new(&e, plan, &(uint32_t){ 8000 }, 1, UINT32_MAX, RING, &err),
			 SP_ESYS);
	assert_null(e);
	assert_int_equal(open_files(), before);
}

static bool may_profile(void)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
					.size = sizeof(attr),
					.config = PERF_COUNT_SW_CPU_CLOCK };
	int fd = (int)syscall(SYS_perf_event_open, &attr, -1, (int)CPU, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_of_a_cpu_in_one_ring, setup, teardown),
		cmocka_unit_test_setup_teardown(a_witness_is_watched, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_comes_before_it_is_enabled, setup,
						teardown),
		cmocka_unit_test_setup_teardown(phases_and_levels, setup, teardown),
		cmocka_unit_test_setup_teardown(what_the_kernel_refuses_is_told, setup, teardown),
	};

	if (!may_profile()) {
		puts("skipped: no privilege to profile a CPU");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

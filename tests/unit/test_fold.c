/* analyze/fold: starved time and the baseline as folded stacks. */
#include "fakenames.h"
#include "fold.h"

#include <linux/perf_event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MS 1000000ULL
#define S  1000000000ULL

static struct strings *strings;
static struct stacks *stacks;
static struct tasks *tasks;
static struct attribute *attribute;
static struct fold *fold;
static struct sp_err err;

static int setup(void **state)
{
	(void)state;
	err = (struct sp_err)SP_ERR_INIT;
	return strings_new(&strings, &err) || stacks_new(&stacks, &err) ||
	       tasks_new(&tasks, strings, &err) || fold_new(&fold, tasks, &err) ||
	       attribute_new(&attribute,
			     &(struct attribute_parts){ .strings = strings,
							.stacks = stacks,
							.tasks = tasks,
							.resolver = &fake_resolver,
							.self_pid = SP_NO_TASK },
			     &err);
}

static int teardown(void **state)
{
	(void)state;
	fold_free(fold);
	attribute_free(attribute);
	tasks_free(tasks);
	stacks_free(stacks);
	strings_free(strings);
	return 0;
}

static void name_task(int32_t tid, const char *comm)
{
	struct sp_event e = { .type = SP_EV_COMM, .tid = tid, .pid = tid };

	assert_int_equal(strings_add(strings, comm, strlen(comm), &e.task.comm, &err), 0);
	assert_int_equal(tasks_put(tasks, &e, &err), 0);
}

static void sample(uint64_t at_ns, int32_t tid, uint32_t cpu, const char *stack, uint64_t ns)
{
	struct sp_event e = {
		.type = SP_EV_SAMPLE,
		.time_ns = at_ns,
		.cpu = cpu,
		.pid = tid,
		.tid = tid,
		.sample.stack = fake_stack(stacks, stack),
	};

	assert_int_equal(fold_baseline(fold, &e, ns, &err), 0);
}

static void check(const struct sp_fold *f, const char *comm, const char *frames, uint64_t ns)
{
	char text[512] = "";

	for (uint32_t i = 0; i < f->nframes; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? ";" : "",
			 f->frames[i]);
	assert_string_equal(f->comm, comm);
	assert_string_equal(text, frames);
	assert_int_equal(f->weight_ns, ns);
}

static void starved(void **state)
{
	struct sp_share shares[2] = { 0 };
	struct sp_stall s[2] = { { .shares = shares, .nshares = 2, .unsampled_ns = 3 },
				 { .unsampled_ns = 4 } };
	struct sp_stall_names names[2] = { { .comm = "ss" }, { .comm = NULL } };
	const struct sp_fold *f = NULL;
	uint32_t n = 0;

	(void)state;
	name_task(7, "ss");
	name_task(8, "ss");
	shares[0] = (struct sp_share){ .stack = fake_stack(stacks, "u:main;u:read;vfs_read;s_show"),
				       .tid = 7,
				       .pid = 7,
				       .owned_ns = 10 };
	shares[1] = shares[0];
	shares[1].tid = 8;
	shares[1].pid = 8;
	assert_int_equal(fold_starved(attribute, s, names, 2, &f, &n, &err), 0);
	assert_int_equal(n, 3);
	check(&f[0], "[unknown]", "[unsampled]", 4);
	check(&f[1], "ss", "[unsampled]", 3);
	/* Two runs of one program are one line. */
	check(&f[2], "ss", "main;read;vfs_read;s_show", 20);
}

/* Rows lose their stack, the smallest first, and no time. */
static void shed(void **state)
{
	const struct sp_fold *f = NULL;
	uint32_t n = 0;

	(void)state;
	name_task(7, "sh");
	sample(1 * S, 7, 1, "large", 30 * MS);
	sample(2 * S, 7, 1, "a", 1 * MS);
	sample(3 * S, 7, 1, "b", 2 * MS);
	sample(4 * S, 7, 1, "c", 3 * MS);
	assert_int_equal(fold_shed(fold), 2);
	/* Still found by its stack: no second row. */
	sample(4 * S, 7, 1, "c", 1 * MS);
	assert_int_equal(fold_outside(fold, attribute, NULL, NULL, 0, &f, &n, &err), 0);
	assert_int_equal(n, 3);
	check(&f[0], "sh", "[other stacks]", 3 * MS);
	check(&f[1], "sh", "c", 4 * MS);
	check(&f[2], "sh", "large", 30 * MS);
	assert_int_equal(fold_shed(fold), 1);
	assert_int_equal(fold_shed(fold), 1);
	assert_int_equal(fold_shed(fold), 0);
}

/* What is of processes goes first; rows that look the same then are one. */
static void shed_users(void **state)
{
	uint64_t words[4] = { (uint64_t)PERF_CONTEXT_KERNEL, 0, (uint64_t)PERF_CONTEXT_USER };
	const struct sp_fold *f = NULL;
	struct sp_event e = { .type = SP_EV_SAMPLE, .cpu = 1, .pid = 7, .tid = 7 };
	uint32_t n = 0;

	(void)state;
	name_task(7, "sh");
	words[1] = fake_addr("s_show", 6, false);
	for (uint64_t i = 0; i < 4; i++) {
		words[3] = fake_addr("run", 3, true) + i;
		e.time_ns = 1 * S;
		assert_int_equal(stacks_add(stacks, words, 4, false, &e.sample.stack, &err), 0);
		assert_int_equal(fold_baseline(fold, &e, (i + 1) * MS, &err), 0);
	}
	/* Without a kernel part nothing is left of it. */
	assert_int_equal(stacks_add(stacks, words + 2, 2, false, &e.sample.stack, &err), 0);
	assert_int_equal(fold_baseline(fold, &e, MS / 2, &err), 0);
	assert_int_equal(fold_shed_users(fold, stacks, &n, &err), 0);
	assert_int_equal(n, 3);
	assert_int_equal(fold_outside(fold, attribute, NULL, NULL, 0, &f, &n, &err), 0);
	assert_int_equal(n, 3);
	check(&f[0], "sh", "[other stacks]", MS / 2);
	check(&f[1], "sh", "run;s_show", 7 * MS);
	check(&f[2], "sh", "s_show", 3 * MS);
	/* And to the end. */
	assert_int_equal(fold_shed_users(fold, stacks, &n, &err), 0);
	assert_int_equal(n, 1);
	assert_int_equal(fold_shed_users(fold, stacks, &n, &err), 0);
	assert_int_equal(n, 1);
	assert_int_equal(fold_shed_users(fold, stacks, &n, &err), 0);
	assert_int_equal(n, 0);
}

/* Two programs of one thread in one second, in the same stack. */
static void renamed(void **state)
{
	const struct sp_fold *f = NULL;
	uint32_t n = 0;

	(void)state;
	name_task(7, "make");
	sample(1 * S, 7, 1, "a", 1 * MS);
	sample(1 * S + MS, 7, 1, "a", 2 * MS);
	name_task(7, "cc1");
	fold_renamed(fold);
	sample(1 * S + 2 * MS, 7, 1, "a", 4 * MS);
	sample(1 * S + 3 * MS, 7, 1, "a", 8 * MS);
	assert_int_equal(fold_outside(fold, attribute, NULL, NULL, 0, &f, &n, &err), 0);
	assert_int_equal(n, 2);
	check(&f[0], "cc1", "a", 12 * MS);
	check(&f[1], "make", "a", 3 * MS);
}

static void outside(void **state)
{
	struct sp_spike spikes[2] = {
		{ .begin_ns = 5 * S + 10, .end_ns = 5 * S + 20, .cpu = SP_NO_CPU },
		{ .begin_ns = 8 * S, .end_ns = 9 * S, .cpu = 1 }
	};
	struct sp_verdict verdicts[2] = { { .explained = true }, { .explained = false } };
	const struct sp_fold *f = NULL;
	uint32_t n = 0;

	(void)state;
	name_task(7, "work");
	for (uint64_t i = 0; i < 10; i++) {
		sample(i * S + 5, 7, 0, "a;b", 100);
		sample(i * S + 6, 7, 1, "a;c", 10);
	}
	assert_int_equal(fold_outside(fold, attribute, spikes, verdicts, 2, &f, &n, &err), 0);
	assert_int_equal(n, 2);
	check(&f[0], "work", "a;b", 900);
	check(&f[1], "work", "a;c", 90);
	assert_int_equal(fold_outside(fold, attribute, spikes, NULL, 2, &f, &n, &err), 0);
	check(&f[0], "work", "a;b", 900);
	check(&f[1], "work", "a;c", 80);
}

/* A long recording keeps its total in bounded memory. */
static void bounded(void **state)
{
	const struct sp_fold *f = NULL;
	const uint64_t count = 3 * (uint64_t)FOLD_MAX_ROWS;
	struct sp_event e = { .type = SP_EV_SAMPLE, .tid = 7, .pid = 7 };
	uint64_t sum = 0;
	uint32_t n = 0;

	(void)state;
	name_task(7, "work");
	e.sample.stack = fake_stack(stacks, "a;b");
	for (uint64_t i = 0; i < count; i++) {
		e.time_ns = i * S;
		assert_int_equal(fold_baseline(fold, &e, MS, &err), 0);
	}
	assert_int_equal(fold_outside(fold, attribute, NULL, NULL, 0, &f, &n, &err), 0);
	assert_int_equal(n, 1);
	check(&f[0], "work", "a;b", count * MS);
	for (uint32_t i = 0; i < n; i++)
		sum += f[i].weight_ns;
	assert_int_equal(sum, count * MS);
}

/* Every row another thread: slices cannot help, and still no time gets lost. */
static void crowded(void **state)
{
	const struct sp_fold *f = NULL;
	const uint64_t count = FOLD_MAX_ROWS + 1000;
	struct sp_event e = { .type = SP_EV_SAMPLE };
	uint64_t sum = 0;
	uint32_t n = 0;

	(void)state;
	e.sample.stack = fake_stack(stacks, "a;b");
	for (uint64_t i = 0; i < count; i++) {
		e.tid = e.pid = (int32_t)i + 1;
		assert_int_equal(fold_baseline(fold, &e, MS, &err), 0);
	}
	assert_int_equal(fold_outside(fold, attribute, NULL, NULL, 0, &f, &n, &err), 0);
	for (uint32_t i = 0; i < n; i++)
		sum += f[i].weight_ns;
	assert_int_equal(sum, count * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(starved, setup, teardown),
		cmocka_unit_test_setup_teardown(outside, setup, teardown),
		cmocka_unit_test_setup_teardown(shed, setup, teardown),
		cmocka_unit_test_setup_teardown(shed_users, setup, teardown),
		cmocka_unit_test_setup_teardown(renamed, setup, teardown),
		cmocka_unit_test_setup_teardown(bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(crowded, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

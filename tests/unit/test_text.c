/* report/text*: what a person reads. */
#include "rendered.h"
#include "units.h"

/* Nothing that drives a terminal, no line past the width. */
static void assert_clean(const char *text)
{
	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n");
		char one[1024];

		for (size_t i = 0; i < len; i++)
			if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
				fail_msg("byte %02x in: %.*s", (unsigned char)line[i], (int)len,
					 line);
		assert_true(len < sizeof(one));
		snprintf(one, sizeof(one), "%.*s", (int)len, line);
		if (units_width(one) > 100)
			fail_msg("%zu columns: %s", units_width(one), one);
		line += len + (line[len] == '\n');
	}
}

static void spikes_of_each_kind(void **state)
{
	struct sp_report r = fake_report();
	char *text;

	(void)state;
	fake_verdicts(&r);
	text = rendered(text_render, &r, 10, true);
	assert_clean(text);
	assert_in(text, "2 of 6 spikes explained, 1 not decided, 1 not explained by softirqs, "
			"1 without data.");
	assert_in(text, "Most of it: interrupts were off, in proc_reg_read › s_show, called by "
			"ca\\x1b[31mt\\xff[4711] on\n/proc/slabinfo: 20.0 ms of stalls");
	assert_in(text, "GET /\\x07\xc3\xa9  [stall: irqs-off, sure, confidence 0.94]");
	assert_in(text, "explains 12.0 ms of 30.0 ms, for the rest");
	assert_in(text, "started by cron › sh");
	assert_in(text, "(PFMEMALLOC) and TCP sent it again after 200 ms: that");
	assert_in(text, "java spent 25.0 ms reclaiming memory for itself");
	assert_in(text, "served softirqs within 200 us all through this window: look elsewhere");
	assert_in(text, "28.0 ms of that time was not observed: neither healthy nor guilty");
	assert_in(text, "not decided: 78 % of all windows hold as much by accident; candidates:");
	assert_in(text, "1 record of CPU 1 was lost");
	free(text);
}

/* An undecided spike names no culprit of its own. */
static void ambiguous_blames_nobody(void **state)
{
	struct sp_report r = fake_report();
	char *text;

	(void)state;
	fake_undecided(&r);
	text = rendered(text_render, &r, 10, true);
	assert_in(text, "[ambiguous]");
	assert_not_in(text, "Most of it");
	assert_not_in(text, "seen:");
	assert_not_in(text, "What to do");
	free(text);
}

/* What was not observed is never called healthy. */
static void the_rest_is_healthy_only_where_seen(void **state)
{
	struct sp_report r = fake_report();
	struct sp_verdict v;
	char *text;

	(void)state;
	fake_verdicts(&r);
	v = r.verdicts[0];
	v.unobserved_ns = 1;
	r.verdicts = &v;
	r.nspikes = 1;
	text = rendered(text_render, &r, 10, true);
	assert_not_in(text, "healthy");
	free(text);
}

static void stalls_longest_first(void **state)
{
	struct sp_report r = fake_report();
	char *text = rendered(text_render, &r, 2, true);

	(void)state;
	assert_clean(text);
	assert_in(text, "3 stalls found.");
	assert_true(strstr(text, "  40.0 ms  [stopped") < strstr(text, "  20.0 ms  [irqs-off"));
	assert_not_in(text, "[hardirq");
	assert_in(text, "… and 1 more");
	assert_in(text, "the CPU stood still: unknown");
	free(text);
	text = rendered(text_render, &r, 3, true);
	assert_in(text, "interrupt 33\n");
	assert_not_in(text, " more: --top");
	free(text);
}

/* Of more spikes than fit, the worst are shown, in the order of time. */
static void the_worst_spikes(void **state)
{
	struct sp_report r = fake_report();
	struct sp_spike spikes[5];
	struct sp_verdict verdicts[5];
	char *text;

	(void)state;
	fake_verdicts(&r);
	for (uint32_t i = 0; i < 5; i++) {
		spikes[i] = fake_spike(i + 1, 100 * i, 10 + i);
		verdicts[i] = r.verdicts[SP_VERDICT_NONE];
	}
	r.spikes = spikes;
	r.verdicts = verdicts;
	r.nspikes = 5;
	text = rendered(text_render, &r, 1, true);
	assert_in(text, "The worst spikes");
	assert_true(strstr(text, "13.0 ms late") < strstr(text, "14.0 ms late"));
	assert_not_in(text, "12.0 ms late");
	assert_in(text, "… and 3 more");
	free(text);
}

/* Shells that forked for each line are one; who is far away is left out. */
static void the_nearest_parents(void **state)
{
	static const char *const parents[] = { "sh", "sh", "sh", "cron", "a", "b", "init" };
	static const struct {
		uint32_t from, n;
		const char *text;
	} cases[] = {
		{ 0, 7, "; started by … › a › cron › sh\n" },
		{ 0, 3, "; started by sh\n" },
		{ 3, 1, "; started by cron\n" },
		{ 3, 3, "; started by b › a › cron\n" },
		{ 0, 0, "in proc_reg_read › s_show\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sp_report r = fake_report();
		struct sp_stall_names names[3];
		char *text;

		memcpy(names, r.names, sizeof(names));
		names[0].parents = parents + cases[i].from;
		names[0].nparents = cases[i].n;
		r.names = names;
		text = rendered(text_render, &r, 10, true);
		assert_clean(text);
		assert_in(text, cases[i].text);
		free(text);
	}
}

/* What has just been told is not told again, but by name. */
static void the_same_culprit_again(void **state)
{
	struct sp_report r = fake_report();
	struct sp_stall_names names[3];
	struct sp_stall stalls[3];
	char *text;

	(void)state;
	memcpy(names, r.names, sizeof(names));
	memcpy(stalls, r.stalls, sizeof(stalls));
	names[1] = names[0];
	stalls[1].mechanism = SP_MECH_IRQS_OFF;
	r.names = names;
	r.stalls = stalls;
	text = rendered(text_render, &r, 10, true);
	assert_clean(text);
	assert_in(text, "in proc_reg_read › s_show; started by cron › sh\n    seen: ");
	assert_in(text, "in proc_reg_read › s_show, as above\n\nCallers");
	free(text);
	/* Another file is another story. */
	names[1].file = "/proc/vmstat";
	text = rendered(text_render, &r, 10, true);
	assert_not_in(text, "as above");
	free(text);
}

static void advice_names_the_reader(void **state)
{
	struct sp_report r = fake_report();
	struct sp_caller callers[2];
	struct sp_caller_task task, twice[2];
	char *text = rendered(text_render, &r, 10, true);

	(void)state;
	assert_in(text, "irqs-off  have ca\\x1b[31mt\\xff read /proc/slabinfo less often");
	assert_in(text, "stopped   look at the host");
	free(text);
	memcpy(callers, r.callers, sizeof(callers));
	task = callers[0].tasks[0];
	task.file = NULL;
	task.comm = "hog";
	/* Two pids of one name are one. */
	twice[0] = twice[1] = task;
	callers[0].tasks = twice;
	callers[0].ntasks = 2;
	callers[1].mechanisms = 1U << SP_MECH_HARDIRQ;
	r.callers = callers;
	text = rendered(text_render, &r, 10, true);
	assert_in(text, "irqs-off  keep hog off the CPUs that take packets");
	assert_in(text, "s_show  by hog\n");
	assert_in(text, "hardirq   move the interrupt to another CPU");
	free(text);
	/* Spikes were given, and this caller explains none of them. */
	r.spikes_given = true;
	callers[0].explained_ns = 0;
	text = rendered(text_render, &r, 10, true);
	assert_not_in(text, "What to do");
	free(text);
}

static void plain_ascii_where_the_terminal_is(void **state)
{
	struct sp_report r = fake_report();
	char *text;

	(void)state;
	text = rendered(text_render, &r, 2, false);
	assert_in(text, "proc_reg_read > s_show");
	for (const char *c = text; *c; c++)
		assert_true((unsigned char)*c < 0x80);
	free(text);
}

/* Nothing found says what was looked at; nothing looked at does not say healthy. */
static void nothing_found(void **state)
{
	struct sp_report r = fake_healthy();
	struct sp_cpu_info cpus[10] = { { .cpu = 7, .covered_ns = 100 * MS }, { .cpu = 8 } };
	char *text = rendered(text_render, &r, 10, true);

	(void)state;
	assert_in(text, "0 stalls found.");
	assert_in(text, "CPU 1: no stall of 1.00 ms or more; 900 ms of 1.00 s observed");
	free(text);
	r.capture.cpus = cpus;
	r.capture.ncpus = 10;
	text = rendered(text_render, &r, 10, true);
	assert_in(text, "CPU 7: only 100 ms of 1.00 s observed");
	assert_in(text, "CPU 8: nothing of 1.00 s was observed: it may be healthy or not");
	assert_in(text, "2 more CPUs");
	free(text);
	r.spikes_given = true;
	text = rendered(text_render, &r, 10, true);
	assert_in(text, "No spike in what was given.");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spikes_of_each_kind),
		cmocka_unit_test(ambiguous_blames_nobody),
		cmocka_unit_test(the_rest_is_healthy_only_where_seen),
		cmocka_unit_test(stalls_longest_first),
		cmocka_unit_test(the_worst_spikes),
		cmocka_unit_test(the_nearest_parents),
		cmocka_unit_test(the_same_culprit_again),
		cmocka_unit_test(advice_names_the_reader),
		cmocka_unit_test(plain_ascii_where_the_terminal_is),
		cmocka_unit_test(nothing_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* sampler/plan with pmu and tracefs: what a capture opens on this kernel. Needs privilege. */
#include "plan.h"

#include "unit.h"

#include <unistd.h>

static struct tracefs *tracefs;

static struct plan *plan_of(const char *event, bool light, struct sp_err *err)
{
	const struct plan_cfg cfg = { .event = event, .freq_hz = 2000, .light = light };
	struct plan *p = NULL;

	return plan_new(&p, &cfg, tracefs, err) ? NULL : p;
}

static bool has(const struct plan *p, const char *name)
{
	for (uint32_t i = 0; i < p->nevents; i++)
		if (strcmp(p->events[i].name, name) == 0)
			return true;
	return false;
}

static void the_lean_set_and_the_light_one(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	struct plan *lean = plan_of("cpu-clock", false, &err),
		    *light = plan_of("cpu-clock", true, &err);

	(void)state;
	assert_non_null(lean);
	assert_non_null(light);
	assert_true(lean->period == 500000 && lean->period_ns == 500000);
	assert_true(has(lean, "irq:softirq_entry") && has(lean, "sched:sched_switch"));
	assert_false(has(light, "irq:softirq_entry"));
	assert_true(has(light, "sched:sched_switch"));
	for (uint32_t i = 0; i < lean->nevents; i++) {
		assert_false(lean->events[i].attr.freq);
		assert_true(lean->events[i].attr.use_clockid);
		assert_true(lean->events[i].attr.size <= 128);
	}
	plan_free(lean);
	plan_free(light);
}

static void an_unknown_event_is_usage(void **state)
{
	struct sp_err err = SP_ERR_INIT;

	(void)state;
	assert_null(plan_of("no-such-event", false, &err));
	assert_int_equal(err.code, SP_EUSAGE);
	assert_non_null(strstr(err.text, "no-such-event"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lean_set_and_the_light_one),
		cmocka_unit_test(an_unknown_event_is_usage),
	};
	struct sp_err err = SP_ERR_INIT;
	int rc;

	if (geteuid() != 0 || tracefs_new(&tracefs, &err)) {
		printf("skip: opening events needs root and tracefs\n");
		return 77;
	}
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	tracefs_free(tracefs);
	return rc;
}

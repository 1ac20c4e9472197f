/* analyze/sites: the share of samples at a place, by leaf and caller. */
#include "unit.h"

#include "fakenames.h"
#include "sites.h"

#include <math.h>

#define RELEASE "_raw_spin_unlock_irqrestore"

struct world {
	struct stacks *stacks;
	struct sites *sites;
};

static struct world world(void)
{
	struct sp_err err = SP_ERR_INIT;
	struct world w;

	assert_int_equal(stacks_new(&w.stacks, &err), 0);
	assert_int_equal(sites_new(&w.sites, &err), 0);
	return w;
}

static void end(struct world *w)
{
	sites_free(w->sites);
	stacks_free(w->stacks);
}

static void add(struct world *w, const char *stack, uint32_t times)
{
	struct sp_err err = SP_ERR_INIT;
	sp_stack id = fake_stack(w->stacks, stack);

	while (times--)
		assert_int_equal(sites_add(w->sites, id, &err), 0);
}

static void seal(struct world *w, const struct sp_resolver *r)
{
	struct sp_err err = SP_ERR_INIT;

	assert_int_equal(sites_seal(w->sites, w->stacks, r, &err), 0);
}

static double share(struct world *w, const char *stack)
{
	struct site site = site_of(w->stacks, fake_stack(w->stacks, stack));

	return sites_share(w->sites, &site);
}

static void near(double is, double want)
{
	if (fabs(is - want) > 1e-12)
		fail_msg("%f, not %f", is, want);
}

static void by_leaf_and_caller(void **state)
{
	struct world w = world();

	(void)state;
	add(&w, "main;read;lock", 3);
	/* The same two at the end of another stack. */
	add(&w, "other;read;lock", 2);
	add(&w, "main;write;lock", 4);
	add(&w, "main;read", 1);
	seal(&w, NULL);
	near(share(&w, "main;read;lock"), 0.5);
	near(share(&w, "anything;read;lock"), 0.5);
	near(share(&w, "x;write;lock"), 0.4);
	near(share(&w, "main;read"), 0.1);
	/* Never seen: half a sample. */
	near(share(&w, "x;y;lock"), 0.05);
	near(sites_released(w.sites), 0.05);
	end(&w);
}

static void where_interrupts_come_on(void **state)
{
	struct world w = world();

	(void)state;
	add(&w, "a;" RELEASE, 2);
	add(&w, "b;" RELEASE, 3);
	add(&w, "a;work", 5);
	seal(&w, &fake_resolver);
	near(sites_released(w.sites), 0.5);
	near(share(&w, "a;" RELEASE), 0.2);
	end(&w);
}

static void user_code_and_no_stack_have_no_site(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	struct world w = world();
	struct site none;

	(void)state;
	none = site_of(w.stacks, 0);
	assert_true(none.leaf == 0 && none.caller == 0);
	none = site_of(w.stacks, fake_stack(w.stacks, "u:main;u:loop"));
	assert_true(none.leaf == 0 && none.caller == 0);
	/* A kernel frame alone has no caller, though a user frame is outside of it. */
	assert_true(site_of(w.stacks, fake_stack(w.stacks, "u:main;alone")).caller == 0);
	/* They count as samples all the same. */
	add(&w, "u:main;u:loop", 6);
	assert_int_equal(sites_add(w.sites, 0, &err), 0);
	add(&w, "a;b", 3);
	seal(&w, NULL);
	near(share(&w, "a;b"), 0.3);
	near(sites_share(w.sites, &(struct site){ 0, 0 }), 0.05);
	end(&w);
}

static void no_samples(void **state)
{
	struct world w = world();

	(void)state;
	seal(&w, NULL);
	near(share(&w, "a;b"), 1);
	near(sites_released(w.sites), 1);
	end(&w);
}

static void many_stacks(void **state)
{
	struct world w = world();
	char stack[64];

	(void)state;
	for (uint32_t i = 0; i < 5000; i++) {
		snprintf(stack, sizeof(stack), "r%u;q%u;c%u;leaf", i % 71, i / 71, i % 100);
		add(&w, stack, 1);
	}
	seal(&w, NULL);
	for (uint32_t i = 0; i < 100; i++) {
		snprintf(stack, sizeof(stack), "c%u;leaf", i);
		near(share(&w, stack), 0.01);
	}
	end(&w);
}

static void an_order_of_places(void **state)
{
	const struct site a = { 1, 9 }, b = { 2, 0 }, c = { 2, UINT64_MAX };

	(void)state;
	assert_true(site_compare(&a, &b) < 0);
	assert_true(site_compare(&b, &c) < 0);
	assert_true(site_compare(&c, &a) > 0);
	assert_int_equal(site_compare(&c, &c), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_leaf_and_caller),
		cmocka_unit_test(where_interrupts_come_on),
		cmocka_unit_test(user_code_and_no_stack_have_no_site),
		cmocka_unit_test(no_samples),
		cmocka_unit_test(many_stacks),
		cmocka_unit_test(an_order_of_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

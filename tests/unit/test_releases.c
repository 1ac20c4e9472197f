/* analyze/releases, sites: which irqs-off stalls are what pauses of the host would look like. */
#include "releases.h"

#include "fakenames.h"
#include "stalls.h"
#include "unit.h"

#define MS    1000000ULL
#define HOT   "u:read;vfs_read;do_task_stat;_raw_spin_unlock_irqrestore"
#define OTHER "u:read;vfs_read;s_show;_raw_spin_unlock_irqrestore"
#define PLAIN "u:read;vfs_read;copy_to_user"

struct world {
	struct stacks *stacks;
	struct sites *sites;
	struct sp_stall stalls[64];
	uint32_t n;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct sp_err err = SP_ERR_INIT;

	*state = w;
	return !w || stacks_new(&w->stacks, &err) || sites_new(&w->sites, &err);
}

static int teardown(void **state)
{
	struct world *w = *state;

	for (uint32_t i = 0; i < w->n; i++)
		stall_free(&w->stalls[i]);
	sites_free(w->sites);
	stacks_free(w->stacks);
	free(w);
	return 0;
}

static void on_time(struct world *w, const char *stack, int times)
{
	struct sp_err err = SP_ERR_INIT;

	while (times-- > 0)
		assert_int_equal(sites_add(w->sites, fake_stack(w->stacks, stack), &err), 0);
}

static void pauses(struct world *w, int times, uint64_t length_ns)
{
	for (; times > 0; times--) {
		struct sp_stall *s = &w->stalls[w->n++];

		*s = (struct sp_stall){ .mechanism = SP_MECH_STOPPED, .end_ns = length_ns };
		stall_evidence(s, &(struct sp_evidence){ .kind = SP_EVID_HOST_PAUSE });
	}
}

static struct sp_stall *irqs_off(struct world *w, const char *stack, uint64_t length_ns)
{
	struct sp_stall *s = &w->stalls[w->n++];

	*s = (struct sp_stall){ .mechanism = SP_MECH_IRQS_OFF,
				.confidence = 0.96,
				.tid = 100,
				.end_ns = length_ns,
				.nshares = 1 };
	stall_evidence(s, &(struct sp_evidence){ .kind = SP_EVID_RELEASE_POINT });
	s->shares = calloc(1, sizeof(*s->shares));
	assert_non_null(s->shares);
	s->shares[0].stack = fake_stack(w->stacks, stack);
	s->shares[0].owned_ns = length_ns;
	return s;
}

static uint32_t review(struct world *w)
{
	struct pauses_parts parts = { .sites = w->sites,
				      .stacks = w->stacks,
				      .resolver = &fake_resolver };
	struct sp_err err = SP_ERR_INIT;
	uint32_t changed;

	assert_int_equal(pauses_review(w->stalls, w->n, &parts, &changed, &err), 0);
	return changed;
}

/* 2 % of the time is spent there, and the host paused 20 times: one of them fell there. */
static void one_where_time_is_spent_is_a_pause(void **state)
{
	struct world *w = *state;
	struct sp_stall *s = irqs_off(w, HOT, 4 * MS);

	on_time(w, PLAIN, 980);
	on_time(w, HOT, 20);
	pauses(w, 20, 4 * MS);
	assert_int_equal(review(w), 1);
	assert_int_equal(s->mechanism, SP_MECH_STOPPED);
	assert_int_equal(s->tid, SP_NO_TASK);
	assert_int_equal(s->nshares, 0);
	assert_int_equal(s->evidence[1].kind, SP_EVID_PAUSES);
}

/* A softirq whose begin was not recorded is known by the same place, and by nothing else. */
static void a_softirq_by_its_stack_alone_is_weighed_too(void **state)
{
	struct world *w = *state;
	struct sp_stall *bare = irqs_off(w, HOT, 4 * MS), *told = irqs_off(w, HOT, 4 * MS);

	bare->mechanism = told->mechanism = SP_MECH_SOFTIRQ;
	stall_evidence(told, &(struct sp_evidence){ .kind = SP_EVID_ENTRY_EXIT });
	on_time(w, PLAIN, 980);
	on_time(w, HOT, 20);
	pauses(w, 20, 4 * MS);
	assert_int_equal(review(w), 1);
	assert_int_equal(bare->mechanism, SP_MECH_STOPPED);
	assert_int_equal(told->mechanism, SP_MECH_SOFTIRQ);
	assert_true(told->confidence > 0.9);
}

/* Without a sample nobody knows whether the host paused elsewhere. */
static void long_interrupts_are_doubted_without_samples(void **state)
{
	struct world *w = *state;

	for (w->n = 0; w->n < 4; w->n++)
		w->stalls[w->n] = (struct sp_stall){ .mechanism = SP_MECH_HARDIRQ,
						     .confidence = 0.98,
						     .end_ns = 20 * MS };
	on_time(w, PLAIN, 1);
	review(w);
	assert_true(w->stalls[0].confidence > 0.9);
	w->sites->all = 0;
	review(w);
	assert_true(w->stalls[0].confidence <= 0.8);
}

static void one_longer_than_pauses_are_stays(void **state)
{
	struct world *w = *state;
	struct sp_stall *s = irqs_off(w, HOT, 30 * MS);

	on_time(w, PLAIN, 980);
	on_time(w, HOT, 20);
	pauses(w, 20, 4 * MS);
	assert_int_equal(review(w), 0);
	assert_true(s->confidence > 0.9 && s->tid == 100);
}

static void many_at_one_place_stay(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 12; i++)
		irqs_off(w, HOT, 4 * MS);
	on_time(w, PLAIN, 980);
	on_time(w, HOT, 20);
	pauses(w, 20, 4 * MS);
	assert_int_equal(review(w), 0);
	assert_true(w->stalls[0].confidence > 0.9);
}

/* Short ones at its place make a long one no likelier to be real. */
static void a_long_one_is_weighed_with_its_like(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 6; i++)
		irqs_off(w, HOT, MS);
	irqs_off(w, HOT, 8 * MS);
	on_time(w, PLAIN, 980);
	on_time(w, HOT, 20);
	pauses(w, 4, 4 * MS);
	assert_int_equal(review(w), 1);
	assert_int_equal(w->stalls[6].mechanism, SP_MECH_STOPPED);
}

/* Whatever the order in which they came, and whatever was between: each place has its own. */
static void places_are_weighed_apart(void **state)
{
	struct world *w = *state;
	struct sp_stall *hot = irqs_off(w, HOT, 8 * MS), *alone, *other = NULL;

	for (int i = 0; i < 6; i++) {
		other = irqs_off(w, OTHER, (uint64_t)(8 - i % 3) * MS);
		irqs_off(w, HOT, MS);
	}
	alone = irqs_off(w, "u:read;vfs_read;rare;_raw_spin_unlock_irqrestore", 8 * MS);
	on_time(w, PLAIN, 960);
	on_time(w, HOT, 20);
	on_time(w, OTHER, 20);
	pauses(w, 4, 4 * MS);
	assert_int_equal(review(w), 2);
	assert_int_equal(hot->mechanism, SP_MECH_STOPPED);
	assert_int_equal(alone->mechanism, SP_MECH_STOPPED);
	assert_int_equal(other->mechanism, SP_MECH_IRQS_OFF);
	assert_true(other->confidence > 0.9);
}

/* Where hardly any time is spent no pause falls; and without pauses there is nothing to doubt. */
static void one_where_no_time_is_spent_stays(void **state)
{
	struct world *w = *state;
	struct sp_stall *s = irqs_off(w, OTHER, 4 * MS);

	on_time(w, PLAIN, 50000);
	pauses(w, 10, 4 * MS);
	assert_int_equal(review(w), 0);
	assert_true(s->confidence > 0.9);
}

static void without_pauses_nothing_is_doubted(void **state)
{
	struct world *w = *state;
	struct sp_stall *s = irqs_off(w, HOT, 4 * MS);

	on_time(w, HOT, 20);
	assert_int_equal(review(w), 0);
	assert_true(s->confidence > 0.9);
}

/* Many places that one sample met each: there are more that none met, and pauses fall there too. */
static void rare_places_count_together(void **state)
{
	struct world *w = *state;
	struct sp_stall *s = irqs_off(w, OTHER, 4 * MS);
	char stack[80];

	on_time(w, PLAIN, 10000);
	for (int i = 0; i < 20; i++) {
		snprintf(stack, sizeof(stack), "u:read;rare_%d;_raw_spin_unlock_irqrestore", i);
		on_time(w, stack, 1);
	}
	pauses(w, 10, 4 * MS);
	assert_int_equal(review(w), 1);
	assert_int_equal(s->mechanism, SP_MECH_STOPPED);
}

/* Which place it was nobody knows any more: any of those where interrupts come on. */
static void without_its_stack_one_is_doubted_all_the_same(void **state)
{
	struct world *w = *state;
	struct sp_stall *first = irqs_off(w, HOT, 4 * MS), *second = irqs_off(w, OTHER, 4 * MS);

	first->shares[0].stack = second->shares[0].stack = 0;
	on_time(w, PLAIN, 980);
	on_time(w, HOT, 10);
	on_time(w, OTHER, 10);
	pauses(w, 20, 4 * MS);
	assert_int_equal(review(w), 2);
	assert_int_equal(first->mechanism, SP_MECH_STOPPED);
	assert_int_equal(second->mechanism, SP_MECH_STOPPED);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(one_where_time_is_spent_is_a_pause),
		T(a_softirq_by_its_stack_alone_is_weighed_too),
		T(long_interrupts_are_doubted_without_samples),
		T(one_longer_than_pauses_are_stays),
		T(many_at_one_place_stay),
		T(a_long_one_is_weighed_with_its_like),
		T(places_are_weighed_apart),
		T(one_where_no_time_is_spent_stays),
		T(without_pauses_nothing_is_doubted),
		T(rare_places_count_together),
		T(without_its_stack_one_is_doubted_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* analyze/pauses: a few bare interrupts beside pauses of the host are pauses; many are not. */
#include "pauses.h"

#include "unit.h"

#define MS 1000000ULL

static struct sp_stall stall(uint8_t mechanism, uint64_t length_ns)
{
	struct sp_stall s = { .mechanism = mechanism, .end_ns = length_ns, .confidence = 0.98 };

	static struct sp_evidence paused[] = { { .kind = SP_EVID_HOST_PAUSE } };

	if (mechanism == SP_MECH_STOPPED) {
		s.evidence = paused;
		s.nevidence = 1;
	}
	return s;
}

static uint32_t review(struct sp_stall *s, uint32_t n)
{
	struct pauses_parts parts = { .sites = NULL };
	struct sp_err err = SP_ERR_INIT;
	uint32_t changed;

	assert_int_equal(pauses_review(s, n, &parts, &changed, &err), 0);
	return changed;
}

static void few_beside_pauses_are_pauses(void **state)
{
	struct sp_stall s[] = { stall(SP_MECH_STOPPED, 2 * MS), stall(SP_MECH_HARDIRQ, 3 * MS),
				stall(SP_MECH_HARDIRQ, 3 * MS), stall(SP_MECH_SOFTIRQ, 3 * MS) };

	(void)state;
	s[2].func_addr = 1; /* a function is known: its own doing */
	assert_int_equal(review(s, 4), 1);
	assert_int_equal(s[1].mechanism, SP_MECH_STOPPED);
	assert_true(s[1].confidence < 0.9);
	assert_int_equal(s[2].mechanism, SP_MECH_HARDIRQ);
	assert_int_equal(s[3].mechanism, SP_MECH_SOFTIRQ);
}

static void long_or_many_or_without_pauses_stay(void **state)
{
	struct sp_stall many[4] = { stall(SP_MECH_STOPPED, 2 * MS) };
	struct sp_stall one[] = { stall(SP_MECH_STOPPED, 2 * MS), stall(SP_MECH_HARDIRQ, 20 * MS) };

	(void)state;
	for (int i = 1; i < 4; i++)
		many[i] = stall(SP_MECH_HARDIRQ, 3 * MS);
	assert_int_equal(review(many, 4), 0);
	assert_int_equal(review(one, 2), 0);
	assert_int_equal(review(one + 1, 1), 0);
}

/* 1 + a third of the pauses may be among the interrupts: which ones is not known. */
static void among_many_pauses_each_is_doubted(void **state)
{
	struct sp_stall s[14];

	(void)state;
	for (int i = 0; i < 3; i++)
		s[i] = stall(SP_MECH_STOPPED, 2 * MS);
	for (int i = 3; i < 14; i++)
		s[i] = stall(SP_MECH_HARDIRQ, 3 * MS);
	s[13].end_ns = 20 * MS; /* no pause was a quarter as long */
	assert_int_equal(review(s, 14), 0);
	assert_float_equal(s[3].confidence, 1 - 2.0 / 10, 1e-9);
	assert_float_equal(s[13].confidence, 0.98, 1e-9);
}

static void where_most_may_be_pauses_all_are(void **state)
{
	struct sp_stall s[14];

	(void)state;
	for (int i = 0; i < 9; i++)
		s[i] = stall(SP_MECH_STOPPED, 2 * MS);
	for (int i = 9; i < 14; i++)
		s[i] = stall(SP_MECH_HARDIRQ, 2 * MS);
	assert_int_equal(review(s, 14), 5);
	assert_int_equal(s[13].mechanism, SP_MECH_STOPPED);
}

/* Without an interrupt for most of it: it had them off, or the CPU paused in it. */
static void a_softirq_that_stood_still_is_doubted(void **state)
{
	struct sp_evidence late = { .kind = SP_EVID_TICK_LATE, .n = { 5 * MS } };
	struct sp_stall s[] = { stall(SP_MECH_STOPPED, 3 * MS), stall(SP_MECH_SOFTIRQ, 6 * MS),
				stall(SP_MECH_SOFTIRQ, 20 * MS), stall(SP_MECH_SOFTIRQ, 6 * MS) };

	(void)state;
	for (int i = 1; i < 3; i++) {
		s[i].evidence = &late;
		s[i].nevidence = 1;
	}
	assert_int_equal(review(s, 4), 0);
	assert_float_equal(s[1].confidence, 0.75, 1e-9);
	assert_float_equal(s[2].confidence, 0.98, 1e-9); /* a short pause in a long one */
	assert_float_equal(s[3].confidence, 0.98, 1e-9);
	s[1].confidence = 0.98;
	assert_int_equal(review(s + 1, 1), 0);
	assert_float_equal(s[1].confidence, 0.98, 1e-9); /* no pause was seen */
}

static void one_long_interrupt_is_doubted(void **state)
{
	struct sp_stall one[] = { stall(SP_MECH_HARDIRQ, 20 * MS) };
	struct sp_stall again[] = { stall(SP_MECH_HARDIRQ, 20 * MS), stall(SP_MECH_HARDIRQ, 5 * MS),
				    stall(SP_MECH_HARDIRQ, 9 * MS),
				    stall(SP_MECH_HARDIRQ, 9 * MS) };

	(void)state;
	again[3].irq.id = 7;
	review(one, 1);
	review(again, 4);
	assert_true(one[0].confidence < 0.9);
	assert_true(again[0].confidence > 0.9 && again[1].confidence > 0.9);
	assert_true(again[3].confidence < 0.9);
}

static void irqs_off_without_any_switch_is_doubted(void **state)
{
	struct sp_stall s[] = { stall(SP_MECH_IRQS_OFF, 20 * MS), stall(SP_MECH_SOFTIRQ, 5 * MS) };
	struct pauses_parts parts = { .idle_untold = true };
	struct sp_err err = SP_ERR_INIT;
	uint32_t changed;

	(void)state;
	assert_int_equal(pauses_review(s, 2, &parts, &changed, &err), 0);
	assert_true(s[0].confidence < 0.9);
	assert_true(s[1].confidence > 0.9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_beside_pauses_are_pauses),
		cmocka_unit_test(irqs_off_without_any_switch_is_doubted),
		cmocka_unit_test(among_many_pauses_each_is_doubted),
		cmocka_unit_test(where_most_may_be_pauses_all_are),
		cmocka_unit_test(a_softirq_that_stood_still_is_doubted),
		cmocka_unit_test(one_long_interrupt_is_doubted),
		cmocka_unit_test(long_or_many_or_without_pauses_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

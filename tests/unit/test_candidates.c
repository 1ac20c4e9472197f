/* analyze/candidates: the stalls in a window, the CPU whose stalls hold most of it, and its rival.
 */
#include "unit.h"

#include "candidates.h"

#include <math.h>

static struct sp_stall stall(uint32_t cpu, uint64_t begin_ns, uint64_t end_ns, int32_t tid)
{
	return (struct sp_stall){
		.cpu = cpu,
		.begin_ns = begin_ns,
		.end_ns = end_ns,
		.mechanism = SP_MECH_IRQS_OFF,
		.confidence = 0.9,
		.tid = tid,
		.comm = (sp_str)tid,
	};
}

static struct candidates *candidates(const struct sp_stall *stalls, uint32_t n)
{
	struct sp_err err = SP_ERR_INIT;
	struct candidates *c = NULL;

	assert_int_equal(candidates_new(&c, stalls, n, &err), 0);
	return c;
}

static struct candidates_best find(struct candidates *c, uint32_t cpu, uint64_t begin_ns,
				   uint64_t end_ns)
{
	struct sp_err err = SP_ERR_INIT;
	struct candidates_best b;

	assert_int_equal(candidates_find(c, cpu, begin_ns, end_ns, &b, &err), 0);
	return b;
}

static void clipped_to_the_window(void **state)
{
	const struct sp_stall s[] = { stall(0, 100, 200, 1), stall(0, 250, 400, 2),
				      stall(0, 500, 600, 3) };
	sp_auto(candidates) c = candidates(s, 3);
	struct candidates_best b = find(c, SP_NO_CPU, 150, 500);

	(void)state;
	assert_int_equal(b.n, 2);
	assert_int_equal(b.held_ns, 200);
	/* By how much they hold. */
	assert_int_equal(b.all[0].stall, 1);
	assert_int_equal(b.all[0].begin_ns, 250);
	assert_int_equal(b.all[1].stall, 0);
	assert_int_equal(b.all[1].begin_ns, 150);
	assert_int_equal(b.all[1].end_ns, 200);
	assert_int_equal(b.rival_ns, 0);
	/* Edges do not touch. */
	assert_int_equal(find(c, SP_NO_CPU, 200, 250).n, 0);
	assert_int_equal(find(c, SP_NO_CPU, 199, 251).n, 2);
}

static void nothing_there(void **state)
{
	const struct sp_stall s = stall(0, 100, 200, 1);
	sp_auto(candidates) none = candidates(NULL, 0);
	sp_auto(candidates) c = candidates(&s, 1);

	(void)state;
	assert_int_equal(find(none, SP_NO_CPU, 0, UINT64_MAX).n, 0);
	assert_int_equal(find(c, SP_NO_CPU, 300, 400).held_ns, 0);
	assert_int_equal(find(c, 1, 0, 400).n, 0);
	assert_int_equal(find(c, SP_NO_CPU, 150, 150).n, 0);
	assert_int_equal(find(c, 0, 0, 400).held_ns, 100);
}

/* A union, not a sum: of one CPU, whose stalls may overlap, and never over CPUs. */
static void the_union_of_one_cpu(void **state)
{
	const struct sp_stall s[] = { stall(0, 100, 200, 1), stall(1, 120, 210, 1),
				      stall(0, 150, 250, 1), stall(0, 160, 170, 1) };
	sp_auto(candidates) c = candidates(s, 4);
	struct candidates_best b = find(c, SP_NO_CPU, 0, 1000);

	(void)state;
	assert_int_equal(b.cpu, 0);
	assert_int_equal(b.held_ns, 150);
	assert_int_equal(b.n, 4);
	assert_int_equal(find(c, 1, 0, 1000).held_ns, 90);
}

static void a_long_stall_that_began_long_before(void **state)
{
	struct sp_stall s[50];
	struct candidates *c;

	(void)state;
	s[0] = stall(0, 0, 100000, 1);
	for (uint32_t i = 1; i < 50; i++)
		s[i] = stall(0, i * 100, i * 100 + 10, 2);
	c = candidates(s, 50);
	assert_int_equal(find(c, SP_NO_CPU, 50000, 50100).n, 1);
	assert_int_equal(find(c, SP_NO_CPU, 50000, 50100).held_ns, 100);
	/* More than there was room for at first. */
	assert_int_equal(find(c, SP_NO_CPU, 0, 100000).n, 50);
	assert_int_equal(find(c, SP_NO_CPU, 0, 100000).held_ns, 100000);
	candidates_free(c);
}

static void confidence_by_what_each_holds(void **state)
{
	struct sp_stall s[] = { stall(0, 0, 100, 1), stall(0, 200, 500, 2), stall(1, 0, 90, 3) };
	struct candidates *c;

	(void)state;
	s[0].confidence = 0.5;
	s[2].confidence = 0.1;
	c = candidates(s, 3);
	assert_true(fabs(find(c, SP_NO_CPU, 0, 1000).confidence - 0.8) < 1e-9);
	/* What lies outside the window has no weight. */
	assert_true(fabs(find(c, SP_NO_CPU, 0, 300).confidence - 0.7) < 1e-9);
	candidates_free(c);
}

static uint64_t rival(const struct sp_stall *a, const struct sp_stall *b)
{
	const struct sp_stall s[] = { *a, *b };
	struct candidates *c = candidates(s, 2);
	uint64_t ns = find(c, SP_NO_CPU, 0, 1000).rival_ns;

	candidates_free(c);
	return ns;
}

/* A rival is who else could have done it. */
static void who_is_a_rival(void **state)
{
	const struct sp_stall a = stall(0, 100, 200, 1);
	struct sp_stall b = stall(1, 100, 190, 2), host = stall(0, 100, 200, 1);

	(void)state;
	assert_int_equal(rival(&a, &b), 90);
	/* The same program elsewhere is none, whatever its pid. */
	b.comm = a.comm;
	assert_int_equal(rival(&a, &b), 0);
	/* By another mechanism, function, vector, interrupt or device it is one. */
	b.mechanism = SP_MECH_BH_OFF;
	assert_int_equal(rival(&a, &b), 90);
	b.mechanism = a.mechanism;
	b.func_addr = 0x1000;
	assert_int_equal(rival(&a, &b), 90);
	b.func_addr = 0;
	b.irq.id = 33;
	assert_int_equal(rival(&a, &b), 90);
	b.irq.id = 0;
	b.dev = 5;
	assert_int_equal(rival(&a, &b), 90);
	b.dev = 0;
	/* On the same CPU it is part of the same. */
	b.cpu = 0;
	b.comm = 9;
	b.begin_ns = 200;
	assert_int_equal(rival(&a, &b), 0);
	/* The host does not care which CPU it takes, nor how it is told. */
	b = stall(1, 100, 190, 2);
	host.mechanism = SP_MECH_STEAL;
	assert_int_equal(rival(&host, &b), 90);
	b.mechanism = SP_MECH_STOPPED;
	assert_int_equal(rival(&host, &b), 0);
}

/* Without a comm, by thread. */
static void nameless_culprits(void **state)
{
	struct sp_stall a = stall(0, 100, 200, 1), b = stall(1, 100, 190, 2);

	(void)state;
	a.comm = b.comm = 0;
	assert_int_equal(rival(&a, &b), 90);
	b.tid = a.tid;
	assert_int_equal(rival(&a, &b), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clipped_to_the_window),
		cmocka_unit_test(nothing_there),
		cmocka_unit_test(the_union_of_one_cpu),
		cmocka_unit_test(a_long_stall_that_began_long_before),
		cmocka_unit_test(confidence_by_what_each_holds),
		cmocka_unit_test(who_is_a_rival),
		cmocka_unit_test(nameless_culprits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

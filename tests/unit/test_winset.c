/* analyze/winset: instants in windows, each counted once, compared with counting them one by one.
 */
#include "unit.h"

#include "winset.h"

static struct sp_spike window(uint32_t cpu, uint64_t begin_ns, uint64_t end_ns)
{
	return (struct sp_spike){ .cpu = cpu, .begin_ns = begin_ns, .end_ns = end_ns };
}

static struct winset *set(const struct sp_spike *spikes, const struct sp_verdict *verdicts,
			  uint32_t n)
{
	struct sp_err err = SP_ERR_INIT;
	struct winset *w = NULL;

	assert_int_equal(winset_new(&w, spikes, verdicts, n, &err), 0);
	return w;
}

static void half_open_on_both_sides(void **state)
{
	const struct sp_spike k = window(SP_NO_CPU, 100, 200);
	sp_auto(winset) w = set(&k, NULL, 1);

	(void)state;
	assert_false(winset_touches(w, 0, 0, 100));
	assert_true(winset_touches(w, 0, 0, 101));
	assert_true(winset_touches(w, 0, 199, 300));
	assert_false(winset_touches(w, 0, 200, 300));
	assert_true(winset_touches(w, 0, 120, 130));
	assert_true(winset_touches(w, 0, 0, 1000));
	assert_int_equal(winset_inside(w, 0, 0, 1000), 100);
	assert_int_equal(winset_inside(w, 0, 150, 160), 10);
	assert_int_equal(winset_inside(w, 0, 0, 100), 0);
	assert_int_equal(winset_inside(w, 0, 150, 150), 0);
}

static void what_lies_in_two_counts_once(void **state)
{
	const struct sp_spike k[] = { window(SP_NO_CPU, 300, 400), window(SP_NO_CPU, 100, 500),
				      window(SP_NO_CPU, 450, 600) };
	sp_auto(winset) w = set(k, NULL, 3);

	(void)state;
	assert_int_equal(winset_inside(w, 0, 0, 1000), 500);
	assert_int_equal(winset_inside(w, 0, 350, 550), 200);
}

static void of_one_cpu_alone(void **state)
{
	const struct sp_spike k[] = { window(3, 100, 200), window(SP_NO_CPU, 300, 400) };
	sp_auto(winset) w = set(k, NULL, 2);
	sp_auto(winset) any = set(&k[1], NULL, 1);

	(void)state;
	assert_true(winset_touches(w, 3, 100, 200));
	assert_false(winset_touches(w, 4, 100, 200));
	assert_true(winset_touches(w, 4, 300, 301));
	assert_int_equal(winset_inside(w, 3, 0, 1000), 200);
	assert_int_equal(winset_inside(w, 4, 0, 1000), 100);
	assert_false(winset_same_everywhere(w));
	assert_true(winset_same_everywhere(any));
}

static void only_what_is_explained(void **state)
{
	const struct sp_spike k[] = { window(3, 100, 200), window(SP_NO_CPU, 300, 400) };
	const struct sp_verdict v[] = { { .explained = false }, { .explained = true } };
	sp_auto(winset) w = set(k, v, 2);

	(void)state;
	assert_false(winset_touches(w, 3, 100, 200));
	assert_true(winset_touches(w, 3, 300, 400));
	/* The one that was of a CPU is not of this set. */
	assert_true(winset_same_everywhere(w));
}

static void no_window(void **state)
{
	sp_auto(winset) w = set(NULL, NULL, 0);

	(void)state;
	assert_false(winset_touches(w, 0, 0, UINT64_MAX));
	assert_int_equal(winset_inside(w, 0, 0, UINT64_MAX), 0);
	assert_true(winset_same_everywhere(w));
}

#define SPAN 400U

/* Windows of any length and order, long ones that hold many others among them. */
static void as_counted_one_by_one(void **state)
{
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < 50; round++) {
		struct sp_spike k[12];
		bool in[2][SPAN] = { { false } };
		struct winset *w;

		for (int i = 0; i < 12; i++) {
			uint32_t begin, end;

			seed = seed * 1103515245 + 12345;
			begin = (seed >> 8) % SPAN;
			end = begin + 1 + (seed >> 20) % 90;
			end = end < SPAN ? end : SPAN;
			k[i] = window(i % 3 ? SP_NO_CPU : (uint32_t)i % 2, begin, end);
			for (uint32_t cpu = 0; cpu < 2; cpu++)
				for (uint32_t at = begin; at < end; at++)
					in[cpu][at] |= k[i].cpu == SP_NO_CPU || k[i].cpu == cpu;
		}
		w = set(k, NULL, 12);
		for (uint32_t from = 0; from < SPAN; from += 13) {
			for (uint32_t cpu = 0; cpu < 2; cpu++) {
				uint64_t want = 0, to = from + seed % 60 + 1;

				for (uint32_t at = from; at < to && at < SPAN; at++)
					want += in[cpu][at];
				assert_int_equal(winset_inside(w, cpu, from, to), want);
				assert_int_equal(winset_touches(w, cpu, from, to), want != 0);
			}
		}
		winset_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(half_open_on_both_sides),
		cmocka_unit_test(what_lies_in_two_counts_once),
		cmocka_unit_test(of_one_cpu_alone),
		cmocka_unit_test(only_what_is_explained),
		cmocka_unit_test(no_window),
		cmocka_unit_test(as_counted_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

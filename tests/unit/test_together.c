/* analyze/together: what a list of spikes says that none of them says alone. */
#include "unit.h"

#include "together.h"

#include <math.h>

#define MS     UINT64_C(1000000)
#define LENGTH (100000 * MS)
#define BEGIN  (777 * MS)

/* Stalls of 10 ms, one in each 100: a tenth of all time. */
#define STALLS 1000U
static struct sp_stall stalls[STALLS];
static struct together_spike spikes[1000];

/* jitter: how far into its 100 ms a stall may begin. */
static void make_stalls(uint32_t jitter_ms)
{
	for (uint32_t i = 0; i < STALLS; i++) {
		uint64_t into_ms = jitter_ms ? i * i * 7919 % 10007 % jitter_ms : 0;
		uint64_t at_ns = BEGIN + (i * 100 + into_ms) * MS;

		stalls[i] = (struct sp_stall){
			.begin_ns = at_ns,
			.end_ns = at_ns + 10 * MS,
			.confidence = 0.9,
		};
	}
}

static int setup(void **state)
{
	(void)state;
	make_stalls(80);
	return 0;
}

static double share(uint32_t n, uint64_t length_ns)
{
	struct sp_err err = SP_ERR_INIT;
	struct candidates *c = NULL;
	double ret = 77;

	assert_int_equal(candidates_new(&c, stalls, STALLS, &err), 0);
	assert_int_equal(together_share(&ret, spikes, n, c, BEGIN, BEGIN + length_ns, &err), 0);
	candidates_free(c);
	return ret;
}

/* A window of 10 ms that begins so long behind the begin of a stall. */
static void spike(uint32_t i, uint32_t of_stall, uint64_t behind_ns)
{
	spikes[i] = (struct together_spike){
		.cpu = SP_NO_CPU,
		.begin_ns = stalls[of_stall].begin_ns + behind_ns,
		.end_ns = stalls[of_stall].begin_ns + behind_ns + 10 * MS,
		.need_ns = 5 * MS,
		.explained = behind_ns <= 5 * MS,
	};
}

static void all_of_them_on_stalls(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 50; i++)
		spike(i, i * 19 + 3, 0);
	assert_true(share(50, LENGTH) > 0.9);
	assert_true(share(50, LENGTH) <= 1);
}

static void half_of_them(void **state)
{
	double half;

	(void)state;
	for (uint32_t i = 0; i < 200; i++)
		spike(i, i * 4 + 3, i % 2 ? 0 : 50 * MS);
	half = share(200, LENGTH);
	/* The low end of what the list allows. */
	assert_true(half > 0.3 && half < 0.5);
}

/* All lie on stalls, but moved by their period they would again: nobody can tell. */
static void periodic_stalls(void **state)
{
	(void)state;
	make_stalls(0);
	for (uint32_t i = 0; i < 50; i++)
		spike(i, i * 19 + 3, 0);
	assert_true(share(50, LENGTH) == 0);
	make_stalls(80);
}

/* As many as there would be anywhere. */
static void as_good_when_moved(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		spike(i, i * 9 + 3, (i * 37 % 100) * MS);
	assert_true(share(100, LENGTH) == 0);
	/* Not one of them. */
	for (uint32_t i = 0; i < 100; i++)
		spike(i, i * 9 + 3, 50 * MS);
	assert_true(share(100, LENGTH) == 0);
}

static void one_says_nothing(void **state)
{
	(void)state;
	spike(0, 500, 0);
	assert_true(share(1, LENGTH) == 0);
	assert_true(share(0, LENGTH) == 0);
}

/* Windows that are a tenth of the recording, or no recording: it cannot be moved. */
static void a_recording_too_short_to_move_in(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 50; i++)
		spike(i, i, 0);
	assert_true(share(50, 10 * 10 * MS - 1) == 0);
	assert_true(share(50, 0) == 0);
	assert_true(share(50, LENGTH) > 0.9);
}

/* A longer list is thinned evenly: what stands at its end counts too. */
static void a_long_list(void **state)
{
	double all, most;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		spike(i, i, 0);
	all = share(1000, LENGTH);
	for (uint32_t i = 500; i < 1000; i++)
		spike(i, i, 50 * MS);
	most = share(1000, LENGTH);
	assert_true(all > 0.95);
	assert_true(most > 0.35 && most < 0.5);
}

static void what_is_left_of_chance(void **state)
{
	(void)state;
	assert_true(together_chance(0, 0.3) == 1);
	assert_true(together_chance(1, 0.3) == 0);
	/* Half are caused; of the others a tenth meets one by accident: 5 of 55. */
	assert_true(fabs(together_chance(0.5, 0.1) - 5.0 / 55) < 1e-12);
	assert_true(together_chance(0.5, 0) == 0);
	assert_true(together_chance(0, 0) == 1);
	assert_true(together_chance(0.9, 0.1) < together_chance(0.5, 0.1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_them_on_stalls),
		cmocka_unit_test(half_of_them),
		cmocka_unit_test(periodic_stalls),
		cmocka_unit_test(as_good_when_moved),
		cmocka_unit_test(one_says_nothing),
		cmocka_unit_test(a_recording_too_short_to_move_in),
		cmocka_unit_test(a_long_list),
		cmocka_unit_test(what_is_left_of_chance),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}

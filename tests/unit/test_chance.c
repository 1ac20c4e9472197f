/* analyze/chance: against trying every place, and its bounds. */
#include "chance.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ROUND 1000U /* ns of the recordings that are tried place by place */

/* xorshift64*: the same numbers everywhere */
static uint64_t draw(uint64_t *seed, uint64_t below)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return (*seed * UINT64_C(2685821657736338717) >> 20) % below;
}

/* Share of places by brute force; held[lane][ns]. */
static double brute(uint8_t held[4][ROUND], uint32_t lane, uint32_t window, uint32_t need)
{
	uint32_t places = 0;

	for (uint32_t s = 0; s < ROUND; s++) {
		bool enough = false;

		for (uint32_t l = 0; l < 4; l++) {
			uint32_t sum = 0;

			for (uint32_t i = 0; i < window && i < ROUND; i++)
				sum += held[l][(s + i) % ROUND];
			enough = enough || (sum >= need && (lane == CHANCE_ANY || lane == l));
		}
		places += enough;
	}
	return (double)places / ROUND;
}

static void equals_trying_every_place(void **state)
{
	uint64_t seed = 42;

	(void)state;
	for (int trial = 0; trial < 300; trial++) {
		static uint8_t held[4][ROUND];
		struct sp_err err = SP_ERR_INIT;
		uint32_t n = (uint32_t)draw(&seed, 12);
		/* Below 128 nothing is rounded: the answer is exact. */
		uint32_t window = 1 + (uint32_t)draw(&seed, 127);
		uint32_t need = 1 + (uint32_t)draw(&seed, window);
		uint32_t lane = draw(&seed, 2) ? CHANCE_ANY : (uint32_t)draw(&seed, 4);
		sp_auto(chance) c = NULL;
		double got;

		memset(held, 0, sizeof(held));
		assert_int_equal(chance_new(&c, 5000, 5000 + ROUND, &err), 0);
		for (uint32_t i = 0; i < n; i++) {
			uint32_t l = (uint32_t)draw(&seed, 4), from = (uint32_t)draw(&seed, ROUND);
			uint32_t len = 1 + (uint32_t)draw(&seed, 90);

			assert_int_equal(chance_add(c, l, 5000 + from, 5000 + from + len, &err), 0);
			for (uint32_t k = from; k < from + len && k < ROUND; k++)
				held[l][k] = 1;
		}
		chance_seal(c);
		for (int again = 0; again < 2; again++) {
			assert_int_equal(chance_of(c, lane, window, need, &got, &err), 0);
			assert_true(fabs(got - brute(held, lane, window, need)) < 1e-9);
		}
	}
}

static void rounding_never_makes_chance_less(void **state)
{
	uint64_t seed = 7;

	(void)state;
	for (int trial = 0; trial < 100; trial++) {
		static uint8_t held[4][ROUND];
		struct sp_err err = SP_ERR_INIT;
		uint32_t window = 130 + (uint32_t)draw(&seed, 600);
		uint32_t need = 1 + (uint32_t)draw(&seed, 200);
		sp_auto(chance) c = NULL;
		double got, exact;

		memset(held, 0, sizeof(held));
		assert_int_equal(chance_new(&c, 0, ROUND, &err), 0);
		for (uint32_t i = 0; i < 5; i++) {
			uint32_t from = (uint32_t)draw(&seed, ROUND);

			assert_int_equal(chance_add(c, 0, from, from + 60, &err), 0);
			for (uint32_t k = from; k < from + 60 && k < ROUND; k++)
				held[0][k] = 1;
		}
		chance_seal(c);
		assert_int_equal(chance_of(c, CHANCE_ANY, window, need, &got, &err), 0);
		exact = brute(held, CHANCE_ANY, window, need);
		assert_true(got >= exact - 1e-9);
		assert_true(got <= exact + 0.12);
	}
}

static void edges(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(chance) none = NULL;
	sp_auto(chance) empty = NULL;
	sp_auto(chance) c = NULL;
	uint32_t lane = 9;
	double got = -1;

	(void)state;
	assert_int_equal(chance_new(&none, 100, 100, &err), 0);
	chance_seal(none);
	assert_int_equal(chance_of(none, CHANCE_ANY, 10, 1, &got, &err), 0);
	assert_true(got == 0);
	assert_int_equal(chance_new(&empty, 0, 1000, &err), 0);
	chance_seal(empty);
	assert_int_equal(chance_of(empty, CHANCE_ANY, 10, 1, &got, &err), 0);
	assert_true(got == 0);
	/* A window as long as the recording holds all there is. */
	assert_int_equal(chance_new(&c, 0, 1000, &err), 0);
	assert_int_equal(chance_add(c, 3, 990, 2000, &err), 0);
	assert_int_equal(chance_add(c, 3, 0, 5, &err), 0);
	assert_int_equal(chance_add(c, 1, 700, 701, &err), 0);
	chance_seal(c);
	assert_int_equal(chance_of(c, CHANCE_ANY, 5000, 15, &got, &err), 0);
	assert_true(got == 1);
	assert_int_equal(chance_of(c, CHANCE_ANY, 5000, 16, &got, &err), 0);
	assert_true(got == 0);
	/* Round the end: [990, 1000) and [0, 5) are neighbours there. */
	assert_int_equal(chance_of(c, CHANCE_ANY, 15, 15, &got, &err), 0);
	assert_true(fabs(got - 0.001) < 1e-9);
	assert_int_equal(chance_held(c, 600, 995, &lane), 5);
	assert_int_equal(lane, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_trying_every_place),
		cmocka_unit_test(rounding_never_makes_chance_less),
		cmocka_unit_test(edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

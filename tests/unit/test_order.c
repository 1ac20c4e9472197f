/* analyze/order: rings that are each in order come out merged, by rounds, and nothing is lost. */
#include "order.h"

#include "unit.h"

static uint64_t seen[ORDER_MAX_EVENTS + 16];
static uint32_t nseen;

static int put(void *self, const struct sp_event *e, struct sp_err *err)
{
	(void)self;
	(void)err;
	if (e->type != SP_EV_ROUND)
		seen[nseen++] = e->time_ns;
	return 0;
}

static void event(struct order *o, uint32_t cpu, uint64_t ns)
{
	struct sp_event e = { .type = SP_EV_RAISE, .cpu = cpu, .time_ns = ns };
	struct sp_err err = SP_ERR_INIT;

	assert_int_equal(order_put(o, &e, &err), 0);
}

static void round_ends(struct order *o)
{
	struct sp_event e = { .type = SP_EV_ROUND, .cpu = SP_NO_CPU };
	struct sp_err err = SP_ERR_INIT;

	assert_int_equal(order_put(o, &e, &err), 0);
}

/* The example of the header. */
static void a_round_frees_the_round_before(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(order) o = NULL;
	const uint64_t all[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 };

	(void)state;
	nseen = 0;
	assert_int_equal(order_new(&o, (struct sp_event_sink){ put, NULL }, &err), 0);
	event(o, 0, 1);
	event(o, 0, 2);
	event(o, 0, 3);
	event(o, 1, 4);
	event(o, 1, 5);
	round_ends(o);
	assert_int_equal(nseen, 0);
	event(o, 0, 7);
	event(o, 0, 8);
	event(o, 1, 6);
	event(o, 1, 9);
	round_ends(o);
	assert_int_equal(nseen, 5);
	event(o, 0, 11);
	event(o, 1, 10);
	assert_int_equal(order_flush(o, &err), 0);
	assert_int_equal(nseen, 11);
	assert_memory_equal(seen, all, sizeof(all));
	assert_int_equal(order_late(o), 0);
}

static void random_rings_come_out_in_order(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(order) o = NULL;
	uint64_t now = 1000;
	uint32_t total = 0;

	(void)state;
	nseen = 0;
	srand(5);
	assert_int_equal(order_new(&o, (struct sp_event_sink){ put, NULL }, &err), 0);
	for (int r = 0; r < 200; r++) {
		/* A drain: each ring holds events up to the moment it is read. */
		for (uint32_t cpu = 0; cpu < 9; cpu++) {
			uint64_t t = now;

			for (int i = rand() % 20; i > 0; i--, total++)
				event(o, cpu, t += (uint64_t)(rand() % 40));
		}
		now += 1000;
		round_ends(o);
	}
	assert_int_equal(order_flush(o, &err), 0);
	assert_int_equal(nseen, total);
	for (uint32_t i = 1; i < nseen; i++)
		assert_true(seen[i] >= seen[i - 1]);
}

static void without_rounds_memory_is_bounded(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(order) o = NULL;

	(void)state;
	nseen = 0;
	assert_int_equal(order_new(&o, (struct sp_event_sink){ put, NULL }, &err), 0);
	for (uint64_t i = 0; i < ORDER_MAX_EVENTS; i++)
		event(o, i % 2, i + 1);
	assert_true(nseen >= 50000);
	nseen = 0; /* only the count of the rest matters */
	for (uint32_t i = 0; i < 3; i++)
		event(o, 0, 1000000 + i);
}

/* Three rings of one CPU, a block of each in a round: far out of order when they come. */
static void blocks_of_one_cpu_come_out_in_order(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(order) o = NULL;
	uint32_t total = 0;

	(void)state;
	nseen = 0;
	assert_int_equal(order_new(&o, (struct sp_event_sink){ put, NULL }, &err), 0);
	for (uint64_t r = 1; r <= 20; r++) {
		for (uint64_t ring = 0; ring < 3; ring++)
			for (uint64_t i = 0; i < 1000; i++, total++)
				event(o, 5, r * 10000 + i * 3 + ring);
		round_ends(o);
	}
	assert_int_equal(order_flush(o, &err), 0);
	assert_int_equal(nseen, total);
	for (uint32_t i = 1; i < nseen; i++)
		assert_true(seen[i] > seen[i - 1]);
	assert_int_equal(order_late(o), 0);
}

/* Every fourth event is a little late, while what waits goes round in its ring: wherever its begin
 * and end stand, nothing is lost and nothing stays out of order. */
static void late_ones_at_every_place_of_the_ring(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(order) o = NULL;
	uint64_t now = 1000;
	uint32_t total = 0;

	(void)state;
	nseen = 0;
	assert_int_equal(order_new(&o, (struct sp_event_sink){ put, NULL }, &err), 0);
	for (int r = 0; r < 300; r++) {
		for (uint32_t i = 0; i < 23; i++, total++)
			event(o, 1, (now += 10) - (i > 4 && i % 4 == 0 ? 33 : 0));
		round_ends(o);
	}
	assert_int_equal(order_flush(o, &err), 0);
	assert_int_equal(nseen, total);
	for (uint32_t i = 1; i < nseen; i++)
		assert_true(seen[i] > seen[i - 1]);
	assert_int_equal(order_late(o), 0);
}

/* The worst that a file can do takes n log n: by hand it would be some minutes. */
static void a_file_backwards_is_sorted(void **state)
{
	const uint32_t n = ORDER_MAX_EVENTS - 1;
	struct sp_err err = SP_ERR_INIT;
	sp_auto(order) o = NULL;

	(void)state;
	nseen = 0;
	assert_int_equal(order_new(&o, (struct sp_event_sink){ put, NULL }, &err), 0);
	for (uint32_t i = 0; i < n; i++)
		event(o, 3, 1000000 - i);
	assert_int_equal(order_flush(o, &err), 0);
	assert_int_equal(nseen, n);
	for (uint32_t i = 1; i < nseen; i++)
		assert_true(seen[i] == seen[i - 1] + 1);
}

/* Every CPU that there may be, a round behind each event: only what waits is looked at. */
static void many_cpus_and_rounds(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(order) o = NULL;

	(void)state;
	nseen = 0;
	assert_int_equal(order_new(&o, (struct sp_event_sink){ put, NULL }, &err), 0);
	for (uint32_t i = 0; i < 200000; i++) {
		event(o, i % 8192, i + 1);
		round_ends(o);
	}
	assert_int_equal(order_flush(o, &err), 0);
	assert_int_equal(nseen, 200000);
	for (uint32_t i = 1; i < nseen; i++)
		assert_true(seen[i] == seen[i - 1] + 1);
}

static void the_older_half_is_sent(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(order) o = NULL;

	(void)state;
	nseen = 0;
	assert_int_equal(order_new(&o, (struct sp_event_sink){ put, NULL }, &err), 0);
	assert_int_equal(order_send_half(o, &err), SP_END);
	for (uint64_t i = 0; i < 101; i++)
		event(o, i % 3, 101 - i);
	assert_int_equal(order_send_half(o, &err), 0);
	assert_int_equal(nseen, 51);
	while (!order_send_half(o, &err))
		;
	assert_int_equal(nseen, 101);
	for (uint32_t i = 0; i < nseen; i++)
		assert_int_equal(seen[i], i + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_round_frees_the_round_before),
		cmocka_unit_test(random_rings_come_out_in_order),
		cmocka_unit_test(without_rounds_memory_is_bounded),
		cmocka_unit_test(blocks_of_one_cpu_come_out_in_order),
		cmocka_unit_test(late_ones_at_every_place_of_the_ring),
		cmocka_unit_test(a_file_backwards_is_sorted),
		cmocka_unit_test(many_cpus_and_rounds),
		cmocka_unit_test(the_older_half_is_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

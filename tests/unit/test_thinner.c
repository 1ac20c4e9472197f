/* sampler/thinner: when NET_RX is thinned, when whole again, and after shedding; no kernel needed.
 */
#include "collect.h"
#include "unit.h"

#include "thinner.h"

#define NS_MS	  1000000ULL
#define WHOLE_ID  11ULL
#define SPARSE_ID 12ULL
#define NET_RX	  3U

static struct collect got;

/* One CPU whose events are no descriptors: switching them does nothing. */
struct world {
	struct plan_event planned[2];
	struct plan plan;
	struct events_cpu cpu;
	int fds[2];
	struct stream_id ids[2];
	struct events events;
	struct thinner *thinner;
	struct stream *stream;
	uint64_t now_ns;
};

static void begin(struct world *w)
{
	struct sp_err err = SP_ERR_INIT;

	*w = (struct world){
		.planned = { { .phase = PLAN_WHOLE, .name = "irq:softirq_entry" },
			     { .phase = PLAN_THIN,
			       .name = "irq:softirq_entry",
			       .attr.sample_period = SP_SPARSE_EVERY } },
		.fds = { -1, -1 },
		.ids = { { .id = WHOLE_ID, .event = 0 }, { .id = SPARSE_ID, .event = 1 } },
		.now_ns = 1000 * NS_MS,
	};
	w->plan = (struct plan){ .events = w->planned, .nevents = 2 };
	w->events = (struct events){
		.cpus = &w->cpu, .ncpus = 1, .fds = w->fds, .nfds = 2, .ids = w->ids
	};
	assert_int_equal(thinner_new(&w->thinner, &w->plan, &w->events, &err), 0);
	assert_int_equal(stream_new(&w->stream, collect_sink(&got), &err), 0);
	thinner_reset(w->thinner, 0, w->now_ns);
}

static void end(struct world *w)
{
	thinner_free(w->thinner);
	stream_free(w->stream);
	collect_free(&got);
}

/* Lets ms pass with so many NET_RX in each, looking every 2 ms. */
static void pass(struct world *w, uint32_t ms, uint32_t per_ms)
{
	uint8_t rec[40] = { 0 };
	uint32_t vec = NET_RX;
	struct sp_err err = SP_ERR_INIT;
	bool thin;

	memcpy(rec + 36, &vec, sizeof(vec));
	for (uint32_t i = 0; i < ms / 2; i++) {
		thin = thinner_is_on(w->thinner, 0);
		for (uint32_t n = 0; n < (thin ? 2 * per_ms / SP_SPARSE_EVERY : 2 * per_ms); n++)
			thinner_see(w->thinner, 0, thin ? SPARSE_ID : WHOLE_ID, rec);
		w->now_ns += 2 * NS_MS;
		assert_int_equal(thinner_look(w->thinner, 0, w->now_ns, true, w->stream, &err), 0);
	}
}

static void a_flood_is_thinned_until_it_is_over(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	pass(&w, 1000, 10);
	assert_false(thinner_is_on(w.thinner, 0));
	pass(&w, 40, 300);
	assert_true(thinner_is_on(w.thinner, 0));
	pass(&w, 1000, 300);
	assert_true(thinner_is_on(w.thinner, 0));
	pass(&w, 150, 0);
	assert_true(thinner_is_on(w.thinner, 0));
	pass(&w, 150, 0);
	assert_false(thinner_is_on(w.thinner, 0));
	assert_int_equal(got.n, 2);
	end(&w);
}

/* While shed nothing is counted and nobody looks: the ten seconds are no calm. */
static void after_shedding_it_counts_anew(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	pass(&w, 100, 300);
	assert_true(thinner_is_on(w.thinner, 0));
	w.now_ns += 10000 * NS_MS;
	thinner_reset(w.thinner, 0, w.now_ns);
	/* The flood's first entries come a little later. */
	pass(&w, 20, 0);
	assert_true(thinner_is_on(w.thinner, 0));
	pass(&w, 1000, 300);
	assert_true(thinner_is_on(w.thinner, 0));
	assert_int_equal(got.n, 1);
	end(&w);
}

/* What was seen before must not stand for a rate now. */
static void after_shedding_a_whole_cpu_stays_whole(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	pass(&w, 18, 300);
	thinner_reset(w.thinner, 0, w.now_ns);
	pass(&w, 1000, 10);
	assert_false(thinner_is_on(w.thinner, 0));
	/* Thinned later on, it is so for as long as ever. */
	pass(&w, 20, 300);
	assert_true(thinner_is_on(w.thinner, 0));
	pass(&w, 150, 0);
	assert_true(thinner_is_on(w.thinner, 0));
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flood_is_thinned_until_it_is_over),
		cmocka_unit_test(after_shedding_it_counts_anew),
		cmocka_unit_test(after_shedding_a_whole_cpu_stays_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

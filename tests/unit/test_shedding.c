/* sampler/shedder by itself: levels by what rings lost, its time given. test_shedder.c has it on
 * this kernel. */
#include "unit.h"

#include "collect.h"
#include "shedder.h"

#define MS    1000000ULL
#define S     (1000 * MS)
#define START (1000 * S)

/* CPU 3, and CPU 4 as its witness; no descriptors: nothing is really switched. */
static struct plan_event planned[3];
static struct plan plan;
static struct events_cpu cpus[2];
static struct events events;
static struct collect got;
static struct stream *stream;
static struct thinner *thinner;
static struct shedder *shedder;
static struct sp_err err = SP_ERR_INIT;

/* What the plan's events go at. */
static void begin(uint8_t a, uint8_t b)
{
	memset(planned, 0, sizeof(planned));
	planned[1].shed = a;
	planned[2].shed = b;
	plan = (struct plan){ .events = planned, .nevents = 3 };
	cpus[0] = (struct events_cpu){ .cpu = 3, .lead = -1 };
	cpus[1] = (struct events_cpu){ .cpu = 4, .lead = -1, .witness = true };
	events = (struct events){ .cpus = cpus, .ncpus = 2 };
	assert_int_equal(stream_new(&stream, collect_sink(&got), &err), 0);
	assert_int_equal(thinner_new(&thinner, &plan, &events, &err), 0);
	assert_int_equal(shedder_new(&shedder, &plan, &events, thinner, &err), 0);
}

static void end(void)
{
	shedder_free(shedder);
	thinner_free(thinner);
	stream_free(stream);
	collect_free(&got);
}

/* Looks at that time, with so many records lost by CPU 3; tells the level. */
static uint32_t look(uint64_t now_ns, uint64_t lost)
{
	if (lost)
		shedder_lost(shedder, 0, lost);
	assert_int_equal(shedder_look(shedder, now_ns, stream, &err), 0);
	return shedder_level(shedder, 0);
}

/* The newest records say: this level, and a row of this detail where there is one. */
static void told(uint32_t level, const char *detail)
{
	size_t at = got.n - 1 - (detail != NULL);

	assert_true(got.n > (detail != NULL));
	assert_int_equal(sp_u32_at(collect_fact(&got, at, SP_FACT_SHED)), level);
	if (!detail)
		return;
	assert_int_equal(sp_u32_at(collect_fact(&got, at + 1, SP_FACT_QUALITY)), SP_Q_SHED);
	assert_string_equal((const char *)collect_fact(&got, at + 1, SP_FACT_QUALITY) + 16, detail);
}

static void level_by_level_and_back(void **state)
{
	uint64_t now = START;
	size_t records;

	(void)state;
	begin(1, 2);
	assert_int_equal(look(now, 0), 0);
	assert_int_equal(got.n, 0);
	now += S;
	assert_int_equal(look(now, 5), 1);
	told(1, "the events of --detail went on CPU 3, as its ring overflowed");
	/* The drain after must show whether that was enough. */
	assert_int_equal(look(now + 199 * MS, 5), 1);
	assert_int_equal(look(now + 200 * MS, 0), 1);
	assert_int_equal(look(now + 201 * MS, 1), 2);
	told(2, "all events that --light has not went on CPU 3, as its ring overflowed");
	/* There is no more to shed. */
	now += 201 * MS;
	records = got.n;
	assert_int_equal(look(now + S, 5), 2);
	assert_int_equal(got.n, records);
	assert_int_equal(look(now + 10 * S - 1, 0), 2);
	assert_int_equal(look(now + 10 * S, 0), 0);
	told(0, NULL);
	end();
}

/* While records are still lost nothing comes back, however long it is. */
static void not_back_while_it_overflows(void **state)
{
	(void)state;
	begin(0, 2);
	assert_int_equal(look(START, 1), 2);
	for (uint64_t s = 1; s <= 60; s++)
		assert_int_equal(look(START + s * S, 1), 2);
	assert_int_equal(look(START + 61 * S, 0), 0);
	end();
}

/* Twice as long each time that it happens again, up to 160 s. */
static void longer_each_time(void **state)
{
	static const uint64_t holds_s[] = { 10, 20, 40, 80, 160, 160, 160 };
	uint64_t now = START;

	(void)state;
	begin(0, 2);
	for (size_t i = 0; i < sizeof(holds_s) / sizeof(holds_s[0]); i++) {
		assert_int_equal(look(now, 1), 2);
		assert_int_equal(look(now + holds_s[i] * S - 1, 0), 2);
		now += holds_s[i] * S;
		assert_int_equal(look(now, 0), 0);
		now += S;
	}
	end();
}

static void a_level_without_events_is_passed_over(void **state)
{
	(void)state;
	begin(0, 2);
	assert_int_equal(look(START, 1), 2);
	told(2, "all events that --light has not went on CPU 3, as its ring overflowed");
	end();
	begin(1, 0);
	assert_int_equal(look(START, 1), 1);
	assert_int_equal(look(START + S, 1), 1);
	end();
	/* --light has nothing to shed: nothing is told. */
	begin(0, 0);
	assert_int_equal(look(START, 1000), 0);
	assert_int_equal(got.n, 0);
	end();
}

/* A witness records no more than it must. */
static void a_witness_sheds_nothing(void **state)
{
	(void)state;
	begin(1, 2);
	shedder_lost(shedder, 1, 1000);
	assert_int_equal(look(START, 0), 0);
	assert_int_equal(shedder_level(shedder, 1), 0);
	assert_int_equal(got.n, 0);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(level_by_level_and_back),
		cmocka_unit_test(not_back_while_it_overflows),
		cmocka_unit_test(longer_each_time),
		cmocka_unit_test(a_level_without_events_is_passed_over),
		cmocka_unit_test(a_witness_sheds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

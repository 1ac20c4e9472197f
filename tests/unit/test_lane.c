/* analyze/lane: what the detectors share: evidence rows, waiting vectors, the culprit, the least
 * length that counts. */
#include "unit.h"

#include "lane.h"

#define MS UINT64_C(1000000)

static struct lane lane;
static struct timeline timeline;

static int setup(void **state)
{
	(void)state;
	memset(&lane, 0, sizeof(lane));
	memset(&timeline, 0, sizeof(timeline));
	return 0;
}

static void no_more_evidence_than_is_kept(void **state)
{
	struct sp_stall s = { 0 };

	(void)state;
	for (uint32_t i = 0; i < SP_MAX_EVIDENCE + 3; i++)
		lane_evidence(&s, SP_EVID_LATE_SAMPLE, 100 + i, i, 7, 8, 9);
	assert_int_equal(s.nevidence, SP_MAX_EVIDENCE);
	/* The first ones stay. */
	assert_int_equal(s.evidence[0].kind, SP_EVID_LATE_SAMPLE);
	assert_int_equal(s.evidence[0].at_ns, 100);
	assert_int_equal(s.evidence[0].n[1], 7);
	assert_int_equal(s.evidence[0].name, 8);
	assert_int_equal(s.evidence[0].addr, 9);
	assert_int_equal(s.evidence[SP_MAX_EVIDENCE - 1].n[0], SP_MAX_EVIDENCE - 1);
	stall_free(&s);
}

static void vectors_that_wait(void **state)
{
	struct sp_stall s = { .vectors = 1U << SP_VEC_NET_RX | 1U << SP_VEC_RCU | 1U << SP_VEC_HI };

	(void)state;
	assert_int_equal(lane_pending_vectors(&lane), 0);
	lane.raised_ns[SP_VEC_NET_RX] = 5 * MS;
	lane.raised_ns[SP_VEC_RCU] = 9 * MS;
	lane.raised_ns[SP_VEC_TIMER] = 1 * MS;
	assert_int_equal(lane_pending_vectors(&lane),
			 1U << SP_VEC_NET_RX | 1U << SP_VEC_RCU | 1U << SP_VEC_TIMER);
	/* Of the stall's own, raised before its end. */
	lane_pending_evidence(&lane, &s, 9 * MS);
	assert_int_equal(s.nevidence, 1);
	assert_int_equal(s.evidence[0].kind, SP_EVID_PENDING);
	assert_int_equal(s.evidence[0].at_ns, 5 * MS);
	assert_int_equal(s.evidence[0].n[0], SP_VEC_NET_RX);
	assert_int_equal(s.evidence[0].n[1], 4 * MS);
	stall_free(&s);
}

/* A stall that the grid shows shorter than it was must not be lost, but half of it must be seen. */
static void the_least_that_counts(void **state)
{
	(void)state;
	timeline.cfg.min_stall_ns = 2 * MS;
	assert_int_equal(lane_least(&timeline, 0), 2 * MS);
	assert_int_equal(lane_least(&timeline, MS / 2), 2 * MS - MS / 2);
	assert_int_equal(lane_least(&timeline, MS), MS);
	assert_int_equal(lane_least(&timeline, 5 * MS), MS);
	assert_int_equal(lane_least(&timeline, UINT64_MAX), MS);
	timeline.cfg.min_stall_ns = 3;
	assert_int_equal(lane_least(&timeline, 3), 2);
	timeline.cfg.min_stall_ns = 0;
	assert_int_equal(lane_least(&timeline, MS), 0);
}

static void the_task_with_most_of_it(void **state)
{
	struct sp_share shares[] = {
		{ .stack = 1, .pid = 10, .tid = 11, .owned_ns = 5 },
		{ .stack = 2, .pid = 20, .tid = 21, .owned_ns = 4 },
		/* By all its stacks together. */
		{ .stack = 3, .pid = 20, .tid = 21, .owned_ns = 4 },
	};
	struct sp_stall s = { .shares = shares, .nshares = 3 };

	(void)state;
	lane_culprit(&s);
	assert_int_equal(s.tid, 21);
	assert_int_equal(s.pid, 20);
	s.nshares = 2;
	lane_culprit(&s);
	assert_int_equal(s.tid, 11);
	/* Samples that own no time tell who was there. */
	shares[0].owned_ns = 0;
	s.nshares = 1;
	lane_culprit(&s);
	assert_int_equal(s.tid, 11);
	s.nshares = 0;
	lane_culprit(&s);
	assert_int_equal(s.tid, SP_NO_TASK);
	assert_int_equal(s.pid, SP_NO_TASK);
}

struct seen {
	uint32_t n;
	struct sp_event at[4];
	uint64_t owned_ns[4];
};

static int see(void *self, const struct sp_event *e, uint64_t owned_ns, struct sp_err *err)
{
	struct seen *s = self;

	assert_true(s->n < 4);
	s->at[s->n] = *e;
	s->owned_ns[s->n++] = owned_ns;
	return s->n == 3 ? sp_fail(err, SP_ELIMIT, SP_NOWHERE, "enough") : 0;
}

static void samples_of_no_stall(void **state)
{
	static struct shares shares;
	struct sp_event e = { .type = SP_EV_SAMPLE, .pid = 10, .tid = 11 };
	struct sp_err err = SP_ERR_INIT;
	struct seen seen = { 0 };

	(void)state;
	shares_begin(&shares, 100);
	for (uint32_t i = 1; i <= 4; i++) {
		e.time_ns = 100 + i * 10;
		e.sample.stack = i % 2 + 1;
		e.sample.mode = SP_MODE_KERNEL;
		shares_add(&shares, &e);
	}
	lane.cpu = 3;
	/* Nobody asks for them. */
	assert_int_equal(lane_baseline(&timeline, &lane, &shares, &err), 0);
	timeline.parts.baseline = (struct timeline_baseline_sink){ see, &seen };
	assert_int_equal(lane_baseline(&timeline, &lane, &shares, &err), 0);
	assert_int_equal(seen.n, 2);
	assert_int_equal(seen.at[0].cpu, 3);
	assert_int_equal(seen.at[0].type, SP_EV_SAMPLE);
	assert_int_equal(seen.at[0].tid, 11);
	assert_int_equal(seen.at[0].sample.stack, 2);
	assert_int_equal(seen.at[0].sample.mode, SP_MODE_KERNEL);
	assert_int_equal(seen.owned_ns[0], 20);
	assert_int_equal(seen.owned_ns[1], 20);
	/* What the sink says ends it. */
	assert_int_equal(lane_baseline(&timeline, &lane, &shares, &err), SP_ELIMIT);
	assert_int_equal(seen.n, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(no_more_evidence_than_is_kept, setup),
		cmocka_unit_test_setup(vectors_that_wait, setup),
		cmocka_unit_test_setup(the_least_that_counts, setup),
		cmocka_unit_test_setup(the_task_with_most_of_it, setup),
		cmocka_unit_test_setup(samples_of_no_stall, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

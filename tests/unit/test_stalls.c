/* analyze/stalls: order of begin, ids, and what happens past the limit. */
#include "stalls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void put(struct stalls *s, uint32_t cpu, uint64_t begin_ns, uint64_t length_ns)
{
	struct sp_stall_sink sink = stalls_sink(s);
	struct sp_err err = SP_ERR_INIT;
	struct sp_stall stall = {
		.cpu = cpu,
		.begin_ns = begin_ns,
		.end_ns = begin_ns + length_ns,
		.shares = calloc(1, sizeof(struct sp_share)),
	};

	assert_int_equal(sink.put(sink.self, &stall, &err), 0);
}

static void ids_follow_begin_over_cpus(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(stalls) s = NULL;
	struct sp_stall *at;
	uint32_t n;

	(void)state;
	assert_int_equal(stalls_new(&s, &err), 0);
	put(s, 1, 500, 10);
	put(s, 0, 100, 10);
	put(s, 0, 500, 10);
	at = stalls_done(s, &n);
	assert_int_equal(n, 3);
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(at[i].id, i + 1);
	assert_int_equal(at[0].begin_ns, 100);
	assert_int_equal(at[1].cpu, 0);
	assert_int_equal(at[2].cpu, 1);
}

static void past_the_limit_the_long_ones_stay(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(stalls) s = NULL;
	struct sp_stall *at;
	uint64_t longest = 0;
	uint32_t n;

	(void)state;
	assert_int_equal(stalls_new(&s, &err), 0);
	for (uint32_t i = 0; i < SP_MAX_STALLS + 10; i++)
		put(s, 0, i * 1000ULL, i == 7 ? 999 : 100 + i % 100);
	at = stalls_done(s, &n);
	assert_true(n <= SP_MAX_STALLS);
	assert_int_equal(n + stalls_dropped(s), SP_MAX_STALLS + 10);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t length_ns = at[i].end_ns - at[i].begin_ns;

		longest = length_ns > longest ? length_ns : longest;
		assert_true(i == 0 || at[i].begin_ns >= at[i - 1].begin_ns);
	}
	assert_int_equal(longest, 999);
}

/* Shares of all stalls together are bounded: each keeps its largest, and its time adds up. */
static void past_the_limit_of_shares_the_large_ones_stay(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(stalls) s = NULL;
	struct sp_stall *at;
	uint64_t all = 0;
	uint32_t n;

	(void)state;
	assert_int_equal(stalls_new(&s, &err), 0);
	for (uint32_t i = 0; i < 4000; i++) {
		struct sp_stall_sink sink = stalls_sink(s);
		struct sp_stall stall = {
			.begin_ns = i,
			.end_ns = i + 1000,
			.shares = calloc(64, sizeof(struct sp_share)),
			.nshares = 64,
		};

		for (uint32_t k = 0; k < 64; k++)
			stall.shares[k] = (struct sp_share){
				.stack = k + 1, .tid = 7, .owned_ns = 64 - k, .samples = 1
			};
		assert_int_equal(sink.put(sink.self, &stall, &err), 0);
	}
	assert_true(stalls_trimmed(s) > 0);
	at = stalls_done(s, &n);
	assert_int_equal(n, 4000);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t owned = 0;

		for (uint32_t k = 0; k < at[i].nshares; k++)
			owned += at[i].shares[k].owned_ns;
		assert_int_equal(owned, 64 * 65 / 2);
		assert_int_equal(at[i].shares[0].stack, 1);
		/* The rest is of the one task, and of no stack. */
		assert_int_equal(at[i].shares[at[i].nshares - 1].tid, 7);
		assert_int_equal(at[i].shares[at[i].nshares - 1].stack, 0);
		all += at[i].nshares;
	}
	assert_true(all <= STALLS_MAX_SHARES);
}

/* The longer half keep their stacks, and every stall its task and time. */
static void stacks_of_the_short_ones_go(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(stalls) s = NULL;
	struct sp_stall *at;
	uint32_t n, left = 0;

	(void)state;
	assert_int_equal(stalls_new(&s, &err), 0);
	assert_false(stalls_forget(s));
	for (uint32_t i = 0; i < 101; i++) {
		struct sp_stall_sink sink = stalls_sink(s);
		struct sp_stall stall = {
			.begin_ns = i * 10000,
			.end_ns = i * 10000 + 100 + i,
			.shares = calloc(1, sizeof(struct sp_share)),
			.nshares = 1,
		};

		stall.shares[0] = (struct sp_share){
			.stack = i % 2 ? i : 0, .tid = 7, .owned_ns = i, .samples = 1
		};
		assert_int_equal(sink.put(sink.self, &stall, &err), 0);
	}
	assert_true(stalls_forget(s));
	assert_int_equal(stalls_trimmed(s), 25);
	assert_true(stalls_forget(s));
	while (stalls_forget(s))
		;
	assert_int_equal(stalls_trimmed(s), 49);
	at = stalls_done(s, &n);
	assert_int_equal(n, 101);
	for (uint32_t i = 0; i < n; i++) {
		left += at[i].shares[0].stack != 0;
		assert_int_equal(at[i].begin_ns, i * 10000);
		assert_int_equal(at[i].shares[0].tid, 7);
		assert_int_equal(at[i].shares[0].owned_ns, i);
	}
	assert_int_equal(left, 1);
	assert_int_equal(at[99].shares[0].stack, 99);
}

/* Rows as many as are kept, and none of another stall's. */
static void evidence_is_owned(void **state)
{
	struct sp_stall s = { 0 };

	(void)state;
	for (uint32_t i = 0; i < SP_MAX_EVIDENCE + 2; i++)
		stall_evidence(&s, &(struct sp_evidence){ .kind = 1, .at_ns = i });
	assert_int_equal(s.nevidence, SP_MAX_EVIDENCE);
	assert_int_equal(s.evidence[SP_MAX_EVIDENCE - 1].at_ns, SP_MAX_EVIDENCE - 1);
	stall_free(&s);
	assert_null(s.evidence);
	assert_int_equal(s.nevidence, 0);
	stall_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_follow_begin_over_cpus),
		cmocka_unit_test(past_the_limit_the_long_ones_stay),
		cmocka_unit_test(past_the_limit_of_shares_the_large_ones_stay),
		cmocka_unit_test(stacks_of_the_short_ones_go),
		cmocka_unit_test(evidence_is_owned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

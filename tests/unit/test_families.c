/* analyze/families: functions that people speak of as one thing. */
#include "rank.h"
#include "unit.h"

static void the_first_pattern_names_the_family(void **state)
{
	static const char *const pairs[][2] = {
		{ "mem_cgroup_nr_lru_pages", "mem_cgroup_*" },
		{ "memcg_numa_stat_show", "mem_cgroup_*" },
		{ "css_rstat_flush", "mem_cgroup_*" },
		{ "estimation_timer", "ip_vs_*" },
		{ "ip_vs_read_cpu_stats", "ip_vs_*" },
		{ "nft_do_chain", "nf_*" },
		{ "bpf_prog_0b71352f5b0ed437_hog_show", "bpf_prog_*" },
		{ "count_partial_free_approx", "kmem_cache_*" },
	};
	static const char *const none[] = { "s_show",	      "",
					    "x_mem_cgroup_y", "estimation_timer2",
					    "mem_cgroup",     "tcp" };

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		assert_non_null(rank_family(pairs[i][0]));
		assert_string_equal(rank_family(pairs[i][0]), pairs[i][1]);
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_null(rank_family(none[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_pattern_names_the_family),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "plumbing.h"
#include "rank.h"

#include <string.h>

/* Functions that people speak of as one thing. The first pattern names the family. */
static const char *const families[][8] = {
	{ "mem_cgroup_*", "memcg_*", "cgroup_rstat_*", "css_rstat_*" },
	{ "shrink_*", "do_shrink_slab", "try_to_free_*", "super_cache_scan", "prune_*_sb" },
	{ "ip_vs_*", "estimation_timer" },
	{ "nf_*", "nft_*", "__nf_*" },
	{ "ipt_*", "ip6t_*", "xt_*" },
	{ "bpf_prog_*" },
	{ "compact_*", "isolate_migratepages*", "isolate_freepages*", "migrate_pages*" },
	{ "tcp_*", "__tcp_*" },
	{ "udp_*", "__udp*" },
	{ "neigh_*", "fib_*", "fib6_*" },
	{ "kmem_cache_*", "slab_*", "get_slabinfo", "count_partial*" },
	{ "smaps_*", "show_smap*", "pagemap_*", "gather_*_stats" },
};

const char *rank_family(const char *function)
{
	const size_t max = sizeof(families[0]) / sizeof(families[0][0]);

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		for (size_t k = 0; k < max && families[i][k]; k++)
			if (plumbing_match(function, strlen(function), families[i][k]))
				return families[i][0];
	return NULL;
}

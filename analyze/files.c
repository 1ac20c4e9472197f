#include "files.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* A show function, optionally one that must stand somewhere outside it, and the file it prints. */
static const struct {
	const char *show, *outer, *path;
} table[] = {
	{ "slab_show", NULL, "/proc/slabinfo" },
	{ "slabinfo_show", NULL, "/proc/slabinfo" },
	{ "get_slabinfo", NULL, "/proc/slabinfo" },
	{ "s_show", "proc_reg_read", "/proc/slabinfo" },	/* mm/slab.c; modules' m_show differs */
	{ "memcg_numa_stat_show", NULL, "memory.numa_stat" },
	{ "mem_cgroup_numa_stat", NULL, "memory.numa_stat" },
	{ "memcg_stat_show", NULL, "memory.stat" },
	{ "memory_stat_show", NULL, "memory.stat" },
	{ "mem_cgroup_stat_show", NULL, "memory.stat" },
	{ "meminfo_proc_show", NULL, "/proc/meminfo" },
	{ "vmstat_show", NULL, "/proc/vmstat" },
	{ "zoneinfo_show", NULL, "/proc/zoneinfo" },
	{ "frag_show", NULL, "/proc/buddyinfo" },
	{ "pagetypeinfo_show", NULL, "/proc/pagetypeinfo" },
	{ "vmallocinfo_show", NULL, "/proc/vmallocinfo" },
	{ "show_stat", NULL, "/proc/stat" },
	{ "show_interrupts", NULL, "/proc/interrupts" },
	{ "show_softirqs", NULL, "/proc/softirqs" },
	{ "tcp4_seq_show", NULL, "/proc/net/tcp" },
	{ "tcp6_seq_show", NULL, "/proc/net/tcp6" },
	{ "udp4_seq_show", NULL, "/proc/net/udp" },
	{ "show_smap", NULL, "/proc/<pid>/smaps" },
	{ "show_smaps_rollup", NULL, "/proc/<pid>/smaps_rollup" },
	{ "show_numa_map", NULL, "/proc/<pid>/numa_maps" },
	{ "show_map", NULL, "/proc/<pid>/maps" },
	{ "ip_vs_info_seq_show", NULL, "/proc/net/ip_vs" },
	{ "ip_vs_conn_seq_show", NULL, "/proc/net/ip_vs_conn" },
	{ "ct_seq_show", NULL, "/proc/net/nf_conntrack" },
	{ "timer_list_show", NULL, "/proc/timer_list" },
	{ "sched_debug_show", NULL, "/sys/kernel/debug/sched/debug" },
	{ "show_schedstat", NULL, "/proc/schedstat" },
	{ "diskstats_show", NULL, "/proc/diskstats" },
	{ "cpuset_common_seq_show", NULL, "cpuset" },
};

static int contains(const char *const *frames, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(frames[i], name) == 0)
			return 1;
	return 0;
}

const char *files_inferred(const char *const *frames, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < sizeof(table) / sizeof(table[0]); k++)
			if (strcmp(frames[i], table[k].show) == 0 &&
			    (!table[k].outer || contains(frames, i, table[k].outer)))
				return table[k].path;
	return NULL;
}

void files_fold(const char *path, char *ret, size_t size)
{
	const char *rest = path + 6;

	if (strncmp(path, "/proc/", 6) != 0 || !isdigit((unsigned char)*rest)) {
		snprintf(ret, size, "%s", path);
		return;
	}
	rest += strspn(rest, "0123456789");
	if (strncmp(rest, "/task/", 6) == 0 && isdigit((unsigned char)rest[6])) {
		rest += 6;
		rest += strspn(rest, "0123456789");
		snprintf(ret, size, "/proc/<pid>/task/<tid>%s", rest);
		return;
	}
	snprintf(ret, size, "/proc/<pid>%s", rest);
}

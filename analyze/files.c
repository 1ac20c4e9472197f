#include "files.h"

#include "plumbing.h"

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
	{ "s_show", "proc_reg_read", "/proc/slabinfo" }, /* mm/slab.c; modules' m_show differs */
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
	{ "show_smap", NULL, "/proc/*/smaps" },
	{ "show_smaps_rollup", NULL, "/proc/*/smaps_rollup" },
	{ "show_numa_map", NULL, "/proc/*/numa_maps" },
	{ "show_map", NULL, "/proc/*/maps" },
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
	for (size_t i = n; i-- > 0;)
		for (size_t k = 0; k < sizeof(table) / sizeof(table[0]); k++)
			if (strcmp(frames[i], table[k].show) == 0 &&
			    (!table[k].outer || contains(frames, i, table[k].outer)))
				return table[k].path;
	return NULL;
}

static bool is_number(const char *at, size_t len)
{
	return len && strspn(at, "0123456789") >= len;
}

void files_fold(const char *path, char *ret, size_t size)
{
	const char *at = path;
	size_t out = 0;
	bool is_proc = strncmp(path, "/proc/", 6) == 0, may_fold = is_proc;

	ret[0] = 0;
	while (*at && out + 1 < size) {
		size_t len = strcspn(at, "/"), slash = at[len] == '/';

		/* /proc/PID and /proc/PID/task/TID only: /proc/irq/17 is what it is. */
		if (may_fold && at > path + 1 && is_number(at, len))
			out += (size_t)snprintf(ret + out, size - out, "*%.*s", (int)slash, "/");
		else
			out += (size_t)snprintf(ret + out, size - out, "%.*s", (int)(len + slash),
						at);
		may_fold = is_proc && (at == path + 1 || (len == 4 && !strncmp(at, "task", 4)));
		at += len + slash;
	}
}

static const struct {
	const char *function, *syscall;
} bodies[] = {
	/* Tail calls and inlining leave the body alone on the stack. */
	{ "vfs_read", "read" },		 { "vfs_write", "write" },
	{ "vfs_readv", "readv" },	 { "vfs_writev", "writev" },
	{ "do_readv", "readv" },	 { "do_writev", "writev" },
	{ "do_preadv", "preadv" },	 { "do_pwritev", "pwritev" },
	{ "iterate_dir", "getdents64" }, { "do_sys_openat2", "openat" },
	{ "do_sys_open", "openat" },	 { "do_vfs_ioctl", "ioctl" },
	{ "do_sendfile", "sendfile" },	 { "do_epoll_wait", "epoll_wait" },
	{ "do_futex", "futex" },	 { "do_fsync", "fsync" },
	{ "do_exit", "exit" },		 { "do_group_exit", "exit_group" },
};

bool files_syscall(const char *function, char *ret, size_t size)
{
	static const char *const prefixes[] = {
		"__x64_sys_",
		"__arm64_sys_",
		"__ia32_sys_",
		"__ia32_compat_sys_",
		"__arm64_compat_sys_",
		"__se_sys_",
		"__se_compat_sys_",
		"__do_sys_",
		"__do_compat_sys_",
		"ksys_",
		"____sys_",
		"___sys_",
		"__sys_",
		"SyS_",
		"SYSC_",
		"compat_SyS_",
	};
	size_t len = plumbing_base_len(function);

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t n = strlen(prefixes[i]);

		if (len > n && strncmp(function, prefixes[i], n) == 0) {
			const char *name = function + n;

			len -= n;
			/* newfstat, newuname: "new" is the kernel's history, not the call's name.
			 */
			if (len > 3 && strncmp(name, "new", 3) == 0) {
				name += 3;
				len -= 3;
			}
			snprintf(ret, size, "%.*s", (int)len, name);
			return true;
		}
	}
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		if (strcmp(function, bodies[i].function) == 0) {
			snprintf(ret, size, "%s", bodies[i].syscall);
			return true;
		}
	return false;
}

bool files_syscall_has_fd(const char *syscall)
{
	static const char *const names[] = {
		"read",	       "write",	    "readv",	       "writev",
		"pread64",     "pwrite64",  "preadv",	       "pwritev",
		"preadv2",     "pwritev2",  "getdents",	       "getdents64",
		"ioctl",       "lseek",	    "fsync",	       "fdatasync",
		"ftruncate",   "fallocate", "readahead",       "flock",
		"fstat",       "fchmod",    "fchown",	       "recvfrom",
		"recvmsg",     "sendto",    "sendmsg",	       "epoll_wait",
		"epoll_pwait", "epoll_ctl", "sync_file_range", "syncfs",
		"splice",      "recvmmsg",  "sendmmsg",	       "fadvise64",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(syscall, names[i]) == 0)
			return true;
	return false;
}

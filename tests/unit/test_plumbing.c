/* analyze/plumbing and files: the tables. */
#include "files.h"
#include "plumbing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void what_people_name_is_no_plumbing(void **state)
{
	static const char *const names[] = {
		"proc_reg_read",
		"s_show",
		"memcg_stat_show",
		"mem_cgroup_nr_lru_pages",
		"estimation_timer",
		"ip_vs_read_cpu_stats",
		"shrink_slab",
		"try_to_free_pages",
		"virtnet_poll",
		"bpf_prog_6deef7357e7b4530_hog",
		"bpf_seq_read",
		"tcp_v4_rcv",
		"process_backlog",
		"nf_hook_slow",
		"kswapd",
		"cgroup_rstat_flush",
		"sys_imageblit",
		"native_flush_tlb_multi",
		"kvm_arch_vcpu_ioctl_run",
		"flush_tlb_mm_range",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (plumbing_of(names[i]) != PLUMB_NONE)
			fail_msg("%s is plumbing", names[i]);
}

static void plumbing_has_a_class(void **state)
{
	static const struct {
		const char *name;
		enum plumbing what;
	} rows[] = {
		{ "entry_SYSCALL_64_after_hwframe", PLUMB_ENTRY },
		{ "do_syscall_64", PLUMB_ENTRY },
		{ "__x64_sys_read", PLUMB_ENTRY },
		{ "__arm64_sys_read", PLUMB_ENTRY },
		{ "el0t_64_sync_handler", PLUMB_ENTRY },
		{ "ret_from_fork_asm", PLUMB_ENTRY },
		{ "vfs_read", PLUMB_DISPATCH },
		{ "seq_read_iter", PLUMB_DISPATCH },
		{ "call_timer_fn.constprop.0", PLUMB_DISPATCH },
		{ "asm_sysvec_apic_timer_interrupt", PLUMB_IRQ },
		{ "apic_timer_interrupt", PLUMB_IRQ },
		{ "el1h_64_irq_handler", PLUMB_IRQ },
		{ "el1h_64_sync", PLUMB_ENTRY },
		{ "__do_softirq", PLUMB_SOFTIRQ },
		{ "handle_softirqs.isra.0", PLUMB_SOFTIRQ },
		{ "__softirqentry_text_start", PLUMB_SOFTIRQ },
		{ "irq_exit_rcu", PLUMB_SOFTIRQ },
		{ "_raw_spin_unlock_irqrestore", PLUMB_LEAF },
		{ "memcpy_erms", PLUMB_LEAF },
		{ "cpu_startup_entry", PLUMB_IDLE },
		{ "[unknown]", PLUMB_UNKNOWN },
		{ "", PLUMB_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (plumbing_of(rows[i].name) != rows[i].what)
			fail_msg("%s has class %d", rows[i].name, plumbing_of(rows[i].name));
}

static void compilers_append(void **state)
{
	(void)state;
	assert_int_equal(plumbing_base_len("s_show"), 6);
	assert_int_equal(plumbing_base_len("s_show.isra.0"), 6);
	assert_int_equal(plumbing_base_len("s_show.isra.0.cold"), 6);
	assert_int_equal(plumbing_base_len("s_show.cold"), 6);
	assert_int_equal(plumbing_base_len("s_show.llvm.123456"), 6);
	assert_int_equal(plumbing_base_len(".cold"), 5);
}

static void stars_match(void **state)
{
	(void)state;
	assert_true(plumbing_match("abc", 3, "abc"));
	assert_true(plumbing_match("abc", 3, "a*"));
	assert_true(plumbing_match("abc", 3, "*c"));
	assert_true(plumbing_match("aabab", 5, "*ab"));
	assert_true(plumbing_match("abc", 3, "*"));
	assert_true(plumbing_match("", 0, "*"));
	assert_true(plumbing_match("prune_dcache_sb", 15, "prune_*_sb"));
	assert_false(plumbing_match("abc", 3, "ab"));
	assert_false(plumbing_match("abc", 3, "abcd"));
	assert_false(plumbing_match("prune_dcache", 12, "prune_*_sb"));
	assert_true(plumbing_match("abcdef", 3, "abc"));
}

static void syscalls(void **state)
{
	static const char *const rows[][2] = {
		{ "__x64_sys_read", "read" },
		{ "__arm64_sys_pread64", "pread64" },
		{ "__se_sys_openat", "openat" },
		{ "ksys_write", "write" },
		{ "SyS_getdents64", "getdents64" },
		{ "__x64_sys_newfstat", "fstat" },
		{ "__ia32_compat_sys_ioctl", "ioctl" },
		{ "vfs_read", "read" },
		{ "____sys_sendmsg", "sendmsg" },
		{ "do_sys_openat2", "openat" },
		{ "__sys_bpf", "bpf" },
		{ "__do_sys_newuname.isra.0", "uname" },
	};
	char name[32];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(files_syscall(rows[i][0], name, sizeof(name)));
		assert_string_equal(name, rows[i][1]);
	}
	assert_false(files_syscall("do_syscall_64", name, sizeof(name)));
	assert_false(files_syscall("proc_reg_read", name, sizeof(name)));
	assert_true(files_syscall_has_fd("read"));
	assert_false(files_syscall_has_fd("openat"));
}

static void shown_files(void **state)
{
	const char *slab[] = { "proc_reg_read", "seq_read", "s_show" };
	const char *other[] = { "kernfs_fop_read", "seq_read", "s_show" };
	const char *numa[] = { "cgroup_seqfile_show", "memcg_numa_stat_show" };

	(void)state;
	assert_string_equal(files_inferred(slab, 3), "/proc/slabinfo");
	assert_null(files_inferred(other, 3));
	assert_string_equal(files_inferred(numa, 2), "memory.numa_stat");
	assert_null(files_inferred(NULL, 0));
}

static void paths_fold(void **state)
{
	static const char *const rows[][2] = {
		{ "/proc/123/fd", "/proc/*/fd" },
		{ "/proc/123/task/456/stat", "/proc/*/task/*/stat" },
		{ "/proc/slabinfo", "/proc/slabinfo" },
		{ "/proc/irq/17/smp_affinity", "/proc/irq/17/smp_affinity" },
		{ "/proc/12a/fd", "/proc/12a/fd" },
		{ "/sys/123/fd", "/sys/123/fd" },
		{ "/proc/self/fd/12", "/proc/self/fd/12" },
		{ "/proc/1", "/proc/*" },
		{ "", "" },
	};
	char folded[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		files_fold(rows[i][0], folded, sizeof(folded));
		assert_string_equal(folded, rows[i][1]);
	}
	/* Cut, never past the end. */
	files_fold("/proc/123/task/456/stat", folded, 9);
	assert_int_equal(strlen(folded), 8);
	files_fold("/proc/slabinfo/very/long", folded, 5);
	assert_int_equal(strlen(folded), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_people_name_is_no_plumbing),
		cmocka_unit_test(plumbing_has_a_class),
		cmocka_unit_test(compilers_append),
		cmocka_unit_test(stars_match),
		cmocka_unit_test(syscalls),
		cmocka_unit_test(shown_files),
		cmocka_unit_test(paths_fold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

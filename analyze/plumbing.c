#include "plumbing.h"

#include <stdio.h>
#include <string.h>

/*
 * A '*' at the end matches any rest. In the order of a stack, outermost first.
 */
static const char *const table[] = {
	/* entry from user mode */
	"entry_SYSCALL*", "entry_SYSENTER*", "entry_INT80*", "asm_*", "do_syscall_64*", "do_syscall*",
	"x64_sys_call", "syscall_return_slowpath", "ret_from_fork*", "el0_*", "el0t_*", "el1_*",
	"el1h_*", "invoke_syscall*", "do_el0_svc*", "el0_svc*", "__x64_sys_*", "__arm64_sys_*",
	"__ia32_sys_*", "__se_sys_*", "__do_sys_*", "SyS_*", "sys_*", "ksys_*",
	"syscall_exit_to_user_mode*", "exit_to_user_mode*", "irqentry_*", "task_work_run",
	/* entry from an interrupt */
	"apic_timer_interrupt", "smp_apic_timer_interrupt", "sysvec_*", "__sysvec_*",
	"common_interrupt", "__common_interrupt", "do_IRQ", "ret_from_intr", "handle_irq*",
	"generic_handle_*", "handle_edge_irq", "handle_fasteoi_irq", "handle_level_irq",
	"handle_percpu_devid_irq", "handle_domain_irq", "__handle_domain_irq", "gic_handle_irq*",
	"call_on_irq_stack", "call_on_stack", "do_interrupt_handler", "handle_irq_event*",
	"__handle_irq_event*", "hrtimer_interrupt", "__hrtimer_run_queues", "__run_hrtimer",
	"local_apic_timer_interrupt", "tick_sched_*", "tick_nohz_handler", "update_process_times",
	/* softirq dispatch */
	"irq_exit*", "__irq_exit*", "invoke_softirq*", "do_softirq*", "__do_softirq*",
	"handle_softirqs*", "run_ksoftirqd", "smpboot_thread_fn", "kthread", "kthreadd",
	"run_timer_softirq", "run_timer_base*", "__run_timers*", "__run_timer_base*",
	"call_timer_fn*", "expire_timers*", "hrtimer_run_softirq", "tasklet_action*",
	"tasklet_hi_action*", "net_rx_action", "net_tx_action", "__napi_poll*", "napi_poll*",
	"napi_threaded_poll*", "process_backlog", "rcu_core*", "rcu_process_callbacks", "rcu_do_batch",
	"rcu_cpu_kthread", "blk_done_softirq", "run_rebalance_domains", "local_bh_enable*",
	"__local_bh_enable*", "worker_thread", "process_one_work", "process_scheduled_works",
	/* dispatch of a system call on a file */
	"vfs_read", "vfs_readv", "vfs_write", "vfs_writev", "__vfs_read", "__vfs_write",
	"new_sync_read", "new_sync_write", "do_iter_read*", "do_iter_write*", "do_readv*",
	"do_writev*", "vfs_iter_*", "do_iter_readv_writev", "call_read_iter", "call_write_iter",
	"do_preadv", "do_pwritev", "vfs_ioctl", "do_vfs_ioctl", "vfs_fsync*", "__fget*",
	"do_sendfile", "do_splice*", "splice_*", "__do_splice*", "vfs_splice_read", "seq_read_iter",
	"copy_splice_read", "kernfs_fop_read*", "kernfs_seq_show*", "cgroup_seqfile_show",
	"seq_read", "traverse*", "single_*", "proc_single_show",
	/* BPF plumbing: what calls a program, and what a program calls to loop */
	"bpf_iter_run_prog", "__bpf_iter_run*", "bpf_loop", "bpf_for_each*", "__bpf_prog_run*",
	"bpf_prog_run*", "bpf_prog_test_run", "bpf_test_run*", "bpf_trampoline_*", "bpf_trace_run*",
	"__bpf_trace_*", "__traceiter_*", "bpf_dispatcher_*", "___bpf_prog_run", "__sys_bpf",
	"bpf_prog_run_xdp*", "trace_call_bpf", "__bpf_prog_enter*", "__bpf_prog_exit*",
	"bpf_prog_start_time", "bpf_overflow_handler", "kprobe_*", "ftrace_*", "rethook_*",
	/* locks and what switches interrupts on and off */
	"_raw_*", "__raw_*", "native_queued_*", "queued_*", "pv_*", "__pv_*", "lock_acquire*",
	"lock_release*", "__lock_*", "mutex_lock*", "__mutex_lock*", "mutex_spin_on_owner",
	"rwsem_*", "down_read*", "down_write*", "__down_*", "osq_lock*", "do_raw_*", "rcu_read_*",
	"__rcu_read_*", "native_*", "arch_local_irq*", "local_irq_*", "trace_hardirqs_*",
	"bpf_local_irq_save", "bpf_local_irq_restore", "xen_*", "kvm_*", "pvclock_*", "preempt_*",
	"__preempt_*", "__cond_resched*", "cond_resched*",
	/* memory-copy-likes, string and number printing */
	"memcpy*", "__memcpy*", "memset*", "__memset*", "memmove*", "memcmp*", "strcmp*", "strlen*",
	"strnlen*", "copy_user_*", "copy_page*", "_copy_*", "__copy_*", "raw_copy_*", "rep_*",
	"__get_user*", "__put_user*", "copy_to_user*", "copy_from_user*", "clear_page*",
	"clear_user*", "delay_*", "__delay", "__udelay", "__const_udelay", "__ndelay", "udelay*",
	"number", "vsnprintf", "snprintf", "seq_printf", "seq_vprintf", "seq_put_*", "seq_putc",
	"seq_puts", "format_decode", "ktime_get*", "read_tsc", "sched_clock*", "__sched_clock*",
	"rdtsc*", "bpf_ktime_get*", "__x86_indirect_thunk*", "__x86_return_thunk*",
	"retbleed_*", "srso_*", "zen_untrain_ret", "warn_thunk*", "__fentry__", "tracing_gen_ctx*",
	"perf_*", "__perf_*", "trace_event_*", "_find_*", "find_next_*", "find_first_*",
	"__find_*", "cpumask_next*", "__bitmap_*", "rb_next", "rb_first*", "idr_*", "radix_tree_*",
	"xas_*", "xa_*",
};

/* Vectors of hrtimers that are more than dispatch stay: their functions are the culprits. */

static bool matches(const char *name, const char *pattern)
{
	size_t len = strlen(pattern);

	if (pattern[len - 1] == '*')
		return strncmp(name, pattern, len - 1) == 0;
	return strcmp(name, pattern) == 0;
}

void plumbing_base(const char *name, char *ret, unsigned long size)
{
	static const char *const tails[] = { ".isra.", ".part.", ".constprop.", ".cold", ".llvm.",
					     ".__uniq." };

	snprintf(ret, size, "%s", name);
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		char *at = strstr(ret, tails[i]);

		if (at)
			*at = 0;
	}
}

bool plumbing_is(const char *name)
{
	char base[256];

	plumbing_base(name, base, sizeof(base));
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (matches(base, table[i]))
			return true;
	return false;
}

const char *plumbing_syscall(const char *name)
{
	static const char *const prefixes[] = { "__x64_sys_", "__arm64_sys_", "__ia32_sys_",
						"__ia32_compat_sys_", "__se_sys_", "__do_sys_",
						"ksys_", "SyS_", "sys_" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return name + strlen(prefixes[i]);
	return NULL;
}

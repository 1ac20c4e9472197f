#include "plumbing.h"

#include <string.h>

/*
 * THE table: frames of x86-64 and arm64 that no person would name, kernels 4.18 to 6.18. '*' stands
 * for any text. The first row that matches decides; compiler suffixes are gone by then. A function
 * that is not here means something: when in doubt, leave it out.
 */
struct row {
	const char *pattern;
	enum plumbing what;
};

/* clang-format off */
static const struct row table[] = {
	/* Entry from user mode, x86-64: arch/x86/entry. x64_sys_call is of 6.8 and later. */
	{ "entry_SYSCALL*", PLUMB_ENTRY }, { "entry_SYSENTER*", PLUMB_ENTRY },
	{ "entry_INT80*", PLUMB_ENTRY }, { "do_syscall_64", PLUMB_ENTRY },
	{ "do_fast_syscall_32", PLUMB_ENTRY }, { "__do_fast_syscall_32", PLUMB_ENTRY },
	{ "do_int80_syscall_32", PLUMB_ENTRY }, { "do_int80_emulation", PLUMB_ENTRY },
	{ "x64_sys_call", PLUMB_ENTRY }, { "ia32_sys_call", PLUMB_ENTRY },
	{ "syscall_*", PLUMB_ENTRY }, { "__x64_sys_*", PLUMB_ENTRY },
	{ "__ia32_sys_*", PLUMB_ENTRY }, { "__ia32_compat_sys_*", PLUMB_ENTRY },
	{ "__se_sys_*", PLUMB_ENTRY }, { "__se_compat_sys_*", PLUMB_ENTRY },
	{ "__do_sys_*", PLUMB_ENTRY }, { "__do_compat_sys_*", PLUMB_ENTRY },
	{ "__sys_*", PLUMB_ENTRY }, { "___sys_*", PLUMB_ENTRY }, { "____sys_*", PLUMB_ENTRY },
	{ "ksys_*", PLUMB_ENTRY }, { "SyS_*", PLUMB_ENTRY }, { "SYSC_*", PLUMB_ENTRY },
	{ "exit_to_user_mode*", PLUMB_ENTRY }, { "irqentry_*", PLUMB_ENTRY },
	{ "prepare_exit_to_usermode", PLUMB_ENTRY }, { "swapgs_*", PLUMB_ENTRY },
	{ "exit_to_usermode_loop", PLUMB_ENTRY }, { "retint_*", PLUMB_ENTRY },
	{ "task_work_run", PLUMB_ENTRY }, { "error_entry", PLUMB_ENTRY },
	/* and arm64: arch/arm64/kernel/entry*, syscall.c */
	{ "el0_*", PLUMB_ENTRY }, { "el0t_*", PLUMB_ENTRY }, { "invoke_syscall*", PLUMB_ENTRY },
	{ "do_el0_svc*", PLUMB_ENTRY }, { "__arm64_sys_*", PLUMB_ENTRY },
	{ "__arm64_compat_sys_*", PLUMB_ENTRY }, { "ret_to_user", PLUMB_ENTRY },
	{ "ret_fast_syscall", PLUMB_ENTRY }, { "do_notify_resume", PLUMB_ENTRY },
	/* The bodies of fd system calls: fs/read_write.c, fs/readdir.c, fs/ioctl.c, fs/splice.c */
	{ "vfs_read", PLUMB_DISPATCH }, { "vfs_readv", PLUMB_DISPATCH },
	{ "vfs_write", PLUMB_DISPATCH }, { "vfs_writev", PLUMB_DISPATCH },
	{ "__vfs_read", PLUMB_DISPATCH }, { "__vfs_write", PLUMB_DISPATCH },
	{ "new_sync_read", PLUMB_DISPATCH }, { "new_sync_write", PLUMB_DISPATCH },
	{ "do_iter_read*", PLUMB_DISPATCH }, { "do_iter_write*", PLUMB_DISPATCH },
	{ "do_loop_readv_writev*", PLUMB_DISPATCH }, { "do_readv", PLUMB_DISPATCH },
	{ "do_writev", PLUMB_DISPATCH }, { "do_preadv", PLUMB_DISPATCH },
	{ "do_pwritev", PLUMB_DISPATCH }, { "vfs_iter_*", PLUMB_DISPATCH },
	{ "vfs_iocb_iter_*", PLUMB_DISPATCH }, { "call_read_iter", PLUMB_DISPATCH },
	{ "call_write_iter", PLUMB_DISPATCH }, { "vfs_ioctl", PLUMB_DISPATCH },
	{ "do_vfs_ioctl", PLUMB_DISPATCH }, { "vfs_fsync*", PLUMB_DISPATCH },
	{ "do_fsync", PLUMB_DISPATCH }, { "do_sendfile", PLUMB_DISPATCH },
	{ "do_splice", PLUMB_DISPATCH }, { "do_splice_*", PLUMB_DISPATCH },
	{ "__do_splice", PLUMB_DISPATCH }, { "splice_direct_to_actor", PLUMB_DISPATCH },
	{ "splice_file_to_pipe", PLUMB_DISPATCH }, { "vfs_splice_read", PLUMB_DISPATCH },
	{ "generic_file_splice_read", PLUMB_DISPATCH }, { "copy_splice_read", PLUMB_DISPATCH },
	{ "kernel_read", PLUMB_DISPATCH }, { "__kernel_read", PLUMB_DISPATCH },
	{ "iterate_dir", PLUMB_DISPATCH }, { "do_sys_open*", PLUMB_DISPATCH },
	{ "do_filp_open", PLUMB_DISPATCH }, { "path_openat", PLUMB_DISPATCH },
	{ "sock_ioctl", PLUMB_DISPATCH }, { "sock_do_ioctl", PLUMB_DISPATCH },
	{ "____fput", PLUMB_DISPATCH }, { "__fput", PLUMB_DISPATCH },
	/* Sequential files, kernfs and cgroup files hand on to a show function. proc_reg_read and
	 * bpf_seq_read stay: they say which kind of file was read. */
	{ "seq_read", PLUMB_DISPATCH }, { "seq_read_iter", PLUMB_DISPATCH },
	{ "traverse", PLUMB_DISPATCH }, { "single_*", PLUMB_DISPATCH },
	{ "kernfs_fop_read*", PLUMB_DISPATCH }, { "kernfs_fop_write*", PLUMB_DISPATCH },
	{ "kernfs_seq_*", PLUMB_DISPATCH }, { "cgroup_seqfile_*", PLUMB_DISPATCH },
	{ "cgroup_file_write", PLUMB_DISPATCH }, { "sysfs_kf_*", PLUMB_DISPATCH },
	{ "dev_attr_show", PLUMB_DISPATCH }, { "kobj_attr_show", PLUMB_DISPATCH },
	{ "simple_attr_*", PLUMB_DISPATCH }, { "debugfs_attr_*", PLUMB_DISPATCH },
	{ "full_proxy_*", PLUMB_DISPATCH }, { "proc_single_show", PLUMB_DISPATCH },
	/* Page faults and allocation, down to what makes them slow */
	{ "page_fault", PLUMB_ENTRY }, { "async_page_fault", PLUMB_ENTRY },
	{ "asm_exc_*", PLUMB_ENTRY }, { "exc_page_fault", PLUMB_ENTRY },
	{ "do_page_fault", PLUMB_ENTRY }, { "__do_page_fault", PLUMB_ENTRY },
	{ "do_user_addr_fault", PLUMB_ENTRY }, { "do_translation_fault", PLUMB_ENTRY },
	{ "do_mem_abort", PLUMB_ENTRY }, { "handle_mm_fault", PLUMB_DISPATCH },
	{ "__handle_mm_fault", PLUMB_DISPATCH }, { "handle_pte_fault", PLUMB_DISPATCH },
	{ "do_anonymous_page", PLUMB_DISPATCH }, { "do_fault", PLUMB_DISPATCH },
	{ "__do_fault", PLUMB_DISPATCH }, { "alloc_pages*", PLUMB_DISPATCH },
	{ "__alloc_pages*", PLUMB_DISPATCH }, { "__alloc_frozen_pages*", PLUMB_DISPATCH },
	{ "alloc_frozen_pages*", PLUMB_DISPATCH }, { "folio_alloc*", PLUMB_DISPATCH },
	{ "__folio_alloc*", PLUMB_DISPATCH }, { "vma_alloc_*", PLUMB_DISPATCH },
	{ "alloc_anon_folio", PLUMB_DISPATCH }, { "__get_free_pages*", PLUMB_DISPATCH },
	/* Threads of the kernel, work queues */
	{ "ret_from_fork*", PLUMB_ENTRY }, { "kthread", PLUMB_ENTRY },
	{ "kernel_thread_helper", PLUMB_ENTRY }, { "smpboot_thread_fn", PLUMB_ENTRY },
	{ "worker_thread", PLUMB_DISPATCH }, { "process_one_work", PLUMB_DISPATCH },
	{ "process_scheduled_works", PLUMB_DISPATCH }, { "rescuer_thread", PLUMB_DISPATCH },
	{ "bh_worker", PLUMB_DISPATCH }, { "workqueue_softirq_action", PLUMB_DISPATCH },
	{ "kthread_worker_fn", PLUMB_DISPATCH }, { "irq_thread*", PLUMB_DISPATCH },
	/* Hard interrupts: what stands outside of these was interrupted. */
	{ "asm_common_interrupt", PLUMB_IRQ }, { "common_interrupt*", PLUMB_IRQ },
	{ "__common_interrupt", PLUMB_IRQ }, { "asm_sysvec_*", PLUMB_IRQ },
	{ "sysvec_*", PLUMB_IRQ }, { "__sysvec_*", PLUMB_IRQ },
	{ "apic_timer_interrupt", PLUMB_IRQ }, { "smp_*_interrupt", PLUMB_IRQ },
	{ "hyperv_callback_vector", PLUMB_IRQ }, { "xen_hvm_callback_vector", PLUMB_IRQ },
	{ "xen_do_hypervisor_callback", PLUMB_IRQ }, { "call_function_interrupt", PLUMB_IRQ },
	{ "call_function_single_interrupt", PLUMB_IRQ }, { "reschedule_interrupt", PLUMB_IRQ },
	{ "irq_work_interrupt", PLUMB_IRQ }, { "ret_from_intr", PLUMB_IRQ },
	{ "do_IRQ", PLUMB_IRQ }, { "el1_irq", PLUMB_IRQ }, { "el1_interrupt", PLUMB_IRQ },
	{ "__el1_irq", PLUMB_IRQ }, { "el1h_64_irq*", PLUMB_IRQ }, { "el0_irq*", PLUMB_IRQ },
	{ "el1_*", PLUMB_ENTRY }, { "el1h_*", PLUMB_ENTRY }, { "gic_handle_irq", PLUMB_IRQ },
	{ "do_interrupt_handler", PLUMB_IRQ }, { "call_on_irq_stack", PLUMB_IRQ },
	{ "handle_domain_irq", PLUMB_IRQ }, { "__handle_domain_irq", PLUMB_IRQ },
	{ "generic_handle_*", PLUMB_IRQ }, { "handle_edge_irq", PLUMB_IRQ },
	{ "handle_fasteoi_*irq", PLUMB_IRQ }, { "handle_level_irq", PLUMB_IRQ },
	{ "handle_simple_irq", PLUMB_IRQ }, { "handle_percpu_*irq", PLUMB_IRQ },
	{ "handle_irq*", PLUMB_IRQ }, { "__handle_irq*", PLUMB_IRQ },
	{ "run_irq_on_irqstack_cond", PLUMB_IRQ },
	/* The clock's interrupt, down to the hrtimer's or tick's own function */
	{ "local_apic_timer_interrupt", PLUMB_DISPATCH }, { "hrtimer_interrupt", PLUMB_DISPATCH },
	{ "__hrtimer_run_queues", PLUMB_DISPATCH }, { "__run_hrtimer", PLUMB_DISPATCH },
	{ "arch_timer_handler_*", PLUMB_DISPATCH }, { "tick_sched_handle*", PLUMB_DISPATCH },
	{ "tick_sched_timer", PLUMB_DISPATCH }, { "tick_nohz_handler", PLUMB_DISPATCH },
	{ "tick_handle_periodic", PLUMB_DISPATCH }, { "update_process_times", PLUMB_DISPATCH },
	{ "__flush_smp_call_function_queue", PLUMB_DISPATCH },
	{ "flush_smp_call_function_queue", PLUMB_DISPATCH },
	{ "generic_smp_call_function_*interrupt", PLUMB_DISPATCH },
	/* Softirqs: likewise a boundary, then the vectors' own dispatch: kernel/softirq.c,
	 * kernel/time/timer.c, net/core/dev.c, kernel/rcu/tree.c */
	{ "irq_exit*", PLUMB_SOFTIRQ }, { "__irq_exit*", PLUMB_SOFTIRQ },
	{ "invoke_softirq", PLUMB_SOFTIRQ }, { "do_softirq*", PLUMB_SOFTIRQ },
	{ "__do_softirq", PLUMB_SOFTIRQ }, { "__softirqentry_text_start", PLUMB_SOFTIRQ },
	{ "handle_softirqs", PLUMB_SOFTIRQ }, { "call_softirq", PLUMB_SOFTIRQ },
	/* A thread that polls a device does a softirq's work: net/core/dev.c */
	{ "napi_threaded_poll*", PLUMB_SOFTIRQ },
	{ "asm_call_*", PLUMB_SOFTIRQ }, { "____do_softirq", PLUMB_SOFTIRQ },
	{ "call_on_stack", PLUMB_SOFTIRQ }, { "run_ksoftirqd", PLUMB_SOFTIRQ },
	{ "run_timer_softirq", PLUMB_DISPATCH }, { "run_timer_base", PLUMB_DISPATCH },
	{ "__run_timers", PLUMB_DISPATCH }, { "__run_timer_base", PLUMB_DISPATCH },
	{ "call_timer_fn", PLUMB_DISPATCH }, { "expire_timers", PLUMB_DISPATCH },
	{ "tmigr_*", PLUMB_DISPATCH }, { "timer_expire_remote", PLUMB_DISPATCH },
	{ "hrtimer_run_softirq", PLUMB_DISPATCH }, { "tasklet_action*", PLUMB_DISPATCH },
	{ "tasklet_hi_action", PLUMB_DISPATCH }, { "net_rx_action", PLUMB_DISPATCH },
	{ "net_tx_action", PLUMB_DISPATCH }, { "__napi_poll", PLUMB_DISPATCH },
	{ "napi_poll", PLUMB_DISPATCH }, { "napi_threaded_poll*", PLUMB_DISPATCH },
	{ "rcu_core", PLUMB_DISPATCH }, { "rcu_core_si", PLUMB_DISPATCH },
	{ "rcu_process_callbacks", PLUMB_DISPATCH }, { "rcu_cpu_kthread", PLUMB_DISPATCH },
	{ "rcu_do_batch", PLUMB_DISPATCH }, { "blk_done_softirq", PLUMB_DISPATCH },
	{ "blk_complete_reqs", PLUMB_DISPATCH }, { "irq_poll_softirq", PLUMB_DISPATCH },
	{ "local_bh_enable*", PLUMB_LEAF }, { "__local_bh_enable*", PLUMB_LEAF },
	{ "local_bh_disable*", PLUMB_LEAF }, { "__local_bh_disable*", PLUMB_LEAF },
	/* What calls a BPF program, what a program calls to loop: bpf_prog_* programs themselves stay */
	{ "bpf_iter_run_prog", PLUMB_DISPATCH }, { "__bpf_prog_run*", PLUMB_DISPATCH },
	{ "___bpf_prog_run", PLUMB_DISPATCH }, { "bpf_prog_run", PLUMB_DISPATCH },
	{ "bpf_prog_run_xdp", PLUMB_DISPATCH }, { "bpf_prog_run_array*", PLUMB_DISPATCH },
	{ "bpf_loop", PLUMB_DISPATCH }, { "bpf_for_each_*", PLUMB_DISPATCH },
	{ "bpf_test_run*", PLUMB_DISPATCH }, { "xdp_test_run_batch", PLUMB_DISPATCH },
	{ "bpf_trampoline_*", PLUMB_DISPATCH }, { "bpf_trace_run*", PLUMB_DISPATCH },
	{ "__bpf_trace_*", PLUMB_DISPATCH }, { "__traceiter_*", PLUMB_DISPATCH },
	{ "bpf_dispatcher_*", PLUMB_DISPATCH }, { "trace_call_bpf", PLUMB_DISPATCH },
	{ "bpf_overflow_handler", PLUMB_DISPATCH }, { "kprobe_ftrace_handler", PLUMB_DISPATCH },
	{ "kprobe_dispatcher", PLUMB_DISPATCH }, { "ftrace_*trampoline*", PLUMB_DISPATCH },
	{ "__bpf_prog_enter*", PLUMB_LEAF }, { "__bpf_prog_exit*", PLUMB_LEAF },
	{ "bpf_ktime_get*", PLUMB_LEAF }, { "bpf_local_irq_*", PLUMB_LEAF },
	{ "bpf_prog_start_time", PLUMB_LEAF }, { "bpf_get_smp_processor_id", PLUMB_LEAF },
	/* Locks, and what switches interrupts on and off */
	{ "_raw_*", PLUMB_LEAF }, { "__raw_*", PLUMB_LEAF }, { "do_raw_*", PLUMB_LEAF },
	{ "native_queued_*", PLUMB_LEAF }, { "queued_*", PLUMB_LEAF },
	{ "__pv_queued_*", PLUMB_LEAF }, { "pv_*", PLUMB_LEAF }, { "paravirt_*", PLUMB_LEAF },
	{ "kvm_wait", PLUMB_LEAF }, { "kvm_kick_cpu", PLUMB_LEAF }, { "xen_qlock_*", PLUMB_LEAF },
	{ "lock_acquire*", PLUMB_LEAF }, { "lock_release*", PLUMB_LEAF },
	{ "mutex_lock*", PLUMB_LEAF }, { "__mutex_lock*", PLUMB_LEAF },
	{ "mutex_unlock*", PLUMB_LEAF }, { "__mutex_unlock*", PLUMB_LEAF },
	{ "mutex_spin_on_owner", PLUMB_LEAF }, { "rwsem_*", PLUMB_LEAF },
	{ "down_*", PLUMB_LEAF }, { "up_*", PLUMB_LEAF }, { "osq_lock", PLUMB_LEAF },
	{ "rcu_read_*", PLUMB_LEAF }, { "__rcu_read_*", PLUMB_LEAF },
	{ "arch_local_irq*", PLUMB_LEAF }, { "local_irq_*", PLUMB_LEAF },
	{ "native_irq_*", PLUMB_LEAF }, { "native_save_fl", PLUMB_LEAF },
	{ "native_restore_fl", PLUMB_LEAF }, { "xen_*_fl", PLUMB_LEAF },
	{ "xen_irq_*", PLUMB_LEAF }, { "trace_hardirqs_*", PLUMB_LEAF },
	{ "trace_preempt_*", PLUMB_LEAF }, { "preempt_schedule*", PLUMB_LEAF },
	{ "preempt_count_*", PLUMB_LEAF }, { "__cond_resched*", PLUMB_LEAF },
	{ "_cond_resched", PLUMB_LEAF }, { "dynamic_cond_resched", PLUMB_LEAF },
	{ "local_daif_*", PLUMB_LEAF }, { "mcs_spin_*", PLUMB_LEAF },
	/* Copying, clearing, comparing, bits, counting, printing */
	{ "memcpy*", PLUMB_LEAF }, { "__memcpy*", PLUMB_LEAF }, { "memset*", PLUMB_LEAF },
	{ "__memset*", PLUMB_LEAF }, { "memmove*", PLUMB_LEAF }, { "__memmove", PLUMB_LEAF },
	{ "__pi_mem*", PLUMB_LEAF }, { "__pi_str*", PLUMB_LEAF }, { "__pi_clear_page", PLUMB_LEAF },
	{ "memcmp", PLUMB_LEAF }, { "strcmp", PLUMB_LEAF }, { "strncmp", PLUMB_LEAF },
	{ "strlen", PLUMB_LEAF }, { "strnlen", PLUMB_LEAF }, { "strscpy", PLUMB_LEAF },
	{ "copy_user_*", PLUMB_LEAF }, { "copy_page*", PLUMB_LEAF }, { "_copy_*", PLUMB_LEAF },
	{ "__copy_*", PLUMB_LEAF }, { "raw_copy_*", PLUMB_LEAF }, { "__arch_copy_*", PLUMB_LEAF },
	{ "copy_to_iter*", PLUMB_LEAF }, { "copy_from_iter*", PLUMB_LEAF },
	{ "rep_movs*", PLUMB_LEAF }, { "rep_stos*", PLUMB_LEAF }, { "__get_user*", PLUMB_LEAF },
	{ "__put_user*", PLUMB_LEAF }, { "copy_to_user*", PLUMB_LEAF },
	{ "copy_from_user*", PLUMB_LEAF }, { "clear_page*", PLUMB_LEAF },
	{ "clear_user*", PLUMB_LEAF }, { "__clear_user", PLUMB_LEAF }, { "delay_*", PLUMB_LEAF },
	{ "__delay", PLUMB_LEAF }, { "__udelay", PLUMB_LEAF }, { "__const_udelay", PLUMB_LEAF },
	{ "__ndelay", PLUMB_LEAF }, { "udelay", PLUMB_LEAF }, { "number", PLUMB_LEAF },
	{ "vsnprintf", PLUMB_LEAF }, { "snprintf", PLUMB_LEAF }, { "scnprintf", PLUMB_LEAF },
	{ "seq_printf", PLUMB_LEAF }, { "seq_vprintf", PLUMB_LEAF }, { "seq_put*", PLUMB_LEAF },
	{ "seq_buf_*", PLUMB_LEAF }, { "seq_write", PLUMB_LEAF }, { "format_decode", PLUMB_LEAF },
	{ "ktime_get*", PLUMB_LEAF }, { "read_tsc", PLUMB_LEAF }, { "read_hv_clock*", PLUMB_LEAF },
	{ "kvm_clock_*", PLUMB_LEAF }, { "pvclock_clocksource_*", PLUMB_LEAF },
	{ "sched_clock*", PLUMB_LEAF }, { "native_sched_clock", PLUMB_LEAF },
	{ "native_read_msr*", PLUMB_LEAF }, { "native_write_msr*", PLUMB_LEAF },
	{ "rdtsc_ordered", PLUMB_LEAF }, { "arch_counter_*", PLUMB_LEAF },
	{ "_find_*", PLUMB_LEAF }, { "find_next_*", PLUMB_LEAF }, { "find_first_*", PLUMB_LEAF },
	{ "__find_*bit*", PLUMB_LEAF }, { "cpumask_next*", PLUMB_LEAF },
	{ "__bitmap_*", PLUMB_LEAF }, { "rb_next", PLUMB_LEAF }, { "rb_first*", PLUMB_LEAF },
	{ "xas_*", PLUMB_LEAF }, { "radix_tree_*", PLUMB_LEAF }, { "__radix_tree_*", PLUMB_LEAF },
	{ "__list_*_valid*", PLUMB_LEAF }, { "__percpu_counter_*", PLUMB_LEAF },
	{ "__x86_indirect_thunk*", PLUMB_LEAF }, { "__x86_return_thunk*", PLUMB_LEAF },
	{ "__x86_retpoline*", PLUMB_LEAF }, { "retbleed_*", PLUMB_LEAF },
	{ "srso_*", PLUMB_LEAF }, { "zen_untrain_ret", PLUMB_LEAF }, { "__fentry__", PLUMB_LEAF },
	{ "__sanitizer_cov_*", PLUMB_LEAF }, { "__asan_*", PLUMB_LEAF },
	/* Idle */
	{ "cpu_startup_entry", PLUMB_IDLE }, { "do_idle", PLUMB_IDLE },
	{ "cpuidle_idle_call", PLUMB_IDLE }, { "cpuidle_enter*", PLUMB_IDLE },
	{ "default_idle*", PLUMB_IDLE }, { "arch_cpu_idle", PLUMB_IDLE },
	{ "native_safe_halt", PLUMB_IDLE }, { "acpi_idle_*", PLUMB_IDLE },
	{ "intel_idle*", PLUMB_IDLE }, { "mwait_idle*", PLUMB_IDLE }, { "poll_idle", PLUMB_IDLE },
	{ "pv_native_safe_halt", PLUMB_IDLE }, { "start_secondary*", PLUMB_IDLE },
	{ "secondary_start_kernel", PLUMB_IDLE }, { "secondary_startup_64*", PLUMB_IDLE },
	{ "rest_init", PLUMB_IDLE }, { "start_kernel", PLUMB_IDLE },
	{ "x86_64_start_*", PLUMB_IDLE }, { "common_startup_64", PLUMB_IDLE },
	{ "__secondary_switched", PLUMB_IDLE },
	/* Where programs and their threads begin */
	{ "_start", PLUMB_ENTRY }, { "__libc_start_*", PLUMB_ENTRY }, { "start_thread", PLUMB_ENTRY },
	{ "__libc_start_call_main", PLUMB_ENTRY }, { "clone", PLUMB_ENTRY },
	{ "clone3", PLUMB_ENTRY }, { "__clone*", PLUMB_ENTRY }, { "thread_start", PLUMB_ENTRY },
};

/* Wherever in a stack they stand, they are why it is slow: whoever allocates, copies or writes
 * outside of them only happened to come by. */
static const char *const landmarks[] = {
	"try_to_free_pages", "try_to_free_mem_cgroup_pages", "try_to_compact_pages",
	"out_of_memory", "__node_reclaim",
};
/* clang-format on */

size_t plumbing_base_len(const char *name)
{
	static const char *const tails[] = { ".isra.", ".part.",   ".constprop.", ".cold",
					     ".llvm.", ".__uniq.", ".lto_priv." };
	size_t len = strlen(name);

	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		const char *at = strstr(name, tails[i]);

		if (at && at > name && (size_t)(at - name) < len)
			len = (size_t)(at - name);
	}
	return len;
}

bool plumbing_match(const char *name, size_t len, const char *pattern)
{
	const char *star = NULL, *mark = NULL, *end = name + len;

	while (name < end) {
		if (*pattern == '*') {
			star = pattern++;
			mark = name;
		} else if (*pattern == *name) {
			pattern++;
			name++;
		} else if (star) {
			/* What the last '*' stood for was one too short. */
			pattern = star + 1;
			name = ++mark;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

enum plumbing plumbing_of(const char *name)
{
	size_t len = plumbing_base_len(name);

	/* Nothing else begins so, and the table is long. */
	if (!len || name[0] == '[')
		return PLUMB_UNKNOWN;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (plumbing_match(name, len, table[i].pattern))
			return table[i].what;
	return PLUMB_NONE;
}

bool plumbing_is_landmark(const char *name)
{
	size_t len = plumbing_base_len(name);

	for (size_t i = 0; i < sizeof(landmarks) / sizeof(landmarks[0]); i++)
		if (plumbing_match(name, len, landmarks[i]))
			return true;
	return false;
}

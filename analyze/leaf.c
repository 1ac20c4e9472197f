#include "leaf.h"

/*
 * Functions in which interrupts come on, kernels 4.18 to 6.18, x86-64 and arm64. A '*' at the end
 * matches any rest (.part.0, .constprop.0), one at the begin any prefix.
 */
static const char *const release[] = {
	"*irq_restore*",		/* arch_local_irq_restore, bpf_local_irq_restore, pv ops */
	"*irq_enable*",			/* native_irq_enable, trace_hardirqs_on's callers, pv ops */
	"*unlock_irq*",			/* _raw_spin_unlock_irq, _irqrestore, raw_spin_rq_unlock_irq */
	"*restore_fl*",			/* xen_restore_fl, native_restore_fl */
	"*safe_halt*",
	"_raw_*_unlock_irq*",
	"__local_bh_enable_ip",		/* ends with local_irq_enable */
	"__do_softirq*",		/* local_irq_enable() before the handlers */
	"handle_softirqs*",		/* its name since 6.10 */
	"do_softirq*",
	"finish_task_switch*",		/* the run queue's lock goes with interrupts on */
	"finish_lock_switch*",
	"schedule_tail",
	"exit_to_user_mode*",
	"irqentry_exit*",
	"syscall_exit_to_user_mode*",
	"syscall_enter_from_user_mode*",
	"do_syscall_64",		/* entry with interrupts off, then local_irq_enable() */
	"__do_sys_*",
	"entry_SYSCALL_64*",
	"ret_from_fork*",
	"swapgs_restore_regs_and_return_to_usermode*",
	"restore_regs_and_return_to_kernel*",
	"asm_exc_*",
	"exc_page_fault*",		/* local_irq_enable() after reading CR2 */
	"do_user_addr_fault*",
	"el0_*",			/* arm64 entry code */
	"el1_*",
	"el0t_*",
	"el1h_*",
	"ret_to_user*",
	"gic_handle_irq*",
	"cpuidle_enter_state*",
	"__flush_smp_call_function_queue*",
	"generic_exec_single*",
	"*_irqsave_end*",
};

static const char *const clearing[] = {
	"clear_page*", "clear_huge_page*", "copy_page*", "copy_user_*", "copy_mc_*", "rep_movs*",
	"rep_stos*",   "memset*",	   "__memset*",	 "memcpy*",	"__memcpy*", "__clear_user*",
	"folio_zero*", "clear_subpage*",   "_copy_*",	 "raw_copy_*", "__arch_copy_*",
};

/* Entry code of interrupts: x86-64 since 5.8, before, arm64. */
static const char *const irq_entry[] = {
	"asm_sysvec_*", "asm_common_interrupt*", "apic_timer_interrupt", "reschedule_interrupt",
	"call_function_interrupt", "call_function_single_interrupt", "common_interrupt", "ret_from_intr",
	"irq_work_interrupt", "el1_irq*", "el1h_64_irq*", "el0_irq*", "el0t_64_irq*",
};

static bool matches(const char *name, const char *pattern)
{
	size_t len = strlen(pattern);
	bool any_end = len && pattern[len - 1] == '*', any_begin = pattern[0] == '*';
	const char *core = pattern + any_begin, *at;
	size_t core_len = len - any_begin - any_end;

	if (any_begin) {
		at = memmem(name, strlen(name), core, core_len);
		return at && (any_end || !at[core_len]);
	}
	return strncmp(name, core, core_len) == 0 && (any_end || !name[core_len]);
}

bool leaf_is_irq_entry(const char *name)
{
	for (size_t i = 0; i < sizeof(irq_entry) / sizeof(irq_entry[0]); i++)
		if (matches(name, irq_entry[i]))
			return true;
	return false;
}

enum leaf_class leaf_of_name(const char *name)
{
	for (size_t i = 0; i < sizeof(release) / sizeof(release[0]); i++)
		if (matches(name, release[i]))
			return LEAF_RELEASE;
	for (size_t i = 0; i < sizeof(clearing) / sizeof(clearing[0]); i++)
		if (matches(name, clearing[i]))
			return LEAF_CLEARING;
	return LEAF_OTHER;
}

enum leaf_class leaf_of(const struct sp_resolver *r, uint64_t addr)
{
	struct sp_frame frame;

	if (!r || !r->kernel || !r->kernel(r->self, addr, &frame, 1) || !frame.known)
		return LEAF_UNKNOWN;
	return leaf_of_name(frame.name);
}

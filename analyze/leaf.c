#include "leaf.h"

/*
 * Functions in which interrupts come on, kernels 4.18 to 6.18, x86-64 and arm64. A '*' at the end
 * matches any rest (.part.0, .constprop.0), one at the begin any prefix.
 */
static const char *const release[] = {
	"*irq_restore*", /* arch_local_irq_restore, bpf_local_irq_restore, pv ops */
	"*irq_enable*",	 /* native_irq_enable, pv ops */
	"*unlock_irq*",	 /* _raw_spin_unlock_irq, _irqrestore, raw_spin_rq_unlock_irq */
	"*restore_fl*",	 /* xen_restore_fl, native_restore_fl */
	"*safe_halt*",	 "__flush_smp_call_function_queue*", "generic_exec_single*",
};

/*
 * Not in it: entry and exit code of system calls and exceptions (do_syscall_64, exc_page_fault,
 * syscall_exit_to_user_mode), finish_task_switch, handle_softirqs. They switch interrupts on as
 * well, but nobody keeps them off for long before, and a busy CPU is in them so often that pauses
 * of the host end there: under 100,000 system calls a second such pauses were taken for irqs-off.
 */

static const char *const clearing[] = {
	"clear_page*", "clear_huge_page*", "copy_page*",  "copy_user_*",    "copy_mc_*",
	"rep_movs*",   "rep_stos*",	   "memset*",	  "__memset*",	    "memcpy*",
	"__memcpy*",   "__clear_user*",	   "folio_zero*", "clear_subpage*", "_copy_*",
	"raw_copy_*",  "__arch_copy_*",
};

/* Entry code of interrupts: x86-64 since 5.8, before, arm64. */
static const char *const irq_entry[] = {
	"asm_sysvec_*",
	"asm_common_interrupt*",
	"apic_timer_interrupt",
	"reschedule_interrupt",
	"call_function_interrupt",
	"call_function_single_interrupt",
	"common_interrupt",
	"ret_from_intr",
	"irq_work_interrupt",
	"el1_irq*",
	"el1h_64_irq*",
	"el0_irq*",
	"el0t_64_irq*",
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

/* perf wakes its reader by this interrupt, and its tracepoints refuse everyone: it is not seen to
 * have come first. */
bool leaf_is_unseen_irq_entry(const char *name)
{
	return matches(name, "asm_sysvec_irq_work*") || matches(name, "irq_work_interrupt");
}

bool leaf_is_irq_entry(const char *name)
{
	for (size_t i = 0; i < sizeof(irq_entry) / sizeof(irq_entry[0]); i++)
		if (matches(name, irq_entry[i]))
			return true;
	return false;
}

bool leaf_is_softirqs(const char *name)
{
	return matches(name, "handle_softirqs*") || matches(name, "__do_softirq*") ||
	       matches(name, "__softirqentry_text_start*");
}

/* kernel/softirq.c and the callers of open_softirq(), 4.18 to 6.18. */
uint32_t leaf_vector(const char *name)
{
	static const struct {
		const char *name;
		uint32_t vec;
	} handlers[] = {
		{ "tasklet_hi_action*", SP_VEC_HI },
		{ "run_timer_softirq*", SP_VEC_TIMER },
		{ "net_tx_action*", SP_VEC_NET_TX },
		{ "net_rx_action*", SP_VEC_NET_RX },
		{ "blk_done_softirq*", SP_VEC_BLOCK },
		{ "irq_poll_softirq*", SP_VEC_IRQ_POLL },
		{ "tasklet_action*", SP_VEC_TASKLET },
		{ "sched_balance_softirq*", SP_VEC_SCHED },
		{ "run_rebalance_domains*", SP_VEC_SCHED },
		{ "hrtimer_run_softirq*", SP_VEC_HRTIMER },
		{ "rcu_core_si*", SP_VEC_RCU },
		{ "rcu_process_callbacks*", SP_VEC_RCU },
	};

	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++)
		if (matches(name, handlers[i].name))
			return handlers[i].vec;
	return SP_NR_VECS;
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

/*
 * The stacks of stories that were told, as kernels 4.18 to 6.18 on x86-64 and arm64 show them:
 * entry and caller must be what the people who told them named. The plumbing table is under test.
 */
#include "callers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAX_FRAMES 64

#define X86_418	 "entry_SYSCALL_64_after_hwframe;do_syscall_64;"
#define READ_418 X86_418 "ksys_read;vfs_read;__vfs_read;"
#define READ_510 X86_418 "__x64_sys_read;ksys_read;vfs_read;new_sync_read;"
#define READ_618 X86_418 "x64_sys_call;__x64_sys_read;ksys_read;vfs_read;"
#define ARM_418 \
	"el0_svc;el0_svc_handler;el0_svc_common;__arm64_sys_read;ksys_read;vfs_read;__vfs_read;"
#define ARM_618                                                                            \
	"el0t_64_sync;el0t_64_sync_handler;el0_svc;do_el0_svc;el0_svc_common.constprop.0;" \
	"invoke_syscall;__arm64_sys_read;ksys_read;vfs_read;"
#define TICK_418 "apic_timer_interrupt;smp_apic_timer_interrupt;irq_exit;__do_softirq;"
#define TICK_510                                                                    \
	"asm_sysvec_apic_timer_interrupt;sysvec_apic_timer_interrupt;irq_exit_rcu;" \
	"do_softirq_own_stack;asm_call_sysvec_on_stack;__softirqentry_text_start;"
#define TICK_618                                                                    \
	"asm_sysvec_apic_timer_interrupt;sysvec_apic_timer_interrupt;irq_exit_rcu;" \
	"__irq_exit_rcu;handle_softirqs;"
#define ARM_TICK_418 "el1_irq;gic_handle_irq;__handle_domain_irq;irq_exit;__do_softirq;"
#define ARM_TICK_618                                                          \
	"el1h_64_irq;el1h_64_irq_handler;el1_interrupt;do_interrupt_handler;" \
	"call_on_irq_stack;____do_softirq;__do_softirq;handle_softirqs;"
#define FAULT_418 "page_fault;do_page_fault;__do_page_fault;handle_mm_fault;__handle_mm_fault;"
#define FAULT_618                                                                      \
	"asm_exc_page_fault;exc_page_fault;do_user_addr_fault;handle_mm_fault;"        \
	"__handle_mm_fault;do_anonymous_page;vma_alloc_folio_noprof;alloc_pages_mpol;" \
	"__alloc_frozen_pages_noprof;"
#define ARM_FAULT_618                                                                 \
	"el0t_64_sync;el0t_64_sync_handler;el0_da;do_mem_abort;do_translation_fault;" \
	"do_page_fault;handle_mm_fault;__handle_mm_fault;do_anonymous_page;"          \
	"vma_alloc_folio_noprof;alloc_pages_mpol;__alloc_frozen_pages_noprof;"

#define IRQS_OFF SP_MECH_IRQS_OFF
#define KSOFT	 SP_MECH_KSOFTIRQD
#define SOFTIRQ	 SP_MECH_SOFTIRQ

static const struct story {
	const char *stack, *entry, *caller;
	enum sp_mechanism mechanism;
} stories[] = {
	/* cAdvisor reads memory.stat of every container. */
	{ READ_418 "kernfs_fop_read;seq_read;cgroup_seqfile_show;memcg_stat_show;"
		   "mem_cgroup_nr_lru_pages",
	  "memcg_stat_show", "mem_cgroup_nr_lru_pages", KSOFT },
	{ READ_418 "seq_read;memcg_stat_show;mem_cgroup_nr_lru_pages", "memcg_stat_show",
	  "mem_cgroup_nr_lru_pages", KSOFT },
	{ READ_510 "kernfs_fop_read_iter;seq_read_iter;cgroup_seqfile_show;memcg_stat_show;"
		   "mem_cgroup_nr_lru_pages;cpumask_next",
	  "memcg_stat_show", "mem_cgroup_nr_lru_pages", KSOFT },
	{ READ_618 "kernfs_fop_read_iter;seq_read_iter;cgroup_seqfile_show;memory_stat_show;"
		   "memory_stat_format;mem_cgroup_flush_stats;css_rstat_flush;"
		   "_raw_spin_unlock_irq",
	  "memory_stat_show", "css_rstat_flush", KSOFT },
	{ ARM_418 "kernfs_fop_read;seq_read;cgroup_seqfile_show;memcg_stat_show;"
		  "mem_cgroup_nr_lru_pages",
	  "memcg_stat_show", "mem_cgroup_nr_lru_pages", KSOFT },
	/* … and memory.numa_stat. */
	{ READ_418 "kernfs_fop_read;seq_read;cgroup_seqfile_show;memcg_numa_stat_show;"
		   "mem_cgroup_node_nr_lru_pages",
	  "memcg_numa_stat_show", "mem_cgroup_node_nr_lru_pages", KSOFT },
	{ ARM_618 "kernfs_fop_read_iter;seq_read_iter;cgroup_seqfile_show;memcg_numa_stat_show;"
		  "mem_cgroup_node_nr_lru_pages",
	  "memcg_numa_stat_show", "mem_cgroup_node_nr_lru_pages", KSOFT },
	/* ss reads /proc/slabinfo: with interrupts off while a list is counted. */
	{ READ_418 "proc_reg_read;seq_read;s_show", "proc_reg_read", "s_show", IRQS_OFF },
	{ READ_418 "proc_reg_read;seq_read;s_show;get_slabinfo;count_partial;"
		   "_raw_spin_unlock_irqrestore",
	  "proc_reg_read", "count_partial", IRQS_OFF },
	{ READ_510 "proc_reg_read_iter;seq_read_iter;s_show.isra.0;_raw_spin_unlock_irq",
	  "proc_reg_read_iter", "s_show", IRQS_OFF },
	{ READ_618 "proc_reg_read_iter;seq_read_iter;s_show;get_slabinfo;"
		   "_raw_spin_unlock_irqrestore",
	  "proc_reg_read_iter", "get_slabinfo", IRQS_OFF },
	{ ARM_618 "proc_reg_read_iter;seq_read_iter;s_show;get_slabinfo;"
		  "_raw_spin_unlock_irqrestore",
	  "proc_reg_read_iter", "get_slabinfo", IRQS_OFF },
	/* IPVS sums up its services in a timer, whoever it interrupts. */
	{ X86_418 "__x64_sys_futex;" TICK_418
		  "run_timer_softirq;call_timer_fn;estimation_timer;ip_vs_read_cpu_stats",
	  "estimation_timer", "ip_vs_read_cpu_stats", SOFTIRQ },
	{ "do_idle;cpuidle_enter;" TICK_418 "run_timer_softirq;call_timer_fn;estimation_timer",
	  "estimation_timer", "estimation_timer", SOFTIRQ },
	{ TICK_510 "run_timer_softirq;__run_timers.part.0;call_timer_fn;estimation_timer;"
		   "_raw_spin_lock_bh",
	  "estimation_timer", "estimation_timer", SOFTIRQ },
	{ TICK_618 "run_timer_softirq;run_timer_base;__run_timers;expire_timers;call_timer_fn;"
		   "estimation_timer",
	  "estimation_timer", "estimation_timer", SOFTIRQ },
	{ ARM_TICK_418 "run_timer_softirq;expire_timers;call_timer_fn;estimation_timer",
	  "estimation_timer", "estimation_timer", SOFTIRQ },
	{ ARM_TICK_618 "run_timer_softirq;__run_timer_base;call_timer_fn;estimation_timer",
	  "estimation_timer", "estimation_timer", SOFTIRQ },
	/* Since 6.2 it is a thread, with bottom halves off. */
	{ "ret_from_fork_asm;ret_from_fork;kthread;ip_vs_estimation_kthread;"
	  "ip_vs_tick_estimation;ip_vs_chain_estimation",
	  "ip_vs_estimation_kthread", "ip_vs_chain_estimation", SP_MECH_BH_OFF },
	/* Whoever allocates has to free: direct reclaim. */
	{ FAULT_418 "alloc_pages_vma;__alloc_pages_nodemask;try_to_free_pages;"
		    "do_try_to_free_pages;shrink_node;shrink_slab",
	  "try_to_free_pages", "shrink_slab", KSOFT },
	{ X86_418 "__x64_sys_openat;do_sys_openat2;do_filp_open;path_openat;alloc_empty_file;"
		  "kmem_cache_alloc;allocate_slab;__alloc_pages;__alloc_pages_slowpath.constprop.0;"
		  "try_to_free_pages;do_try_to_free_pages;shrink_node;shrink_slab",
	  "try_to_free_pages", "shrink_slab", KSOFT },
	{ FAULT_618 "__alloc_pages_slowpath.constprop.0;try_to_free_pages;do_try_to_free_pages;"
		    "shrink_node;shrink_slab",
	  "try_to_free_pages", "shrink_slab", KSOFT },
	{ ARM_FAULT_618 "__alloc_pages_slowpath.constprop.0;try_to_free_pages;"
			"do_try_to_free_pages;shrink_node;shrink_slab",
	  "try_to_free_pages", "shrink_slab", KSOFT },
	{ FAULT_618 "charge_memcg;try_charge_memcg;try_to_free_mem_cgroup_pages;"
		    "do_try_to_free_pages;shrink_node;shrink_slab",
	  "try_to_free_mem_cgroup_pages", "shrink_slab", KSOFT },
};

static void as_they_were_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct frame frames[MAX_FRAMES];
		const struct frame *at[MAX_FRAMES];
		struct callers_stack stack = { .chain.at = at, .ns = 20000000 };
		char *text = strdup(stories[i].stack), *rest = text, *name;
		struct callers c;

		while ((name = strsep(&rest, ";"))) {
			uint32_t n = stack.chain.n++;
			char *base = strdup(name);

			base[plumbing_base_len(name)] = 0;
			frames[n] = (struct frame){ .name = name,
						    .base = base,
						    .module = "[kernel.kallsyms]",
						    .plumbing = (uint8_t)plumbing_of(name),
						    .landmark = plumbing_is_landmark(name),
						    .kernel = true,
						    .known = true };
			at[n] = &frames[n];
		}
		callers_find(stories[i].mechanism, &stack, 1, NULL, &c);
		if (!c.entry || !c.caller || strcmp(c.entry->base, stories[i].entry) != 0 ||
		    strcmp(c.caller->base, stories[i].caller) != 0)
			fail_msg("%s: %s > %s", stories[i].stack, c.entry ? c.entry->base : "-",
				 c.caller ? c.caller->base : "-");
		for (uint32_t n = 0; n < stack.chain.n; n++)
			free((char *)frames[n].base);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(as_they_were_told) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The stories of real outages: the names that a person gave their causes.
 */
#include "attribute.h"
#include "fakenames.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MS  1000000ULL
#define TID 4242

#define READ                                                                                      \
	"entry_SYSCALL_64_after_hwframe;do_syscall_64;x64_sys_call;__x64_sys_read;ksys_read;vfs_" \
	"read;"
#define OLD_READ "entry_SYSCALL_64_after_hwframe;do_syscall_64;SyS_read;vfs_read;__vfs_read;"
#define ARM_READ "el0_sync;el0_svc;invoke_syscall;__arm64_sys_read;ksys_read;vfs_read;"
#define SOFTIRQ \
	"asm_sysvec_apic_timer_interrupt;sysvec_apic_timer_interrupt;irq_exit_rcu;__do_softirq;"

struct fixture {
	struct strings *strings;
	struct stacks *stacks;
	struct tasks *tasks;
	struct attribute *attribute;
	struct sp_share shares[8];
	struct sp_stall stall;
	struct sp_err err;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->err = (struct sp_err)SP_ERR_INIT;
	assert_int_equal(strings_new(&f->strings, &f->err), 0);
	assert_int_equal(stacks_new(&f->stacks, &f->err), 0);
	assert_int_equal(tasks_new(&f->tasks, f->strings, &f->err), 0);
	assert_int_equal(attribute_new(&f->attribute,
				       &(struct attribute_parts){
					       .strings = f->strings,
					       .stacks = f->stacks,
					       .tasks = f->tasks,
					       .resolver = &fake_resolver,
					       .self_pid = 77,
				       },
				       &f->err),
			 0);
	f->stall = (struct sp_stall){
		.id = 1,
		.begin_ns = 100 * MS,
		.end_ns = 110 * MS,
		.mechanism = SP_MECH_IRQS_OFF,
		.pid = TID,
		.tid = TID,
		.shares = f->shares,
	};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	free(f->stall.evidence);
	attribute_free(f->attribute);
	tasks_free(f->tasks);
	stacks_free(f->stacks);
	strings_free(f->strings);
	free(f);
	return 0;
}

static sp_str text(struct fixture *f, const char *s)
{
	sp_str ret = 0;

	assert_int_equal(strings_add(f->strings, s, strlen(s), &ret, &f->err), 0);
	return ret;
}

static void share(struct fixture *f, const char *stack, uint64_t ns)
{
	f->shares[f->stall.nshares++] = (struct sp_share){
		.stack = fake_stack(f->stacks, stack),
		.pid = f->stall.pid,
		.tid = f->stall.tid,
		.owned_ns = ns,
		.samples = 1,
		.arg0 = 3,
		.has_arg0 = 1,
	};
}

static void tell(struct fixture *f, struct sp_event e)
{
	assert_int_equal(tasks_put(f->tasks, &e, &f->err), 0);
}

static struct sp_stall_names names_of(struct fixture *f)
{
	struct sp_stall_names n;

	assert_int_equal(attribute_stall(f->attribute, &f->stall, &n, &f->err), 0);
	return n;
}

static void check(struct fixture *f, const char *entry, const char *caller)
{
	struct sp_stall_names n = names_of(f);

	if (entry)
		assert_string_equal(n.entry, entry);
	else
		assert_null(n.entry);
	if (caller)
		assert_string_equal(n.caller, caller);
	else
		assert_null(n.caller);
}

/* One stack that owns everything. */
static void story(struct fixture *f, enum sp_mechanism m, const char *stack, const char *entry,
		  const char *caller)
{
	f->stall.mechanism = (uint8_t)m;
	f->stall.nshares = 0;
	share(f, stack, 10 * MS);
	check(f, entry, caller);
}

static void test_slabinfo(void **state)
{
	struct fixture *f = *state;

	story(f, SP_MECH_IRQS_OFF, READ "proc_reg_read;seq_read;s_show;_raw_spin_unlock_irq",
	      "proc_reg_read", "s_show");
	story(f, SP_MECH_IRQS_OFF, OLD_READ "proc_reg_read;seq_read;s_show", "proc_reg_read",
	      "s_show");
	story(f, SP_MECH_IRQS_OFF,
	      READ
	      "proc_reg_read_iter;seq_read_iter;slab_show;get_slabinfo;_raw_spin_unlock_irqrestore",
	      "proc_reg_read_iter", "get_slabinfo");
	story(f, SP_MECH_IRQS_OFF, ARM_READ "proc_reg_read;seq_read;s_show;_raw_spin_unlock_irq",
	      "proc_reg_read", "s_show");
}

static void test_cadvisor(void **state)
{
	struct fixture *f = *state;

	story(f, SP_MECH_BH_OFF,
	      READ "__vfs_read;kernfs_fop_read;seq_read;cgroup_seqfile_show;memcg_stat_show;"
		   "mem_cgroup_nr_lru_pages;find_next_bit",
	      "memcg_stat_show", "mem_cgroup_nr_lru_pages");
	story(f, SP_MECH_IRQS_OFF,
	      READ "new_sync_read;kernfs_fop_read_iter;seq_read_iter;kernfs_seq_show;"
		   "cgroup_seqfile_show;memcg_numa_stat_show;mem_cgroup_nr_lru_pages.constprop.0",
	      "memcg_numa_stat_show", "mem_cgroup_nr_lru_pages");
	/* The story as it was told. */
	story(f, SP_MECH_IRQS_OFF, "seq_read;memcg_stat_show;mem_cgroup_nr_lru_pages",
	      "memcg_stat_show", "mem_cgroup_nr_lru_pages");
}

static void test_ipvs(void **state)
{
	struct fixture *f = *state;

	f->stall.pid = f->stall.tid = SP_NO_TASK;
	f->stall.vec = SP_VEC_TIMER;
	story(f, SP_MECH_SOFTIRQ, SOFTIRQ "run_timer_softirq;call_timer_fn;estimation_timer",
	      "estimation_timer", "estimation_timer");
	/* Whatever it interrupted is not to blame. */
	story(f, SP_MECH_SOFTIRQ,
	      "entry_SYSCALL_64_after_hwframe;do_syscall_64;__x64_sys_futex;do_futex;" SOFTIRQ
	      "run_timer_softirq;call_timer_fn;estimation_timer;ip_vs_read_cpu_stats",
	      "estimation_timer", "ip_vs_read_cpu_stats");
	/* Named by the tracepoint, without any sample. */
	f->stall.nshares = 0;
	f->stall.func_addr = fake_func("estimation_timer");
	check(f, "estimation_timer", "estimation_timer");
	/* Named by the tracepoint, and met by samples further in. */
	f->stall.nshares = 0;
	share(f, SOFTIRQ "run_timer_softirq;call_timer_fn;estimation_timer;ip_vs_read_cpu_stats",
	      9 * MS);
	share(f, SOFTIRQ "net_rx_action;virtnet_poll", MS);
	check(f, "estimation_timer", "ip_vs_read_cpu_stats");
	/* Nothing known but the vector. */
	f->stall.nshares = 0;
	f->stall.func_addr = 0;
	check(f, "run_timer_softirq", "run_timer_softirq");
}

static void test_reclaim(void **state)
{
	struct fixture *f = *state;

	story(f, SP_MECH_BH_OFF,
	      "asm_exc_page_fault;exc_page_fault;do_user_addr_fault;handle_mm_fault;"
	      "__handle_mm_fault;do_anonymous_page;alloc_pages_vma;__alloc_pages_nodemask;"
	      "__alloc_pages_slowpath;try_to_free_pages;do_try_to_free_pages;shrink_node;shrink_"
	      "slab",
	      "try_to_free_pages", "shrink_slab");
	/* Whoever allocates is not the story. */
	story(f, SP_MECH_BH_OFF,
	      READ "ext4_file_read_iter;filemap_read;page_cache_ra_unbounded;folio_alloc;"
		   "__alloc_pages_slowpath.constprop.0;try_to_free_pages;shrink_node;shrink_slab;"
		   "do_shrink_slab;super_cache_scan",
	      "try_to_free_pages", "super_cache_scan");
}

static void test_bpf(void **state)
{
	struct fixture *f = *state;

	story(f, SP_MECH_IRQS_OFF,
	      READ "bpf_seq_read;task_seq_show;bpf_iter_run_prog;bpf_prog_6deef7357e7b4530_hog;"
		   "bpf_local_irq_restore",
	      "bpf_seq_read", "bpf_prog_6deef7357e7b4530_hog");
	story(f, SP_MECH_BH_OFF,
	      "entry_SYSCALL_64_after_hwframe;do_syscall_64;__x64_sys_bpf;__sys_bpf;"
	      "bpf_prog_test_run_xdp;bpf_test_run_xdp_live;bpf_prog_71b7_hog;bpf_loop",
	      "bpf_prog_test_run_xdp", "bpf_prog_71b7_hog");
}

static void test_interrupted_task_is_innocent(void **state)
{
	struct fixture *f = *state;

	/* Off inside a softirq: the softirq's function. */
	story(f, SP_MECH_IRQS_OFF,
	      READ "proc_reg_read;seq_read;s_show;" SOFTIRQ
		   "net_rx_action;__napi_poll;virtnet_poll;_raw_spin_unlock_irqrestore",
	      "virtnet_poll", "virtnet_poll");
	/* A task that keeps softirqs off: what interrupts it for a moment is not to blame. */
	story(f, SP_MECH_BH_OFF,
	      READ "proc_reg_read;seq_read;s_show;asm_common_interrupt;common_interrupt;"
		   "__handle_irq_event_percpu;vring_interrupt",
	      "proc_reg_read", "s_show");
	f->stall.irq.name = text(f, "virtio0-input.0");
	story(f, SP_MECH_HARDIRQ,
	      READ "proc_reg_read;asm_common_interrupt;common_interrupt;handle_edge_irq;"
		   "__handle_irq_event_percpu;vring_interrupt;virtnet_interrupt",
	      "vring_interrupt", "virtnet_interrupt");
	f->stall.nshares = 0;
	check(f, "virtio0-input.0", "virtio0-input.0");
}

static void test_caller_holds_its_share(void **state)
{
	struct fixture *f = *state;

	f->stall.mechanism = SP_MECH_BH_OFF;
	share(f, READ "proc_reg_read;seq_read;s_show;a;b", 5 * MS);
	share(f, READ "proc_reg_read;seq_read;s_show;a;c", 4 * MS);
	share(f, READ "proc_reg_read;seq_read;s_show;d", MS);
	check(f, "proc_reg_read", "a");
	f->shares[2].owned_ns = 3 * MS;
	check(f, "proc_reg_read", "s_show");
	f->shares[1].tid = 999; /* somebody else's samples say nothing of this task */
	check(f, "proc_reg_read", "s_show");
	f->shares[2].owned_ns = MS;
	check(f, "proc_reg_read", "b");
}

static void test_nothing_known(void **state)
{
	struct fixture *f = *state;
	struct sp_stall_names n;

	check(f, NULL, NULL);
	f->stall.mechanism = SP_MECH_STEAL;
	share(f, READ "proc_reg_read;s_show", 10 * MS);
	f->stall.tid = f->stall.pid = SP_NO_TASK;
	n = names_of(f);
	assert_null(n.entry);
	assert_null(n.comm);
	assert_null(n.syscall);
	assert_int_equal(n.nchain, 0);
}

static void test_user_code(void **state)
{
	struct fixture *f = *state;

	story(f, SP_MECH_KSOFTIRQD, "u:_start;u:__libc_start_main;u:main;u:spin", "main", "spin");
}

static void test_task(void **state)
{
	struct fixture *f = *state;
	struct sp_stall_names n;

	tell(f, (struct sp_event){ .type = SP_EV_COMM,
				   .pid = 1,
				   .tid = 1,
				   .time_ns = MS,
				   .task = { text(f, "cron"), SP_NO_TASK, 1 } });
	tell(f, (struct sp_event){ .type = SP_EV_COMM,
				   .pid = 50,
				   .tid = 50,
				   .time_ns = MS,
				   .task = { text(f, "sh"), 1, 1 } });
	tell(f, (struct sp_event){ .type = SP_EV_COMM,
				   .pid = TID,
				   .tid = TID,
				   .time_ns = 2 * MS,
				   .task = { text(f, "ss"), 50, 1 } });
	tell(f, (struct sp_event){
			.type = SP_EV_CGROUP,
			.pid = TID,
			.tid = TID,
			.time_ns = 3 * MS,
			.str = text(f, "0::/system.slice/docker-0123456789abcdef0123456789abcdef"
				       "0123456789abcdef0123456789abcdef.scope\n") });
	share(f, READ "proc_reg_read;seq_read;s_show", 10 * MS);
	n = names_of(f);
	assert_string_equal(n.comm, "ss");
	assert_int_equal(n.nparents, 2);
	assert_string_equal(n.parents[0], "sh");
	assert_string_equal(n.parents[1], "cron");
	assert_non_null(n.container);
	assert_non_null(strstr(n.container, "0123456789ab"));
	assert_string_equal(n.syscall, "read");
	/* Not caught: the show function tells it, and it is marked. */
	assert_string_equal(n.file, "/proc/slabinfo");
	assert_true(n.file_inferred);
	assert_false(n.is_self);
}

static void test_file(void **state)
{
	struct fixture *f = *state;
	struct sp_event fd = { .type = SP_EV_FD, .pid = TID, .tid = TID, .time_ns = 105 * MS };
	struct sp_stall_names n;

	share(f, READ "bpf_seq_read;bpf_prog_1_hog", 10 * MS);
	fd.fd.fd = 3;
	fd.fd.path = text(f, "/sys/fs/bpf/before");
	fd.time_ns = 99 * MS; /* before the stall: may be another file by now */
	tell(f, fd);
	n = names_of(f);
	assert_null(n.file);
	fd.fd.path = text(f, "/sys/fs/bpf/hog");
	fd.time_ns = 105 * MS;
	tell(f, fd);
	fd.fd.fd = 4;
	fd.fd.path = text(f, "/dev/null");
	tell(f, fd);
	n = names_of(f);
	assert_string_equal(n.file, "/sys/fs/bpf/hog");
	assert_false(n.file_inferred);
	assert_int_equal(f->stall.evidence[0].kind, SP_EVID_FD_READ);
	assert_int_equal(f->stall.evidence[0].n[0], 3);
	/* The watch saw another call in progress: no name is better than a wrong one. */
	tell(f, (struct sp_event){ .type = SP_EV_SYSCALL,
				   .pid = TID,
				   .tid = TID,
				   .time_ns = 105 * MS,
				   .syscall = { .nr = 0, .arg0 = 9, .name = text(f, "read") } });
	n = names_of(f);
	assert_null(n.file);
}

static void test_file_needs_fd_syscall(void **state)
{
	struct fixture *f = *state;
	struct sp_event fd = { .type = SP_EV_FD,
			       .pid = TID,
			       .tid = TID,
			       .time_ns = 105 * MS,
			       .fd = { 3, text(f, "/etc/passwd") } };
	struct sp_stall_names n;

	tell(f, fd);
	share(f, "entry_SYSCALL_64_after_hwframe;do_syscall_64;__x64_sys_mmap;vm_mmap_pgoff",
	      10 * MS);
	n = names_of(f);
	assert_string_equal(n.syscall, "mmap");
	assert_null(n.file);
}

static void test_self(void **state)
{
	struct fixture *f = *state;

	f->stall.pid = f->stall.tid = 77;
	assert_true(names_of(f).is_self);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_slabinfo, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cadvisor, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ipvs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reclaim, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bpf, setup, teardown),
		cmocka_unit_test_setup_teardown(test_interrupted_task_is_innocent, setup, teardown),
		cmocka_unit_test_setup_teardown(test_caller_holds_its_share, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing_known, setup, teardown),
		cmocka_unit_test_setup_teardown(test_user_code, setup, teardown),
		cmocka_unit_test_setup_teardown(test_task, setup, teardown),
		cmocka_unit_test_setup_teardown(test_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_file_needs_fd_syscall, setup, teardown),
		cmocka_unit_test_setup_teardown(test_self, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

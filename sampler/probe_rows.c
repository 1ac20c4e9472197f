/*
 * The rows of `sirqprof doctor`.
 */
#include "allowed.h"
#include "pmu.h"
#include "probe.h"
#include "tracefs.h"

#include <sirqprof/limits.h>

#include <inttypes.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/utsname.h>

#ifndef CAP_PERFMON
#define CAP_PERFMON 38 /* since Linux 5.8 */
#endif

/* The rows as they are made; what does not fit is left out. */
struct rows {
	struct probe_row *at;
	uint32_t n, max;
	struct probe_row spill;
};

static struct probe_row *row(struct rows *rows, const char *what)
{
	struct probe_row *r = rows->n < rows->max ? &rows->at[rows->n++] : &rows->spill;

	*r = (struct probe_row){ .state = PROBE_GOOD };
	snprintf(r->what, sizeof(r->what), "%s", what);
	return r;
}

static void probe_online(struct rows *rows)
{
	struct probe_row *r = row(rows, "CPUs");
	struct sp_err err = SP_ERR_INIT;
	uint32_t *cpus = NULL, n = 0;

	if (probe_cpus(NULL, &cpus, &n, &err)) {
		r->state = PROBE_BAD;
		snprintf(r->text, sizeof(r->text), "%.150s", err.text);
		snprintf(r->remedy, sizeof(r->remedy), "as root: mount -t sysfs sysfs /sys");
	} else {
		snprintf(r->text, sizeof(r->text), "%" PRIu32 " online", n);
	}
	free(cpus);
}

static void probe_events(struct rows *rows)
{
	struct probe_row *r = row(rows, "profiling CPUs");
	char paranoid[16];

	allowed_sysctl("perf_event_paranoid", paranoid, sizeof(paranoid));
	if (allowed_profile()) {
		snprintf(r->text, sizeof(r->text), "allowed (perf_event_paranoid %s%s)", paranoid,
			 allowed_cap(CAP_PERFMON) || allowed_cap(CAP_SYS_ADMIN) ? ", privileged"
										: "");
	} else {
		r->state = PROBE_BAD;
		snprintf(r->text, sizeof(r->text), "refused: %s (perf_event_paranoid %s)",
			 strerror(errno), paranoid);
		snprintf(
			r->remedy, sizeof(r->remedy),
			"run as root, or: setcap "
			"cap_perfmon,cap_dac_read_search,cap_sys_ptrace,cap_syslog,cap_sys_nice+ep "
			"sirqprof");
	}
	r = row(rows, "hardware cycles");
	if (pmu_has_cycles()) {
		snprintf(r->text, sizeof(r->text), "counted: samples can see into irqs-off");
	} else {
		r->state = PROBE_WEAK;
		snprintf(r->text, sizeof(r->text),
			 "none: cpu-clock instead, which shows where interrupts came on again");
		snprintf(r->remedy, sizeof(r->remedy), "on a VM, ask for a virtual PMU");
	}
}

/* How many CPUs this process may run on; 0: not known. */
static int own_cpus(void)
{
	cpu_set_t set[SP_MAX_CPUS / CPU_SETSIZE];

	return sched_getaffinity(0, sizeof(set), set) ? 0 : CPU_COUNT_S(sizeof(set), set);
}

/* Tried, and taken back. */
static bool may_be_realtime(void)
{
	struct sched_param lowest = { .sched_priority = sched_get_priority_min(SCHED_FIFO) };
	struct sched_param none = { 0 };
	int policy = sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;

	if (policy == SCHED_FIFO || policy == SCHED_RR)
		return true;
	if (policy != SCHED_OTHER || sched_setscheduler(0, SCHED_FIFO, &lowest))
		return false;
	sched_setscheduler(0, SCHED_OTHER, &none);
	return true;
}

static void probe_watch(struct rows *rows)
{
	struct probe_row *r = row(rows, "stuck watch");

	if (!may_be_realtime()) {
		r->state = PROBE_WEAK;
		snprintf(r->text, sizeof(r->text),
			 "no real-time priority: late on a busy host, files are missed");
		snprintf(
			r->remedy, sizeof(r->remedy),
			"run as root, give CAP_SYS_NICE, or raise cpu.rt_runtime_us of the cgroup");
	} else if (own_cpus() == 1) {
		/* watches.h: it would keep the tasks that it watches from their CPU. */
		r->state = PROBE_WEAK;
		snprintf(r->text, sizeof(r->text),
			 "may run on one CPU only: not real-time where that one is profiled");
		snprintf(r->remedy, sizeof(r->remedy),
			 "let it run on a CPU that is not profiled (taskset, cpuset)");
	} else {
		snprintf(r->text, sizeof(r->text), "real-time: sees files of short stalls");
	}
}

static void probe_tracefs(struct rows *rows)
{
	static const char *const wanted[][2] = { { "irq", "softirq_raise" },
						 { "irq", "softirq_entry" },
						 { "irq", "softirq_exit" },
						 { "irq", "irq_handler_entry" },
						 { "irq_vectors", "local_timer_entry" },
						 { "sched", "sched_switch" },
						 { "timer", "timer_expire_entry" } };
	struct probe_row *r = row(rows, "tracepoints");
	struct sp_err err = SP_ERR_INIT;
	struct tracefs *t = NULL;
	uint32_t id;

	if (tracefs_new(&t, &err)) {
		r->state = PROBE_BAD;
		if (err.code == SP_EUNSUP) {
			snprintf(r->text, sizeof(r->text), "closed to this user");
			snprintf(r->remedy, sizeof(r->remedy),
				 "run as root, or give CAP_DAC_READ_SEARCH as well");
			return;
		}
		snprintf(r->text, sizeof(r->text), "%.150s", err.text);
		snprintf(r->remedy, sizeof(r->remedy),
			 "as root: mount -t tracefs tracefs /sys/kernel/tracing");
		return;
	}
	if (!tracefs_id(t, "irq", "softirq_entry", &id, &err) && !allowed_trace(id)) {
		r->state = PROBE_BAD;
		snprintf(r->text, sizeof(r->text), "may not be read");
		snprintf(r->remedy, sizeof(r->remedy),
			 "run as root, give CAP_PERFMON, or: sysctl kernel.perf_event_paranoid=-1");
	} else {
		snprintf(r->text, sizeof(r->text), "readable");
	}
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		struct sp_err why = SP_ERR_INIT;

		if (!tracefs_id(t, wanted[i][0], wanted[i][1], &id, &why))
			continue;
		r = row(rows, "tracepoint");
		r->state = PROBE_WEAK;
		snprintf(r->text, sizeof(r->text), "%s:%s is not in this kernel", wanted[i][0],
			 wanted[i][1]);
		snprintf(r->remedy, sizeof(r->remedy),
			 "another kernel; verdicts that need it are not made");
	}
	tracefs_free(t);
}

static void probe_names(struct rows *rows)
{
	struct probe_row *r = row(rows, "kernel names");
	char line[256] = "", mode[64], restricted[16];
	struct utsname u;

	allowed_line("/proc/kallsyms", line, sizeof(line));
	allowed_sysctl("kptr_restrict", restricted, sizeof(restricted));
	if (strtoull(line, NULL, 16) || strstr(line, " A ")) {
		snprintf(r->text, sizeof(r->text), "readable");
	} else {
		r->state = PROBE_WEAK;
		snprintf(r->text, sizeof(r->text),
			 "withheld: functions cannot be named (kptr_restrict %s)", restricted);
		snprintf(r->remedy, sizeof(r->remedy), "%s",
			 strcmp(restricted, "unknown") == 0 ? "mount -t proc proc /proc"
			 : strcmp(restricted, "2") == 0 ? "as root: sysctl kernel.kptr_restrict=1"
							: "run as root, or give CAP_SYSLOG");
	}
	r = row(rows, "lockdown");
	if (!allowed_lockdown(mode, sizeof(mode))) {
		snprintf(r->text, sizeof(r->text), "none");
	} else if (strstr(mode, "[confidentiality]")) {
		r->state = PROBE_WEAK;
		snprintf(r->text, sizeof(r->text),
			 "confidentiality: the registers of what is interrupted are withheld");
		snprintf(r->remedy, sizeof(r->remedy),
			 "boot with lockdown=integrity or none to see the interrupt flag");
	} else {
		/* Seen on 6.1: all that is asked for here is still given. */
		snprintf(r->text, sizeof(r->text), "%.120s", mode);
	}
	r = row(rows, "kernel");
	if (!uname(&u))
		snprintf(r->text, sizeof(r->text), "%.64s %.32s", u.release, u.machine);
}

static void probe_processes(struct rows *rows)
{
	struct probe_row *r = row(rows, "processes");

	if (!allowed_pids_hidden()) {
		snprintf(r->text, sizeof(r->text), "those of the whole host are seen");
		return;
	}
	r->state = PROBE_WEAK;
	snprintf(r->text, sizeof(r->text), "only this container's own can be named");
	snprintf(r->remedy, sizeof(r->remedy), "run on the host, or with --pid=host");
}

uint32_t probe_all(struct probe_row *rows, uint32_t max)
{
	struct rows all = { .at = rows, .max = max };

	probe_online(&all);
	probe_events(&all);
	probe_watch(&all);
	probe_tracefs(&all);
	probe_names(&all);
	probe_processes(&all);
	return all.n;
}

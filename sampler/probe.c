#include "probe.h"

#include "pmu.h"
#include "tracefs.h"

#include <sirqprof/limits.h>

#include <inttypes.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#ifndef CAP_PERFMON
#define CAP_PERFMON 38 /* since Linux 5.8 */
#endif

static bool read_line(const char *path, char *text, size_t size)
{
	FILE *f = fopen(path, "re");
	bool ok = f && fgets(text, (int)size, f);

	if (f)
		fclose(f);
	if (!ok)
		text[0] = 0;
	text[strcspn(text, "\n")] = 0;
	return ok;
}

/* What parse_list() says of a number that no CPU can have. */
#define TOO_LARGE (UINT32_MAX - 1)

/* Marks the CPUs of a list such as "0-3,8"; false when it is none. */
static bool parse_list(const char *text, bool *set, uint32_t *bad_cpu)
{
	while (*text) {
		char *end;
		unsigned long from, to;

		if (*text < '0' || *text > '9')
			return false;
		from = to = strtoul(text, &end, 10);
		if (*end == '-') {
			text = end + 1;
			if (*text < '0' || *text > '9')
				return false;
			to = strtoul(text, &end, 10);
		}
		if (to < from || (*end && *end != ','))
			return false;
		if (to >= SP_MAX_CPUS) {
			*bad_cpu = to < TOO_LARGE ? (uint32_t)to : TOO_LARGE;
			to = SP_MAX_CPUS - 1;
		}
		for (unsigned long cpu = from; cpu <= to; cpu++)
			set[cpu] = true;
		if (*end == ',' && !end[1])
			return false;
		text = *end ? end + 1 : end;
	}
	return true;
}

static int pick(const bool *wanted, const bool *online, uint32_t **ret, uint32_t *ret_n,
		struct sp_err *err)
{
	uint32_t n = 0, *cpus = calloc(SP_MAX_CPUS, sizeof(*cpus));

	if (!cpus)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the list of CPUs");
	for (uint32_t cpu = 0; cpu < SP_MAX_CPUS; cpu++)
		if (wanted[cpu] && online[cpu])
			cpus[n++] = cpu;
	*ret = cpus;
	*ret_n = n;
	return SP_OK;
}

int probe_cpus(const char *list, uint32_t **ret, uint32_t *ret_n, struct sp_err *err)
{
	bool wanted[SP_MAX_CPUS] = { 0 }, online[SP_MAX_CPUS] = { 0 }, present[SP_MAX_CPUS] = { 0 };
	char on[1024], there[1024];
	uint32_t none = UINT32_MAX, bad = UINT32_MAX;

	if (!read_line("/sys/devices/system/cpu/online", on, sizeof(on)) ||
	    !parse_list(on, online, &none))
		return sp_fail(err, SP_EFORMAT, SP_NOWHERE,
			       "cannot read /sys/devices/system/cpu/online: is /sys mounted?");
	if (!read_line("/sys/devices/system/cpu/present", there, sizeof(there)) ||
	    !parse_list(there, present, &none))
		memcpy(present, online, sizeof(present));
	if (!list || strcmp(list, "all") == 0)
		return pick(online, online, ret, ret_n, err);
	if (!*list || !parse_list(list, wanted, &bad))
		return sp_fail(err, SP_EUSAGE, SP_NOWHERE,
			       "--cpu takes a list such as 3, 0-7 or 1,5,9, or all, not '%s'",
			       list);
	for (uint32_t cpu = 0; bad == UINT32_MAX && cpu < SP_MAX_CPUS; cpu++)
		if (wanted[cpu] && !present[cpu])
			bad = cpu;
	if (bad == TOO_LARGE)
		return sp_fail(err, SP_EUSAGE, SP_NOWHERE,
			       "--cpu: a CPU of '%s' does not exist: this machine has %s", list,
			       there);
	if (bad != UINT32_MAX)
		return sp_fail(err, SP_EUSAGE, SP_NOWHERE,
			       "--cpu: CPU %" PRIu32 " does not exist: this machine has %s", bad,
			       there);
	for (uint32_t cpu = 0; cpu < SP_MAX_CPUS; cpu++)
		if (wanted[cpu] && !online[cpu])
			return sp_fail(err, SP_EUSAGE, SP_NOWHERE,
				       "--cpu: CPU %" PRIu32 " is offline: online are %s", cpu, on);
	return pick(wanted, online, ret, ret_n, err);
}

static bool has_cap(int cap)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &head, data))
		return false;
	return data[cap / 32].effective >> cap % 32 & 1;
}

/* Opens a CPU-wide clock as the sampler does; keeps errno. */
static bool may_profile(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.disabled = 1,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0 || errno == ENODEV;
}

/* Opens a tracepoint as the sampler does, with its raw record: more than the counter of one, it
 * needs the capability or perf_event_paranoid -1 (kernel/trace/trace_event_perf.c). Keeps errno. */
static bool may_trace(uint32_t id)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.config = id,
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_RAW,
		.disabled = 1,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0 || (errno != EACCES && errno != EPERM);
}

static bool locked_down(char *mode, size_t size)
{
	return read_line("/sys/kernel/security/lockdown", mode, size) && !strstr(mode, "[none]");
}

static int probe_tracing(const char *paranoid, struct sp_err *err)
{
	struct sp_err why = SP_ERR_INIT;
	struct tracefs *t = NULL;
	uint32_t id = 0;
	int rc = tracefs_new(&t, err);

	if (rc)
		return rc;
	rc = tracefs_id(t, "irq", "softirq_entry", &id, &why);
	/* Its files are root's alone on many kernels, also where the directory is open to all. */
	if (rc && why.sys == EACCES)
		sp_fail(err, SP_EUNSUP, SP_NOWHERE,
			"may profile CPUs, but the tracepoints' descriptions in tracefs are root's "
			"alone: run as root, or give CAP_DAC_READ_SEARCH as well (and "
			"CAP_SYS_PTRACE to name files)");
	else if (!rc && !may_trace(id))
		sp_fail(err, SP_EUNSUP, SP_NOWHERE,
			"may profile CPUs, but not read tracepoints: run as root, or give "
			"CAP_PERFMON (CAP_SYS_ADMIN before Linux 5.8); kernel.perf_event_paranoid "
			"is %s, without the capability it must be -1",
			paranoid);
	tracefs_free(t);
	return (int)err->code;
}

int probe_privilege(struct sp_err *err)
{
	char paranoid[16], mode[64];
	bool locked;

	read_line("/proc/sys/kernel/perf_event_paranoid", paranoid, sizeof(paranoid));
	if (!paranoid[0])
		snprintf(paranoid, sizeof(paranoid), "unknown");
	if (!may_profile() && errno == ENOSYS)
		return sp_fail(err, SP_EUNSUP, SP_NOWHERE,
			       "this kernel has no perf_event_open: it was built without "
			       "CONFIG_PERF_EVENTS, or a seccomp filter forbids it");
	locked = locked_down(mode, sizeof(mode));
	/* Last, as it leaves errno. */
	if (!may_profile())
		return sp_fail_sys(
			err,
			"may not profile CPUs%s: run as root, or give CAP_PERFMON "
			"(CAP_SYS_ADMIN before Linux 5.8); kernel.perf_event_paranoid is %s",
			locked ? " (the kernel is locked down)" : "", paranoid);
	return probe_tracing(paranoid, err);
}

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

static void probe_events(struct rows *rows)
{
	struct probe_row *r = row(rows, "profiling CPUs");
	char paranoid[16];

	read_line("/proc/sys/kernel/perf_event_paranoid", paranoid, sizeof(paranoid));
	if (may_profile()) {
		snprintf(r->text, sizeof(r->text), "allowed (perf_event_paranoid %s%s)", paranoid,
			 has_cap(CAP_PERFMON) || has_cap(CAP_SYS_ADMIN) ? ", privileged" : "");
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

/* Tried, and taken back. */
static void probe_watch(struct rows *rows)
{
	struct sched_param lowest = { .sched_priority = sched_get_priority_min(SCHED_FIFO) };
	struct sched_param none = { 0 };
	struct probe_row *r = row(rows, "stuck watch");
	int policy = sched_getscheduler(0);

	if (policy == SCHED_OTHER && !sched_setscheduler(0, SCHED_FIFO, &lowest)) {
		sched_setscheduler(0, SCHED_OTHER, &none);
		snprintf(r->text, sizeof(r->text), "real-time: sees files of short stalls");
	} else if (policy == SCHED_FIFO || policy == SCHED_RR) {
		snprintf(r->text, sizeof(r->text), "real-time, as this process is");
	} else {
		r->state = PROBE_WEAK;
		snprintf(r->text, sizeof(r->text),
			 "no real-time priority: late on a busy host, files are missed");
		snprintf(
			r->remedy, sizeof(r->remedy),
			"run as root, give CAP_SYS_NICE, or raise cpu.rt_runtime_us of the cgroup");
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
	if (!tracefs_id(t, "irq", "softirq_entry", &id, &err) && !may_trace(id)) {
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

	read_line("/proc/kallsyms", line, sizeof(line));
	read_line("/proc/sys/kernel/kptr_restrict", restricted, sizeof(restricted));
	if (strtoull(line, NULL, 16) || strstr(line, " A ")) {
		snprintf(r->text, sizeof(r->text), "readable");
	} else {
		r->state = PROBE_WEAK;
		snprintf(r->text, sizeof(r->text),
			 "withheld: functions cannot be named (kptr_restrict %s)", restricted);
		snprintf(r->remedy, sizeof(r->remedy), "%s",
			 strcmp(restricted, "2") == 0 ? "as root: sysctl kernel.kptr_restrict=1"
						      : "run as root, or give CAP_SYSLOG");
	}
	r = row(rows, "lockdown");
	if (!locked_down(mode, sizeof(mode))) {
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

uint32_t probe_all(struct probe_row *rows, uint32_t max)
{
	struct rows all = { .at = rows, .max = max };

	probe_events(&all);
	probe_watch(&all);
	probe_tracefs(&all);
	probe_names(&all);
	return all.n;
}

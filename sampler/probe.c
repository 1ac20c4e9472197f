#include "probe.h"

#include "allowed.h"
#include "tracefs.h"

#include <sirqprof/limits.h>

#include <inttypes.h>
#include <stdlib.h>

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

	if (!allowed_line("/sys/devices/system/cpu/online", on, sizeof(on)) ||
	    !parse_list(on, online, &none))
		return sp_fail(err, SP_EFORMAT, SP_NOWHERE,
			       "cannot read /sys/devices/system/cpu/online: is /sys mounted?");
	if (!allowed_line("/sys/devices/system/cpu/present", there, sizeof(there)) ||
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
	else if (!rc && !allowed_trace(id))
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

	allowed_sysctl("perf_event_paranoid", paranoid, sizeof(paranoid));
	if (!allowed_profile() && errno == ENOSYS)
		return sp_fail(err, SP_EUNSUP, SP_NOWHERE,
			       "this kernel has no perf_event_open: it was built without "
			       "CONFIG_PERF_EVENTS, or a seccomp filter forbids it");
	locked = allowed_lockdown(mode, sizeof(mode));
	/* Last, as it leaves errno. */
	if (!allowed_profile())
		return sp_fail_sys(
			err,
			"may not profile CPUs%s: run as root, or give CAP_PERFMON "
			"(CAP_SYS_ADMIN before Linux 5.8); kernel.perf_event_paranoid is %s",
			locked ? " (the kernel is locked down)" : "", paranoid);
	return probe_tracing(paranoid, err);
}

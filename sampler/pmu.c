#include "pmu.h"

#include <inttypes.h>
#include <perfmon/pfmlib_perf_event.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	const char *name;
	uint64_t config;
} clocks[] = {
	{ "cpu-clock", PERF_COUNT_SW_CPU_CLOCK },
	{ "task-clock", PERF_COUNT_SW_TASK_CLOCK },
};

bool pmu_has_cycles(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_HW_CPU_CYCLES,
		.disabled = 1,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/* Page faults, switches and the like, which say nothing of how time was spent. */
static bool is_occasion(const struct perf_event_attr *attr)
{
	return attr->type == PERF_TYPE_SOFTWARE && attr->config != PERF_COUNT_SW_CPU_CLOCK &&
	       attr->config != PERF_COUNT_SW_TASK_CLOCK;
}

int pmu_encode(const char *name, struct perf_event_attr *attr, struct sp_err *err)
{
	struct perf_event_attr got = { .size = sizeof(got) };
	pfm_perf_encode_arg_t arg = { .attr = &got, .size = sizeof(arg) };
	int rc;

	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++)
		if (strcmp(name, clocks[i].name) == 0) {
			attr->type = PERF_TYPE_SOFTWARE;
			attr->config = clocks[i].config;
			return SP_OK;
		}
	rc = pfm_initialize();
	if (rc == PFM_SUCCESS)
		rc = pfm_get_os_event_encoding(name, PFM_PLM0 | PFM_PLM3, PFM_OS_PERF_EVENT, &arg);
	if (rc != PFM_SUCCESS)
		return sp_fail(
			err, SP_EUSAGE, SP_NOWHERE,
			"--event '%s': %s; cpu-clock works everywhere, 'perf list' and libpfm4's "
			"showevtinfo name the others",
			name, pfm_strerror(rc));
	if (got.type == PERF_TYPE_TRACEPOINT || is_occasion(&got))
		return sp_fail(err, SP_EUSAGE, SP_NOWHERE,
			       "--event '%s' happens when it happens and cannot "
			       "sample time; use cycles or cpu-clock",
			       name);
	attr->type = got.type;
	attr->config = got.config;
	attr->config1 = got.config1;
	attr->config2 = got.config2;
	attr->exclude_user = got.exclude_user;
	attr->exclude_kernel = got.exclude_kernel;
	return SP_OK;
}

/* cpufreq says kHz; where there is none (VMs) 2.5 GHz is near enough for a period. */
static uint64_t cpu_hz(uint32_t cpu)
{
	char path[96], text[32] = "";
	FILE *f;

	snprintf(path, sizeof(path),
		 "/sys/devices/system/cpu/cpu%" PRIu32 "/cpufreq/cpuinfo_max_freq", cpu);
	f = fopen(path, "re");
	if (f) {
		if (!fgets(text, sizeof(text), f))
			text[0] = 0;
		fclose(f);
	}
	return text[0] ? strtoull(text, NULL, 10) * 1000 : 2500000000ULL;
}

uint64_t pmu_rate(const struct perf_event_attr *attr, uint32_t cpu)
{
	return attr->type == PERF_TYPE_SOFTWARE ? 1000000000ULL : cpu_hz(cpu);
}

#ifndef PMU_H
#define PMU_H

/*
 * Event names → perf_event_attr type and config, by libpfm4 (the only file that knows it), with
 * the kernel's own software names (cpu-clock, task-clock) beside it.
 */
#include <sirqprof/err.h>

#include <linux/perf_event.h>
#include <stdbool.h>

/* Whether this machine can count cycles in hardware. */
bool pmu_has_cycles(void);

/* Fills type, config, config1, config2 and the exclude bits of *attr. Errors: SP_EUSAGE with what
 * libpfm4 says of the name. */
int pmu_encode(const char *name, struct perf_event_attr *attr, struct sp_err *err);

/* Events per second at full speed: turns --freq into a fixed period. For clocks 1e9; for cycles the
 * CPU's frequency. */
uint64_t pmu_rate(const struct perf_event_attr *attr, uint32_t cpu);

#endif

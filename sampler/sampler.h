#ifndef SAMPLER_H
#define SAMPLER_H

/*
 * The live kernel → the perf.data record stream.
 *
 * In:    which CPUs, which event, how often
 * Out:   records into a sink: header, what already runs, the rings' records, facts, rounds
 * Keeps: one ring a CPU, one descriptor an event and CPU
 */
#include <sirqprof/own.h>
#include <sirqprof/quality.h>
#include <sirqprof/record.h>

#include <stdbool.h>

struct sampler_cfg {
	const uint32_t *cpus; /* to profile, online, ascending */
	uint32_t ncpus;
	const char *event; /* NULL: cycles, else cpu-clock */
	uint32_t freq_hz;
	bool detail, light;
	bool user_stack;     /* copy the user stack for unwinding */
	uint64_t ring_bytes; /* of each CPU, 0: default; made a power of two */
};

struct sampler;

/* Opens everything, disabled. Errors: SP_EUSAGE, SP_ESYS with the remedy. */
int sampler_new(struct sampler **ret, const struct sampler_cfg *cfg, struct sp_err *err);

/* Sends the header, enables the events, tells what already runs. The sink is borrowed until
 * sampler_stop(). */
int sampler_start(struct sampler *s, struct sp_record_sink out, struct sp_err *err);

/* Waits up to timeout_ms (less when a ring fills or a CPU is stuck), drains all rings, observes. */
int sampler_poll(struct sampler *s, int timeout_ms, struct sp_err *err);

/* Disables the events and drains what is left. */
int sampler_stop(struct sampler *s, struct sp_err *err);

/* CLOCK_MONOTONIC of the enabling, ns. */
uint64_t sampler_begin(const struct sampler *s);

/* Closes the events: the kernel takes up to a second for tracepoints, so report first. */
void sampler_free(struct sampler *s);

SP_DEFINE_FREEP(sampler);

#endif

#ifndef PLAN_H
#define PLAN_H

/*
 * Which events a capture opens: a table of what is wanted, turned into perf_event_attr for this
 * kernel.
 *
 * In:    what was asked (event, frequency, lean, detail or light), what tracefs and the kernel have
 * Out:   events with attr, name and filter; what is missing is told as quality notes
 */
#include "tracefs.h"

#include <sirqprof/limits.h>
#include <sirqprof/own.h>
#include <sirqprof/quality.h>

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>

enum plan_role {
	PLAN_SIDE, /* dummy: comm, mmap, fork and exit records; leads the ring */
	PLAN_SAMPLER,
	PLAN_TICK, /* cpu-clock beside a hardware sampler */
	PLAN_TRACEPOINT,
};

/* When an event is on. */
enum plan_phase {
	PLAN_ALWAYS,
	PLAN_WHOLE, /* while NET_RX is recorded whole; it starts so */
	PLAN_THIN,  /* while it is thinned (thinner.h) */
};

struct plan_event {
	enum plan_role role;
	enum plan_phase phase;
	struct perf_event_attr attr;
	char name[64];	  /* "irq:softirq_raise", "cpu-clock" … */
	char filter[384]; /* PERF_EVENT_IOC_SET_FILTER; "" none */
	char *format;	  /* text of the tracepoint's format file; NULL: none, or told already */
	uint8_t shed;	  /* the level at which it goes (shedder.h); 0: never */
	bool on_witness;  /* also opened on the witness CPU */
	bool optional;	  /* missing is no news */
	bool spares;	  /* the filter only spares records: older kernels may refuse it */
	bool absent;	  /* the kernel refused it: not opened, not in the stream */
};

/* Something to tell in the stream as SP_FACT_QUALITY. */
struct plan_note {
	enum sp_quality_code code;
	char detail[96];
};

#define PLAN_MAX_EVENTS 64U
#define PLAN_MAX_NOTES	32U

struct plan {
	struct plan_event *events;
	uint32_t nevents;
	struct plan_note notes[PLAN_MAX_NOTES];
	uint32_t nnotes;
	char sampler[64]; /* the event that samples */
	uint64_t period;  /* its period, in its own unit */
	uint64_t period_ns;
};

struct plan_cfg {
	const char *event; /* NULL: cycles, else cpu-clock */
	uint32_t freq_hz;
	bool detail, light;
	bool user_stack; /* --call-graph dwarf */
	uint32_t cpu;	 /* one of the profiled CPUs, to try events on */
};

/* Errors: SP_EUSAGE (unknown event), SP_ESYS (no privilege, no tracefs). */
int plan_new(struct plan **ret, const struct plan_cfg *cfg, struct tracefs *t, struct sp_err *err);
void plan_free(struct plan *p);

SP_DEFINE_FREEP(plan);

#endif

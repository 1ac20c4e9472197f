#ifndef EVENTS_H
#define EVENTS_H

/*
 * The opened events: one ring a CPU, every event of the CPU writes into it.
 *
 * In:    the plan and the CPUs
 * Out:   descriptors, ids, rings
 * Keeps: both until events_free()
 */
#include "plan.h"
#include "ring.h"
#include "stream.h"

struct events_cpu {
	uint32_t cpu;
	bool witness; /* watched, not profiled */
	struct ring ring;
	int lead; /* the descriptor whose ring it is; poll this */
};

/* Smaller rings than this would not hold a drain's worth of records. */
#define EVENTS_RING_LEAST (64U << 10)

struct events {
	struct events_cpu *cpus;
	uint32_t ncpus; /* the witness, if any, is the last */
	int *fds;
	uint32_t nfds;
	uint64_t ring_bytes;   /* of each ring; less than asked where memory may not be locked */
	struct stream_id *ids; /* one a descriptor, same index */
};

/* Opens plan on cpus, and its witness events on CPU witness (SP_NO_CPU: none). An event that the
 * kernel refuses is marked absent and noted in the plan. Errors: SP_ESYS. */
int events_new(struct events **ret, struct plan *p, const uint32_t *cpus, uint32_t ncpus,
	       uint32_t witness, uint64_t ring_bytes, struct sp_err *err);
void events_free(struct events *e);

/* Enables what is on from the start: all but PLAN_THIN. Errors: SP_ESYS. */
int events_enable(struct events *e, const struct plan *p, struct sp_err *err);
void events_disable(struct events *e);

/* Switches the events of a phase on one CPU. The kernel asks that CPU: it waits while interrupts
 * are off there. */
void events_phase(const struct events *e, const struct plan *p, uint32_t cpu, enum plan_phase phase,
		  bool on);

/* Switches the events of a shed level on one CPU, but those of the phase that is off anyway. */
void events_shed(const struct events *e, const struct plan *p, uint32_t cpu, uint32_t level,
		 enum plan_phase but, bool on);

SP_DEFINE_FREEP(events);

#endif

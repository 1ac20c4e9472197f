#ifndef THINNER_H
#define THINNER_H

/*
 * NET_RX under a flood: whole while it is rare, one entry in SP_SPARSE_EVERY while it is not.
 *
 * In:    the records of each profiled CPU, as they are drained
 * Out:   events switched on that CPU; SP_FACT_THIN at the moment from which it holds
 * Keeps: a few counters a CPU
 */
#include "events.h"
#include "stream.h"

struct thinner;

/* Borrows both. A plan without PLAN_THIN events makes one that never switches. */
int thinner_new(struct thinner **ret, const struct plan *p, const struct events *ev,
		struct sp_err *err);
void thinner_free(struct thinner *t);

/* A record of ring i (index into ev->cpus): id and bytes of a sample of at least 40 bytes. */
void thinner_see(struct thinner *t, uint32_t i, uint64_t id, const uint8_t *rec);

/* Whether NET_RX of ring i is thinned now. */
bool thinner_is_on(const struct thinner *t, uint32_t i);

/* After a drain of ring i: switches if the rate asks for it. alive: nothing says that the CPU has
 * interrupts off, when asking it would make us wait. */
int thinner_look(struct thinner *t, uint32_t i, uint64_t now_ns, bool alive, struct stream *s,
		 struct sp_err *err);

/* The events of ring i are on again after they were shed: what was counted before says nothing of
 * the rate; whether it is thinned stays as it is. */
void thinner_reset(struct thinner *t, uint32_t i, uint64_t now_ns);

SP_DEFINE_FREEP(thinner);

#endif

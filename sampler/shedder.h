#ifndef SHEDDER_H
#define SHEDDER_H

/*
 * Sheds load before it harms: events go when a ring overflowed, or when sirqprof itself needs too
 * much of a CPU, and come back later.
 *
 * In:    lost records and drained bytes of each profiled CPU; our own CPU time
 * Out:   events switched on that CPU; SP_FACT_SHED and a quality row each time that they go
 * Keeps: a few counters a CPU
 */
#include "events.h"
#include "stream.h"
#include "thinner.h"

struct shedder;

/* Borrows all three. */
int shedder_new(struct shedder **ret, const struct plan *p, const struct events *ev,
		struct thinner *thinner, struct sp_err *err);
void shedder_free(struct shedder *s);

/* Records that the kernel says ring i lost; bytes drained from it. */
void shedder_lost(struct shedder *s, uint32_t i, uint64_t records);
void shedder_drained(struct shedder *s, uint32_t i, uint64_t bytes);

/* After each drain of all rings: sheds or restores. */
int shedder_look(struct shedder *s, uint64_t now_ns, struct stream *out, struct sp_err *err);

/* How far ring i is shed: 0 not, 1 the events of --detail, 2 down to --light. */
uint32_t shedder_level(const struct shedder *s, uint32_t i);

SP_DEFINE_FREEP(shedder);

#endif
